using System.Diagnostics;
using System.Globalization;
using System.Runtime.Intrinsics.X86;
using System.Text.Json;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Compute.Simd;
using XrdCt.Live.Egress.Encoding;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Ingest.Files;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Benchmarks;

/// <summary>
/// Times the boxes of the frame path on one real frame, and pyFAI on the same frame in the same run; prints Markdown.
/// <c>XrdCt.Live.Benchmarks FRAME.cbf PONI MASK [REPEATS]</c>, the decoders alone (<see cref="DecodeBenchmark"/>),
/// reception alone (<see cref="ReceiveBenchmark"/>), or a GPU (<see cref="GpuBenchmark"/>).
/// </summary>
internal static class Program
{
    private const int Bins = 2048;

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

        if (args.Length is < 3 or > 4)
        {
            Console.Error.WriteLine("usage: XrdCt.Live.Benchmarks FRAME.cbf PONI MASK [REPEATS], decode FRAME.cbf|FRAME.npy … [REPEATS], receive [RATE_HZ SECONDS [MEAN_COUNTS [plain]]], or gpu [cuda|opencl|cpu] [--device N] [--small] [--seconds S]");
            return 2;
        }

        int repeats = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 40;
        CbfFile file = CbfFile.Read(args[0]);
        int[] frame = file.ReadPixels();
        DetectorGeometry geometry = PoniFile.Read(args[1], file.Shape);
        PixelMask mask = MaskFile.Read(args[2], geometry.Shape).Or(ModuleGaps.Of(geometry));
        IntegrationPlan mean = Plan(geometry, mask, IntegrationFilter.Mean);
        IntegrationPlan trimmed = Plan(geometry, mask, IntegrationFilter.Trimmed);
        byte[] packed = Pack(frame);

        Describe(args[0], file.Shape, packed.Length, mean, repeats);
        var rows = new List<(string Name, double Median_ms, double Min_ms)>();
        int[] pixels = new int[frame.Length];
        var decoder = new FrameDecoder(geometry.Shape);
        var pattern = new DiffractionPattern(Bins);
        using var means = new SimdIntegrator(mean, () => new PixelReader(geometry.Shape));
        using var trims = new SimdIntegrator(trimmed, () => new PixelReader(geometry.Shape));
        using RawFrame raw = Raw(packed, geometry.Shape);
        rows.Add(Time("decode (bitshuffle-LZ4)", repeats, () => decoder.Decode(raw, pixels)));
        rows.Add(Time("decode + mean", repeats, () => means.Integrate([raw], [pattern])));
        rows.Add(Time("decode + trimmed mean", repeats, () => trims.Integrate([raw], [pattern])));
        RawFrame[] eight = [.. Enumerable.Range(0, 8).Select(_ => Raw([.. packed], geometry.Shape))];
        RawFrame[] plains = [.. Enumerable.Range(0, 8).Select(_ => Plain(frame, geometry.Shape))];
        DiffractionPattern[] patterns = [.. Enumerable.Range(0, 8).Select(_ => new DiffractionPattern(Bins))];
        rows.Add(Batch(Time("mean, 8", repeats, () => means.Integrate(plains, patterns))));
        rows.Add(Batch(Time("trimmed mean, 8", repeats, () => trims.Integrate(plains, patterns))));
        rows.Add(Batch(Time("decode + mean, 8", repeats, () => means.Integrate(eight, patterns))));
        rows.Add(Batch(Time("decode + trimmed mean, 8", repeats, () => trims.Integrate(eight, patterns))));
        static (string, double, double) Batch((string Name, double Median_ms, double Min_ms) t) => (t.Name, t.Median_ms / 8, t.Min_ms / 8);
        (double all, int workers) = Parallel(packed, trimmed, repeats);
        Table(rows, PyFai(frame, geometry, mask, args[1], repeats), all, workers);
        return 0;
    }

    private static IntegrationPlan Plan(DetectorGeometry geometry, PixelMask mask, IntegrationFilter filter) =>
        new(geometry, mask, new IntegrationOptions { Unit = RadialUnit.TwoTheta_deg, BinCount = Bins, Filter = filter });

    private static byte[] Pack(int[] frame)
    {
        byte[] packed = new byte[Bslz4Encoder.MaximumLength(frame.Length)];
        return packed[..new Bslz4Encoder().Encode(frame, packed)];
    }

    private static RawFrame Raw(byte[] packed, ImageShape shape) => new()
    {
        Header = new FrameHeader { SeriesId = 1, Index = 0, AcquiredAt = DateTimeOffset.UtcNow },
        Shape = shape,
        Type = PixelType.Int32,
        Encoding = PixelEncoding.BitshuffleLz4,
        Lease = new MemoryLease(packed),
        PayloadOffset = 0,
        PayloadLength = packed.Length,
    };

    private static RawFrame Plain(int[] pixels, ImageShape shape)
    {
        byte[] bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(pixels.AsSpan()).ToArray();
        return Raw(bytes, shape) with { Encoding = PixelEncoding.None };
    }

    private static (string Name, double Median_ms, double Min_ms) Time(string name, int repeats, Action action)
    {
        for (int i = 0; i < 30; i++)
        {
            action();
        }

        double[] times_ms = new double[repeats];
        for (int i = 0; i < repeats; i++)
        {
            long start = Stopwatch.GetTimestamp();
            action();
            times_ms[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        Array.Sort(times_ms);
        return (name, times_ms[repeats / 2], times_ms[0]);
    }

    /// <summary>Decode + trimmed mean on all cores, a frame per worker: frames per second.</summary>
    private static (double Rate_Hz, int Workers) Parallel(byte[] packed, IntegrationPlan plan, int repeats)
    {
        int workers = Environment.ProcessorCount;
        int each = Math.Max(20, 2 * repeats);
        using var start = new Barrier(workers + 1);
        Thread[] threads = [.. Enumerable.Range(0, workers).Select(_ => new Thread(() =>
        {
            using var integrator = new SimdIntegrator(plan, () => new PixelReader(plan.Geometry.Shape));
            DiffractionPattern[] pattern = [.. Enumerable.Range(0, 8).Select(_ => new DiffractionPattern(Bins))];
            RawFrame[] raw = [.. Enumerable.Range(0, 8).Select(_ => Raw([.. packed], plan.Geometry.Shape))];
            for (int i = 0; i < each + 10; i++)
            {
                if (i == 10)
                {
                    start.SignalAndWait();
                }

                integrator.Integrate(raw, pattern);
            }
        }))];
        Array.ForEach(threads, t => t.Start());
        start.SignalAndWait();
        long began = Stopwatch.GetTimestamp();
        Array.ForEach(threads, t => t.Join());
        return (8.0 * workers * each / Stopwatch.GetElapsedTime(began).TotalSeconds, workers);
    }

    private static JsonElement? PyFai(int[] frame, DetectorGeometry geometry, PixelMask mask, string poni, int repeats)
    {
        string folder = Directory.CreateTempSubdirectory("xrdct-bench").FullName;
        try
        {
            string framePath = Path.Combine(folder, "frame.npy"), maskPath = Path.Combine(folder, "mask.npy");
            WriteNpy(framePath, "<i4", geometry.Shape, w => Array.ForEach(frame, w.Write));
            byte[] masked = [.. mask.Masked.ToArray().Select(m => m ? (byte)1 : (byte)0)];
            WriteNpy(maskPath, "|u1", geometry.Shape, w => w.Write(masked));
            var start = new ProcessStartInfo("/usr/bin/python3") { RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (string argument in new[]
            {
                Path.Combine(AppContext.BaseDirectory, "pyfai_bench.py"), framePath, Path.GetFullPath(poni), maskPath,
                Bins.ToString(CultureInfo.InvariantCulture), Math.Min(repeats, 20).ToString(CultureInfo.InvariantCulture),
            })
            {
                start.ArgumentList.Add(argument);
            }

            using Process python = Process.Start(start)!;
            Task<string> errors = python.StandardError.ReadToEndAsync();
            string output = python.StandardOutput.ReadToEnd();
            python.WaitForExit();
            if (python.ExitCode == 0)
            {
                return JsonSerializer.Deserialize<JsonElement>(output);
            }

            Console.Error.WriteLine($"pyFAI could not be timed: {errors.Result.Trim().Split('\n')[^1]}");
            return null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Console.Error.WriteLine("pyFAI could not be timed: /usr/bin/python3 is not there");
            return null;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void WriteNpy(string path, string type, ImageShape shape, Action<BinaryWriter> write)
    {
        string header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({shape.Rows}, {shape.Columns}), }}";
        header = header.PadRight(117) + "\n";
        using var writer = new BinaryWriter(File.Create(path));
        writer.Write([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, (byte)header.Length, 0]);
        writer.Write(System.Text.Encoding.ASCII.GetBytes(header));
        write(writer);
    }

    private static void Describe(string path, ImageShape shape, int packedBytes, IntegrationPlan plan, int repeats)
    {
        string simd = string.Join(", ", new[]
        {
            (Avx2.IsSupported, "AVX2"), (Avx512F.IsSupported, "AVX-512"), (Gfni.IsSupported, "GFNI"),
        }.Where(s => s.Item1).Select(s => s.Item2));
        Console.WriteLine(
            $"Frame: {Path.GetFileName(path)}, {shape}, {plan.ValidPixelCount} valid pixels, {packedBytes} bytes as bitshuffle-LZ4; "
            + $"{Bins} bins, largest {plan.LargestBin} pixels. Machine: {Cpu()}, {Environment.ProcessorCount} cores, {simd}; .NET {Environment.Version}. "
            + $"{repeats} repeats, one thread.");
        Console.WriteLine();
    }

    private static string Cpu()
    {
        const string Info = "/proc/cpuinfo";
        string? line = File.Exists(Info) ? File.ReadLines(Info).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line?.Split(':')[1].Trim() ?? "unknown CPU";
    }

    private static void Table(
        List<(string Name, double Median_ms, double Min_ms)> rows, JsonElement? pyFai, double all_Hz, int workers)
    {
        Console.WriteLine("| step | median ms | best ms | frames/s (median) | pyFAI median ms | times faster |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- |");
        foreach ((string name, double median_ms, double min_ms) in rows)
        {
            string key = name.StartsWith("mean", StringComparison.Ordinal) ? "mean" : name.StartsWith("trimmed", StringComparison.Ordinal) ? "trimmed" : "";
            double? theirs = key.Length > 0 && pyFai is { } p ? p.GetProperty(key).GetProperty("median_ms").GetDouble() : null;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {name} | {median_ms:F2} | {min_ms:F2} | {1000 / median_ms:F0} | {(theirs is { } t ? t.ToString("F1", CultureInfo.InvariantCulture) : "–")} | {(theirs is { } u ? (u / median_ms).ToString("F1", CultureInfo.InvariantCulture) : "–")} |"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| decode + trimmed mean, {workers} workers | – | – | {all_Hz:F0} | – | – |"));
        if (pyFai is { } python)
        {
            Console.WriteLine();
            Console.WriteLine(
                $"pyFAI {python.GetProperty("version").GetString()} from Debian, its own threads; its sigma-clip (5 σ, Poisson) takes "
                + $"{python.GetProperty("sigma_clip").GetProperty("median_ms").GetDouble().ToString("F1", CultureInfo.InvariantCulture)} ms.");
        }
    }
}
