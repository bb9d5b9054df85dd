using System.CommandLine;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Server.Configuration;

namespace XrdCt.Live.Server.Commands;

/// <summary>Options that say how frames on disk become patterns: where the detector stands, and what is integrated how.</summary>
/// <remarks>What wins: an option, then <c>--pyfai</c>, then <c>--config</c> (and what it refers to), then the defaults.</remarks>
internal sealed class IntegrationOptionSet
{
    private readonly Option<string?> _poni = new("--poni") { Description = "Detector geometry, PONI file of pyFAI" };
    private readonly Option<string?> _mask = new("--mask") { Description = "Mask (EDF, NPY, TIFF, CBF, HDF5 as FILE or FILE::/dataset), non-zero = masked" };
    private readonly Option<string?> _flat = new("--flat") { Description = "Flat field, in the formats of a mask" };
    private readonly Option<string?> _dark = new("--dark") { Description = "Dark image, counts, in the formats of a mask" };
    private readonly Option<string?> _config = new("--config") { Description = "Take geometry, mask and integration from a configuration; options win" };
    private readonly Option<string?> _pyFai = new("--pyfai") { Description = "Take them from an integration configuration of pyFAI (JSON); options win" };
    private readonly Option<string?> _unit = new("--unit") { Description = $"Radial unit: {Names(SetUp.UnitNames)} [default: two_theta_deg]" };
    private readonly Option<int?> _bins = new("--bins") { Description = "Number of bins [default: 2048]" };
    private readonly Option<double?> _lower = new("--lower") { Description = "Lower end of the axis, in its unit [default: of the outermost pixel]" };
    private readonly Option<double?> _upper = new("--upper") { Description = "Upper end of the axis, in its unit [default: of the outermost pixel]" };
    private readonly Option<double?> _azimuthLower_deg = new("--azimuth-lower-deg") { Description = "Lower end of the azimuthal range [default: whole circle]" };
    private readonly Option<double?> _azimuthUpper_deg = new("--azimuth-upper-deg") { Description = "Upper end of the azimuthal range [default: whole circle]" };
    private readonly Option<int?> _azimuthSectors = new("--azimuth-sectors") { Description = "Azimuthal sectors of a 2D pattern [default: 1D]" };
    private readonly Option<string?> _splitting = new("--splitting") { Description = $"Pixels over several bins: {Names(SetUp.SplittingNames)} [default: none]" };
    private readonly Option<string?> _filter = new("--filter") { Description = $"Filter: {Names(SetUp.FilterNames)} [default: trimmed]" };
    private readonly Option<string?> _trim = new("--trim") { Description = $"Which trimmed mean or median: {Names(SetUp.TrimNames)} [default: pixel]" };
    private readonly Option<double?> _trimLower = new("--trim-lower") { Description = "Share cut off at the low end [default: 0.1]" };
    private readonly Option<double?> _trimUpper = new("--trim-upper") { Description = "Share cut off at the high end [default: 0.1]" };
    private readonly Option<int?> _cakeSectors = new("--cake-sectors") { Description = "Sectors of --trim cake [default: 256]" };
    private readonly Option<bool> _correctPoissonBias = new("--correct-poisson-bias") { Description = "Take the bias that trimming has at low counts out" };
    private readonly Option<double?> _clipThreshold_sigma = new("--clip-threshold-sigma") { Description = "Sigma-clip: threshold in standard deviations [default: 5]" };
    private readonly Option<int?> _clipIterations = new("--clip-iterations") { Description = "Sigma-clip: rounds at most [default: 5]" };
    private readonly Option<string?> _errorModel = new("--error-model") { Description = $"Variance of a pixel: {Names(SetUp.ErrorModelNames)} [default: poisson]" };
    private readonly Option<double?> _polarisation = new("--polarisation") { Description = "Polarisation factor to divide out, -1 to 1 [default: none]" };
    private readonly Option<bool> _noSolidAngle = new("--no-solid-angle") { Description = "Do not divide the solid angle out" };
    private readonly Option<bool> _sensorAbsorption = new("--sensor-absorption") { Description = "Divide the efficiency of the sensor out; the PONI file must name it" };
    private readonly Option<double?> _dummy = new("--dummy") { Description = "Counts that stand for no value [default: none; negative counts never have one]" };
    private readonly Option<double?> _dummyDelta = new("--dummy-delta") { Description = "Counts so near to the dummy stand for no value either [default: 0]" };

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[]
        {
            _poni, _mask, _flat, _dark, _config, _pyFai, _unit, _bins, _lower, _upper, _azimuthLower_deg, _azimuthUpper_deg, _azimuthSectors,
            _splitting, _filter, _trim, _trimLower, _trimUpper, _cakeSectors, _correctPoissonBias, _clipThreshold_sigma, _clipIterations,
            _errorModel, _polarisation, _noSolidAngle, _sensorAbsorption, _dummy, _dummyDelta,
        })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Everything that was asked for, from the command line and the files that it names.</summary>
    /// <returns>The detector's files, the integration, and the keys of pyFAI's configuration that have no meaning here.</returns>
    public (DetectorFiles Files, IntegrationOptions Options, IReadOnlyList<string> Ignored) Resolve(ParseResult parsed)
    {
        PyFaiConfiguration? pyFai = parsed.GetValue(_pyFai) is string json ? PyFaiConfiguration.Read(json) : null;
        DetectorFiles files = Files(parsed).Over(pyFai?.Files);
        IntegrationSection section = Section(parsed).Over(pyFai?.Integration);
        IReadOnlyList<string> ignored = pyFai?.Ignored ?? [];
        if (parsed.GetValue(_config) is string file)
        {
            BeamlineConfiguration configuration = ConfigurationFile.Read(file);
            string folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
            PyFaiConfiguration? below = SetUp.PyFai(configuration, folder);
            files = files.Over(configuration.Geometry is null ? null : DetectorFiles.Of(configuration.Geometry, folder)).Over(below?.Files);
            section = section.Over(configuration.Integration);
            ignored = [.. ignored, .. below?.Ignored ?? []];
        }

        section.Unit ??= "two_theta_deg";
        return files.Calibration is null
            ? throw UserException.WrongUse("--poni is missing: integration needs the detector's geometry")
            : (files, SetUp.Integration(section, "command line"), ignored);
    }

    private DetectorFiles Files(ParseResult parsed) => new()
    {
        Calibration = parsed.GetValue(_poni) is string poni ? new Calibration(poni) : null,
        Mask = parsed.GetValue(_mask),
        FlatField = parsed.GetValue(_flat),
        Dark = parsed.GetValue(_dark),
    };

    private IntegrationSection Section(ParseResult parsed) => new()
    {
        Unit = parsed.GetValue(_unit),
        Bins = parsed.GetValue(_bins),
        Lower = parsed.GetValue(_lower),
        Upper = parsed.GetValue(_upper),
        AzimuthLower_deg = parsed.GetValue(_azimuthLower_deg),
        AzimuthUpper_deg = parsed.GetValue(_azimuthUpper_deg),
        AzimuthSectors = parsed.GetValue(_azimuthSectors),
        Splitting = parsed.GetValue(_splitting),
        Filter = parsed.GetValue(_filter),
        Trim = parsed.GetValue(_trim),
        TrimLower = parsed.GetValue(_trimLower),
        TrimUpper = parsed.GetValue(_trimUpper),
        CakeSectors = parsed.GetValue(_cakeSectors),
        CorrectPoissonBias = parsed.GetValue(_correctPoissonBias) ? true : null,
        ClipThreshold_sigma = parsed.GetValue(_clipThreshold_sigma),
        ClipIterations = parsed.GetValue(_clipIterations),
        ErrorModel = parsed.GetValue(_errorModel),
        SolidAngle = parsed.GetValue(_noSolidAngle) ? false : null,
        Polarisation = parsed.GetValue(_polarisation),
        SensorAbsorption = parsed.GetValue(_sensorAbsorption) ? true : null,
        Dummy = parsed.GetValue(_dummy),
        DummyDelta = parsed.GetValue(_dummyDelta),
    };

    private static string Names(IEnumerable<string> names) => string.Join(", ", names);
}
