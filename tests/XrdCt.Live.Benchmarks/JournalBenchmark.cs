using System.Diagnostics;
using System.Globalization;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Storage;
using XrdCt.Live.Storage.Journal;

namespace XrdCt.Live.Benchmarks;

/// <summary>
/// Times the journal. <c>journal rate FOLDER [SECONDS]</c>: 250 patterns of 2,048 bins a second, written four times a second as a live scan
/// does; processor time, latency of a write, bytes. <c>journal scan FOLDER [TRANSLATIONS ROTATIONS [HZ]]</c>: a scan fed as patterns as fast as it
/// goes, or at a rate, with the slices of every bin then, placed, journalled, shown in the growing file, corrected, saved and read back; time, bytes, peak memory. Prints Markdown.
/// </summary>
internal static class JournalBenchmark
{
    private const int Bins = 2048;
    private const int Rate_Hz = 250;
    private const int WritesPerSecond = 4;
    private const double BytesPerMB = 1e6;

    internal static int Run(string[] args)
    {
        if (args is not [_, var folder, ..] || args[0] is not ("rate" or "scan"))
        {
            Console.Error.WriteLine("usage: XrdCt.Live.Benchmarks journal rate FOLDER [SECONDS] | journal scan FOLDER [TRANSLATIONS ROTATIONS [HZ]]");
            return 2;
        }

        int Number(int place, int otherwise) => args.Length > place ? int.Parse(args[place], CultureInfo.InvariantCulture) : otherwise;
        return args[0] == "rate" ? Rate(folder, Number(2, 20)) : ScanAsync(folder, Number(2, 251), Number(3, 250), Number(4, 0)).GetAwaiter().GetResult();
    }

    private static int Rate(string folder, int seconds)
    {
        LiveOptions options = Options(new ScanPlan(251, 250, 10));
        using SqliteScanJournal journal = SqliteScanJournal.Create(folder, options.Settings());
        JournalledPattern[] rows = [.. Enumerable.Range(0, Rate_Hz / WritesPerSecond).Select(_ => new JournalledPattern(Bins, options.Channels.Count))];
        var random = new Random(1);
        var taken_ms = new List<double>();
        using var process = Process.GetCurrentProcess();
        int index = 0;
        Write();
        taken_ms.Clear();
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        TimeSpan cpu = process.TotalProcessorTime;
        long begun = Stopwatch.GetTimestamp();
        for (int i = 1; i <= seconds * WritesPerSecond; i++)
        {
            Write();
            TimeSpan early = TimeSpan.FromSeconds((double)i / WritesPerSecond) - Stopwatch.GetElapsedTime(begun);
            Thread.Sleep(early > TimeSpan.Zero ? early : TimeSpan.Zero);
        }

        double took_s = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        process.Refresh();
        double cores = (process.TotalProcessorTime - cpu).TotalSeconds / took_s;
        allocated = (GC.GetAllocatedBytesForCurrentThread() - allocated) / (index - rows.Length);
        long bytes = new FileInfo(journal.Path!).Length + new FileInfo(journal.Path + "-wal").Length;
        taken_ms.Sort();
        Console.WriteLine("| patterns/s | CPU, cores (filling the rows included) | a write of 62, median, 95 %, worst, ms | MB/s on the disk | bytes per pattern | allocated per pattern, bytes |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- |");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {(index - rows.Length) / took_s:F0} | {cores:F3} | {taken_ms[taken_ms.Count / 2]:F1}, {taken_ms[(int)(0.95 * taken_ms.Count)]:F1}, {taken_ms[^1]:F1} | {bytes / BytesPerMB / took_s:F1} | {bytes / index} | {allocated} |"));
        File.Delete(journal.Path!);
        return 0;

        void Write()
        {
            foreach (JournalledPattern row in rows)
            {
                row.Header = Header(options.Plan, index);
                row.Cell = options.Plan.CellOf(index++);
                random.NextBytes(row.Values);
            }

            long started = Stopwatch.GetTimestamp();
            journal.Write(
                new JournalledScan { StartedAt = DateTimeOffset.UnixEpoch, SeriesId = 1, Series = null, Counters = new FrameCounters { Placed = index } },
                rows,
                []);
            taken_ms.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
    }

    private static async Task<int> ScanAsync(string folder, int translations, int rotations, int rate_Hz)
    {
        Directory.CreateDirectory(folder);
        LiveOptions options = Options(new ScanPlan(translations, rotations, 10)) with { EveryBin = rate_Hz > 0 };
        var display = new LagDisplay();
        using var process = Process.GetCurrentProcess();
        using SqliteScanJournal journal = SqliteScanJournal.Create(folder, options.Settings(), keeps: true);
        var store = new NexusScanStore(folder);
        using var growing = new GrowingScanFile(folder);
        var scan = new LiveScan(
            options,
            () => new IndexSource(options.Plan, rate_Hz),
            () => new DrawnPatterns(options),
            display,
            store,
            TimeProvider.System,
            patterns: null,
            journal)
        {
            GrowingFile = growing,
        };
        long begun = Stopwatch.GetTimestamp();
        TimeSpan cpu = process.TotalProcessorTime;
        LiveOutcome outcome = await scan.RunAsync(CancellationToken.None).ConfigureAwait(false);
        double took_s = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        process.Refresh();
        double cpu_s = (process.TotalProcessorTime - cpu).TotalSeconds;
        double peak_MB = process.PeakWorkingSet64 / BytesPerMB;
        double placed_s = scan.State.Elapsed_s;
        if (outcome.SavedPath is null)
        {
            Console.Error.WriteLine(outcome.Sentence);
            return 1;
        }

        begun = Stopwatch.GetTimestamp();
        int read = 0;
        using (SqliteScanJournal kept = SqliteScanJournal.Open(journal.Path!))
        {
            kept.Read(_ => read++);
        }

        double read_s = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        Console.WriteLine("| patterns | placed and journalled, s (a second) | until saved, s | CPU, s | journal, MB | file, MB | peak memory, MB | journal read back, s |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- |");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {outcome.Counters.Placed} of {options.Plan.CellCount} | {placed_s:F1} ({outcome.Counters.Placed / placed_s:F0}) | {took_s:F1} | {cpu_s:F1} | {new FileInfo(journal.Path!).Length / BytesPerMB:F0} | {new FileInfo(outcome.SavedPath).Length / BytesPerMB:F0} | {peak_MB:F0} | {read_s:F1} ({read}) |"));
        if (options.EveryBin)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"every bin: at most {display.Largest_s:F1} s behind while frames came, {scan.State.VolumeProjectionCount} projections at the end"));
        }

        File.Delete(journal.Path!);
        File.Delete(outcome.SavedPath);
        return outcome.Phase == ScanPhase.Complete ? 0 : 1;
    }

    private static FrameHeader Header(ScanPlan plan, int index) => new()
    {
        SeriesId = 1,
        Index = index,
        AcquiredAt = DateTimeOffset.UtcNow,
        Monitor = 1e5 + (index % 100),
        Translation_mm = plan.Position_um(plan.CellOf(index).Translation) / 1000,
        Rotation_deg = plan.Angle_deg(plan.CellOf(index).Rotation),
    };

    private static LiveOptions Options(ScanPlan plan)
    {
        var shape = new ImageShape(64, 64);
        var geometry = new DetectorGeometry
        {
            Shape = shape,
            PixelSize1_m = 1e-4,
            PixelSize2_m = 1e-4,
            Distance_m = 0.1,
            Poni1_m = 3e-3,
            Poni2_m = 3e-3,
            Wavelength_m = 2.5e-11,
        };
        return new LiveOptions
        {
            Title = "journal benchmark",
            Source = "drawn patterns",
            Plan = plan,
            Integration = new IntegrationPlan(geometry, PixelMask.None(shape), new IntegrationOptions { BinCount = Bins }),
            Channels = [new LiveChannel("total", LiveChannelKind.Total), new LiveChannel("spottiness", LiveChannelKind.Spottiness)],
            Placement = new PlacementRules { Radius_um = 125, Phases = [new PhaseWeight("total")] },
            Workers = 1,
        };
    }

    /// <summary>Frames without pixels: their index is all that is needed.</summary>
    private sealed class IndexSource(ScanPlan plan, int rate_Hz) : IFrameSource
    {
        private readonly long _begun = Stopwatch.GetTimestamp();
        private int _next = -1;

        public string Name => "numbers";

        public SourceEvent Receive(TimeSpan timeout)
        {
            int index = _next++;
            double early_s = rate_Hz > 0 ? ((double)index / rate_Hz) - Stopwatch.GetElapsedTime(_begun).TotalSeconds : 0;
            if (early_s > 0)
            {
                Thread.Sleep(TimeSpan.FromSeconds(early_s));
            }

            return index switch
            {
                -1 => new SourceEvent { Kind = SourceEventKind.SeriesStarted, SeriesId = 1, Series = new SeriesHeader { SeriesId = 1 } },
                _ when index < plan.CellCount => new SourceEvent
                {
                    Kind = SourceEventKind.Image,
                    SeriesId = 1,
                    Frame = new RawFrame
                    {
                        Header = Header(plan, index),
                        Shape = new ImageShape(64, 64),
                        Type = PixelType.Int32,
                        Encoding = PixelEncoding.None,
                        Lease = Nothing.Instance,
                        PayloadOffset = 0,
                        PayloadLength = 0,
                    },
                },
                _ => new SourceEvent { Kind = SourceEventKind.SeriesEnded, SeriesId = 1 },
            };
        }

        public void Dispose()
        {
        }
    }

    private sealed class Nothing : FrameLease
    {
        public static Nothing Instance { get; } = new();

        public override ReadOnlySpan<byte> Bytes => default;

        public override void Dispose()
        {
        }
    }

    /// <summary>
    /// Patterns with noise, as cheap as they come: 1,000 counts in a bin, more or less, through the middle of a disc, and 50 of air beside it.
    /// </summary>
    private sealed class DrawnPatterns(LiveOptions options) : IFrameIntegrator
    {
        private readonly Random _random = new(2);

        public IntegrationPlan Plan => options.Integration;

        public int BatchSize => 8;

        public void Integrate(ReadOnlySpan<RawFrame> frames, ReadOnlySpan<DiffractionPattern> patterns)
        {
            for (int i = 0; i < frames.Length; i++)
            {
                DiffractionPattern pattern = patterns[i];
                pattern.Header = frames[i].Header;
                pattern.Outcome = FrameOutcome.Accepted;
                double across = options.Plan.Position_um(options.Plan.CellOf(pattern.Header.Index).Translation) / (0.4 * options.Plan.Step_um * options.Plan.TranslationCount);
                double chord = Math.Sqrt(Math.Max(0, 1 - (across * across)));
                for (int b = 0; b < Bins; b++)
                {
                    double counts = (50 + (950 * chord)) * (1 + (0.06 * _random.NextDouble())) * pattern.Header.Monitor / 1e5;
                    (pattern.Signal[b], pattern.Variance[b], pattern.Normalisation[b]) = (counts, counts, 100.5);
                    (pattern.Count[b], pattern.Mean[b]) = (100, (float)(counts / 100.5));
                }
            }
        }

        public void Dispose()
        {
        }
    }

    private sealed class LagDisplay : ILiveDisplay
    {
        public double Largest_s { get; private set; }

        public void Show(ScanDescription scan)
        {
        }

        public void Show(LiveState state) =>
            Largest_s = state.Phase == ScanPhase.Running && state.VolumeLag_s > Largest_s ? state.VolumeLag_s : Largest_s;

        public void Show(SinogramMap sinogram)
        {
        }

        public void Show(Model.Slices.SliceMap slice)
        {
        }

        public void Show(PatternView patterns)
        {
        }

        public void Show(RoiSuggestion roi)
        {
        }

        public void Show(IVoxelPatterns voxels)
        {
        }
    }
}
