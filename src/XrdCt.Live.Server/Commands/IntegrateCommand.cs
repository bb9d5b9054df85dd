using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using XrdCt.Live.Compute.Gpu;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Server.Configuration;
using XrdCt.Live.Server.Integration;

namespace XrdCt.Live.Server.Commands;

/// <summary><c>xrdct integrate</c>: frames on disk become patterns on disk.</summary>
internal sealed class IntegrateCommand
{
    private const int MostNamed = 20;
    private const int MostWorkers = 256;

    private static readonly string[] Formats = ["xy", "csv", "h5"];

    private readonly Argument<string[]> _frames = new("frames") { Description = "CBF, EDF, TIFF, NPY and HDF5 files (FILE::/dataset), or quoted patterns of them (*, ?, **)", Arity = ArgumentArity.OneOrMore };
    private readonly IntegrationOptionSet _integration = new();
    private readonly Option<string?> _format = new("--format") { Description = "Format: xy, csv, h5 [default: of --output, else xy]" };
    private readonly Option<string> _output = new("--output") { Description = "Folder, or a file for a single frame or for h5", DefaultValueFactory = _ => "." };
    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Replace files that exist" };
    private readonly Option<string?> _range = new("--frames") { Description = "Frames A:B of all, B not included, counted from 0; either end may be left out" };
    private readonly Option<string?> _monitor = new("--monitor") { Description = "Beam monitor, one value per frame: text, CSV (column monitor), NPY, FILE::/dataset, or /dataset of the frames' files" };
    private readonly Option<double?> _monitorReference = new("--monitor-reference") { Description = "Intensities are those of a beam with this monitor value [default: the median]" };
    private readonly Option<string> _backend = new("--backend")
    {
        Description = "What integrates: auto (a CUDA device where there is one, else the CPU), cpu, cuda, opencl",
        DefaultValueFactory = _ => "auto",
    };

    private readonly Option<int?> _workers = new("--workers") { Description = "Batches that are integrated at the same time [default: one per core, on a device 4]" };
    private readonly Option<bool> _json = new("--json") { Description = "Summary as one JSON object on standard output, nothing else" };

    public Command Build()
    {
        var command = new Command("integrate", "Integrate frames to patterns: .xy or .csv files, or one HDF5 file for all");
        command.Arguments.Add(_frames);
        _integration.AddTo(command);
        foreach (Option option in new Option[] { _range, _monitor, _monitorReference, _backend, _workers, _format, _output, _overwrite, _json })
        {
            command.Options.Add(option);
        }

        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken stop)
    {
        string[] words = parsed.GetValue(_frames)!;
        (DetectorFiles detector, IntegrationOptions options, IReadOnlyList<string> ignored) = _integration.Resolve(parsed);
        string format = Format(parsed);
        Range range = RangeOption.Parse(parsed.GetValue(_range), "--frames");
        int? workers = Workers(parsed);
        FrameArgument[] files = [.. words.SelectMany(FrameArgument.Expand)];
        IntegrationPlan plan = SetUp.Plan(detector, options);
        var frames = new FrameSequence(files, plan.Geometry.Shape, range);
        BeamMonitor? monitor = parsed.GetValue(_monitor) is string word ? BeamMonitor.Read(word, frames, parsed.GetValue(_monitorReference)) : null;
        List<string> settings = [.. IntegrationDescription.Of(plan, detector, ignored), $"monitor: {monitor?.Description ?? "none"}"];
        try
        {
            using IPatternOutput output = Output(parsed, format, plan, frames, monitor, settings);
            using IntegratorSource integrators = SetUp.Integrators(
                parsed.GetValue(_backend)!, 0, "command line", "--backend", sentence => Console.Error.WriteLine($"xrdct: {sentence}"));
            if (frames.Count > 1 && !parsed.GetValue(_json))
            {
                Console.Out.WriteLine(integrators.Sentence);
            }

            var run = new FrameRun(
                plan, frames, monitor, () => integrators.Create(plan, () => new PixelReader(plan.Geometry.Shape)), workers ?? integrators.UsualWorkers);
            IntegrationSummary summary = await new IntegrationProgress(frames, run, output, () => integrators.Backend)
                .RunAsync(isShown: !parsed.GetValue(_json) && !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Interactive, stop);
            return Report(parsed, summary with { Ignored = ignored });
        }
        catch (IOException e)
        {
            throw new UserException(SetUp.Sentence(e), e);
        }
    }

    private string Format(ParseResult parsed)
    {
        string extension = Path.GetExtension(parsed.GetValue(_output)!).TrimStart('.').ToLowerInvariant();
        string format = parsed.GetValue(_format) ?? (Formats.Contains(extension) ? extension : "xy");
        return Formats.Contains(format)
            ? format
            : throw UserException.WrongUse($"--format must be one of {string.Join(", ", Formats)}, not '{format}'");
    }

    private IPatternOutput Output(
        ParseResult parsed, string format, IntegrationPlan plan, FrameSequence frames, BeamMonitor? monitor, List<string> settings)
    {
        bool overwrite = parsed.GetValue(_overwrite);
        if (format == "h5")
        {
            string stem = frames.FileCount == 1 ? Path.GetFileNameWithoutExtension(frames.FileOf(0).Path) : "integrated";
            string path = Target(parsed, stem, format, single: true);
            return frames.FileOf(0) is var file && frames.FileCount == 1 && Path.GetFullPath(file.Path) == path
                ? throw UserException.WrongUse($"{path} holds the frames: give another --output")
                : new PatternStackOutput(path, plan, frames, monitor, settings, overwrite);
        }

        return plan.AzimuthAxis is null
            ? new PatternTextOutput(
                frame => Target(parsed, frames.StemOf(frame), format, single: frames.Count == 1), plan.Axis, frames, monitor, settings, format == "csv", overwrite)
            : throw UserException.WrongUse($"2D patterns do not fit into {format} files: give --format h5");
    }

    private int? Workers(ParseResult parsed) => parsed.GetValue(_workers) switch
    {
        null => null,
        int workers and >= 1 and <= MostWorkers => workers,
        int workers => throw UserException.WrongUse($"--workers must be 1 to {MostWorkers}, not {workers}"),
    };

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

    private int Report(ParseResult parsed, IntegrationSummary summary)
    {
        if (parsed.GetValue(_json))
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(summary, JsonText.Indented));
        }
        else
        {
            if (summary.Frames > 1)
            {
                Console.Out.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{summary.Integrated} of {summary.Frames} frames, {summary.FramesPerS:F0} frames/s"));
            }

            Console.Out.WriteLine(summary.Written.Count > MostNamed
                ? $"{summary.Written.Count} files in {Path.GetDirectoryName(summary.Written[0])}"
                : string.Join('\n', summary.Written));
        }

        foreach (FrameFailure failure in summary.Failures.Take(MostNamed))
        {
            Console.Error.WriteLine($"xrdct: {failure.Reason}");
        }

        if (summary.Failures.Count > MostNamed)
        {
            Console.Error.WriteLine($"xrdct: {summary.Failures.Count - MostNamed} more frames failed: --json lists them all");
        }

        if (summary.IsStopped)
        {
            Console.Error.WriteLine(
                $"xrdct: stopped after {summary.Integrated + summary.Failures.Count} of {summary.Frames} frames: what is written is complete");
        }

        return summary.Failures.Count == 0 && !summary.IsStopped ? 0 : 1;
    }
}
