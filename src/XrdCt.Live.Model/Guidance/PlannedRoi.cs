namespace XrdCt.Live.Model.Guidance;

/// <summary>One ROI scan of a list that is measured from top to bottom.</summary>
/// <param name="Number">Number in the list, from 1.</param>
/// <param name="Rank">Which candidate, from 1.</param>
/// <param name="X_um">Place that comes onto the rotation axis, sample coordinate x, µm.</param>
/// <param name="Y_um">Place that comes onto the rotation axis, sample coordinate y, µm.</param>
/// <param name="Z_um">Height of the slice, µm, counted from that of the coarse scan.</param>
/// <param name="MoveX_um">Move of the stage under the sample along x that brings it there from where the coarse scan was, µm.</param>
/// <param name="MoveY_um">The same along y, µm.</param>
/// <param name="FrameCount">Frames of the scan.</param>
/// <param name="Duration_s">Time that these take, s.</param>
public sealed record PlannedRoi(
    int Number, int Rank, double X_um, double Y_um, double Z_um, double MoveX_um, double MoveY_um, int FrameCount, double Duration_s);
