using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using XrdCt.Live.Compute.Gpu;
using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Server.Configuration;
using XrdCt.Live.Server.Conversion;
using XrdCt.Live.Server.Reconstruction;
using XrdCt.Live.Storage.Sinograms;
using XrdCt.Live.Storage.Volumes;

namespace XrdCt.Live.Server.Commands;

/// <summary><c>xrdct reconstruct</c>: the slices of a sinogram in a file.</summary>
internal sealed class ReconstructCommand
{
    private const int MostIterations = 10_000;
    private const int MostThreads = 256;

    private static readonly Dictionary<string, SolverKind> Solvers = new()
    {
        ["fbp"] = SolverKind.Fbp,
        ["sirt"] = SolverKind.Sirt,
        ["cgls"] = SolverKind.Cgls,
    };

    private static readonly Dictionary<string, RoiMode> Modes = new()
    {
        ["none"] = RoiMode.None,
        ["completion"] = RoiMode.Completion,
        ["subtraction"] = RoiMode.Subtraction,
        ["extension"] = RoiMode.Extension,
    };

    private static readonly Dictionary<string, bool> Weights = new() { ["gaps"] = false, ["even"] = true };
    // The numbers of a device are others in their last bits: nobody gets them unasked.
    internal static readonly Dictionary<string, ComputeBackend> Backends = new() { ["cpu"] = ComputeBackend.Cpu, ["cuda"] = ComputeBackend.Cuda, ["opencl"] = ComputeBackend.OpenCl };
    private static readonly Dictionary<string, bool> Counting = new() { ["moving"] = true, ["points"] = false };

    private static readonly JsonSerializerOptions Json = new(JsonText.Indented) { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private readonly Argument<string> _file = new("file") { Description = "Sinogram: scan file, nDTomo or any HDF5 file, also as FILE::/dataset" };
    private readonly Option<string?> _output = new("--output") { Description = "HDF5 file for the slices [default: NAME_slices.nxs beside FILE]" };
    private readonly Option<string?> _dataset = new("--dataset") { Description = "Dataset of the sinogram [default: found by itself]" };
    private readonly Option<bool> _raw = new("--raw") { Description = "Take the raw sinogram of a scan file [default: the corrected one, where it has one]" };
    private readonly Option<string?> _solver = new("--solver") { Description = $"How: {string.Join(", ", Solvers.Keys)}", DefaultValueFactory = _ => "fbp" };
    private readonly Option<string> _filter = new("--filter") { Description = $"Filter of fbp: {string.Join(", ", SetUp.RampNames)}", DefaultValueFactory = _ => "shepp-logan" };
    private readonly Option<string?> _weights = new("--weights")
    {
        Description = "What projections count in fbp: gaps (by the angles between them), even (all alike, as scikit-image)",
        DefaultValueFactory = _ => "gaps",
    };

    private readonly Option<int> _iterations = new("--iterations") { Description = "sirt, cgls: iterations at most", DefaultValueFactory = _ => 50 };
    private readonly Option<bool> _nonNegative = new("--non-negative") { Description = "sirt, cgls: no values below 0" };
    private readonly Option<double> _leastChange = new("--least-change") { Description = "sirt, cgls: a bin stops when an iteration lowers its residual by no more than this share", DefaultValueFactory = _ => 0 };
    private readonly Option<double> _relaxation = new("--relaxation") { Description = "sirt: relaxation, above 0 and below 2", DefaultValueFactory = _ => 1 };
    private readonly Option<string> _start = new("--start")
    {
        Description = $"sirt, cgls: start from {ReconstructionRequest.FromZero}, from {ReconstructionRequest.FromFbp}, or from a file of slices",
        DefaultValueFactory = _ => ReconstructionRequest.FromZero,
    };

    private readonly Option<string> _cor = new("--cor")
    {
        Description = "Rotation axis: steps from the middle translation (number N/2), data (found in the sinogram), or file (as it says, else data)",
        DefaultValueFactory = _ => "file",
    };

    private readonly Option<string?> _roiMode = new("--roi-mode")
    {
        Description = $"Truncated scan: {string.Join(", ", Modes.Keys)} [default: completion with --coarse, else none]",
    };

    private readonly Option<string?> _coarse = new("--coarse") { Description = "Coarse scan of the same sample, which tells what lies outside the field of view" };
    private readonly Option<string?> _roiCentre_um = new("--roi-centre-um") { Description = "X,Y of the ROI scan's axis in the coarse slice, about, µm [default: 0,0]" };
    private readonly Option<string?> _coarseCounting = new("--coarse-counting")
    {
        Description = "Whether the coarse scan counted while its translation was moving, or at points",
        DefaultValueFactory = _ => "moving",
    };

    private readonly Option<string?> _bins = new("--bins") { Description = "Bins A:B of all, B not included, counted from 0; either end may be left out" };
    private readonly Option<string?> _backend = new("--backend")
    {
        Description = $"fbp: where it is made, {string.Join(", ", Backends.Keys)}",
        DefaultValueFactory = _ => "cpu",
    };

    private readonly Option<int?> _threads = new("--threads") { Description = "Threads at work [default: one per core]" };
    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Replace the file if it exists" };
    private readonly Option<bool> _json = new("--json") { Description = "Summary as one JSON object on standard output, nothing else" };
    private readonly SinogramOptionSet _sinogram = new();

    public Command Build()
    {
        var command = new Command("reconstruct", "Make slices of a sinogram: every bin, any filter or solver; ROI scans freed from what lies outside");
        command.Arguments.Add(_file);
        foreach (Option option in new Option[]
        {
            _output, _solver, _filter, _cor, _roiMode, _coarse, _roiCentre_um, _coarseCounting, _bins, _weights, _iterations, _nonNegative,
            _leastChange, _relaxation, _start, _dataset, _raw,
        })
        {
            command.Options.Add(option);
        }

        _sinogram.AddAxesTo(command);
        foreach (Option option in new Option[] { _backend, _threads, _overwrite, _json })
        {
            command.Options.Add(option);
        }

        command.SetAction((parsed, stop) => Task.Factory.StartNew(
            () => Run(parsed, stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken stop)
    {
        string location = parsed.GetValue(_file)!;
        ReconstructionRequest request = Request(parsed);
        string output = Path.GetFullPath(parsed.GetValue(_output) ?? DefaultOutput(location));
        string? coarsePath = parsed.GetValue(_coarse);
        foreach (string input in new[] { location, coarsePath, request.StartFile }.OfType<string>())
        {
            if (!File.Exists(SinogramFile.FileOf(input)))
            {
                throw UserException.WrongUse(input == request.StartFile
                    ? $"--start must be {ReconstructionRequest.FromZero}, {ReconstructionRequest.FromFbp} or a file of slices, and there is no file '{input}'"
                    : $"{SinogramFile.FileOf(input)} does not exist");
            }

            if (Path.GetFullPath(SinogramFile.FileOf(input)) == output)
            {
                throw UserException.WrongUse($"{output} is read: give another --output");
            }
        }

        if (File.Exists(output) && !parsed.GetValue(_overwrite))
        {
            throw new UserException($"{output} exists: choose another --output, or --overwrite");
        }

        try
        {
            // Found out before minutes are spent on slices that could not be kept.
            VolumeWriter.CheckPlace(output);
            bool isRaw = parsed.GetValue(_raw);
            using SinogramFile file = SinogramFiles.OpenCorrected(location, _sinogram.Reading(parsed, parsed.GetValue(_dataset)), isRaw);
            using SinogramFile? coarse = coarsePath is null ? null : SinogramFiles.OpenCorrected(coarsePath, new SinogramReading(), isRaw);
            ReconstructionRun run = new(file, coarse, request, isShown: !parsed.GetValue(_json), stop);
            Report(parsed, run.Run(output, parsed.GetValue(_overwrite), stop));
            return 0;
        }
        catch (Exception e) when ((e is AggregateException { InnerException: { } first } ? first : e) is GpuException)
        {
            throw new UserException($"{SetUp.Sentence(e.InnerException is GpuException lost ? lost : e)}: use --backend cpu", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException or AggregateException)
        {
            throw new UserException(SetUp.Sentence(e is AggregateException { InnerException: { } inner } ? inner : e), e);
        }
        catch (OperationCanceledException e)
        {
            throw new UserException("stopped before the end: there is no result", e);
        }
    }

    private static string DefaultOutput(string location)
    {
        string path = SinogramFile.FileOf(location);
        return Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, $"{Path.GetFileNameWithoutExtension(path)}_slices.nxs");
    }

    private ReconstructionRequest Request(ParseResult parsed)
    {
        SolverKind solver = OneOf(parsed, _solver, Solvers);
        string? coarse = parsed.GetValue(_coarse);
        RoiMode mode = parsed.GetValue(_roiMode) is null ? coarse is null ? RoiMode.None : RoiMode.Completion : OneOf(parsed, _roiMode, Modes);
        bool needsCoarse = mode is RoiMode.Completion or RoiMode.Subtraction;
        if (needsCoarse && coarse is null)
        {
            throw UserException.WrongUse($"--roi-mode {parsed.GetValue(_roiMode)} needs the coarse scan: name it with --coarse FILE, or use --roi-mode extension");
        }

        if (!needsCoarse && coarse is not null)
        {
            throw UserException.WrongUse($"--coarse is of no use with --roi-mode {parsed.GetValue(_roiMode)}: leave one of them out");
        }

        if (solver != SolverKind.Fbp && mode != RoiMode.None)
        {
            throw UserException.WrongUse($"--roi-mode {mode.ToString().ToLowerInvariant()} goes with --solver fbp: an iterative solver would spread what is outside over the slice");
        }

        ComputeBackend backend = OneOf(parsed, _backend, Backends);
        if (solver != SolverKind.Fbp && backend != ComputeBackend.Cpu)
        {
            throw UserException.WrongUse($"--backend {parsed.GetValue(_backend)} goes with --solver fbp: iterative solvers run on the CPU");
        }

        string cor = parsed.GetValue(_cor)!;
        double? axis_px = cor is "file" or "data" ? null
            : double.TryParse(cor, NumberStyles.Float, CultureInfo.InvariantCulture, out double steps) && double.IsFinite(steps) ? steps
            : throw UserException.WrongUse($"--cor must be file, data or a number of steps from the middle translation, not '{cor}'");
        return new ReconstructionRequest
        {
            Solver = solver,
            Filter = SetUp.Ramp(parsed.GetValue(_filter)!, "command line", "--filter"),
            Options = new SolverOptions
            {
                Iterations = Whole(parsed, _iterations, MostIterations),
                IsNonNegative = parsed.GetValue(_nonNegative),
                LeastChange = Between(parsed, _leastChange, 0, 1),
                Relaxation = Between(parsed, _relaxation, 0, 2),
            },
            Start = parsed.GetValue(_start)!,
            HasEvenWeights = OneOf(parsed, _weights, Weights),
            Axis_px = axis_px,
            AxisFromData = cor == "data",
            RoiMode = mode,
            RoiCentre_um = Centre(parsed.GetValue(_roiCentre_um)),
            IsCoarseSmeared = OneOf(parsed, _coarseCounting, Counting),
            Backend = backend,
            Bins = RangeOption.Parse(parsed.GetValue(_bins), _bins.Name),
            Threads = parsed.GetValue(_threads) is null ? Environment.ProcessorCount : Whole(parsed, _threads, MostThreads),
        };
    }

    private static T OneOf<T>(ParseResult parsed, Option<string?> option, Dictionary<string, T> known) =>
        SetUp.OneOf(known, parsed.GetValue(option)!, "command line", option.Name);

    private static int Whole(ParseResult parsed, Option<int> option, int most) => InRange(parsed.GetValue(option), option, most);

    private static int Whole(ParseResult parsed, Option<int?> option, int most) => InRange(parsed.GetValue(option)!.Value, option, most);

    private static int InRange(int value, Option option, int most) => value >= 1 && value <= most
        ? value
        : throw UserException.WrongUse($"{option.Name} must be 1 to {most}, not {value}");

    private static double Between(ParseResult parsed, Option<double> option, double low, double high)
    {
        double value = parsed.GetValue(option);
        bool isOpen = option.Name == "--relaxation";
        return value >= low && value < high && (!isOpen || value > low)
            ? value
            : throw UserException.WrongUse(string.Create(CultureInfo.InvariantCulture, $"{option.Name} must be {(isOpen ? "above" : "at least")} {low} and below {high}, not {value}"));
    }

    private static (double X_um, double Y_um) Centre(string? text)
    {
        if (text is null)
        {
            return (0, 0);
        }

        return text.Split(',') is [var x, var y]
            && double.TryParse(x, NumberStyles.Float, CultureInfo.InvariantCulture, out double x_um) && double.IsFinite(x_um)
            && double.TryParse(y, NumberStyles.Float, CultureInfo.InvariantCulture, out double y_um) && double.IsFinite(y_um)
                ? (x_um, y_um)
                : throw UserException.WrongUse($"--roi-centre-um must be X,Y in µm, such as -120,35.5, not '{text}'");
    }

    private void Report(ParseResult parsed, ReconstructionSummary summary)
    {
        TextWriter output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            output.WriteLine(JsonSerializer.Serialize(summary, Json));
            return;
        }

        FormattableString[] lines =
        [
            $"{summary.Bins} bins of {summary.Size} × {summary.Size} pixels of {summary.PixelSize_um:0.###} µm from {summary.Projections} projections in {summary.Elapsed_s:F1} s",
            $"rotation axis {summary.Axis_px:+0.00;-0.00;0} steps from the middle: {summary.AxisStatus}",
            $"{summary.Confidence.Sentence}",
            .. summary.Alignment is { } a
                ? (FormattableString[])[$"ROI at ({a.X_um:F1}, {a.Y_um:F1}) µm of the coarse slice, {a.Scale:F3} times its intensity; overlap residual {100 * a.OverlapResidual:F2} %"]
                : [],
            .. summary.Iterations is int used ? (FormattableString[])[$"{used} iterations in the bin that took most"] : [],
            .. summary.Remarks.Select(r => (FormattableString)$"{r}"),
            $"{summary.Output}",
        ];
        foreach (FormattableString line in lines)
        {
            output.WriteLine(line.ToString(CultureInfo.InvariantCulture));
        }
    }
}
