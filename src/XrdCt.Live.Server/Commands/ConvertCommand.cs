using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Ingest.Recording;
using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Server.Configuration;
using XrdCt.Live.Server.Conversion;
using XrdCt.Live.Storage.Sinograms;

namespace XrdCt.Live.Server.Commands;

/// <summary><c>xrdct convert</c>: frames between recordings, HDF5 files and folders of CBF files; sinograms between layouts.</summary>
internal sealed class ConvertCommand
{
    private const string Recording = "recording";
    private const string Hdf5 = "hdf5";
    private const string Cbf = "cbf";
    private const int MostNamed = 20;

    private static readonly string[] Hdf5Extensions = [".h5", ".hdf5", ".hdf", ".nxs"];

    private readonly Argument<string> _in = new("in") { Description = "Recording, HDF5 file, or folder of CBF files; sinogram: HDF5 file, also as FILE::/dataset" };
    private readonly Argument<string> _out = new("out") { Description = "HDF5 file (.h5, .hdf5, .hdf, .nxs), recording (.xrec), else a folder for CBF files" };
    private readonly Option<string?> _format = new("--format", "--to")
    {
        Description = $"What OUT is. Frames: {Hdf5}, {Recording}, {Cbf} [default: by its extension]. Sinogram: {string.Join(", ", SinogramConversion.Formats.Keys)} (mean pattern)",
    };

    private readonly Option<string?> _dataset = new("--dataset") { Description = "Dataset of an HDF5 file, frames [frame, row, column] or a sinogram [default: found by itself]" };
    private readonly Option<string> _dialect = new("--dialect")
    {
        Description = $"Dialect of a recording to be written: {SeriesOptionSet.DialectNames}",
        DefaultValueFactory = _ => "dectris-stream-2",
    };

    private readonly Option<string?> _sourceDialect = new("--source-dialect") { Description = "Dialect of a recording to be read [default: as it says itself]" };
    private readonly Option<int> _firstFrame = new("--first-frame") { Description = "Number of the first frame of a series as the recorded stream counts" };
    private readonly Option<long?> _seriesNumber = new("--series") { Description = "Series of a recording to take [default: the first with frames]" };
    private readonly Option<long> _firstNumber = new("--first-number") { Description = "Number in the name of the CBF file with index 0" };
    private readonly Option<string?> _name = new("--name") { Description = "CBF files are called NAME_00000.cbf [default: the name of IN]" };
    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Replace files that exist" };
    private readonly SeriesOptionSet _series = new();
    private readonly SinogramOptionSet _sinogram = new();
    private readonly Option<bool> _json = new("--json") { Description = "Summary as one JSON object on standard output, nothing else" };

    public Command Build()
    {
        var command = new Command("convert", "Convert frames (recording, HDF5 file with bitshuffle-LZ4, folder of CBF files) or sinograms (NXxrdct, nDTomo, any HDF5 dataset)");
        command.Arguments.Add(_in);
        command.Arguments.Add(_out);
        foreach (Option option in new Option[]
        {
            _format, _dataset, _dialect, _sourceDialect, _firstFrame, _seriesNumber, _firstNumber, _name, _overwrite, _json,
        })
        {
            command.Options.Add(option);
        }

        _series.AddTo(command);
        _sinogram.AddTo(command);
        command.SetAction((parsed, stop) => Task.Factory.StartNew(
            () => Run(parsed, stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken stop)
    {
        try
        {
            if (parsed.GetValue(_format) is string format && SinogramConversion.Formats.TryGetValue(format, out SinogramLayout? layout))
            {
                return ConvertSinogram(parsed, layout, stop);
            }

            using IFrameInput input = OpenInput(parsed);
            using IFrameOutput output = OpenOutput(parsed, input);
            return Convert(parsed, input, output, stop);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or FormatException or ArgumentException)
        {
            throw new UserException(SetUp.Sentence(e), e);
        }
    }

    private IFrameInput OpenInput(ParseResult parsed)
    {
        string path = parsed.GetValue(_in)!;
        SeriesOptionSet.SeriesFacts told = _series.Facts(parsed);
        if (Directory.Exists(path))
        {
            return new CbfFolderInput(path, parsed.GetValue(_firstNumber), told);
        }

        if (!File.Exists(path))
        {
            throw new UserException($"{path} does not exist");
        }

        if (!RecordingReader.IsRecording(path))
        {
            return parsed.GetValue(_dataset) is null && SinogramFile.IsSinogram(path, ChunkUnpacking.Unpack)
                ? throw UserException.WrongUse($"{path} holds a sinogram, not frames: say --format {string.Join(" or ", SinogramConversion.Formats.Keys)}")
                : new StackInput(path, parsed.GetValue(_dataset), told);
        }

        string dialect = parsed.GetValue(_sourceDialect) ?? DialectOf(path);
        var reading = new DialectOptions { FirstFrame = parsed.GetValue(_firstFrame) };
        return StreamDialects.Names.Contains(dialect)
            ? new RecordingInput(path, () => StreamDialects.Create(dialect, reading), parsed.GetValue(_seriesNumber), told)
            : throw UserException.WrongUse($"{path}: the dialect '{dialect}' is not known: name one of {string.Join(", ", StreamDialects.Names)} with --source-dialect");
    }

    private static string DialectOf(string path)
    {
        using var reader = new RecordingReader(path);
        return reader.Header.Dialect;
    }

    private IFrameOutput OpenOutput(ParseResult parsed, IFrameInput input)
    {
        string path = parsed.GetValue(_out)!;
        string source = parsed.GetValue(_in)!;
        bool overwrite = parsed.GetValue(_overwrite);
        string extension = Path.GetExtension(path).ToLowerInvariant();
        string format = parsed.GetValue(_format) ?? (Hdf5Extensions.Contains(extension) ? Hdf5 : extension == ".xrec" ? Recording : Cbf);
        RefuseItself(path, source);
        switch (format)
        {
            case Hdf5:
                return new StackOutput(path, input, SetUp.Program, overwrite);
            case Recording:
                return new RecordingOutput(
                    path, SeriesOptionSet.Dialect(parsed.GetValue(_dialect)!), input, Path.GetFullPath(source), SetUp.Program, overwrite);
            case Cbf:
                Directory.CreateDirectory(path);
                string name = parsed.GetValue(_name) ?? Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(source));
                return new CbfFolderOutput(path, name, input, overwrite);
            default:
                throw UserException.WrongUse(
                    $"--format must be {Hdf5}, {Recording} or {Cbf} for frames, {string.Join(" or ", SinogramConversion.Formats.Keys)} for a sinogram, not '{format}'");
        }
    }

    private static void RefuseItself(string path, string source)
    {
        if (Path.GetFullPath(path) == Path.GetFullPath(source))
        {
            throw UserException.WrongUse($"{path} cannot be converted into itself: name another file or folder");
        }
    }

    private int ConvertSinogram(ParseResult parsed, SinogramLayout? layout, CancellationToken stop)
    {
        (string source, string path, bool asJson) = (parsed.GetValue(_in)!, parsed.GetValue(_out)!, parsed.GetValue(_json));
        RefuseItself(path, SinogramFile.FileOf(source));
        using SinogramFile file = new(source, _sinogram.Reading(parsed, parsed.GetValue(_dataset)), ChunkUnpacking.Unpack);
        SinogramTally tally = SinogramConversion.Run(file, path, layout, parsed.GetValue(_overwrite), !asJson, stop);
        SinogramHeader header = file.Header;
        parsed.InvocationConfiguration.Output.WriteLine(asJson
            ? JsonSerializer.Serialize(
                new
                {
                    Output = path,
                    header.Origin,
                    Rotations = header.RotationCount,
                    Translations = header.TranslationCount,
                    Bins = header.BinCount,
                    Measured = tally.MeasuredCount,
                },
                JsonText.Indented)
            : $"{header.RotationCount} rotations of {header.TranslationCount} translations, {header.BinCount} bins, {tally.MeasuredCount} of {header.CellCount} cells measured: {path}");
        return 0;
    }

    private int Convert(ParseResult parsed, IFrameInput input, IFrameOutput output, CancellationToken stop)
    {
        bool[] isThere = new bool[input.FrameCount];
        int repeated = 0;
        WithProgress(parsed, input.FrameCount, step =>
        {
            while (!stop.IsCancellationRequested && input.TryNext(out ConvertedFrame frame))
            {
                if (frame.Index < 0 || frame.Index >= isThere.Length)
                {
                    continue;
                }

                if (isThere[frame.Index])
                {
                    // The first of each stays, as in a scan.
                    repeated++;
                    continue;
                }

                output.Write(frame);
                isThere[frame.Index] = true;
                step();
            }
        });
        if (stop.IsCancellationRequested)
        {
            throw new UserException("stopped before all frames were converted: what was written is incomplete");
        }

        int[] missing = [.. Enumerable.Range(0, isThere.Length).Where(i => !isThere[i])];
        output.Finish(missing);
        return Report(parsed, input, isThere.Length - missing.Length, missing, repeated);
    }

    private void WithProgress(ParseResult parsed, int count, Action<Action> run)
    {
        if (parsed.GetValue(_json) || Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Interactive)
        {
            run(() => { });
            return;
        }

        AnsiConsole.Progress().AutoClear(true).Start(context =>
        {
            ProgressTask bar = context.AddTask("converting", maxValue: count);
            run(() => bar.Increment(1));
        });
    }

    private int Report(ParseResult parsed, IFrameInput input, int frames, int[] missing, int repeated)
    {
        string path = parsed.GetValue(_out)!;
        if (parsed.GetValue(_json))
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(
                new
                {
                    Output = path,
                    Frames = frames,
                    Missing = missing,
                    Repeated = repeated,
                    input.Shape.Rows,
                    input.Shape.Columns,
                    Type = input.Type.ToString(),
                    input.Problems,
                },
                JsonText.Indented));
        }
        else
        {
            Console.Out.WriteLine($"{frames} frames of {input.Shape} {input.Type}: {path}");
            if (missing.Length > 0)
            {
                string more = missing.Length > MostNamed ? " …" : "";
                Console.Out.WriteLine($"  {missing.Length} missing: {string.Join(", ", missing.Take(MostNamed))}{more}");
            }

            if (repeated > 0)
            {
                Console.Out.WriteLine($"  {repeated} repeated (the first of each was taken)");
            }

            foreach (string note in (input as RecordingInput)?.Notes ?? [])
            {
                Console.Out.WriteLine($"  {note}");
            }
        }

        foreach (string problem in input.Problems)
        {
            Console.Error.WriteLine($"xrdct: {problem}");
        }

        return input.Problems.Count == 0 ? 0 : 1;
    }
}
