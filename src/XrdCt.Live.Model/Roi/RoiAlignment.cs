namespace XrdCt.Live.Model.Roi;

/// <summary>
/// Where the rays of a scan of a region of interest lie in the coarse scan before it. The ray (θ, t) of the ROI scan is the coarse scan's
/// ray (φ, t + x·cos φ − y·sin φ) with φ = θ + δ and t from each scan's rotation axis, and its intensity is <see cref="Scale"/> times the
/// coarse one.
/// </summary>
public sealed record RoiAlignment
{
    /// <summary>x: where the rotation axis of the ROI scan goes through the sample, sample coordinate x of the coarse scan, µm.</summary>
    public required double X_um { get; init; }

    /// <summary>y: likewise, sample coordinate y of the coarse scan, µm.</summary>
    public required double Y_um { get; init; }

    /// <summary>Offset of the rotation axis from translation index N/2 (integer division) of the ROI scan, its steps.</summary>
    public required double Centre_px { get; init; }

    /// <summary>δ: what the coarse scan's angle is above the ROI scan's, rad.</summary>
    public double Angle_rad { get; init; }

    /// <summary>Intensity of the ROI scan over that of the coarse scan: beam, exposure, gain.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>Standard uncertainty of <see cref="X_um"/>, µm; NaN where it was not fitted.</summary>
    public double XUncertainty_um { get; init; } = double.NaN;

    /// <summary>Standard uncertainty of <see cref="Y_um"/>, µm; NaN where it was not fitted.</summary>
    public double YUncertainty_um { get; init; } = double.NaN;

    /// <summary>Standard uncertainty of <see cref="Centre_px"/>, steps; NaN where it was not fitted.</summary>
    public double CentreUncertainty_px { get; init; } = double.NaN;

    /// <summary>Standard uncertainty of <see cref="Angle_rad"/>, rad; NaN where it was not fitted.</summary>
    public double AngleUncertainty_rad { get; init; } = double.NaN;

    /// <summary>Standard uncertainty of <see cref="Scale"/>; NaN where it was not fitted.</summary>
    public double ScaleUncertainty { get; init; } = double.NaN;

    /// <summary>
    /// Overlap residual: <c>RMS(ROI averaged to the coarse footprint − Scale · coarse) / mean(Scale · coarse)</c> over the rays that both
    /// scans measured; NaN where there are none.
    /// </summary>
    public double OverlapResidual { get; init; } = double.NaN;

    /// <summary>Coarse rays that both scans measured.</summary>
    public int RayCount { get; init; }

    /// <summary>How many independent rays those are worth: neighbouring residuals go together where the sample is not sampled finely enough.</summary>
    public double EffectiveRayCount { get; init; } = double.NaN;

    /// <summary>Whether offset, axis and angle are those of the data; false where they are the nominal ones.</summary>
    public bool IsFitted { get; init; }

    /// <summary>On what it rests, or why there is nothing fitted, as a sentence.</summary>
    public string Status { get; init; } = "nominal";
}
