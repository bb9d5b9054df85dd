namespace XrdCt.Live.Compute.Roi;

/// <summary>A projection's share in the projection at an angle between.</summary>
/// <param name="Rotation">Index of the rotation.</param>
/// <param name="IsMirrored">Whether it is seen from behind: the ray at t is its ray at −t.</param>
/// <param name="Weight">Share, 0…1; those of one angle add up to 1.</param>
internal readonly record struct RayTerm(int Rotation, bool IsMirrored, double Weight);
