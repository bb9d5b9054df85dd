using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Tests.Sinograms;

public sealed class CorrectionsTests
{
    private const int Translations = 23;
    private const int Rotations = 20;
    private const int Bins = 12;

    // float32 of the file and of the product, and sums of a few hundred values.
    private const double Relative = 2e-6;
    private const double Absolute = 2e-4;

    private static readonly ScanPlan Plan = new(Translations, Rotations, 1);

    private static readonly CorrectionOptions Nothing = new()
    {
        Beam = BeamCorrection.None,
        Transmission = false,
        Air = false,
        Lines = LineCorrection.None,
        Spotty = false,
    };

    public static TheoryData<string, BeamCorrection, LineCorrection, bool> Cases { get; } = new()
    {
        { "none", BeamCorrection.None, LineCorrection.Flag, false },
        { "plain", BeamCorrection.None, LineCorrection.Flag, true },
        { "interpolate", BeamCorrection.None, LineCorrection.Interpolate, true },
        { "air", BeamCorrection.Air, LineCorrection.Flag, true },
        { "total", BeamCorrection.ConstantTotal, LineCorrection.Flag, true },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Of_NumpysSinogram_IsWhatNumpyMakesOfIt(string name, BeamCorrection beam, LineCorrection lines, bool isCorrected)
    {
        CorrectedSinogram corrected = Of(
            Golden("raw"), Golden("variance"), new CorrectionOptions { Beam = beam, Lines = lines, Transmission = isCorrected, Air = isCorrected });
        float[] expected = Golden($"{name}_corrected");
        float[] variance = Golden($"{name}_variance");
        float[] flags = Golden($"{name}_flags");
        float[] read = new float[Bins];
        for (int cell = 0; cell < Plan.CellCount; cell++)
        {
            var at = new ScanCell(cell / Translations, cell % Translations);
            corrected.Read(at, 0, read);
            AssertNear(expected.AsSpan(cell * Bins, Bins), read, at);
            corrected.ReadVariance(at, 0, read);
            AssertNear(variance.AsSpan(cell * Bins, Bins), read, at);
            Assert.Equal((CellFlags)(byte)flags[cell], corrected.Findings.Flags[cell]);
        }
    }

    [Theory]
    [InlineData(0, 12)]
    [InlineData(3, 1)]
    [InlineData(1, 9)]
    [InlineData(4, 8)]
    public void Read_SomeBins_AreThoseOfTheWholeCell(int first, int count)
    {
        CorrectedSinogram corrected = Of(Golden("raw"), Golden("variance"), new CorrectionOptions { Lines = LineCorrection.Interpolate });
        float[] whole = new float[Bins];
        float[] part = new float[count];
        foreach (ScanCell cell in new[] { new ScanCell(9, 11), new ScanCell(3, 5) })
        {
            corrected.Read(cell, 0, whole);
            corrected.Read(cell, first, part);
            Assert.Equal(whole[first..(first + count)], part);
            corrected.ReadVariance(cell, 0, whole);
            corrected.ReadVariance(cell, first, part);
            Assert.Equal(whole[first..(first + count)], part);
        }
    }

    [Fact]
    public void Of_NothingAskedFor_IsTheRawSinogramToTheLastBit()
    {
        float[] raw = Golden("raw");
        CorrectedSinogram corrected = Of(raw, Golden("variance"), Nothing);
        Assert.False(corrected.Findings.ChangesIntensities);
        Assert.Equal("", corrected.Findings.Sentence);
        float[] read = new float[Bins];
        for (int cell = 0; cell < Plan.CellCount; cell++)
        {
            corrected.Read(new ScanCell(cell / Translations, cell % Translations), 0, read);
            Assert.Equal(raw[(cell * Bins)..((cell + 1) * Bins)], read);
        }
    }

    [Theory]
    [InlineData(BeamCorrection.Air)]
    [InlineData(BeamCorrection.ConstantTotal)]
    [InlineData(BeamCorrection.None)]
    public void Of_EverythingFourTimesAsBright_IsFourTimesAsBright(BeamCorrection beam)
    {
        // A power of two rounds nothing.
        var options = new CorrectionOptions { Beam = beam, Lines = LineCorrection.Interpolate };
        CorrectedSinogram once = Of(Golden("raw"), Golden("variance"), options);
        CorrectedSinogram fourTimes = Of([.. Golden("raw").Select(v => 4 * v)], [.. Golden("variance").Select(v => 16 * v)], options);
        Assert.Equal(once.Findings.Flags, fourTimes.Findings.Flags);
        float[] one = new float[Bins];
        float[] four = new float[Bins];
        for (int cell = 0; cell < Plan.CellCount; cell++)
        {
            var at = new ScanCell(cell / Translations, cell % Translations);
            once.Read(at, 0, one);
            fourTimes.Read(at, 0, four);
            Assert.Equal(one.Select(v => 4 * v), four);
        }
    }

    [Fact]
    public void Of_HalfTheTransmissionEverywhere_IsTwiceAsBright()
    {
        // A filter behind the sample that nobody told of, or another unit: a power of two rounds nothing, in the air neither.
        var options = new CorrectionOptions { Beam = BeamCorrection.None, Lines = LineCorrection.Interpolate };
        CorrectedSinogram one = Of(Golden("raw"), Golden("variance"), options);
        CorrectedSinogram two = Of(Golden("raw"), Golden("variance"), options, [.. Golden("transmission").Select(t => t / 2)]);

        // The one cell that tells none keeps its intensity.
        float[] once = new float[Bins];
        float[] twice = new float[Bins];
        for (int cell = 0; cell < Plan.CellCount; cell++)
        {
            var at = new ScanCell(cell / Translations, cell % Translations);
            one.Read(at, 0, once);
            two.Read(at, 0, twice);
            Assert.True(one.Findings.Flags[cell].HasFlag(CellFlags.NoTransmission) || once.Select(v => 2 * v).SequenceEqual(twice), $"{at}");
        }
    }

    [Fact]
    public void Find_MonitorAndTransmissionWithGaps_FlagsTheirCellsAndSaysSo()
    {
        float[] monitor = Filled(1000);
        (monitor[30], monitor[31], monitor[32]) = (0, -1, float.NaN);
        CorrectionFindings found = Corrections.Find(Maps() with { Monitor = monitor }, new CorrectionOptions()).Findings;
        Assert.Equal(3, found.Count(CellFlags.NoMonitor));
        Assert.True(found.Flags[30].HasFlag(CellFlags.NoMonitor));
        Assert.Equal(1, found.Count(CellFlags.NoTransmission));
        Assert.True(found.Flags[(2 * Translations) + 7].HasFlag(CellFlags.NoTransmission));
        Assert.Equal(CellFlags.Unmeasured, found.Flags[(5 * Translations) + 3]);
        Assert.Equal("", found.BeamRefusal);
        Assert.Contains("some frames carry no beam monitor above 0", found.Sentence);
        Assert.Contains("some frames carry no transmission above 0", found.Sentence);
        Assert.Contains("lines at rotation 9 are darker than those beside them: they are flagged, and left as they are", found.Sentence);
    }

    [Fact]
    public void Find_NoMonitorAtAll_IsRefusedButNothingToTell()
    {
        CorrectionFindings found = Corrections.Find(Maps() with { Monitor = Filled(float.NaN), Transmission = null }, new CorrectionOptions { Lines = LineCorrection.None }).Findings;
        Assert.Contains("no frame carries a beam monitor", found.BeamRefusal);
        Assert.Equal((false, ""), (found.IsTransmissionApplied, found.Sentence));
    }

    [Fact]
    public void Find_NoSpottinessFollowed_SaysSo()
    {
        CorrectionFindings found = Corrections.Find(Maps() with { Spottiness = null }, new CorrectionOptions()).Findings;
        Assert.Equal(0, found.Count(CellFlags.Spotty));
        Assert.Contains("no live channel is of the kind spottiness", found.SpottyRefusal);
        Assert.Equal("", Corrections.Find(Maps() with { Spottiness = null }, new CorrectionOptions { Spotty = false }).Findings.SpottyRefusal);
    }

    [Theory]
    [InlineData(BeamCorrection.Air)]
    [InlineData(BeamCorrection.ConstantTotal)]
    public void Find_LinesOverRotations_ThatSayNothingOfTheBeamAreRefused(BeamCorrection beam)
    {
        var plan = new ScanPlan(Translations, Rotations, 1, ScanOrder.RotationFast);
        CorrectionFindings found = Corrections.Find(Maps() with { Plan = plan }, new CorrectionOptions { Beam = beam, Lines = LineCorrection.None }).Findings;
        Assert.Empty(found.BeamFactors);
        Assert.Contains("over rotations", found.BeamRefusal);
        Assert.Contains(found.BeamRefusal, found.Sentence);
    }

    [Theory]
    [InlineData(BeamCorrection.Air)]
    [InlineData(BeamCorrection.ConstantTotal)]
    public void Find_LinesOfInterlacedScan_TakeTheirFactorsInOrderOfTime(BeamCorrection beam)
    {
        // The same data, but measured with every other angle first: the factors stand in order of time and act on the same cells.
        var interlaced = new ScanPlan(Translations, Rotations, 1, ScanOrder.Interlaced, 180, [0, 1]);
        var options = new CorrectionOptions { Beam = beam };
        Corrections inOrder = Corrections.Find(Maps(), options);
        Corrections found = Corrections.Find(Maps() with { Plan = interlaced }, options);
        Assert.Equal(inOrder.Factors, found.Factors);
        Assert.Equal(inOrder.Findings.BeamFactors[2], found.Findings.BeamFactors[1]);
        Assert.NotEqual(inOrder.Findings.BeamFactors[1], found.Findings.BeamFactors[1]);
    }

    [Fact]
    public void Find_WholeLineUnmeasured_ItsNeighboursInTimeStandForItsBeam()
    {
        CellMaps maps = Maps() with { Transmission = null };
        float[] total = [.. maps.Total];
        total.AsSpan(4 * Translations, Translations).Fill(float.NaN);
        double[] factors = Corrections.Find(maps with { Total = total }, new CorrectionOptions { Beam = BeamCorrection.ConstantTotal }).Findings.BeamFactors;
        Assert.Equal(0.5 * ((1 / factors[3]) + (1 / factors[5])), 1 / factors[4], 1e-6);
    }

    [Fact]
    public void Find_MapOfAnotherSize_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => Corrections.Find(Maps() with { Monitor = new float[5] }, new CorrectionOptions()));
        Assert.Throws<ArgumentException>(() => Corrections.Find(Maps(), new CorrectionOptions()).Apply(new float[3], hasAir: true));
    }

    [Fact]
    public void Apply_MapOfOneBin_IsThatBinOfTheCorrectedSinogram()
    {
        CorrectedSinogram corrected = Of(Golden("raw"), Golden("variance"), new CorrectionOptions { Beam = BeamCorrection.None, Lines = LineCorrection.Interpolate });
        float[] raw = Golden("raw");
        float[] map = corrected.Corrections.Apply([.. Enumerable.Range(0, Plan.CellCount).Select(i => raw[(i * Bins) + 4])], hasAir: true);
        float[] withAir = corrected.Corrections.Apply([.. Enumerable.Range(0, Plan.CellCount).Select(i => raw[(i * Bins) + 4])], hasAir: false);
        float[] read = new float[1];
        for (int cell = 0; cell < map.Length; cell++)
        {
            corrected.Read(new ScanCell(cell / Translations, cell % Translations), 4, read);
            AssertNear(read, map.AsSpan(cell, 1), new ScanCell(cell, 0));
            AssertNear([read[0] + corrected.Findings.Air[4]], withAir.AsSpan(cell, 1), new ScanCell(cell, 0));
        }
    }

    [Fact]
    public void Read_CellAfterCell_AllocatesNothing()
    {
        CorrectedSinogram corrected = Of(Golden("raw"), Golden("variance"), new CorrectionOptions { Lines = LineCorrection.Interpolate });
        float[] read = new float[Bins];
        long least = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int cell = 0; cell < Plan.CellCount; cell++)
            {
                corrected.Read(new ScanCell(cell / Translations, cell % Translations), 0, read);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    private static CorrectedSinogram Of(float[] raw, float[] variance, CorrectionOptions options, float[]? transmission = null)
    {
        var stack = new SinogramStack(Plan, Bins);
        for (int cell = 0; cell < Plan.CellCount; cell++)
        {
            if (raw.AsSpan(cell * Bins, Bins).ContainsAnyExcept(float.NaN))
            {
                stack.TryClaim(new ScanCell(cell / Translations, cell % Translations));
            }
        }

        raw.CopyTo(stack.Values, 0);
        variance.CopyTo(stack.Variances, 0);
        return CorrectedSinogram.Of(stack, null, Filled(float.NaN), transmission ?? Golden("transmission"), Golden("spottiness"), options);
    }

    private static CellMaps Maps()
    {
        float[] raw = Golden("raw");
        float[] total = [.. Enumerable.Range(0, Plan.CellCount).Select(i =>
            raw.AsSpan(i * Bins, Bins).ContainsAnyExcept(float.NaN) ? raw[(i * Bins)..((i + 1) * Bins)].Where(float.IsFinite).Sum() : float.NaN)];
        return new CellMaps(Plan, total, Filled(1), Golden("transmission"), Golden("spottiness"));
    }

    private static float[] Filled(float value)
    {
        float[] values = new float[Plan.CellCount];
        values.AsSpan().Fill(value);
        return values;
    }

    private static float[] Golden(string name) =>
        [.. Npy.Read(Path.Combine(AppContext.BaseDirectory, "Golden", "corrections", "corrections.npz"), name).Select(v => (float)v)];

    private static void AssertNear(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, ScanCell cell)
    {
        for (int b = 0; b < actual.Length; b++)
        {
            bool isNear = float.IsNaN(expected[b])
                ? float.IsNaN(actual[b])
                : Math.Abs(actual[b] - expected[b]) <= Absolute + (Relative * Math.Abs(expected[b]));
            Assert.True(isNear, $"{cell}, bin {b}: {actual[b]}, expected {expected[b]}");
        }
    }
}
