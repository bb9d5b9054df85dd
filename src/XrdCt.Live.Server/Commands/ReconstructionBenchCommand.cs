using System.CommandLine;
using XrdCt.Live.Compute.Gpu;
using XrdCt.Live.Server.Benchmarks;
using XrdCt.Live.Server.Configuration;

namespace XrdCt.Live.Server.Commands;

/// <summary><c>xrdct bench reconstruction</c>: how fast this machine reconstructs all bins of a scan.</summary>
internal sealed class ReconstructionBenchCommand
{
    private const double LongestRow_s = 600;
    private const string NoPython = "none";

    private readonly Option<int> _translations = new("--translations") { Description = "Translations of the scan", DefaultValueFactory = _ => 251 };
    private readonly Option<int> _rotations = new("--rotations") { Description = "Rotations of the scan", DefaultValueFactory = _ => 250 };
    private readonly Option<int> _bins = new("--bins") { Description = "Radial bins of the volume; 2,048 of 251 × 250 take 1.2 GB", DefaultValueFactory = _ => 2048 };
    private readonly Option<double> _seconds = new("--seconds") { Description = "How long each row is timed", DefaultValueFactory = _ => 2 };
    private readonly Option<string> _python = new("--python")
    {
        Description = $"Python with scikit-image or silx to compare with, or {NoPython}",
        DefaultValueFactory = _ => "python3",
    };

    private readonly Option<string> _backend = new("--backend") { Description = "A device to be timed as well: cpu (none), cuda, opencl", DefaultValueFactory = _ => "cpu" };
    private readonly BenchOutput _output = new();

    public Command Build()
    {
        var reconstruction = new Command("reconstruction", "Filter, back-projection, whole volume and one projection more, beside scikit-image and silx where Python has them");
        foreach (Option option in new Option[] { _translations, _rotations, _bins, _seconds, _python, _backend }.Concat(_output.Options))
        {
            reconstruction.Options.Add(option);
        }

        reconstruction.SetAction((parsed, stop) => Task.Factory.StartNew(
            () => Run(parsed, stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        return reconstruction;
    }

    private int Run(ParseResult parsed, CancellationToken stop)
    {
        double seconds = SetUp.Within(parsed.GetValue(_seconds), LongestRow_s, "command line", "--seconds");
        int translations = Count(parsed, _translations, 2, 4096);
        int rotations = Count(parsed, _rotations, 1, 10_000);
        int bins = Count(parsed, _bins, 1, 100_000);
        if ((long)translations * rotations * bins > Array.MaxLength / 2)
        {
            throw UserException.WrongUse($"{translations} × {rotations} × {bins} values are more than one array holds: choose fewer --bins");
        }

        string? python = parsed.GetValue(_python) is NoPython ? null : parsed.GetValue(_python);
        ComputeBackend backend = SetUp.OneOf(ReconstructCommand.Backends, parsed.GetValue(_backend)!, "command line", _backend.Name);
        try
        {
            using GpuDevice? device = backend == ComputeBackend.Cpu ? null : GpuDevice.Open(backend);
            var benchmark = new ReconstructionBenchmark(translations, rotations, bins, seconds, device);
            return _output.Write(parsed, (command, say) => benchmark.Run(python, command, say, stop), stop);
        }
        catch (GpuException e)
        {
            throw new UserException($"{SetUp.Sentence(e)}: use --backend cpu", e);
        }
    }

    private static int Count(ParseResult parsed, Option<int> option, int least, int most)
    {
        int count = parsed.GetValue(option);
        return count >= least && count <= most
            ? count
            : throw UserException.WrongUse($"{option.Name} must be {least} to {most}, not {count}");
    }
}
