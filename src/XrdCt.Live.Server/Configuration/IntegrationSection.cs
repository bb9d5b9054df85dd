using XrdCt.Live.Model.Patterns;
using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary><c>integration:</c> how frames become patterns. What is null was not said.</summary>
public sealed class IntegrationSection
{
    /// <summary>Integration configuration of pyFAI (JSON) that says what is not said here; relative to the configuration file.</summary>
    [YamlMember(Alias = "pyfai")]
    public string? PyFai { get; set; }

    /// <summary><c>two_theta_deg</c>, <c>two_theta_rad</c>, <c>q_invA</c>, <c>q_invnm</c>, <c>r_mm</c> or <c>d_A</c>.</summary>
    [YamlMember(Alias = "unit")]
    public string? Unit { get; set; }

    /// <summary>Number of radial bins.</summary>
    [YamlMember(Alias = "bins")]
    public int? Bins { get; set; }

    /// <summary>Lower end of the axis, in its unit; that of the outermost pixel when absent.</summary>
    [YamlMember(Alias = "lower")]
    public double? Lower { get; set; }

    /// <summary>Upper end of the axis, in its unit; that of the outermost pixel when absent.</summary>
    [YamlMember(Alias = "upper")]
    public double? Upper { get; set; }

    /// <summary>Lower end of the azimuthal range, degrees; the whole circle when absent.</summary>
    [YamlMember(Alias = "azimuth_lower_deg")]
    public double? AzimuthLower_deg { get; set; }

    /// <summary>Upper end of the azimuthal range, degrees.</summary>
    [YamlMember(Alias = "azimuth_upper_deg")]
    public double? AzimuthUpper_deg { get; set; }

    /// <summary>Azimuthal sectors of a 2D pattern; 1D when absent.</summary>
    [YamlMember(Alias = "azimuth_sectors")]
    public int? AzimuthSectors { get; set; }

    /// <summary><c>none</c>, <c>bbox</c> or <c>full</c>.</summary>
    [YamlMember(Alias = "splitting")]
    public string? Splitting { get; set; }

    /// <summary><c>mean</c>, <c>median</c>, <c>trimmed</c> or <c>sigma-clip</c>.</summary>
    [YamlMember(Alias = "filter")]
    public string? Filter { get; set; }

    /// <summary>Which trimmed mean or median: <c>pixel</c>, <c>exact</c> or <c>cake</c>.</summary>
    [YamlMember(Alias = "trim")]
    public string? Trim { get; set; }

    /// <summary>Share cut off at the low end, 0 ≤ x &lt; 0.5.</summary>
    [YamlMember(Alias = "trim_lower")]
    public double? TrimLower { get; set; }

    /// <summary>Share cut off at the high end, 0 ≤ x &lt; 0.5.</summary>
    [YamlMember(Alias = "trim_upper")]
    public double? TrimUpper { get; set; }

    /// <summary>Sectors of <c>trim: cake</c>.</summary>
    [YamlMember(Alias = "cake_sectors")]
    public int? CakeSectors { get; set; }

    /// <summary>Take the bias that trimming has at low counts out.</summary>
    [YamlMember(Alias = "correct_poisson_bias")]
    public bool? CorrectPoissonBias { get; set; }

    /// <summary>Pixels farther from the mean are clipped, standard deviations.</summary>
    [YamlMember(Alias = "clip_threshold_sigma")]
    public double? ClipThreshold_sigma { get; set; }

    /// <summary>Rounds of clipping at most.</summary>
    [YamlMember(Alias = "clip_iterations")]
    public int? ClipIterations { get; set; }

    /// <summary><c>poisson</c>, <c>azimuthal</c> or <c>hybrid</c>.</summary>
    [YamlMember(Alias = "error_model")]
    public string? ErrorModel { get; set; }

    /// <summary>Divide the solid angle out.</summary>
    [YamlMember(Alias = "solid_angle")]
    public bool? SolidAngle { get; set; }

    /// <summary>Polarisation factor to divide out, −1…1; none when absent.</summary>
    [YamlMember(Alias = "polarisation")]
    public double? Polarisation { get; set; }

    /// <summary>Divide the sensor's efficiency out.</summary>
    [YamlMember(Alias = "sensor_absorption")]
    public bool? SensorAbsorption { get; set; }

    /// <summary>Counts that stand for "no value"; none when absent.</summary>
    [YamlMember(Alias = "dummy")]
    public double? Dummy { get; set; }

    /// <summary>Counts within this distance of the dummy have no value either.</summary>
    [YamlMember(Alias = "dummy_delta")]
    public double? DummyDelta { get; set; }

    /// <summary>What is done where nobody says anything: the defaults of <see cref="IntegrationOptions"/>, on an axis in q.</summary>
    public static IntegrationSection Default()
    {
        var options = new IntegrationOptions();
        return new IntegrationSection
        {
            Unit = "q_invA",
            Bins = options.BinCount,
            Splitting = "none",
            Filter = "trimmed",
            Trim = "pixel",
            TrimLower = options.TrimLower,
            TrimUpper = options.TrimUpper,
            CakeSectors = options.CakeSectors,
            CorrectPoissonBias = options.CorrectPoissonBias,
            ClipThreshold_sigma = options.ClipThreshold_sigma,
            ClipIterations = options.ClipIterations,
            ErrorModel = "poisson",
            SolidAngle = options.SolidAngle,
            SensorAbsorption = options.SensorAbsorption,
            DummyDelta = options.DummyDelta,
        };
    }

    /// <summary>What this says, and what <paramref name="below"/> says where this says nothing.</summary>
    public IntegrationSection Over(IntegrationSection? below) => below is null ? this : new IntegrationSection
    {
        PyFai = PyFai ?? below.PyFai,
        Unit = Unit ?? below.Unit,
        Bins = Bins ?? below.Bins,
        Lower = Lower ?? below.Lower,
        Upper = Upper ?? below.Upper,
        AzimuthLower_deg = AzimuthLower_deg ?? below.AzimuthLower_deg,
        AzimuthUpper_deg = AzimuthUpper_deg ?? below.AzimuthUpper_deg,
        AzimuthSectors = AzimuthSectors ?? below.AzimuthSectors,
        Splitting = Splitting ?? below.Splitting,
        Filter = Filter ?? below.Filter,
        Trim = Trim ?? below.Trim,
        TrimLower = TrimLower ?? below.TrimLower,
        TrimUpper = TrimUpper ?? below.TrimUpper,
        CakeSectors = CakeSectors ?? below.CakeSectors,
        CorrectPoissonBias = CorrectPoissonBias ?? below.CorrectPoissonBias,
        ClipThreshold_sigma = ClipThreshold_sigma ?? below.ClipThreshold_sigma,
        ClipIterations = ClipIterations ?? below.ClipIterations,
        ErrorModel = ErrorModel ?? below.ErrorModel,
        SolidAngle = SolidAngle ?? below.SolidAngle,
        Polarisation = Polarisation ?? below.Polarisation,
        SensorAbsorption = SensorAbsorption ?? below.SensorAbsorption,
        Dummy = Dummy ?? below.Dummy,
        DummyDelta = DummyDelta ?? below.DummyDelta,
    };
}
