using System.Runtime.InteropServices;
using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Pipeline.Metrics;

namespace XrdCt.Live.Tests.Pipeline;

public sealed class ScanAssemblyTests
{
    /// <summary>Frames may overtake each other by so many places before a cell counts as missing.</summary>
    private const int Settling = 32;

    private readonly FrameTally _tally = new();

    public static TheoryData<ScanOrder> Orders { get; } = [.. Enum.GetValues<ScanOrder>()];

    [Theory]
    [MemberData(nameof(Orders))]
    public void Place_ShuffledArrival_GivesTheSameScan(ScanOrder order)
    {
        LiveOptions options = SmallScan.Options(new ScanPlan(17, 12, 10, order));
        int[] indices = [.. Enumerable.Range(0, options.Plan.CellCount)];
        ScanAssembly ordered = Filled(options, indices);
        var random = new Random(4);
        random.Shuffle(indices);
        ScanAssembly shuffled = Filled(options, indices);

        // The monitor of the first frame of the scan and that of the first to come lie on either side of where the reference doubles.
        Assert.NotEqual(ordered.MonitorReference, shuffled.MonitorReference);
        ordered.Close();
        shuffled.Close();

        Assert.Equal(ordered.MonitorReference, shuffled.MonitorReference);
        Assert.Equal(Bits(ordered.Sinogram.Values), Bits(shuffled.Sinogram.Values));
        Assert.Equal(Bits(ordered.Sinogram.Variances), Bits(shuffled.Sinogram.Variances));
        Assert.Equal(Bits(ordered.Monitor), Bits(shuffled.Monitor));
        Assert.Equal(Bits(ordered.Transmission!), Bits(shuffled.Transmission!));
        Assert.Equal(Bits(ordered.SinogramOf(0).Values), Bits(shuffled.SinogramOf(0).Values));
        Assert.Equal(Bits(ordered.SinogramOf(1).Values), Bits(shuffled.SinogramOf(1).Values));
        MeanPattern one = ordered.Mean();
        MeanPattern other = shuffled.Mean();
        Assert.Equal(one.Count, other.Count);
        Assert.Equal(one.Intensity.Select(BitConverter.DoubleToInt64Bits), other.Intensity.Select(BitConverter.DoubleToInt64Bits));
        Assert.Equal(one.Sigma.Select(BitConverter.DoubleToInt64Bits), other.Sigma.Select(BitConverter.DoubleToInt64Bits));

        // Σ counts / Σ monitor: 1 where a frame tells none.
        IEnumerable<int> all = Enumerable.Range(0, options.Plan.CellCount);
        double expectedMean = all.Sum(Value) / all.Sum(i => double.IsNaN(Monitor(i)) ? 1 : Monitor(i) / 65536);
        Assert.Equal(expectedMean, one.Intensity[5], 1e-6 * expectedMean);

        // Every cell holds its own frame's value, worked out from the plan; a frame without a monitor is not divided.
        for (int i = 0; i < options.Plan.CellCount; i++)
        {
            float expected = (float)(double.IsNaN(Monitor(i)) ? Value(i) : Value(i) / (Monitor(i) / 65536));
            Assert.Equal(expected, shuffled.Sinogram.Pattern(options.Plan.CellOf(i))[3], 1e-6f * expected);
            Assert.Equal(Transmission(i) is double t ? (float)t : float.NaN, shuffled.Transmission![shuffled.Sinogram.Offset(options.Plan.CellOf(i))]);
        }
    }

    [Fact]
    public void Place_FrameAgain_KeepsTheFirstAndCountsTheOther()
    {
        LiveOptions options = SmallScan.Options(new ScanPlan(3, 2, 10));
        var assembly = new ScanAssembly(options.Settings(), _tally);
        assembly.Place(SmallScan.Pattern(4, 10));
        assembly.Place(SmallScan.Pattern(4, 99));

        Assert.Equal(10, assembly.Sinogram.Pattern(new ScanCell(1, 1))[0]);
        Assert.Equal(10, assembly.Mean().Intensity[0], 1e-12);
        Assert.Equal(3, assembly.Mean().Count[0]);
        Assert.Equal(1, assembly.Sinogram.MeasuredCount);
        Assert.Equal(new FrameCounters { Placed = 1, Duplicate = 1 }, _tally.Read());
    }

    [Fact]
    public void Place_FrameAgainAfterADamagedOne_FillsTheCell()
    {
        LiveOptions options = SmallScan.Options(new ScanPlan(3, 2, 10));
        var assembly = new ScanAssembly(options.Settings(), _tally);
        var damaged = SmallScan.Pattern(4, 99);
        damaged.Outcome = FrameOutcome.Truncated;
        assembly.Place(damaged);
        Assert.True(float.IsNaN(assembly.Sinogram.Pattern(new ScanCell(1, 1))[0]));
        assembly.Place(SmallScan.Pattern(4, 10));

        Assert.Equal(10, assembly.Sinogram.Pattern(new ScanCell(1, 1))[0]);
        Assert.Equal(new FrameCounters { Placed = 1, Truncated = 1 }, _tally.Read());
    }

    [Fact]
    public void Place_GapOvertakenBy32_CountsAsMissingUntilItComes()
    {
        LiveOptions options = SmallScan.Options(new ScanPlan(20, 5, 10));
        var assembly = new ScanAssembly(options.Settings(), _tally);
        foreach (int i in Enumerable.Range(0, 60).Where(i => i is not (5 or 40)))
        {
            assembly.Place(SmallScan.Pattern(i, 1));
            Assert.Equal(i > 5 + Settling ? 1 : 0, _tally.Read().Missing);
        }

        assembly.Place(SmallScan.Pattern(5, 1));
        Assert.Equal(0, _tally.Read().Missing);
        assembly.Close();

        // 40, and all that never came.
        Assert.Equal(1 + 40, _tally.Read().Missing);
    }

    [Fact]
    public void Place_AsManyFramesLateAsOnTime_NeverCountsBelowZero()
    {
        LiveOptions options = SmallScan.Options(new ScanPlan(20, 5, 10));
        var assembly = new ScanAssembly(options.Settings(), _tally);
        for (int i = 99; i >= 0; i--)
        {
            assembly.Place(SmallScan.Pattern(i, 1));
            Assert.Equal(Math.Min(99 - Settling, i), _tally.Read().Missing);
        }
    }

    [Theory]
    [InlineData("translation-fast", new[] { 0, 1, 2, 3 })]
    [InlineData("translation-fast-zigzag", new[] { 0, 1, 2, 3 })]
    [InlineData("interlaced", new[] { 0, 4, 8, 12 })]
    [InlineData("golden-zigzag", new[] { 0, 10, 4, 14 })]
    public void Place_LineOfTranslations_IsReadyWithItsLastCell(string path, int[] rotations)
    {
        LiveOptions options = SmallScan.Options(new ScanPlan(6, 16, 10, ScanPath.ByName[path]));
        var assembly = new ScanAssembly(options.Settings(), _tally);
        for (int line = 0; line < rotations.Length; line++)
        {
            for (int step = 0; step < 6; step++)
            {
                Assert.Equal(step == 5, assembly.Place(SmallScan.Pattern((line * 6) + step, 1)));
            }

            Assert.Equal([rotations[line]], assembly.TakeStale());
            Assert.Empty(assembly.TakeStale());
        }
    }

    [Theory]
    [InlineData("rotation-fast")]
    [InlineData("rotation-fast-zigzag")]
    [InlineData("continuous-rotation")]
    public void Place_LineOfRotations_ChangesEveryProjection(string path)
    {
        LiveOptions options = SmallScan.Options(new ScanPlan(6, 7, 10, ScanPath.ByName[path]));
        var assembly = new ScanAssembly(options.Settings(), _tally);
        for (int i = 0; i < 7; i++)
        {
            Assert.Equal(i == 6, assembly.Place(SmallScan.Pattern(i, 1)));
        }

        Assert.Equal([0, 1, 2, 3, 4, 5, 6], assembly.TakeStale());
    }

    [Fact]
    public void Place_LineWithAGap_ClosesWhenItIsOvertakenAndOpensForTheLateFrame()
    {
        LiveOptions options = SmallScan.Options(new ScanPlan(10, 9, 10));
        var assembly = new ScanAssembly(options.Settings(), _tally);
        List<int> stale = [];
        for (int i = 0; i < 80; i++)
        {
            if (i != 4 && assembly.Place(SmallScan.Pattern(i, i)))
            {
                stale.AddRange(assembly.TakeStale());
                Assert.True(i >= 10 + Settling, "line 0 is not over yet, and no later one may pass it");
            }
        }

        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7], stale.Order());
        float[] bridged = new float[10];
        Assert.Equal(9, Bridge());
        Assert.Equal(4 * SmallScan.Bins, bridged[4]);
        Assert.True(float.IsNaN(assembly.SinogramOf(0).Values[4]));

        Assert.True(assembly.Place(SmallScan.Pattern(4, 100)));
        Assert.Equal([0], assembly.TakeStale());
        Assert.Equal(10, Bridge());
        Assert.Equal(100 * SmallScan.Bins, bridged[4]);

        int Bridge() => ProjectionGaps.Bridge(assembly.SinogramOf(0).Values.AsSpan(0, 10), bridged);
    }

    [Fact]
    public void Place_PositionsOfTheStream_StandInTheCellsOfTheirFrames()
    {
        LiveOptions options = SmallScan.Options(new ScanPlan(3, 2, 10));
        var assembly = new ScanAssembly(options.Settings(), _tally);
        assembly.Place(SmallScan.Pattern(0, 10));
        Assert.Null(assembly.Positions);

        DiffractionPattern told = SmallScan.Pattern(4, 10);
        told.Header = told.Header with { Translation_mm = 0.25, Rotation_deg = 90.5 };
        assembly.Place(told);

        int cell = assembly.Sinogram.Offset(options.Plan.CellOf(4));
        Assert.Equal((0.25, 90.5), (assembly.Positions!.Translation_mm[cell], assembly.Positions.Rotation_deg[cell]));
        Assert.Equal(1, assembly.Positions.Translation_mm.Count(double.IsFinite));
        Assert.Equal(1, assembly.Positions.Rotation_deg.Count(double.IsFinite));
    }

    [Fact]
    public void Place_Monitor_DividesByItsValueRelativeToItsPowerOfTwo()
    {
        LiveOptions options = SmallScan.Options(new ScanPlan(3, 2, 10));
        var assembly = new ScanAssembly(options.Settings(), _tally);
        assembly.Place(SmallScan.Pattern(0, 80, monitor: 1.25 * 65_536));
        assembly.Place(SmallScan.Pattern(1, 80, monitor: 2.5 * 65_536));

        Assert.Equal(64, assembly.Sinogram.Pattern(new ScanCell(0, 0))[0], 1e-4f);
        Assert.Equal(32, assembly.Sinogram.Pattern(new ScanCell(0, 1))[0], 1e-4f);
        Assert.Equal([81_920f, 163_840f], assembly.Monitor[..2]);
        Assert.Equal(65_536, assembly.MonitorReference);
        Assert.True(float.IsNaN(assembly.Monitor[2]));

        // Σ signal / Σ normalisation · monitor: (80 + 80) / (1.25 + 2.5), and √Σ variance / the same: 160 counts of 2 units each.
        Assert.Equal(160 / 3.75, assembly.Mean().Intensity[0], 1e-5);
        Assert.Equal(Math.Sqrt(160 + 160) / 2 / 3.75, assembly.Mean().Sigma[0], 1e-5);
        Assert.Equal(80 / 2 / (1.25 * 1.25), assembly.Sinogram.Variance(new ScanCell(0, 0))[0], 1e-5f);
    }

    [Theory]
    [InlineData(false, 80_000)]
    [InlineData(true, double.NaN)]
    public void Place_NoMonitorOrNoneWanted_LeavesIntensitiesAlone(bool normalise, double monitor)
    {
        LiveOptions options = SmallScan.Options(new ScanPlan(3, 2, 10)) with { Corrections = new CorrectionOptions { Beam = normalise ? BeamCorrection.Monitor : BeamCorrection.None } };
        var assembly = new ScanAssembly(options.Settings(), _tally);
        assembly.Place(SmallScan.Pattern(0, 80, monitor));

        Assert.Equal(80, assembly.Sinogram.Pattern(new ScanCell(0, 0))[0]);

        // Whoever normalises later finds the monitor as it came.
        Assert.Equal((float)monitor, assembly.Monitor[0]);
        Assert.True(double.IsNaN(assembly.MonitorReference));
    }

    [Fact]
    public void Mean_BinWithoutPixels_IsNaN()
    {
        var assembly = new ScanAssembly(SmallScan.Options(new ScanPlan(3, 2, 10)).Settings(), _tally);
        var pattern = SmallScan.Pattern(0, 5);
        (pattern.Normalisation[2], pattern.Signal[2], pattern.Count[2]) = (0, 0, 0);
        assembly.Place(pattern);

        Assert.True(double.IsNaN(assembly.Mean().Intensity[2]));
        Assert.True(double.IsNaN(assembly.Mean().Sigma[2]));
        Assert.True(float.IsNaN(assembly.Patterns()!.Mean[2]));
        Assert.True(float.IsNaN(assembly.Patterns()!.Current[2]));
        Assert.Equal(5, assembly.Mean().Intensity[1], 1e-12);
    }

    [Fact]
    public void Place_Publisher_GetsWhatStandsInTheCellOnce()
    {
        LiveOptions options = SmallScan.Options(new ScanPlan(3, 2, 10));
        var published = new KeptPatterns();
        var assembly = new ScanAssembly(options.Settings(), _tally, published);
        var holed = SmallScan.Pattern(4, 80, monitor: 1.25 * 131_072);
        (holed.Normalisation[2], holed.Signal[2], holed.Count[2]) = (0, 0, 0);
        assembly.Place(holed);
        assembly.Place(SmallScan.Pattern(4, 99));
        var damaged = SmallScan.Pattern(5, 99);
        damaged.Outcome = FrameOutcome.Truncated;
        assembly.Place(damaged);

        KeptPatterns.Kept kept = Assert.Single(published.Patterns);
        Assert.Equal((4, new ScanCell(1, 1), 1.25), (kept.Header.Index, kept.Cell, kept.MonitorDivisor));
        Assert.Equal(Bits(assembly.Sinogram.Pattern(kept.Cell).ToArray()), Bits(kept.Intensity));
        Assert.Equal(64, kept.Intensity[0]);

        // √(80 · 2) / 2 for the two units of normalisation in the first bin, divided as the intensity is.
        Assert.Equal(Math.Sqrt(160) / 2 / 1.25, kept.Sigma[0], 1e-5);
        Assert.True(float.IsNaN(kept.Intensity[2]) && float.IsNaN(kept.Sigma[2]));
        Assert.Equal([3, 3, 0, 3, 3, 3, 3, 3], kept.Count);
        Assert.Equal(assembly.SinogramOf(0).Values[assembly.Sinogram.Offset(kept.Cell)], kept.ChannelValues[0]);
        Assert.Equal(64f * 7, kept.ChannelValues[0]);
    }

    [Fact]
    public void Place_PublisherFails_IsToldOnceAndLeftAlone()
    {
        List<string> complaints = [];
        var published = new KeptPatterns(failsAt: 1);
        var assembly = new ScanAssembly(SmallScan.Options(new ScanPlan(3, 2, 10)).Settings(), _tally, published, complaints.Add);
        for (int i = 0; i < 6; i++)
        {
            assembly.Place(SmallScan.Pattern(i, 1));
        }

        Assert.Equal("patterns are no longer published, from frame 1 on: the line is dead", Assert.Single(complaints));
        Assert.Equal(2, published.Patterns.Count);
        Assert.Equal(6, assembly.Sinogram.MeasuredCount);
    }

    [Fact]
    public void Patterns_BeforeTheFirstFrame_AreNull() =>
        Assert.Null(new ScanAssembly(SmallScan.Options(new ScanPlan(3, 2, 10)).Settings(), _tally).Patterns());

    private static double Value(int index) => 10 + (0.37 * index);

    // Across √2 · 65,536 = 92,682, where the reference doubles; one in seven frames tells none.
    private static double Monitor(int index) => index % 7 == 6 ? double.NaN : 1e5 * (0.9 + (0.001 * index));

    // One in five frames tells none.
    private static double? Transmission(int index) => index % 5 == 3 ? null : 1.0 / (1 + (0.01 * index));

    private static ScanAssembly Filled(LiveOptions options, IEnumerable<int> indices)
    {
        var assembly = new ScanAssembly(options.Settings(), new FrameTally());
        foreach (int i in indices)
        {
            DiffractionPattern pattern = SmallScan.Pattern(i, Value(i), Monitor(i));
            ScanCell cell = options.Plan.CellOf(i);
            pattern.Header = pattern.Header with
            {
                Transmission = Transmission(i),
                Translation_mm = options.Plan.Position_um(cell.Translation) / 1000,
                Rotation_deg = options.Plan.Angle_deg(cell.Rotation),
            };
            assembly.Place(pattern);
        }

        return assembly;
    }

    private static int[] Bits(float[] values) => MemoryMarshal.Cast<float, int>(values).ToArray();
}
