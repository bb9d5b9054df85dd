using System.CommandLine;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Ingest.Files;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Server.Benchmarks;
using XrdCt.Live.Server.Configuration;

namespace XrdCt.Live.Server.Commands;

/// <summary><c>xrdct bench</c>: how fast this machine is, as a table that says how it was made.</summary>
internal sealed class BenchCommand
{
    private const double LongestRow_s = 600;

    private readonly Option<string?> _frame = new("--frame") { Description = "Frame (CBF, EDF, TIFF) to draw the benchmark's frames around [default: a powder on a Pilatus3 X CdTe 2M]" };
    private readonly Option<string?> _poni = new("--poni") { Description = "Geometry of the frame, PONI file of pyFAI" };
    private readonly Option<string?> _mask = new("--mask") { Description = "Mask of the frame (EDF, NPY, TIFF, CBF, HDF5)" };
    private readonly Option<string> _backends = new("--backends")
    {
        Description = $"What is timed, separated by commas: {string.Join(", ", BenchmarkBackend.Names)}; devices where there are some",
        DefaultValueFactory = _ => "cpu,cuda,opencl",
    };

    private readonly Option<double> _seconds = new("--seconds") { Description = "How long each row is timed", DefaultValueFactory = _ => 2 };
    private readonly BenchOutput _output = new();

    public Command Build()
    {
        var integration = new Command("integration", "Every filter, one thread and all cores, beside the memory bandwidth of this machine");
        foreach (Option option in new Option[] { _frame, _poni, _mask, _backends, _seconds }.Concat(_output.Options))
        {
            integration.Options.Add(option);
        }

        integration.SetAction((parsed, stop) => Task.Factory.StartNew(
            () => Run(parsed, stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        return new Command("bench", "How fast this machine is, with the machine described") { integration, new ReconstructionBenchCommand().Build() };
    }

    private int Run(ParseResult parsed, CancellationToken stop)
    {
        string[] backends = parsed.GetValue(_backends)!.ToLowerInvariant().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (backends.Length == 0 || backends.Except(BenchmarkBackend.Names).Any())
        {
            throw UserException.WrongUse(
                $"--backends must be some of {string.Join(", ", BenchmarkBackend.Names)}, not '{parsed.GetValue(_backends)}'");
        }

        double seconds = SetUp.Within(parsed.GetValue(_seconds), LongestRow_s, "command line", "--seconds");
        return _output.Write(parsed, (command, say) => Benchmark(parsed, seconds).Run(backends, command, say, stop), stop);
    }

    private IntegrationBenchmark Benchmark(ParseResult parsed, double seconds)
    {
        if (parsed.GetValue(_frame) is not string frame)
        {
            return parsed.GetValue(_poni) is null && parsed.GetValue(_mask) is null
                ? Powder(seconds)
                : throw UserException.WrongUse("--frame is missing: --poni and --mask belong to a frame");
        }

        string poni = parsed.GetValue(_poni) ?? throw UserException.WrongUse("--poni is missing: the frame needs its geometry");
        DetectorGeometry geometry = PoniFile.Read(poni);
        PixelMask mask = ModuleGaps.Of(geometry);
        mask = parsed.GetValue(_mask) is string path ? mask.Or(MaskFile.Read(path, geometry.Shape)) : mask;
        var header = new FrameHeader { SeriesId = 0, Index = 0, AcquiredAt = default, Monitor = double.NaN };
        using RawFrame raw = FrameFile.Read(frame, geometry.Shape, header);
        int[] counts = new int[geometry.Shape.PixelCount];
        return new FrameDecoder(geometry.Shape).Decode(raw, counts) == FrameOutcome.Accepted
            ? new IntegrationBenchmark(geometry, mask, [.. counts.Select(c => (double)c)], $"the counts of {Path.GetFileName(frame)}", seconds)
            : throw new UserException($"{frame}: the pixels are cut short or damaged");
    }

    private static IntegrationBenchmark Powder(double seconds)
    {
        // The beamline of config/demo.poni without its small tilts.
        var geometry = new DetectorGeometry
        {
            Detector = "Pilatus CdTe 2M",
            Shape = ImageShape.Pilatus2M,
            PixelSize1_m = 172e-6,
            PixelSize2_m = 172e-6,
            Distance_m = 0.5,
            Poni1_m = 0.1462,
            Poni2_m = 0.1275,
            Wavelength_m = 2.48e-11,
        };
        return new IntegrationBenchmark(geometry, ModuleGaps.Of(geometry), PoissonFrames.Powder(geometry), "fifteen rings of a powder with a background", seconds);
    }
}
