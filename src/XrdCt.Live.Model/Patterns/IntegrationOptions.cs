namespace XrdCt.Live.Model.Patterns;

/// <summary>
/// What a pattern shall look like: axis, corrections, filter. It stands in every output, all defaults written out.
/// </summary>
/// <remarks>Defaults are pyFAI's where pyFAI has one, and the paper's 10 % trimmed mean where it has none.</remarks>
public sealed record IntegrationOptions
{
    /// <summary>Unit of the radial axis.</summary>
    public RadialUnit Unit { get; init; } = RadialUnit.TwoTheta_deg;

    /// <summary>Number of radial bins, 1…65,534. Default 2,048, the field's habit (nDTomo, ID15A).</summary>
    public int BinCount { get; init; } = 2048;

    /// <summary>Lower end of the axis in <see cref="Unit"/>; null for the smallest position of an unmasked pixel.</summary>
    public double? Lower { get; init; }

    /// <summary>
    /// Upper end of the axis in <see cref="Unit"/>; null for the largest position of an unmasked pixel. An axis in d needs one, for the
    /// direct beam lies at infinity.
    /// </summary>
    public double? Upper { get; init; }

    /// <summary>
    /// Lower end of the azimuthal range, degrees; null (with <see cref="AzimuthUpper_deg"/>) for no limit: a 1D pattern takes the whole
    /// circle, a 2D pattern or cake the smallest to the largest azimuth of an unmasked pixel within ±180°, as pyFAI.
    /// </summary>
    public double? AzimuthLower_deg { get; init; }

    /// <summary>Upper end of the azimuthal range, degrees, at most 360 above the lower end; a range may run across ±180°.</summary>
    public double? AzimuthUpper_deg { get; init; }

    /// <summary>
    /// Azimuthal sectors of a 2D pattern ("cake"), at least 1; null for a 1D pattern. Cells are [sector, bin], the bin fastest.
    /// </summary>
    public int? AzimuthSectors { get; init; }

    /// <summary>How a pixel that reaches over several bins is shared between them. Default none.</summary>
    public PixelSplitting Splitting { get; init; } = PixelSplitting.None;

    /// <summary>Divide the solid angle out. Default true, as pyFAI.</summary>
    public bool SolidAngle { get; init; } = true;

    /// <summary>Polarisation factor (I_h − I_v)/(I_h + I_v) to divide out, −1…1; null for none.</summary>
    public double? PolarisationFactor { get; init; }

    /// <summary>
    /// Divide the sensor's efficiency out, which grows with the path of the ray through it; the geometry must say material and
    /// thickness, and the wavelength. Default false, as pyFAI.
    /// </summary>
    public bool SensorAbsorption { get; init; }

    /// <summary>Counts that stand for "no value", with <see cref="DummyDelta"/>; null for none. Negative counts never have a value.</summary>
    public double? Dummy { get; init; }

    /// <summary>Counts within this distance of <see cref="Dummy"/> have no value either. Default 0.</summary>
    public double DummyDelta { get; init; }

    /// <summary>Filter over the pixels of a bin.</summary>
    public IntegrationFilter Filter { get; init; } = IntegrationFilter.Trimmed;

    /// <summary>Which of the field's trimmed means is meant. Default <see cref="TrimDefinition.Pixel"/>.</summary>
    public TrimDefinition TrimDefinition { get; init; } = TrimDefinition.Pixel;

    /// <summary>Share of the normalisation cut off at the low end, 0 ≤ x &lt; 0.5. Default 0.1: "10 % trimmed mean".</summary>
    public double TrimLower { get; init; } = 0.1;

    /// <summary>Share of the normalisation cut off at the high end, 0 ≤ x &lt; 0.5. Default 0.1.</summary>
    public double TrimUpper { get; init; } = 0.1;

    /// <summary>Azimuthal sectors of <see cref="TrimDefinition.Cake"/>, at least 1. Default 256, as ID15A.</summary>
    public int CakeSectors { get; init; } = 256;

    /// <summary>Take the bias that trimming has at low counts out of a trimmed mean or median. Default false.</summary>
    public bool CorrectPoissonBias { get; init; }

    /// <summary>Pixels farther than this from the mean are clipped, in standard deviations. Default 5, as pyFAI.</summary>
    public double ClipThreshold_sigma { get; init; } = 5;

    /// <summary>Rounds of clipping at most. Default 5, as pyFAI.</summary>
    public int ClipIterations { get; init; } = 5;

    /// <summary>Where the variance of a pixel comes from. Default Poisson.</summary>
    public ErrorModel ErrorModel { get; init; } = ErrorModel.Poisson;
}
