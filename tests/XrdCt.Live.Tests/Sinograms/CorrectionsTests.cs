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
    [InlineData(BeamCorrection.None)]
    [InlineData(BeamCorrection.Air)]
    public void VarianceOf_TheSumOverTheBins_IsTheSumOfTheirVariances(BeamCorrection beam)
    {
        CorrectedSinogram corrected = Of(Golden("raw"), Golden("variance"), new CorrectionOptions { Beam = beam, Lines = LineCorrection.Interpolate });
        float Sum(float[] bins) => Array.TrueForAll(bins, float.IsNaN) ? float.NaN : bins.Where(v => !float.IsNaN(v)).Sum();
        float[] Sums(float[] values) => [.. values.Chunk(Bins).Select(Sum)];
        float[] variance = corrected.Corrections.VarianceOf(Sums(Golden("raw")), Sums(Golden("variance")));
        Assert.True(corrected.Findings.Count(CellFlags.Interpolated) > 0 && corrected.Findings.Air.Length > 0);
        float[] bins = new float[Bins];
        for (int cell = 0; cell < Plan.CellCount; cell++)
        {
            corrected.ReadVariance(new ScanCell(cell / Translations, cell % Translations), 0, bins);

            // The outliers among the cells of air are others for a sum than for a bin: that is 0.23 % here.
            Assert.True(Sum(bins) is var sum && float.IsNaN(sum) ? float.IsNaN(variance[cell]) : Math.Abs((sum / variance[cell]) - 1) < 5e-3, $"{cell}: {Sum(bins)} {variance[cell]}");
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
        Assert.Contains("some frames carry no transmission between 0.001 and 1.5", found.Sentence);
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

        // Without the dead and the hot line, which take their beam from other lines where those are others in time.
        CellMaps maps = Maps();
        maps = maps with { Total = [.. maps.Total.Select((v, i) => v / (i / Translations == 9 ? 0.4f : i / Translations == 10 ? 1.3f : 1))] };
        Corrections inOrder = Corrections.Find(maps, options);
        Corrections found = Corrections.Find(maps with { Plan = interlaced }, options);
        Assert.Equal(inOrder.Factors, found.Factors);
        Assert.Equal(inOrder.Findings.BeamFactors[2], found.Findings.BeamFactors[1]);
        Assert.NotEqual(inOrder.Findings.BeamFactors[1], found.Findings.BeamFactors[1]);
    }

    [Theory]
    [InlineData(BeamCorrection.None, 2)]
    [InlineData(BeamCorrection.None, 6)]
    [InlineData(BeamCorrection.Monitor, 4)]
    [InlineData(BeamCorrection.Air, 3)]
    [InlineData(BeamCorrection.ConstantTotal, 3)]
    public void Find_BeamOffForSomeLines_TheyAreDeadAndNoAir(BeamCorrection beam, int lines)
    {
        // Lines that are dark alike do not stand out from each other.
        foreach (LineCorrection how in new[] { LineCorrection.None, LineCorrection.Flag, LineCorrection.Interpolate })
        {
            float[] total = Disc(centre: 0, radius: 7, range: 23, air: 100);
            for (int i = 5 * 23; i < (5 + lines) * 23; i++)
            {
                total[i] = 0.5f;
            }

            var maps = new CellMaps(Plan, total, [.. total.Select((_, i) => i >= 5 * 23 && i < (5 + lines) * 23 ? 0f : 1000)], null, null);
            Corrections found = Corrections.Find(maps, new CorrectionOptions { Beam = beam, Lines = how, Spotty = false });
            Assert.Equal(how == LineCorrection.None ? [] : Enumerable.Range(5, lines), found.Findings.DeadLines);
            Assert.Equal(beam is BeamCorrection.Air or BeamCorrection.ConstantTotal ? 100 * found.Factors[0] : 100, found.AirOf(total), 0.5);
            Assert.DoesNotContain(true, found.Air.Cells.Slice(5 * 23, lines * 23).ToArray());
            Assert.InRange(found.Factors[6 * 23], 0.9, 1.1);
        }
    }

    [Theory]
    [InlineData(2.6, 0, true)]
    [InlineData(5.5, 0, false)]
    [InlineData(0.0, 9, false)]
    public void Find_ConstantTotal_RefusesScansThatProjectionsLeave(double off, double shift, bool isTaken)
    {
        // A disc that leaves the scan on one side for a part of the angles, or for all of them.
        float[] total = Disc(off, radius: 7, range: 23, air: 100, shift);
        Corrections found = Corrections.Find(new CellMaps(Plan, total, new float[total.Length], null, null), new CorrectionOptions { Beam = BeamCorrection.ConstantTotal, Spotty = false });
        Assert.Equal(isTaken, found.Findings.BeamRefusal.Length == 0);
        Assert.Equal(!isTaken, found.Findings.BeamRefusal.Contains("constant only where every projection holds the whole sample", StringComparison.Ordinal));
    }

    [Fact]
    public void Find_TransmissionThatIsNone_IsNotDividedBy()
    {
        float[] total = Disc(centre: 0, radius: 7, range: 23, air: 100);
        float[] transmission = new float[total.Length];
        transmission.AsSpan().Fill(98);
        Corrections percent = Corrections.Find(new CellMaps(Plan, total, new float[total.Length], transmission, null), new CorrectionOptions { Spotty = false });
        Assert.All(percent.Factors.ToArray(), f => Assert.Equal(1, f));
        Assert.False(percent.Findings.IsTransmissionApplied);
        Assert.Contains("no transmission between 0.001 and 1.5", percent.Findings.Sentence);
        transmission.AsSpan().Fill(0.5f);
        (transmission[7], transmission[8]) = (1e-5f, 1e-3f);
        Corrections found = Corrections.Find(new CellMaps(Plan, total, new float[total.Length], transmission, null), new CorrectionOptions { Spotty = false });
        Assert.Equal([2, 1, 1 / 1e-3f], found.Factors[6..9].ToArray());
        Assert.Equal([7], Enumerable.Range(0, total.Length).Where(i => found.Findings.Flags[i].HasFlag(CellFlags.NoTransmission)));
        Assert.True(found.Findings.IsTransmissionApplied);
    }

    [Fact]
    public void Find_AirThatCountsMoreThanTheSample_IsSaid()
    {
        Corrections thin = Corrections.Find(new CellMaps(Plan, Disc(0, 7, 23, air: 20), new float[Plan.CellCount], null, null), new CorrectionOptions { Spotty = false });
        Assert.DoesNotContain("counts more than the sample", thin.Findings.Sentence);
        Corrections found = Corrections.Find(new CellMaps(Plan, Disc(0, 7, 23, air: 200), new float[Plan.CellCount], null, null), new CorrectionOptions { Spotty = false });
        Assert.True(found.TakesAirOff);
        Assert.Contains("counts more than the sample itself", found.Findings.Sentence);
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

    // Chords of a disc in air, with a little noise.
    private static float[] Disc(double centre, double radius, int range, double air, double shift = 0)
    {
        var random = new Random(3);
        return [.. Enumerable.Range(0, Plan.CellCount).Select(i =>
        {
            double angle = i / range * Math.PI / Rotations;
            double t = (i % range) - (range / 2) - (centre * Math.Cos(angle)) - shift;
            return (float)(air + (10 * Math.Sqrt(Math.Max(0, (radius * radius) - (t * t)))) + (0.02 * random.NextDouble()));
        })];
    }
}
