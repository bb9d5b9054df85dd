namespace XrdCt.Live.Model.Scans;

/// <summary>Where the stages stood while each frame was taken, as the stream of frames or that of the readings told it.</summary>
/// <param name="Translation_mm">Translation per cell, [rotation, translation], mm; NaN where unmeasured or not told.</param>
/// <param name="Rotation_deg">Rotation per cell, [rotation, translation], degrees; NaN where unmeasured or not told.</param>
public sealed record RecordedPositions(double[] Translation_mm, double[] Rotation_deg);
