using System.Runtime.InteropServices;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Readings;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Pipeline.Metrics;

namespace XrdCt.Live.Tests.Pipeline;

/// <summary>Frames whose positions and monitor values come on a stream of their own, in any order and with gaps.</summary>
public sealed class MatchingTests
{
    private const int Translations = 41;
    private const int Rotations = 40;
    private const double Step_um = 10;

    private static readonly DateTimeOffset Noon = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);
    private static readonly ScanPlan Plan = new(Translations, Rotations, Step_um);
    private static readonly ReadingRule ByIndex = new() { Key = ReadingKey.Index, Needs = ReadingQuantities.Monitor | ReadingQuantities.Translation };
    private static readonly ReadingRule ByTime = ByIndex with { Key = ReadingKey.Time, LargestGap = TimeSpan.FromMilliseconds(50) };

    public enum Arrival
    {
        ReadingsFirst,
        FramesFirst,
        ReadingsTwoSecondsLater,
        AllShuffled,
    }

    [Theory]
    [InlineData(Arrival.ReadingsFirst)]
    [InlineData(Arrival.FramesFirst)]
    [InlineData(Arrival.ReadingsTwoSecondsLater)]
    [InlineData(Arrival.AllShuffled)]
    public void ByIndex_AnyArrival_GivesTheScanThatCarriedThemWithItsFrames(Arrival arrival)
    {
        ScanRecord expected = Scan(Plan, null, [.. Frames(Plan, withFacts: true).Select(f => new Step(f, null))]);
        ScanRecord scan = Scan(Plan, ByIndex, Steps(Plan, arrival, byTime: false));
        AssertSame(expected, scan);
        Assert.Null(scan.Unmatched);
    }

    [Theory]
    [InlineData(Arrival.ReadingsFirst)]
    [InlineData(Arrival.FramesFirst)]
    [InlineData(Arrival.ReadingsTwoSecondsLater)]
    public void ByTime_AnyArrival_GivesTheScanThatCarriedThemWithItsFrames(Arrival arrival)
    {
        ScanRecord expected = Scan(Plan, null, [.. Frames(Plan, withFacts: true).Select(f => new Step(f, null))]);
        AssertSame(expected, Scan(Plan, ByTime, Steps(Plan, arrival, byTime: true)));
    }

    [Fact]
    public void ByIndex_LostReadings_KeepTheirFramesAsTheyCameAndOutOfEverythingElse()
    {
        Step[] steps = [.. Steps(Plan, Arrival.ReadingsTwoSecondsLater, byTime: false).Where(s => s.Reading?.Index is not (78 or 901))];
        ScanRecord scan = Scan(Plan, ByIndex, steps);
        ScanRecord whole = Scan(Plan, ByIndex, Steps(Plan, Arrival.FramesFirst, byTime: false));

        Assert.Equal([78, 901], Enumerable.Range(0, Plan.CellCount).Where(i => scan.Unmatched![scan.Sinogram.Offset(Plan.CellOf(i))]));
        Assert.Equal(Plan.CellCount, scan.Sinogram.MeasuredCount);
        foreach (int i in new[] { 78, 901 })
        {
            int offset = scan.Sinogram.Offset(Plan.CellOf(i));
            Assert.True(float.IsNaN(scan.Monitor[offset]));
            Assert.True(float.IsNaN(scan.ChannelSinograms[0].Values[offset]));
            Assert.Equal(Value(Plan, i) * Monitor(i), scan.Sinogram.Pattern(Plan.CellOf(i))[0], 1e-4);
            Assert.NotEqual(whole.Sinogram.Pattern(Plan.CellOf(i))[0], scan.Sinogram.Pattern(Plan.CellOf(i))[0]);
            scan.Sinogram.Pattern(Plan.CellOf(i)).Clear();
            whole.Sinogram.Pattern(Plan.CellOf(i)).Clear();
        }

        Assert.Equal(Bits(whole.Sinogram.Values), Bits(scan.Sinogram.Values));

        // Only the cells that are missing differ in the slice, and the mean is that of the rest.
        Assert.InRange(Difference(whole.Slices[0], scan.Slices[0]) / Difference(whole.Slices[0], null), 0, 0.05);
        ScanRecord without = Scan(Plan, ByIndex, [.. steps.Where(s => s.Frame?.Header.Index is not (78 or 901))]);
        Assert.NotEqual(whole.Mean.Intensity[0], scan.Mean.Intensity[0]);
        Assert.Equal(without.Mean.Intensity, scan.Mean.Intensity);
        Assert.Equal(without.Mean.Sigma, scan.Mean.Sigma);
    }

    [Fact]
    public void ByTime_GapInTheReadings_LeavesItsFramesUnmatchedAndNoOther()
    {
        // Frames 400 to 419 are 200 ms in which nothing was told.
        Step[] steps = [.. Steps(Plan, Arrival.FramesFirst, byTime: true).Where(s => s.Reading?.At is not { } at || (at - Noon).TotalMilliseconds is < 4000 or >= 4200)];
        ScanRecord scan = Scan(Plan, ByTime, steps);
        Assert.Equal(Enumerable.Range(400, 20), Enumerable.Range(0, Plan.CellCount).Where(i => scan.Unmatched![scan.Sinogram.Offset(Plan.CellOf(i))]));
    }

    [Theory]
    [InlineData(ReadingKey.Index)]
    [InlineData(ReadingKey.Time)]
    public void Transmission_FromTheReadings_IsThatOfTheFrames(ReadingKey key)
    {
        var rule = new ReadingRule { Key = key, Needs = ReadingQuantities.Transmission };
        IEnumerable<Step> frames = Frames(Plan, withFacts: true).Select(f => new Step(f, null));
        IEnumerable<Step> readings = Enumerable.Range(0, Plan.CellCount).Select(i => new Step(null, Reading(Plan, i, key == ReadingKey.Time) with
        {
            Monitor = double.NaN,
            Transmission = 0.5 + (0.001 * (i % 100)),
        }));
        ScanRecord scan = Scan(Plan, rule, [.. frames, .. readings]);
        Assert.All(Enumerable.Range(0, Plan.CellCount), i => Assert.Equal((float)(0.5 + (0.001 * (i % 100))), scan.Transmission![scan.Sinogram.Offset(Plan.CellOf(i))]));
        Assert.Equal(Monitor(3), scan.Monitor[3]);
        Assert.Null(scan.Unmatched);
    }

    [Theory]
    [InlineData(ReadingKey.Index)]
    [InlineData(ReadingKey.Time)]
    public void NeedsOfWhichOneComesWithTheFrames_AreMet(ReadingKey key)
    {
        // The monitor with the frame, the translation on its own; every seventh frame has the translation too.
        ReadingRule rule = (key == ReadingKey.Index ? ByIndex : ByTime) with { Key = key };
        List<Step> steps = [];
        foreach (DiffractionPattern frame in Frames(Plan, withFacts: true))
        {
            frame.Header = frame.Header with { Translation_mm = frame.Header.Index % 7 == 0 ? frame.Header.Translation_mm : null };
            steps.Add(new Step(frame, null));
        }

        steps.AddRange(Enumerable.Range(0, Plan.CellCount).Select(i => new Step(null, Reading(Plan, i, key == ReadingKey.Time) with { Monitor = double.NaN })));
        ScanRecord scan = Scan(Plan, rule, steps);
        Assert.Null(scan.Unmatched);
        AssertSame(Scan(Plan, null, [.. Frames(Plan, withFacts: true).Select(f => new Step(f, null))]), scan);
    }

    [Fact]
    public void Live_FrameThatWaitsInVain_HoldsNoOtherUp()
    {
        var assembly = new ScanAssembly((SmallScan.Options(Plan) with { Readings = ByTime }).Settings(), new FrameTally());
        foreach (DiffractionPattern frame in Frames(Plan, withFacts: true).Take(50))
        {
            // One without a monitor, of which the stream tells nothing.
            frame.Header = frame.Header with { Translation_mm = null, Monitor = frame.Header.Index == 10 ? double.NaN : frame.Header.Monitor };
            assembly.Place(frame);
        }

        for (int i = 0; i < 50; i++)
        {
            assembly.Tell(Reading(Plan, i, byTime: true) with { Monitor = double.NaN }, out _);
        }

        Assert.Equal(1, assembly.WaitingCount);
        assembly.Close();
        Assert.Equal(1, assembly.UnmatchedCount);
    }

    [Fact]
    public void LostReadings_OfAScanWhoseLinesAreTurned_AreStillTheirFrames()
    {
        ScanPlan zigzag = Plan.WithZigzag(true);
        Step[] steps = [.. Steps(zigzag, Arrival.ReadingsTwoSecondsLater, byTime: false).Where(s => s.Reading?.Index is not (45 or 130))];
        ScanRecord scan = Scan(Plan, ByIndex, steps);
        Assert.True(scan.Sinogram.Plan.Path.IsZigzag);
        Assert.Equal([45, 130], Enumerable.Range(0, Plan.CellCount).Where(i => scan.Unmatched![scan.Sinogram.Offset(zigzag.CellOf(i))]));
        Assert.All(new[] { 45, 130 }, i => Assert.True(float.IsNaN(scan.ChannelSinograms[0].Values[scan.Sinogram.Offset(zigzag.CellOf(i))])));
    }

    [Fact]
    public void Live_FramesOfAGap_AreNotWaitedFor()
    {
        var assembly = new ScanAssembly((SmallScan.Options(Plan) with { Readings = ByTime }).Settings(), new FrameTally());
        foreach (DiffractionPattern frame in Frames(Plan, withFacts: false).Take(100))
        {
            assembly.Place(frame);
        }

        for (int i = 0; i < 100; i++)
        {
            if (i is < 40 or >= 60)
            {
                assembly.Tell(Reading(Plan, i, byTime: true), out _);
            }
        }

        Assert.Equal(0, assembly.WaitingCount);
        assembly.Close();
        Assert.Equal(20, assembly.UnmatchedCount);
    }

    [Fact]
    public void Live_FramesThatWait_ShowInNoSinogramUntilTheirReadingsCome()
    {
        ScanSettings settings = (SmallScan.Options(Plan) with { Readings = ByIndex }).Settings();
        var assembly = new ScanAssembly(settings, new FrameTally());
        DiffractionPattern[] frames = [.. Frames(Plan, withFacts: false)];
        for (int i = 0; i < 3 * Translations; i++)
        {
            assembly.Place(frames[i]);
        }

        Assert.Equal(3 * Translations, assembly.WaitingCount);
        Assert.All(assembly.SinogramOf(0).Values, v => Assert.True(float.IsNaN(v)));
        assembly.TakeStale();
        Assert.True(assembly.Tell(Reading(Plan, 5, byTime: false), out string? refusal));
        Assert.Null(refusal);
        Assert.Equal([0], assembly.TakeStale());
        Assert.Equal((3 * Translations) - 1, assembly.WaitingCount);
        Assert.Equal([5], Enumerable.Range(0, Plan.CellCount).Where(i => !float.IsNaN(assembly.SinogramOf(0).Values[i])));
        Assert.False(assembly.Tell(Reading(Plan, 5, byTime: false), out refusal));
        Assert.Equal("a reading of frame 5 came twice: the first stays", refusal);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(3.0)]
    public void Positions_OffTheGrid_GiveTheSliceOfThoseOnIt(double jitter_um)
    {
        var plan = new ScanPlan(Translations, Rotations, Step_um, ScanOrder.Positions);
        var rule = new ReadingRule
        {
            Key = ReadingKey.Index,
            Needs = ReadingQuantities.Monitor,
            TranslationZero_mm = 12.5,
            RotationZero_deg = -20,
        };
        int[] order = [.. Enumerable.Range(0, plan.CellCount)];
        new Random(5).Shuffle(order);
        Step[] steps = [.. order.Select(i => new Step(Pattern(i, Intensity(plan, i, jitter_um) * Monitor(i), double.NaN, null, null), null)),
            .. order.Select(i => new Step(null, new StageReading
            {
                SeriesId = 1,
                Index = i,
                Translation_mm = 12.5 + (T_um(plan, i, jitter_um) / 1000),
                Rotation_deg = -20 + plan.Angle_deg(i / Translations),
                Monitor = Monitor(i),
            }))];
        ScanRecord scan = Scan(plan, rule, steps);
        ScanRecord expected = Scan(Plan, null, [.. Frames(Plan, withFacts: true).Select(f => new Step(f, null))]);

        Assert.NotNull(scan.Regridding);
        Assert.Null(scan.Unmatched);
        Assert.InRange(scan.Regridding.Coverage.Average(), 0.97, 1.001);
        double off = Difference(expected.Slices[0], scan.Slices[0]) / Difference(expected.Slices[0], null);
        Assert.InRange(off, 0, jitter_um == 0 ? 1e-4 : 0.2);

        // Taken for where the plan has them, they give another slice.
        ScanRecord taken = Scan(Plan, null, [.. Enumerable.Range(0, plan.CellCount).Select(i => new Step(
            Pattern(i, Intensity(plan, i, jitter_um) * Monitor(i), Monitor(i), null, null), null))]);
        double untouched = Difference(expected.Slices[0], taken.Slices[0]) / Difference(expected.Slices[0], null);
        Assert.True(jitter_um == 0 || off < 0.6 * untouched, $"{off} of {untouched}");
    }

    [Fact]
    public void Positions_ThatComeWithTheFrames_NeedNoStream()
    {
        var plan = new ScanPlan(Translations, Rotations, Step_um, ScanOrder.Positions);
        ScanRecord scan = Scan(plan, null, [.. Enumerable.Range(0, plan.CellCount).Select(i => new Step(
            Pattern(i, Value(plan, i) * Monitor(i), Monitor(i), i == 9 ? null : plan.Position_um(i % Translations) / 1000, plan.Angle_deg(i / Translations)), null))]);
        Assert.True(scan.Unmatched![9]);
        Assert.Equal(1, scan.Unmatched.Count(u => u));
        Assert.False(scan.Regridding!.IsMeasured(9));
        Assert.Equal(plan.CellCount - 1, Enumerable.Range(0, plan.CellCount).Count(scan.Regridding.IsMeasured));
    }

    private static ScanRecord Scan(ScanPlan plan, ReadingRule? rule, IReadOnlyList<Step> steps)
    {
        // Where positions decide, no air is taken off yet: like is compared with like.
        ScanSettings settings = (SmallScan.Options(plan) with { Readings = rule, Corrections = new CorrectionOptions { Air = false } }).Settings();
        var journal = new KeptJournal { Scan = new JournalledScan { StartedAt = Noon, SeriesId = 1, Series = null, Counters = default } };
        var assembly = new ScanAssembly(settings, new FrameTally());
        var reconstruction = new LiveReconstruction(settings);
        int news = 0;
        foreach (Step step in steps)
        {
            bool ready;
            if (step.Frame is { } frame)
            {
                var row = new JournalledPattern(SmallScan.Bins, 2);
                ready = assembly.Place(frame, row, out bool isPlaced);
                Assert.True(isPlaced);
                journal.Add(row);
            }
            else
            {
                ready = assembly.Tell(step.Reading!.Value, out string? refusal);
                Assert.Null(refusal);
                journal.Readings.Add(step.Reading.Value);
            }

            // A page follows at its own pace.
            if (ready && news++ % 64 == 0)
            {
                reconstruction.Update(assembly);
            }
        }

        assembly.Close();
        reconstruction.Complete(assembly);
        ScanRecord scan = ScanResult.Of(settings, journal.Scan, assembly, reconstruction, "", Noon);
        AssertSame(scan, ScanResult.FromJournal(settings, journal, Noon, out _));
        return scan;
    }

    private static List<Step> Steps(ScanPlan plan, Arrival arrival, bool byTime)
    {
        List<Step> frames = [.. Frames(plan, withFacts: false).Select(f => new Step(f, null))];
        List<Step> readings = [.. Enumerable.Range(0, plan.CellCount).Select(i => new Step(null, Reading(plan, i, byTime)))];
        switch (arrival)
        {
            case Arrival.ReadingsFirst:
                return [.. readings, .. frames];
            case Arrival.FramesFirst:
                return [.. frames, .. readings];
            case Arrival.AllShuffled:
                Step[] all = [.. frames, .. readings];
                new Random(8).Shuffle(all);
                return [.. all];
            default:
                // At 100 Hz.
                const int Late = 200;
                return [.. Enumerable.Range(0, plan.CellCount + Late).SelectMany(i => new[] { i < frames.Count ? frames[i] : null, i >= Late ? readings[i - Late] : null }).OfType<Step>()];
        }
    }

    private static IEnumerable<DiffractionPattern> Frames(ScanPlan plan, bool withFacts) => Enumerable.Range(0, plan.CellCount).Select(i => Pattern(
        i,
        Value(plan, i) * Monitor(i),
        withFacts ? Monitor(i) : double.NaN,
        withFacts ? plan.Position_um(plan.CellOf(i).Translation) / 1000 : null,
        null));

    private static DiffractionPattern Pattern(int index, double intensity, double monitor, double? translation_mm, double? rotation_deg)
    {
        DiffractionPattern pattern = SmallScan.Pattern(index, intensity, monitor);
        pattern.Header = pattern.Header with { AcquiredAt = Noon.AddMilliseconds(10 * index), Translation_mm = translation_mm, Rotation_deg = rotation_deg };
        return pattern;
    }

    private static StageReading Reading(ScanPlan plan, int i, bool byTime) => new()
    {
        SeriesId = 1,
        Index = byTime ? null : i,
        At = byTime ? Noon.AddMilliseconds(10 * i) : null,
        Translation_mm = plan.Position_um(plan.CellOf(i).Translation) / 1000,
        Rotation_deg = double.NaN,
        Monitor = Monitor(i),
    };

    private static double Monitor(int index) => 1 + (0.25 * (index % 7));

    private static double Value(ScanPlan plan, int index) => Intensity(plan, index, 0);

    private static double T_um(ScanPlan plan, int index, double jitter_um)
    {
        var random = new Random(index);
        return plan.Position_um(plan.CellOf(index).Translation) + (jitter_um * ((2 * random.NextDouble()) - 1));
    }

    private static double Intensity(ScanPlan plan, int index, double jitter_um)
    {
        ScanCell cell = plan.CellOf(index);
        double t_um = T_um(plan, index, jitter_um);
        (double sin, double cos) = Math.SinCos(plan.Angle_deg(cell.Rotation) * Math.PI / 180);
        return 0.1 + Grain(60, -40, 30) + Grain(-40, 50, 40) + Grain(-40, -60, 25);

        double Grain(double x_um, double y_um, double width_um) => Math.Exp(-Math.Pow(((x_um * cos) - (y_um * sin) - t_um) / width_um, 2));
    }

    private static void AssertSame(ScanRecord expected, ScanRecord actual)
    {
        Assert.Equal(Bits(expected.Sinogram.Values), Bits(actual.Sinogram.Values));
        Assert.Equal(Bits(expected.Sinogram.Variances), Bits(actual.Sinogram.Variances));
        Assert.Equal(Bits(expected.Monitor), Bits(actual.Monitor));
        Assert.Equal(expected.MonitorReference, actual.MonitorReference);
        Assert.Equal(expected.Positions?.Translation_mm, actual.Positions?.Translation_mm);
        Assert.Equal(expected.Mean.Intensity, actual.Mean.Intensity);
        Assert.Equal(expected.Unmatched, actual.Unmatched);
        for (int channel = 0; channel < 2; channel++)
        {
            Assert.Equal(Bits(expected.ChannelSinograms[channel].Values), Bits(actual.ChannelSinograms[channel].Values));
            Assert.Equal(Bits(expected.Slices[channel].Values), Bits(actual.Slices[channel].Values));
        }
    }

    private static int[] Bits(float[] values) => MemoryMarshal.Cast<float, int>(values).ToArray();

    private static double Difference(SliceMap one, SliceMap? other)
    {
        double sum = 0;
        for (int i = 0; i < one.Values.Length; i++)
        {
            double difference = one.Values[i] - (other?.Values[i] ?? 0);
            sum += double.IsNaN(difference) ? 0 : difference * difference;
        }

        return Math.Sqrt(sum);
    }

    private sealed record Step(DiffractionPattern? Frame, StageReading? Reading);
}
