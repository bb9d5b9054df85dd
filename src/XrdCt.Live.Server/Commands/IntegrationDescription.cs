using System.Globalization;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Server.Configuration;

namespace XrdCt.Live.Server.Commands;

/// <summary>How a pattern was made, in lines of <c>key: value</c> that stand in every file: all that applied, and nothing that did not.</summary>
internal static class IntegrationDescription
{
    /// <summary>Describes a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="files">The files that it was made from.</param>
    /// <param name="ignored">Keys of pyFAI's configuration that have no meaning here.</param>
    public static string[] Of(IntegrationPlan plan, DetectorFiles files, IReadOnlyList<string> ignored)
    {
        IntegrationOptions options = plan.Options;
        DetectorGeometry geometry = plan.Geometry;
        List<string> lines =
        [
            $"program: {SetUp.Program}",
            $"geometry: {files.Calibration!.Name}",
            $"detector: {geometry.Detector}, {geometry.Shape} pixels, orientation {(int)geometry.Orientation} ({geometry.Orientation})"
                + (geometry.Corners is null ? "" : ", by its pixel corners"),
        ];
        if (geometry.Sensor is { } sensor)
        {
            lines.Add($"sensor: {sensor}");
        }

        lines.AddRange(
        [
            $"mask: {files.Mask ?? "none"} ({plan.Mask.MaskedCount} pixels masked, those that the detector does not have included)",
            $"flat field: {files.FlatField ?? "none"}",
            $"dark: {files.Dark ?? "none"}",
            $"wavelength_A: {Number(geometry.Wavelength_m * 1e10)}",
            $"pixel splitting: {options.Splitting}",
        ]);
        if (options is { AzimuthLower_deg: double lower, AzimuthUpper_deg: double upper })
        {
            lines.Add($"azimuthal range: {Number(lower)} to {Number(upper)} deg");
        }

        if (options.AzimuthSectors is int sectors)
        {
            lines.Add($"azimuthal sectors: {sectors}");
        }

        lines.Add($"filter: {Filter(options)}");
        lines.AddRange(
        [
            $"solid angle: {(options.SolidAngle ? "divided out" : "not corrected")}",
            $"polarisation factor: {Number(options.PolarisationFactor)}",
            $"sensor absorption: {(options.SensorAbsorption ? "divided out" : "not corrected")}",
            options.Dummy is double dummy ? $"dummy: {Number(dummy)} ± {Number(options.DummyDelta)} counts" : "dummy: none; negative counts have no value",
            $"error model: {options.ErrorModel}, sigma is the standard error of the mean",
        ]);
        if (ignored.Count > 0)
        {
            lines.Add($"ignored keys of pyFAI's configuration: {string.Join(", ", ignored)}");
        }

        return [.. lines];
    }

    private static string Filter(IntegrationOptions options)
    {
        string sectors = options.TrimDefinition == TrimDefinition.Cake ? $" of {options.CakeSectors} sectors" : "";
        string bias = options.CorrectPoissonBias ? ", its bias on counting statistics taken out" : "";
        string kind = options.TrimDefinition.ToString().ToLowerInvariant();
        return options.Filter switch
        {
            IntegrationFilter.Mean => "mean",
            IntegrationFilter.Median => $"{kind} median{sectors}{bias}",
            IntegrationFilter.Trimmed =>
                $"{kind} trimmed mean{sectors}, {Number(options.TrimLower)} off the low end and {Number(options.TrimUpper)} off the high end{bias}",
            _ => $"sigma-clip, threshold {Number(options.ClipThreshold_sigma)} sigma, {options.ClipIterations} rounds at most",
        };
    }

    private static string Number(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "none";
}
