using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Spectre.Console;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Compute.Simd;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Ingest.Files;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Server.Configuration;
using XrdCt.Live.Storage;

namespace XrdCt.Live.Server.Commands;

/// <summary><c>xrdct integrate</c>: frames on disk become patterns on disk.</summary>
internal sealed class IntegrateCommand
{
    private static readonly string[] Formats = ["xy", "csv", "h5"];

    private readonly Argument<string[]> _frames = new("frames") { Description = "Frames, CBF or EDF", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string?> _poni = new("--poni") { Description = "Detector geometry, PONI file of pyFAI" };
    private readonly Option<string?> _mask = new("--mask") { Description = "Mask (EDF, NPY, TIFF), non-zero = masked" };
    private readonly Option<string?> _config = new("--config") { Description = "Take geometry, mask and integration from a configuration; options win" };
    private readonly Option<string?> _unit = new("--unit") { Description = $"Radial unit: {string.Join(", ", SetUp.UnitNames)} [default: two_theta_deg]" };
    private readonly Option<int?> _bins = new("--bins") { Description = "Number of bins [default: 2048]" };
    private readonly Option<double?> _lower = new("--lower") { Description = "Lower end of the axis, in its unit [default: smallest pixel centre]" };
    private readonly Option<double?> _upper = new("--upper") { Description = "Upper end of the axis, in its unit [default: largest pixel centre]" };
    private readonly Option<string?> _filter = new("--filter") { Description = $"Filter: {string.Join(", ", SetUp.FilterNames)} [default: trimmed]" };
    private readonly Option<double?> _trimLower = new("--trim-lower") { Description = "Share cut off at the low end [default: 0.1]" };
    private readonly Option<double?> _trimUpper = new("--trim-upper") { Description = "Share cut off at the high end [default: 0.1]" };
    private readonly Option<double?> _polarisation = new("--polarisation") { Description = "Polarisation factor to divide out, -1 to 1 [default: none]" };
    private readonly Option<bool> _noSolidAngle = new("--no-solid-angle") { Description = "Do not divide the solid angle out" };
    private readonly Option<string?> _format = new("--format") { Description = "Format: xy, csv, h5 [default: of --output, else xy]" };
    private readonly Option<string> _output = new("--output") { Description = "Folder, or a file for a single frame or for h5", DefaultValueFactory = _ => "." };
    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Replace files that exist" };
    private readonly Option<bool> _json = new("--json") { Description = "Summary as one JSON object on standard output, nothing else" };

    public Command Build()
    {
        var command = new Command("integrate", "Integrate CBF or EDF frames to patterns: .xy, .csv or HDF5");
        command.Arguments.Add(_frames);
        foreach (Option option in new Option[]
        {
            _poni, _mask, _config, _unit, _bins, _lower, _upper, _filter, _trimLower, _trimUpper, _polarisation, _noSolidAngle,
            _format, _output, _overwrite, _json,
        })
        {
            command.Options.Add(option);
        }

        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        string[] frames = parsed.GetValue(_frames)!;
        (string poni, string? mask, IntegrationSection section) = Settings(parsed);
        string format = Format(parsed);
        _ = Target(parsed, "frame", format, single: frames.Length == 1 || format == "h5"); // refused now, not after the last frame
        IntegrationPlan plan = SetUp.Plan(poni, mask, SetUp.Integration(section, "command line"));
        string[] settings = Describe(plan, poni, mask);
        using var integrator = new SimdIntegrator(plan, () => new PixelReader(plan.Geometry.Shape));
        var pattern = new DiffractionPattern(plan.PatternSize);
        var stack = new List<IntegratedPattern>();
        var written = new List<string>();
        var failures = new List<string>();
        WithProgress(parsed, frames, frame =>
        {
            try
            {
                IntegratedPattern result = Integrate(frame, integrator, pattern, settings);
                if (format == "h5")
                {
                    stack.Add(result);
                }
                else
                {
                    written.Add(Write(result, frame, format, frames.Length, parsed));
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or InvalidDataException or UserException)
            {
                failures.Add(SetUp.Sentence(e));
            }
        });

        if (stack.Count > 0)
        {
            written.Add(WriteStack(stack, frames, parsed));
        }

        Report(parsed, written, failures);
        return failures.Count == 0 ? 0 : 1;
    }

    private (string Poni, string? Mask, IntegrationSection Section) Settings(ParseResult parsed)
    {
        string? poni = parsed.GetValue(_poni);
        string? mask = parsed.GetValue(_mask);
        var section = new IntegrationSection { Unit = "two_theta_deg" };
        if (parsed.GetValue(_config) is string file)
        {
            BeamlineConfiguration configuration = ConfigurationFile.Read(file);
            string folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
            section = configuration.Integration;
            poni ??= configuration.Geometry?.Poni is string p ? Path.Combine(folder, p) : null;
            mask ??= configuration.Geometry?.Mask is string m ? Path.Combine(folder, m) : null;
        }

        section.Unit = parsed.GetValue(_unit) ?? section.Unit;
        section.Bins = parsed.GetValue(_bins) ?? section.Bins;
        section.Lower = parsed.GetValue(_lower) ?? section.Lower;
        section.Upper = parsed.GetValue(_upper) ?? section.Upper;
        section.Filter = parsed.GetValue(_filter) ?? section.Filter;
        section.TrimLower = parsed.GetValue(_trimLower) ?? section.TrimLower;
        section.TrimUpper = parsed.GetValue(_trimUpper) ?? section.TrimUpper;
        section.Polarisation = parsed.GetValue(_polarisation) ?? section.Polarisation;
        section.SolidAngle &= !parsed.GetValue(_noSolidAngle);
        return (poni ?? throw UserException.WrongUse("--poni is missing: integration needs the detector's geometry"), mask, section);
    }

    private string Format(ParseResult parsed)
    {
        string extension = Path.GetExtension(parsed.GetValue(_output)!).TrimStart('.').ToLowerInvariant();
        string format = parsed.GetValue(_format) ?? (Formats.Contains(extension) ? extension : "xy");
        return Formats.Contains(format)
            ? format
            : throw UserException.WrongUse($"--format must be one of {string.Join(", ", Formats)}, not '{format}'");
    }

    private static IntegratedPattern Integrate(
        string path, SimdIntegrator integrator, DiffractionPattern pattern, string[] settings)
    {
        using RawFrame frame = Open(path, integrator.Plan.Geometry.Shape);
        integrator.Integrate([frame], [pattern]);
        return pattern.Outcome == FrameOutcome.Accepted
            ? IntegratedPattern.From(pattern, integrator.Plan.Axis, path, settings)
            : throw new UserException($"{path}: the pixels are cut short or damaged");
    }

    private static RawFrame Open(string path, ImageShape expected)
    {
        var header = new FrameHeader { SeriesId = 0, Index = 0, AcquiredAt = default, Monitor = double.NaN };
        if (path.EndsWith(".edf", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".edf.gz", StringComparison.OrdinalIgnoreCase))
        {
            EdfImage image = EdfImage.Read(path);
            MustFit(path, image.Shape, expected);
            byte[] counts = MemoryMarshal.AsBytes(image.ToInt32().AsSpan()).ToArray();
            return new RawFrame
            {
                Header = header,
                Shape = image.Shape,
                Type = PixelType.Int32,
                Encoding = PixelEncoding.None,
                Lease = new MemoryLease(counts),
                PayloadOffset = 0,
                PayloadLength = counts.Length,
            };
        }

        CbfFile file = CbfFile.Read(path);
        MustFit(path, file.Shape, expected);
        return file.ToRawFrame(header);
    }

    private static void MustFit(string path, ImageShape shape, ImageShape expected)
    {
        if (shape != expected)
        {
            throw new UserException($"{path}: the frame is {shape} (rows × columns), the geometry says {expected}");
        }
    }

    private string Write(IntegratedPattern pattern, string frame, string format, int frameCount, ParseResult parsed)
    {
        string path = Target(parsed, Path.GetFileNameWithoutExtension(frame), format, single: frameCount == 1);
        bool overwrite = parsed.GetValue(_overwrite);
        if (format == "csv")
        {
            PatternFile.WriteCsv(path, pattern, overwrite);
        }
        else
        {
            PatternFile.WriteXy(path, pattern, overwrite);
        }

        return path;
    }

    private string WriteStack(List<IntegratedPattern> stack, string[] frames, ParseResult parsed)
    {
        string stem = frames.Length == 1 ? Path.GetFileNameWithoutExtension(frames[0]) : "integrated";
        string path = Target(parsed, stem, "h5", single: true);
        try
        {
            PatternFile.WriteHdf5(path, stack, parsed.GetValue(_overwrite));
        }
        catch (IOException e)
        {
            throw new UserException(SetUp.Sentence(e), e);
        }

        return path;
    }

    private string Target(ParseResult parsed, string stem, string format, bool single)
    {
        string output = parsed.GetValue(_output)!;
        bool isFile = Formats.Contains(Path.GetExtension(output).TrimStart('.').ToLowerInvariant()) && !Directory.Exists(output);
        if (isFile && !single)
        {
            throw UserException.WrongUse($"--output {output} names one file for several frames: give a folder, or the format h5");
        }

        if (isFile)
        {
            return Path.GetFullPath(output);
        }

        return Path.GetFullPath(Path.Combine(output, $"{stem}.{format}"));
    }

    private static string[] Describe(IntegrationPlan plan, string poni, string? mask)
    {
        IntegrationOptions options = plan.Options;
        string Number(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "none";
        return
        [
            $"program: {SetUp.Program}",
            $"geometry: {poni}",
            $"mask: {mask ?? "none"} ({plan.Mask.MaskedCount} pixels masked, module gaps included)",
            $"wavelength_A: {Number(plan.Geometry.Wavelength_m * 1e10)}",
            options.Filter == IntegrationFilter.Trimmed
                ? $"filter: pixel trimmed mean, {Number(options.TrimLower)} off the low end and {Number(options.TrimUpper)} off the high end"
                : "filter: mean",
            $"solid angle: {(options.SolidAngle ? "divided out" : "not corrected")}",
            $"polarisation factor: {Number(options.PolarisationFactor)}",
            "error model: Poisson, sigma is the standard error of the mean",
        ];
    }

    private void WithProgress(ParseResult parsed, string[] frames, Action<string> each)
    {
        bool shown = frames.Length > 1 && !parsed.GetValue(_json) && !Console.IsOutputRedirected
            && AnsiConsole.Profile.Capabilities.Interactive;
        if (!shown)
        {
            Array.ForEach(frames, each);
            return;
        }

        AnsiConsole.Progress().AutoClear(true).Start(context =>
        {
            ProgressTask bar = context.AddTask("integrating", maxValue: frames.Length);
            foreach (string frame in frames)
            {
                each(frame);
                bar.Increment(1);
            }
        });
    }

    private void Report(ParseResult parsed, List<string> written, List<string> failures)
    {
        if (parsed.GetValue(_json))
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(new { written, failures }));
        }
        else
        {
            written.ForEach(Console.Out.WriteLine);
        }

        failures.ForEach(f => Console.Error.WriteLine($"xrdct: {f}"));
    }
}
