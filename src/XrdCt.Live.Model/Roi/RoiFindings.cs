namespace XrdCt.Live.Model.Roi;

/// <summary>How a scan of a region of interest was freed from what lies outside its field of view.</summary>
/// <param name="Mode">How.</param>
/// <param name="Coarse">File of the coarse scan; empty without one.</param>
/// <param name="Alignment">Where the rays lie in the coarse scan; null without one.</param>
/// <param name="HasAir">Whether the coarse scan's air scatter is taken off.</param>
public sealed record RoiFindings(RoiMode Mode, string Coarse, RoiAlignment? Alignment, bool HasAir);
