using System.Diagnostics;
using System.Globalization;
using ILGPU;
using ILGPU.Runtime;
using XrdCt.Live.Compute.Gpu;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Compute.Simd;
using XrdCt.Live.Egress.Encoding;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Benchmarks;

/// <summary>
/// The GPU backend on frames that it makes itself: checks that they decode bit by bit and that the kept pixels are those of the CPU, trimmed and
/// clipped, then times each step and the whole. Prints Markdown. <c>gpu [cuda|opencl|cpu] [--device N] [--small] [--seconds S]</c>; <c>cpu</c> is
/// ILGPU's stand-in for a device, very slow, to try the benchmark itself.
/// </summary>
internal static class GpuBenchmark
{
    private const int Bins = 2048;
    private const int BatchSize = 16;
    private const int MostStreams = 4;
    private const double BytesPerMB = 1e6;

    // Where a pixel lies within a float's rounding of a limit of the clip, two backends may differ by it.
    private const double MostOtherBins = 1e-4;

    public static int Run(string[] arguments)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        string backend = arguments.FirstOrDefault(a => !a.StartsWith('-')) ?? "cuda";
        bool isSmall = arguments.Contains("--small");
        double seconds = Value(arguments, "--seconds") ?? 2;
        int index = (int)(Value(arguments, "--device") ?? 0);
        try
        {
            using GpuDevice device = backend switch
            {
                "cuda" => GpuDevice.Open(ComputeBackend.Cuda, index),
                "opencl" => GpuDevice.Open(ComputeBackend.OpenCl, index),
                "cpu" => GpuDevice.OnCpu(2, 1),
                _ => throw new GpuException($"the backend must be cuda, opencl or cpu, not '{backend}'"),
            };
            Measure(device, isSmall, seconds);
            return 0;
        }
        catch (GpuException e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    private static double? Value(string[] arguments, string option)
    {
        int at = Array.IndexOf(arguments, option);
        return at >= 0 && at + 1 < arguments.Length && double.TryParse(arguments[at + 1], CultureInfo.InvariantCulture, out double value) ? value : null;
    }

    private static void Measure(GpuDevice device, bool isSmall, double seconds)
    {
        DetectorGeometry geometry = Geometry(isSmall);
        PixelMask mask = ModuleGaps.Of(geometry);
        int bins = isSmall ? 64 : Bins;
        var trimmed = new IntegrationPlan(geometry, mask, Options(IntegrationFilter.Trimmed, PixelSplitting.None, bins));
        RawFrame[] frames = [.. Enumerable.Range(1, BatchSize).Select(seed => Frame(Counts(geometry, mask, seed), geometry.Shape))];
        double packed_bytes = frames.Average(f => (double)f.PayloadLength);
        Print($"Device: {device.Name}, {device.Memory_bytes / BytesPerMB:F0} MB; frames unpacked on {(device.Unpacks ? "the device" : "the CPU")}. "
            + $"Machine: {Environment.ProcessorCount} cores; .NET {Environment.Version}.");
        Print($"Frames: {BatchSize} of {geometry.Shape}, int32, {packed_bytes:F0} bytes each as bitshuffle-LZ4; {bins} bins, largest {trimmed.LargestBin} pixels.");
        Print("");

        (double up, double inside) = Bandwidths(device, isSmall);
        using (var plan = new GpuPlan(device, trimmed))
        using (var integrator = new GpuIntegrator(plan, new PixelReader(geometry.Shape), BatchSize))
        {
            CheckDecoding(integrator, frames);
            CheckPixels("trimmed mean", integrator, frames, 0);
            CheckClip(device, geometry, mask, bins, frames);
            Print("");
            Print("| step | µs per frame, batch of 16 | single frame |");
            Print("| --- | --- | --- |");
            Row("stage in pinned memory (one core)", seconds, integrator, frames, (i, n) => i.Batch.Stage(frames.AsSpan(0, n), Patterns(trimmed, n)));
            Row("copy to the device", seconds, integrator, frames, (i, _) => i.Batch.Upload());
            Row("unpack bitshuffle-LZ4", seconds, integrator, frames, (i, _) => i.Batch.Decode());
            Row("trimmed mean", seconds, integrator, frames, (i, n) => i.Sum(n));
            DiffractionPattern[] patterns = Patterns(trimmed, BatchSize);
            Row("sums to patterns (one core)", seconds, integrator, frames, (i, n) => i.Unpack(patterns.AsSpan(0, n)));
        }

        TimeCorrection(device, geometry, mask, bins, frames, seconds);
        TimePlan("mean", device, geometry, mask, Options(IntegrationFilter.Mean, PixelSplitting.None, bins), frames, seconds);
        TimePlan("mean, full pixel splitting", device, geometry, mask, Options(IntegrationFilter.Mean, PixelSplitting.Full, bins), frames, seconds);
        TimePlan("trimmed mean, full pixel splitting", device, geometry, mask, Options(IntegrationFilter.Trimmed, PixelSplitting.Full, bins), frames, seconds);
        IntegrationOptions clip = Options(IntegrationFilter.SigmaClip, PixelSplitting.None, bins);
        TimePlan("sigma-clip 5 σ", device, geometry, mask, clip, frames, seconds);
        TimePlan("sigma-clip 5 σ of the scatter", device, geometry, mask, clip with { ErrorModel = ErrorModel.Azimuthal }, frames, seconds);
        TimePlan("sigma-clip 5 σ, full pixel splitting", device, geometry, mask, clip with { Splitting = PixelSplitting.Full }, frames, seconds);
        Print("");

        double busLimit_Hz = up / packed_bytes;
        double memoryLimit_Hz = inside / (2.0 * geometry.Shape.PixelCount * sizeof(int));
        Print($"Copy to the device {up / 1e9:F1} GB/s: {busLimit_Hz:F0} frames/s at most. Copy inside it {inside / 1e9:F0} GB/s (read + write): "
            + $"{memoryLimit_Hz:F0} frames/s at most, each written once and read once.");
        Print("");
        Print("| streams, each with a thread | frames/s, packed bytes to patterns | share of the bus | share of the device's memory |");
        Print("| --- | --- | --- | --- |");
        for (int streams = 1; streams <= MostStreams; streams++)
        {
            double rate_Hz = EndToEnd(device, trimmed, frames, streams, seconds);
            Print($"| {streams} | {rate_Hz:F0} | {rate_Hz / busLimit_Hz:P0} | {rate_Hz / memoryLimit_Hz:P0} |");
        }
    }

    private static void TimePlan(
        string name, GpuDevice device, DetectorGeometry geometry, PixelMask mask, IntegrationOptions options, RawFrame[] frames, double seconds)
    {
        var plan = new IntegrationPlan(geometry, mask, options);
        using var onDevice = new GpuPlan(device, plan);
        using var integrator = new GpuIntegrator(onDevice, new PixelReader(geometry.Shape), BatchSize);
        integrator.Integrate(frames, Patterns(plan, frames.Length));
        Row(name, seconds, integrator, frames, (i, n) => i.Sum(n));
    }

    private static void TimeCorrection(
        GpuDevice device, DetectorGeometry geometry, PixelMask mask, int bins, RawFrame[] frames, double seconds)
    {
        IntegrationOptions options = Options(IntegrationFilter.Trimmed, PixelSplitting.None, bins) with { CorrectPoissonBias = true };
        var plan = new IntegrationPlan(geometry, mask, options);
        using var onDevice = new GpuPlan(device, plan);
        using var integrator = new GpuIntegrator(onDevice, new PixelReader(geometry.Shape), BatchSize);
        DiffractionPattern[] patterns = Patterns(plan, frames.Length);
        Row("the same, Poisson bias taken out", seconds, integrator, frames, (i, n) => i.Unpack(patterns.AsSpan(0, n)));
    }

    /// <summary>Bit by bit against the CPU; ends the benchmark where it does not hold.</summary>
    private static void CheckDecoding(GpuIntegrator integrator, RawFrame[] frames)
    {
        DiffractionPattern[] patterns = Patterns(integrator.Plan, frames.Length);
        integrator.Integrate(frames, patterns);
        var decoder = new FrameDecoder(integrator.Plan.Geometry.Shape);
        int[] expected = new int[integrator.Plan.Geometry.Shape.PixelCount];
        int[] pixels = new int[expected.Length];
        for (int i = 0; i < frames.Length; i++)
        {
            decoder.Decode(frames[i], expected);
            integrator.ReadPixels(i, pixels);
            if (patterns[i].Outcome != FrameOutcome.Accepted || !pixels.AsSpan().SequenceEqual(expected))
            {
                throw new GpuException($"frame {i} decodes to other pixels than on the CPU");
            }
        }

        Print($"Checked: {frames.Length} frames decode bit by bit as on the CPU.");
    }

    private static void CheckClip(GpuDevice device, DetectorGeometry geometry, PixelMask mask, int bins, RawFrame[] frames)
    {
        foreach (ErrorModel model in new[] { ErrorModel.Poisson, ErrorModel.Azimuthal })
        {
            IntegrationOptions options = Options(IntegrationFilter.SigmaClip, PixelSplitting.None, bins) with { ErrorModel = model };
            using var plan = new GpuPlan(device, new IntegrationPlan(geometry, mask, options));
            using var integrator = new GpuIntegrator(plan, new PixelReader(geometry.Shape), BatchSize);
            CheckPixels($"sigma-clip ({model} deviation)", integrator, frames, MostOtherBins);
        }
    }

    /// <summary>Pixel by pixel against the CPU; ends the benchmark where more bins than a share of them keep others.</summary>
    private static void CheckPixels(string name, GpuIntegrator integrator, RawFrame[] frames, double mostOther)
    {
        IntegrationPlan plan = integrator.Plan;
        DiffractionPattern[] actual = Patterns(plan, frames.Length);
        integrator.Integrate(frames, actual);
        using var onCpu = new SimdIntegrator(plan, () => new PixelReader(plan.Geometry.Shape));
        DiffractionPattern[] expected = Patterns(plan, 1);
        double worst = 0;
        int others = 0;
        for (int i = 0; i < frames.Length; i++)
        {
            onCpu.Integrate(frames.AsSpan(i, 1), expected);
            for (int b = 0; b < plan.PatternSize; b++)
            {
                if (actual[i].Count[b] != expected[0].Count[b] || actual[i].Signal[b] != expected[0].Signal[b])
                {
                    others++;
                }
                else if (expected[0].Count[b] > 0)
                {
                    worst = Math.Max(worst, Math.Abs(actual[i].Intensity(b) - expected[0].Intensity(b)) / Math.Max(1e-9, expected[0].Intensity(b)));
                }
            }
        }

        if (others > mostOther * plan.PatternSize * frames.Length)
        {
            throw new GpuException($"{name}: {others} of {plan.PatternSize * frames.Length} bins keep other pixels than on the CPU");
        }

        Print($"Checked: {name}, {plan.PatternSize * frames.Length} bins, {others} keep other pixels than on the CPU; intensities of the rest differ by {worst:E1} at most.");
    }

    private static void Row(string name, double seconds, GpuIntegrator integrator, RawFrame[] frames, Action<GpuIntegrator, int> step)
    {
        DiffractionPattern[] patterns = Patterns(integrator.Plan, frames.Length);
        double Time(int count)
        {
            // What the step works on is there: staged, copied up, unpacked.
            integrator.Integrate(frames.AsSpan(0, count), patterns.AsSpan(0, count));
            step(integrator, count);
            integrator.Finish();
            int repeats = 0;
            long start = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds / 4)
            {
                for (int k = 0; k < 8; k++)
                {
                    step(integrator, count);
                    repeats++;
                }

                integrator.Finish();
            }

            return Stopwatch.GetElapsedTime(start).TotalMicroseconds / repeats / count;
        }

        Print($"| {name} | {Time(Math.Min(frames.Length, integrator.BatchSize)):F1} | {Time(1):F1} |");
    }

    /// <summary>Bytes per second from pinned memory to the device, and inside it, read and write counted.</summary>
    private static (double Up, double Inside) Bandwidths(GpuDevice device, bool isSmall)
    {
        int length = isSmall ? 1 << 20 : 1 << 28;
        Accelerator accelerator = device.Accelerator;
        accelerator.Bind();
        using AcceleratorStream stream = accelerator.CreateStream();
        using PageLockedArray1D<byte> host = accelerator.AllocatePageLocked1D<byte>(length);
        using MemoryBuffer1D<byte, Stride1D.Dense> first = accelerator.Allocate1D<byte>(length);
        using MemoryBuffer1D<byte, Stride1D.Dense> second = accelerator.Allocate1D<byte>(length);
        double Best(Action copy)
        {
            double best = double.PositiveInfinity;
            for (int i = 0; i < 10; i++)
            {
                long start = Stopwatch.GetTimestamp();
                copy();
                stream.Synchronize();
                best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
            }

            return length / best;
        }

        return (Best(() => first.View.BaseView.CopyFrom(stream, host.ArrayView)), 2 * Best(() => second.View.BaseView.CopyFrom(stream, first.View.BaseView)));
    }

    private static double EndToEnd(GpuDevice device, IntegrationPlan plan, RawFrame[] frames, int streams, double seconds)
    {
        using var onDevice = new GpuPlan(device, plan);
        using var ready = new Barrier(streams + 1);
        long done = 0;
        long end = 0;
        Thread[] threads = [.. Enumerable.Range(0, streams).Select(_ => new Thread(() =>
        {
            using var integrator = new GpuIntegrator(onDevice, new PixelReader(plan.Geometry.Shape), BatchSize);
            DiffractionPattern[] patterns = Patterns(plan, frames.Length);
            integrator.Integrate(frames, patterns);
            ready.SignalAndWait();
            do
            {
                integrator.Integrate(frames, patterns);
                Interlocked.Add(ref done, frames.Length);
            }
            while (Stopwatch.GetTimestamp() < Volatile.Read(ref end));

            ready.SignalAndWait();
        }))];
        Array.ForEach(threads, t => t.Start());
        Volatile.Write(ref end, long.MaxValue);
        ready.SignalAndWait();
        long start = Stopwatch.GetTimestamp();
        Volatile.Write(ref end, start + (long)(seconds * Stopwatch.Frequency));
        ready.SignalAndWait();
        double rate_Hz = done / Stopwatch.GetElapsedTime(start).TotalSeconds;
        Array.ForEach(threads, t => t.Join());
        return rate_Hz;
    }

    private static DiffractionPattern[] Patterns(IntegrationPlan plan, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => new DiffractionPattern(plan.PatternSize))];

    private static IntegrationOptions Options(IntegrationFilter filter, PixelSplitting splitting, int bins) => new()
    {
        Unit = RadialUnit.Q_invA,
        BinCount = bins,
        PolarisationFactor = 0.95,
        Filter = filter,
        Splitting = splitting,
    };

    private static DetectorGeometry Geometry(bool isSmall)
    {
        double scale = isSmall ? 12 : 1;
        return new DetectorGeometry
        {
            Shape = isSmall ? new ImageShape(140, 123) : ImageShape.Pilatus2M,
            PixelSize1_m = 172e-6 * scale,
            PixelSize2_m = 172e-6 * scale,
            Distance_m = 0.5,
            Poni1_m = 0.1462,
            Poni2_m = 0.1275,
            Rot1_rad = 0.003,
            Rot2_rad = -0.002,
            Rot3_rad = 0.01,
            Wavelength_m = 0.248e-10,
            Detector = isSmall ? "" : "Pilatus CdTe 2M",
        };
    }

    /// <summary>Poisson counts around rings on a falling background, a few spots, −1 in the gaps: compresses as a measured frame does.</summary>
    private static int[] Counts(DetectorGeometry geometry, PixelMask mask, int seed)
    {
        var random = new Random(seed);
        int[] counts = new int[geometry.Shape.PixelCount];
        for (int i = 0; i < counts.Length; i++)
        {
            double row_m = ((i / geometry.Shape.Columns) + 0.5) * geometry.PixelSize1_m;
            double column_m = ((i % geometry.Shape.Columns) + 0.5) * geometry.PixelSize2_m;
            double radius_m = Math.Sqrt(Math.Pow(row_m - geometry.Poni1_m, 2) + Math.Pow(column_m - geometry.Poni2_m, 2));
            double mean = 4 + (20 * Math.Exp(-radius_m / 0.03));
            for (int ring = 1; ring < 40; ring++)
            {
                double distance = (radius_m - (0.0045 * ring)) / 0.0005;
                mean += Math.Abs(distance) < 4 ? 60 / Math.Sqrt(ring) * Math.Exp(-0.5 * distance * distance) : 0;
            }

            counts[i] = mask.Masked[i] ? -1 : random.Next(40_000) == 0 ? random.Next(100_000) : Poisson(random, mean);
        }

        return counts;
    }

    private static int Poisson(Random random, double mean)
    {
        double limit = Math.Exp(-mean);
        int count = 0;
        for (double product = random.NextDouble(); product > limit; product *= random.NextDouble())
        {
            count++;
        }

        return count;
    }

    private static RawFrame Frame(int[] counts, ImageShape shape)
    {
        byte[] packed = new byte[Bslz4Encoder.MaximumLength(counts.Length)];
        int length = new Bslz4Encoder().Encode(counts, packed);
        return new RawFrame
        {
            Header = new FrameHeader { SeriesId = 1, Index = 0, AcquiredAt = DateTimeOffset.UnixEpoch },
            Shape = shape,
            Type = PixelType.Int32,
            Encoding = PixelEncoding.BitshuffleLz4,
            Lease = new MemoryLease(packed),
            PayloadOffset = 0,
            PayloadLength = length,
        };
    }

    private static void Print(string line) => Console.WriteLine(line);
}
