namespace XrdCt.Live.Compute.Roi;

/// <summary>Where a registration starts, and what it may change. The nominal centre of rotation is that of the ROI scan's rays.</summary>
public sealed record RoiRegistrationOptions
{
    /// <summary>Nominal x of the ROI scan's axis in the coarse scan's sample coordinates, µm.</summary>
    public double X_um { get; init; }

    /// <summary>Nominal y, µm.</summary>
    public double Y_um { get; init; }

    /// <summary>Nominal δ: what the coarse scan's angle is above the ROI scan's, rad.</summary>
    public double Angle_rad { get; init; }

    /// <summary>Whether δ is held at its nominal value: where both scans used one rotation encoder, it is known better than the data tell it.</summary>
    public bool HoldsAngle { get; init; }

    /// <summary>How far the offset may be from the nominal one along x and along y, µm.</summary>
    public double SearchRadius_um { get; init; } = 40;

    /// <summary>How far the axis may be from the nominal one, µm.</summary>
    public double SearchAxis_um { get; init; } = 20;

    /// <summary>How far δ may be from the nominal value, rad; default 2°.</summary>
    public double SearchAngle_rad { get; init; } = 2 * Math.PI / 180;

    /// <summary>
    /// Whether the coarse scan counted while its translation moved, so that a ray is the mean over one coarse step; false where it counted at
    /// points, with the beam of the ROI scan. Default true.
    /// </summary>
    public bool IsCoarseSmeared { get; init; } = true;
}
