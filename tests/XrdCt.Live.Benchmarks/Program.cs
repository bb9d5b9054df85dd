using System.Globalization;
using System.Text.Json;
using XrdCt.Live.Benchmarks.Steering;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Compute.Simd;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Ingest.Files;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Server.Benchmarks;

namespace XrdCt.Live.Benchmarks;

/// <summary>
/// Times the integration on one thread beside pyFAI on one thread, on the same frames in the same run; prints Markdown.
/// <c>XrdCt.Live.Benchmarks FRAME.cbf PONI MASK [SECONDS]</c>, the decoders alone (<see cref="DecodeBenchmark"/>),
/// reception alone (<see cref="ReceiveBenchmark"/>), a GPU (<see cref="GpuBenchmark"/>), the journal (<see cref="JournalBenchmark"/>), or the study of placements (<see cref="SteeringBenchmark"/>).
/// </summary>
internal static class Program
{
    private const int Bins = 2048;
    private const int FrameCount = 8;

    private static int Main(string[] args)
    {
        if (args is ["decode", ..])
        {
            return DecodeBenchmark.Run(args[1..]);
        }

        if (args is ["receive", ..])
        {
            return ReceiveBenchmark.Run(args[1..]);
        }

        if (args is ["gpu", ..])
        {
            return GpuBenchmark.Run(args[1..]);
        }

        if (args is ["journal", ..])
        {
            return JournalBenchmark.Run(args[1..]);
        }

        if (args is ["steering", ..])
        {
            return SteeringBenchmark.Run(args[1..]);
        }

        if (args.Length is < 3 or > 4)
        {
            Console.Error.WriteLine("usage: XrdCt.Live.Benchmarks FRAME.cbf PONI MASK [SECONDS], decode FRAME.cbf|FRAME.npy … [REPEATS], receive [RATE_HZ SECONDS [MEAN_COUNTS [plain]]], gpu [cuda|opencl|cpu] [--device N] [--small] [--seconds S], journal rate|scan FOLDER, or steering [FIRST_SEED COUNT | cost]");
            return 2;
        }

        double seconds = args.Length > 3 ? double.Parse(args[3], CultureInfo.InvariantCulture) : 3;
        CbfFile file = CbfFile.Read(args[0]);
        DetectorGeometry geometry = PoniFile.Read(args[1], file.Shape);
        PixelMask mask = MaskFile.Read(args[2], geometry.Shape).Or(ModuleGaps.Of(geometry));
        int[][] frames = PoissonFrames.Around([.. file.ReadPixels().Select(c => (double)c)], FrameCount);
        RawFrame[] plain = [.. frames.Select(f => PoissonFrames.Plain(f, geometry.Shape))];
        RawFrame[] packed = [.. frames.Select(f => PoissonFrames.Packed(f, geometry.Shape))];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{FrameCount} different frames, drawn from Poisson's law around the counts of {Path.GetFileName(args[0])}; {mask.MaskedCount} pixels masked; {Bins} bins. "
            + $"One thread each; ours in batches of {FrameCount}, pyFAI on the same frames in turn; {seconds} s a row; CPU is the thread's own time, on a machine that others use too. .NET {Environment.Version}."));
        Console.WriteLine();

        JsonElement? pyFai = PyFai.Time(frames, geometry.Shape, mask, args[1], Bins, seconds);
        Console.WriteLine("| integration | pixels | median ms | best ms | CPU ms | frames/s | pyFAI median ms | best ms | CPU ms | CPU ratio |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (BenchmarkCase row in BenchmarkCase.All)
        {
            var plan = new IntegrationPlan(geometry, mask, row.Options with { BinCount = Bins });
            using var integrator = new SimdIntegrator(plan, () => new PixelReader(geometry.Shape));
            Timing ours = Stopwatches.One(integrator, row.IsPacked ? packed : plain, seconds);
            string theirs = pyFai is { } python && Counterpart(row) is string key ? Compared(python.GetProperty(key), ours) : "– | – | – | –";
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {row.Name} | {(row.IsPacked ? "bslz4" : "plain")} | {ours.Median_ms:F2} | {ours.Best_ms:F2} | {ours.Cpu_ms:F2} | {ours.Rate_Hz:F0} | {theirs} |"));
        }

        if (pyFai is { } version)
        {
            Console.WriteLine();
            Console.WriteLine(
                $"pyFAI {version.GetProperty("version").GetString()}, OMP_NUM_THREADS={version.GetProperty("threads").GetString()}: integrate1d_ng and sigma_clip_ng "
                + "(5 σ, Poisson) by CSR in Cython, medfilt1d (10–90 %) beside both trimmed means.");
        }

        return 0;
    }

    /// <summary>What pyFAI has for a row, from plain pixels; null for nothing.</summary>
    private static string? Counterpart(BenchmarkCase row) => (row.Name, row.IsPacked) switch
    {
        (_, true) => null,
        ("mean", _) => "mean",
        ("mean, full split", _) => "full",
        ("sigma-clip 5 σ", _) => "sigma_clip",
        ("trimmed mean 10–90 %, pixel", _) or ("trimmed mean 10–90 %, cake of 256 sectors", _) => "medfilt",
        _ => null,
    };

    private static string Compared(JsonElement theirs, Timing ours)
    {
        double median_ms = theirs.GetProperty("median_ms").GetDouble();
        double best_ms = theirs.GetProperty("min_ms").GetDouble();
        double cpu_ms = theirs.GetProperty("cpu_ms").GetDouble();
        return string.Create(CultureInfo.InvariantCulture, $"{median_ms:F1} | {best_ms:F1} | {cpu_ms:F1} | {cpu_ms / ours.Cpu_ms:F1}");
    }
}
