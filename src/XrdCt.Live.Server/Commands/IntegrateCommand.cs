using System.CommandLine;
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
    private readonly IntegrationOptionSet _integration = new();
    private readonly Option<string?> _format = new("--format") { Description = "Format: xy, csv, h5 [default: of --output, else xy]" };
    private readonly Option<string> _output = new("--output") { Description = "Folder, or a file for a single frame or for h5", DefaultValueFactory = _ => "." };
    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Replace files that exist" };
    private readonly Option<bool> _json = new("--json") { Description = "Summary as one JSON object on standard output, nothing else" };

    public Command Build()
    {
        var command = new Command("integrate", "Integrate CBF or EDF frames to patterns: .xy, .csv or HDF5");
        command.Arguments.Add(_frames);
        _integration.AddTo(command);
        foreach (Option option in new Option[] { _format, _output, _overwrite, _json })
        {
            command.Options.Add(option);
        }

        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        string[] frames = parsed.GetValue(_frames)!;
        (DetectorFiles files, IntegrationOptions options, IReadOnlyList<string> ignored) = _integration.Resolve(parsed);
        string format = Format(parsed);
        _ = Target(parsed, "frame", format, single: frames.Length == 1 || format == "h5"); // refused now, not after the last frame
        IntegrationPlan plan = SetUp.Plan(files, options);
        string[] settings = IntegrationDescription.Of(plan, files, ignored);
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

        Report(parsed, written, failures, ignored);
        return failures.Count == 0 ? 0 : 1;
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

    private void Report(ParseResult parsed, List<string> written, List<string> failures, IReadOnlyList<string> ignored)
    {
        if (parsed.GetValue(_json))
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(new { written, failures, ignored }));
        }
        else
        {
            written.ForEach(Console.Out.WriteLine);
        }

        failures.ForEach(f => Console.Error.WriteLine($"xrdct: {f}"));
    }
}
