using System.Diagnostics;
using System.Globalization;
using System.Text;
using XrdCt.Live.Compute.Gpu;
using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Server.Benchmarks;

/// <summary>Filter, back-projection, whole volume and single projection, as tables in Markdown beside peers and the limits of the machine.</summary>
/// <param name="translations">Translations of the large scan.</param>
/// <param name="rotations">Its rotations.</param>
/// <param name="bins">Radial bins of the volume.</param>
/// <param name="seconds">How long each row is timed.</param>
/// <param name="device">A device to be timed as well; null for none.</param>
internal sealed class ReconstructionBenchmark(int translations, int rotations, int bins, double seconds, GpuDevice? device = null)
{
    private const int Width = BinBlock.Width;

    // Copied by each thread at a time; see the integration benchmark.
    private const int CopyLength = 1 << 27;

    private const int FewestRuns = 5;

    private static readonly int Threads = Environment.ProcessorCount;

    /// <summary>Times everything.</summary>
    /// <param name="python">Interpreter that may have the peers; null to leave them out.</param>
    /// <param name="command">The command that asked for it, which stands in the text.</param>
    /// <param name="step">Is told the name of each row before it is timed.</param>
    /// <param name="stop">Asks for the end; the rows that are done are kept.</param>
    /// <returns>The text.</returns>
    public string Run(string? python, string command, Action<string> step, CancellationToken stop)
    {
        (int Translations, int Rotations)[] sizes = [(translations, rotations), (101, 100)];
        step("copying memory");
        double copy_GBps = Stopwatches.Copy_GBps(CopyLength, seconds, Threads);
        Timing peak = Stopwatches.Of(MultiplyAdds.Run, 1, seconds);
        double peak_G = MultiplyAdds.Count / peak.Cpu_ms * 1e-6;
        IReadOnlyList<ReconstructionPeer> peers = [];
        if (python is not null)
        {
            step("peers");
            peers = ReconstructionPeer.Time(python, seconds, sizes, stop);
        }

        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# Reconstruction benchmark\n\n`{command}`\n\n{Machine.Items}");
        text.Append(
            CultureInfo.InvariantCulture,
            $"- Memory is copied at {copy_GBps:F1} GB/s by {Threads} threads (bytes read and written, {CopyLength >> 20} MiB per thread at a time); "
            + $"one core does {peak_G:F1} G multiply-adds of floats per second of its own time\n");
        text.Append(
            CultureInfo.InvariantCulture,
            $"- Ramp, {Width} bins side by side, noise; {seconds:G} s each after half as long to warm up; CPU is the time of the thread itself (that of several, their mean), on a machine that others use too\n");
        foreach (ReconstructionPeer peer in peers.Where(p => p.Absence is not null))
        {
            text.Append(CultureInfo.InvariantCulture, $"- {peer.Name}: not timed, {peer.Absence}\n");
        }

        text.Append("\n| one thread | translations × rotations | ms/bin, median | best | CPU ms/bin | of the multiply-adds | peers' CPU ms over ours |\n");
        text.Append("| --- | --- | --- | --- | --- | --- | --- |\n");
        foreach ((int t, int r) in sizes)
        {
            if (!stop.IsCancellationRequested)
            {
                step($"{t} × {r}, one thread");
                OneThread(text, t, r, peak_G, [.. peers.Where(p => p.Translations == t && p.Rotations == r)]);
            }
        }

        text.Append(CultureInfo.InvariantCulture, $"\n| {bins} bins of {translations} × {rotations}, {Threads} threads | ms, median | best | CPU ms of a thread | runs | limit |\n| --- | --- | --- | --- | --- | --- |\n");
        if (!stop.IsCancellationRequested)
        {
            step("whole volume");
            WholeVolume(text, peak_G, stop);
        }

        if (!stop.IsCancellationRequested)
        {
            step("one projection");
            OneProjection(text, copy_GBps, stop);
        }

        if (device is not null && !stop.IsCancellationRequested)
        {
            step(device.Name);
            OnDevice(text, device);
        }

        return text.ToString();
    }

    private void OneThread(StringBuilder text, int t, int r, double peak_G, ReconstructionPeer[] peers)
    {
        var filter = new BlockProjectionFilter(new ProjectionFilter(t, RampFilter.Ramp));
        var projector = new BlockBackProjector(t);
        Memory<float> projections = Noise(r * t * Width);
        Memory<float> filtered = BinBlock.Allocate(r * projector.RowLength);
        Memory<float> slices = BinBlock.Allocate(projector.SlicesLength);
        slices.Span.Clear();
        ProjectionTerm[] terms = [.. Enumerable.Range(0, r).Select(i => new ProjectionTerm(i, i * Math.PI / r, 0.5 * Math.PI / r))];
        (double filtering, double projecting) = Work(t, r);
        Row("filter", filtering, Filter);
        Row("back-projection", projecting, () => projector.Add(filtered.Span, terms, slices.Span));
        Row("both", filtering + projecting, () =>
        {
            Filter();
            slices.Span.Clear();
            projector.Add(filtered.Span, terms, slices.Span);
        });
        foreach (ReconstructionPeer peer in peers)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {peer.Name} | {t} × {r} | {peer.Wall_ms:F2} | – | {peer.Cpu_ms:F2} | – | – |\n");
        }

        void Filter()
        {
            for (int i = 0; i < r; i++)
            {
                filter.Apply(projections.Span.Slice(i * t * Width, t * Width), filtered.Span.Slice(i * projector.RowLength, projector.RowLength));
            }
        }

        void Row(string name, double work, Action action)
        {
            Timing timing = Stopwatches.Of(action, Width, seconds);
            string ratios = name == "both" && peers.Length > 0
                ? string.Join(", ", peers.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Name.Split('.')[0]} {p.Cpu_ms / timing.Cpu_ms:F0}×")))
                : "–";
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {name} | {t} × {r} | {timing.Median_ms:F3} | {timing.Best_ms:F3} | {timing.Cpu_ms:F3} | {work / (timing.Cpu_ms * peak_G * 1e6):P0} | {ratios} |\n");
        }
    }

    private void WholeVolume(StringBuilder text, double peak_G, CancellationToken stop)
    {
        var plan = new ScanPlan(translations, rotations, 1);
        Memory<float> values = Noise((long)plan.CellCount * bins);
        var volume = new VolumeReconstruction(plan, RampFilter.Ramp);
        (double filtering, double projecting) = Work(translations, rotations);
        var runs_ms = new List<double>();
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long begun = Stopwatch.GetTimestamp();
        try
        {
            while (runs_ms.Count < FewestRuns || Stopwatch.GetElapsedTime(begun).TotalSeconds < seconds)
            {
                long start = Stopwatch.GetTimestamp();
                volume.Run(values, bins, default, Threads, (_, _) => { }, stop);
                runs_ms.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }

        double cpu_ms = (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds / (Threads * Math.Max(1, runs_ms.Count));
        runs_ms.Sort();
        double limit_ms = (filtering + projecting) * bins / (Threads * peak_G * 1e6);
        text.Append(
            CultureInfo.InvariantCulture,
            $"| whole volume | {runs_ms[runs_ms.Count / 2]:F0} | {runs_ms[0]:F0} | {cpu_ms:F0} | {runs_ms.Count} | {limit_ms:F0} ms of multiply-adds |\n");
    }

    /// <summary>Every second projection is in; the others come one by one, and change the weights of their neighbours.</summary>
    private void OneProjection(StringBuilder text, double copy_GBps, CancellationToken stop)
    {
        var plan = new ScanPlan(translations, rotations, 1);
        var filter = new BlockProjectionFilter(new ProjectionFilter(translations, RampFilter.Ramp));
        var blocks = new ProgressiveBlock[BinBlock.Count(bins)];
        using var memory = new ThreadLocal<(Memory<float> Projection, Memory<float> Spare)>(
            () => (BinBlock.Allocate((long)translations * Width), BinBlock.Allocate((long)translations * translations * Width)));
        Memory<float> projection = Noise((long)translations * bins);
        var options = new ParallelOptions { MaxDegreeOfParallelism = Threads };
        Parallel.For(0, blocks.Length, options, b =>
        {
            blocks[b] = new ProgressiveBlock(plan, filter);
            Put(b, [.. Enumerable.Range(0, (rotations + 1) / 2).Select(i => 2 * i)]);
        });
        var runs_ms = new List<double>();
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long begun = Stopwatch.GetTimestamp();
        for (int rotation = 1; rotation < rotations && !stop.IsCancellationRequested; rotation += 2)
        {
            int[] next = [rotation];
            long start = Stopwatch.GetTimestamp();
            Parallel.For(0, blocks.Length, options, b => Put(b, next));
            runs_ms.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            if (runs_ms.Count >= FewestRuns && Stopwatch.GetElapsedTime(begun).TotalSeconds > seconds)
            {
                break;
            }
        }

        double cpu_ms = (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds / (Threads * Math.Max(1, runs_ms.Count));
        runs_ms.Sort();
        if (runs_ms.Count == 0)
        {
            return;
        }

        double moved_GB = 8e-9 * PixelCount(translations) * bins;
        text.Append(
            CultureInfo.InvariantCulture,
            $"| one projection more, {4e-6 * translations * translations * bins:F0} MB of slices | {runs_ms[runs_ms.Count / 2]:F1} | {runs_ms[0]:F1} | {cpu_ms:F1} | {runs_ms.Count} | {1e3 * moved_GB / copy_GBps:F1} ms of copying |\n");

        void Put(int b, int[] which)
        {
            (Memory<float> own, Memory<float> spare) = memory.Value;
            BinBlock.Copy(projection.Span, bins, b, own.Span);
            foreach (int rotation in which)
            {
                blocks[b].Put(rotation, own.Span);
            }

            blocks[b].Update(ref spare);
            memory.Value = (own, spare);
        }
    }

    // What the slices take of the device's memory is written once at least; what is read stays in caches, or does not.
    private void OnDevice(StringBuilder text, GpuDevice onto)
    {
        int blocks = BinBlock.Count(bins);
        using var volume = new GpuVolume(onto, new ProjectionFilter(translations, RampFilter.Ramp), 0, blocks, rotations);
        Memory<float> projection = Noise((long)blocks * translations * Width);
        ProjectionTerm[] terms = [.. Enumerable.Range(0, rotations).Select(i => new ProjectionTerm(i, i * Math.PI / rotations, 0.5 * Math.PI / rotations))];
        (double filtering, double projecting) = Work(translations, rotations);
        text.Append(
            CultureInfo.InvariantCulture,
            $"\n| {bins} bins of {translations} × {rotations}, {onto.Name} | ms, median | best | G multiply-adds/s | GB/s of slices |\n| --- | --- | --- | --- | --- |\n");
        Row("one projection up and filtered", filtering / rotations, 0, () => volume.Filter(0, projection.Span));
        Row("all projections up and filtered, one by one", filtering, 0, () =>
        {
            for (int row = 0; row < rotations; row++)
            {
                volume.Filter(row, projection.Span);
            }
        });
        Row("one projection back-projected", projecting / rotations, 2, () => volume.Add(terms.AsSpan(0, 1)));
        Row("all projections back-projected", projecting, 2, () => volume.Add(terms));

        void Row(string name, double work, int passes, Action action)
        {
            Timing timing = Stopwatches.Of(action, 1, seconds);
            double slices_GB = passes * 4e-9 * translations * translations * Width * blocks;
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {name} | {timing.Median_ms:F2} | {timing.Best_ms:F2} | {work * bins / (timing.Median_ms * 1e6):F0} | {(passes > 0 ? (slices_GB / timing.Median_ms * 1e3).ToString("F0", CultureInfo.InvariantCulture) : "–")} |\n");
        }
    }

    /// <summary>Multiply-adds per bin: the filter's folded product, and two per pixel and projection.</summary>
    private static (double Filter, double BackProjection) Work(int t, int r) =>
        ((double)r * ((((t + 3) / 2) * ((t + 1) / 2)) + (((t + 2) / 2) * (t / 2))), 2.0 * r * PixelCount(t));

    /// <summary>Pixels inside the circle.</summary>
    private static int PixelCount(int size)
    {
        var projector = new BlockBackProjector(size);
        return Enumerable.Range(0, size * size).Count(i => projector.Sees(i / size, i % size));
    }

    private static Memory<float> Noise(long length)
    {
        var random = new Random(1);
        Memory<float> values = BinBlock.Allocate(length);
        Span<float> all = values.Span;
        for (int i = 0; i < all.Length; i++)
        {
            all[i] = i < 1 << 16 ? random.NextSingle() : all[i - (1 << 16)];
        }

        return values;
    }
}
