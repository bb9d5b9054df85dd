using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Phantoms;
using XrdCt.Live.Phantoms.Projection;
using XrdCt.Live.Phantoms.Samples;

namespace XrdCt.Live.Tests.Reconstruction;

public sealed class SliceConfidenceTests
{
    private const int Translations = 151;
    private const int Rotations = 250;

    private static readonly Lazy<float[]> LazySinogram = new(Electrode);

    [Theory]
    [InlineData(ScanOrder.Interlaced)]
    [InlineData(ScanOrder.BitReversed)]
    [InlineData(ScanOrder.Golden)]
    public void Assess_AnglesSpreadEarly_PredictTheFinalSlice(ScanOrder order)
    {
        (List<SliceConfidence> confidences, List<double> withFinal) = Scan(order);
        int thirty = 2;
        Assert.True(withFinal[thirty] >= 0.94, $"{withFinal[thirty]}");
        Assert.False(confidences[thirty].Coverage.IsLimitedAngle);
        for (int i = thirty; i < withFinal.Count; i++)
        {
            // Cautious: never above what is true, and near it.
            Assert.InRange(confidences[i].ReferenceCorrelation, withFinal[i] - 0.09, withFinal[i] + 0.005);
            Assert.InRange(confidences[i].FullSetCorrelation, withFinal[i] - 0.16, withFinal[i] + 0.005);
        }

        // The later, the more the slice is as before, and as its halves.
        Assert.All(confidences.Skip(thirty).Zip(confidences.Skip(thirty + 1)), p => Assert.True(p.Second.HalfSetCorrelation > p.First.HalfSetCorrelation));
        Assert.True(confidences[^1].SuccessiveCorrelation > confidences[1].SuccessiveCorrelation);
    }

    [Fact]
    public void Assess_AnglesInSequence_IsLimitedAngleWhateverTheHalvesSay()
    {
        (List<SliceConfidence> confidences, List<double> withFinal) = Scan(ScanOrder.TranslationFast);
        SliceConfidence thirty = confidences[2];
        Assert.True(withFinal[2] < 0.65, $"{withFinal[2]}");
        Assert.True(thirty.Coverage.IsLimitedAngle);
        Assert.Equal(180 - (74 * 0.72), thirty.Coverage.WidestGap_deg, 1e-9);
        Assert.Equal(0.3, thirty.Coverage.Fraction, 1e-9);

        // The halves miss the same wedge, so they agree about it: the sentence has to begin with what was not measured.
        Assert.True(thirty.HalfSetCorrelation > 0.85);
        Assert.StartsWith("limited angle: 127° of 180° not measured, edges that run at 90° to 217° from x are lost; half-sets agree to 0.", thirty.Sentence);
        Assert.EndsWith(" in what was measured", thirty.Sentence);
        Assert.False(confidences[^1].Coverage.IsLimitedAngle);
    }

    [Fact]
    public void Assess_GrowingScan_KeepsTheCurve()
    {
        ScanPlan plan = new(Translations, Rotations, 1, ScanOrder.Golden);
        var track = new ConfidenceTrack(plan, RampFilter.SheppLogan);
        var slice = new ProgressiveSlice(plan, RampFilter.SheppLogan);
        float[] values = slice.ToMap("none").Values;
        SliceConfidence none = track.Assess(values);
        Assert.Equal("no projection yet", none.Sentence);
        Assert.Empty(track.Curve);
        for (int line = 0; line < 40; line++)
        {
            int rotation = plan.CellOf(line * Translations).Rotation;
            slice.Put(rotation, Projection(rotation));
            track.Put(rotation, Projection(rotation));
            if (line is 0 or 19 or 39)
            {
                slice.CopyTo(values);
                track.Assess(values);
            }
        }

        // Nothing new since: the slice is as before, and the curve has no further point.
        SliceConfidence again = track.Assess(values);
        Assert.Equal(1, again.SuccessiveCorrelation, 1e-6);
        Assert.Equal([1 / 250.0, 20 / 250.0, 40 / 250.0], track.Curve.Select(p => p.Fraction));
        Assert.True(double.IsNaN(track.Curve[0].HalfSetCorrelation) && double.IsNaN(track.Curve[0].SuccessiveCorrelation));
        Assert.Equal(again.HalfSetCorrelation, track.Curve[2].HalfSetCorrelation);
        Assert.Equal(2 * again.HalfSetCorrelation / (1 + again.HalfSetCorrelation), again.FullSetCorrelation, 1e-12);
    }

    [Theory]
    [InlineData(ScanOrder.TranslationFast)]
    [InlineData(ScanOrder.Interlaced)]
    [InlineData(ScanOrder.BitReversed)]
    [InlineData(ScanOrder.Golden)]
    public void Halves_EveryOrderAtAnyTime_CoverTheSameAngles(ScanOrder order)
    {
        // Neither half starves, and neither has gaps much wider than the whole leaves it; what comes again stays where it was.
        ScanPlan plan = new(4, 64, 1, order);
        var halves = new HalfSlices(plan, RampFilter.Ramp);
        for (int line = 0; line < plan.RotationCount; line++)
        {
            halves.Put(plan.CellOf(line * 4).Rotation, new float[4]);
            halves.Put(plan.CellOf(line * 4).Rotation, [1, 1, 1, 1]);
            Assert.InRange(halves.LeastProjectionCount, (int)(0.42 * (line + 1)), (line + 1) / 2);
            Assert.True(line < 1 || halves.LargestGap_deg <= Math.Max(3.1 * Widest(plan, line + 1), 180.0 / 64 * 4), $"{line}: {halves.LargestGap_deg}");
        }
    }

    [Theory]
    [InlineData(ScanOrder.BitReversed, 250)]
    [InlineData(ScanOrder.Golden, 250)]
    [InlineData(ScanOrder.Golden, 101)]
    public void Coverage_AnglesSpreadFromTheStart_IsNeverLimitedAngle(ScanOrder order, int rotations)
    {
        ScanPlan plan = new(2, rotations, 1, order);
        double[] angles_deg = [.. Enumerable.Range(0, rotations).Select(l => plan.Angle_deg(plan.CellOf(2 * l).Rotation))];
        for (int count = 2; count <= rotations; count++)
        {
            AngularCoverage coverage = AngularGaps.Measure(angles_deg.AsSpan(0, count), rotations);
            Assert.False(coverage.IsLimitedAngle, $"{count}: {coverage}");
        }
    }

    [Fact]
    public void Coverage_WedgeMissing_NamesTheEdgesThatAreLost()
    {
        // A disc measured between 20° and 110°: its rim is sharp where the beam ran along it, and lost elsewhere.
        ScanPlan plan = new(101, 180, 1);
        float[] sinogram = new float[plan.CellCount];
        bool[] present = new bool[plan.RotationCount];
        List<double> angles_deg = [];
        for (int rotation = 20; rotation <= 110; rotation++)
        {
            present[rotation] = true;
            angles_deg.Add(plan.Angle_deg(rotation));
            for (int j = 0; j < 101; j++)
            {
                sinogram[(rotation * 101) + j] = (float)(2 * Math.Sqrt(Math.Max(0, (30 * 30) - ((j - 50) * (j - 50)))));
            }
        }

        AngularCoverage coverage = AngularGaps.Measure([.. angles_deg], 180);
        Assert.Equal((91, 180), (coverage.ProjectionCount, coverage.PlannedCount));
        Assert.Equal(90, coverage.WidestGap_deg, 1e-9);
        Assert.Equal(1, coverage.UsualGap_deg, 1e-9);
        Assert.True(coverage.IsLimitedAngle);
        Assert.Equal(70, coverage.LostEdgesFrom_deg, 1e-9);

        float[] slice = ProgressiveSlice.Batch(plan, RampFilter.SheppLogan, sinogram, present).ToMap("disc").Values;
        for (int direction_deg = 0; direction_deg < 180; direction_deg += 10)
        {
            // The rim runs at this direction where its normal is 90° on.
            (double sin, double cos) = Math.SinCos((direction_deg + 90) * Math.PI / 180);
            double step = At(26) - At(34);
            double inside = direction_deg - 70;
            bool isLost = inside is > 15 and < 75;
            bool isKept = inside is < -15 or > 105;
            Assert.True(!isLost || step < 0.4, $"{direction_deg}: {step}");
            Assert.True(!isKept || step > 0.7, $"{direction_deg}: {step}");

            double At(double radius) => slice[((50 + (int)Math.Round(radius * sin)) * 101) + 50 + (int)Math.Round(radius * cos)];
        }
    }

    [Theory]
    [InlineData(new double[] { }, 180, true)]
    [InlineData(new[] { 33.0 }, 180, true)]
    [InlineData(new[] { 0.0, 90 }, 90, false)]
    [InlineData(new[] { 0.0, 0.72 }, 179.28, true)]
    [InlineData(new[] { 0.0, 60, 120, 180, 240, 300, 360 }, 60, false)]
    [InlineData(new[] { 0.0, 2, 4, 175, 173, 171, 6, 8, 169 }, 161, true)]
    public void Coverage_FewOrRepeatedAngles_AreJudged(double[] angles_deg, double widest_deg, bool isLimited)
    {
        AngularCoverage coverage = AngularGaps.Measure(angles_deg, 100);
        Assert.Equal(widest_deg, coverage.WidestGap_deg, 1e-9);
        Assert.Equal(isLimited, coverage.IsLimitedAngle);
    }

    [Fact]
    public void Correlation_ScaledMovedAndIncomplete_IsPearsons()
    {
        // numpy.corrcoef([1, 2, 4, 7], [2, 1, 5, 6])[0, 1] is 0.8997354108424372.
        float[] a = [1e6f + 1, 1e6f + 2, float.NaN, 1e6f + 4, 1e6f + 7, 5];
        float[] b = [-2, -1, 8, -5, -6, float.PositiveInfinity];
        Assert.Equal(-0.8997354108424372, SliceCorrelation.Compute(a, b), 1e-8);
        Assert.True(double.IsNaN(SliceCorrelation.Compute([1, 1, 1], [1, 2, 3])));
        Assert.True(double.IsNaN(SliceCorrelation.Compute([1, float.NaN], [1, 2])));
        Assert.True(double.IsNaN(SliceCorrelation.Compute([], [])));
        Assert.Throws<ArgumentException>(() => SliceCorrelation.Compute([1], [1, 2]));
    }

    [Fact]
    public void NoiseShare_MaterialAndAir_IsThatOfTheMaterial()
    {
        float[] slice = [float.NaN, 0, 0, 0, 0, 0, 10, 12, 14];
        float[] sigma = [float.NaN, 9, 9, 9, 9, 9, 1, 2, 3];
        Assert.Equal(2 / 12.0, ConfidenceTrack.NoiseShare(slice, sigma), 1e-12);
        Assert.True(double.IsNaN(ConfidenceTrack.NoiseShare(slice, [])));
        AngularCoverage coverage = AngularGaps.Measure([0, 90], 4);
        Assert.Equal(
            "2 of 4 angles, nowhere more than 90.0° apart; half-sets agree to 0.97; noise is 17 % of the signal",
            new SliceConfidence(coverage, 0.97, double.NaN, 2 / 12.0).Sentence);
    }

    private static (List<SliceConfidence> Confidences, List<double> WithFinal) Scan(ScanOrder order)
    {
        ScanPlan plan = new(Translations, Rotations, 1, order);
        var track = new ConfidenceTrack(plan, RampFilter.SheppLogan);
        var slice = new ProgressiveSlice(plan, RampFilter.SheppLogan);
        List<SliceConfidence> confidences = [];
        List<float[]> slices = [];
        for (int line = 0; line < Rotations; line++)
        {
            int rotation = plan.CellOf(line * Translations).Rotation;
            slice.Put(rotation, Projection(rotation));
            track.Put(rotation, Projection(rotation));
            if ((line + 1) % 25 == 0)
            {
                slices.Add(slice.ToMap("x").Values);
                confidences.Add(track.Assess(slices[^1]));
            }
        }

        List<double> withFinal = [.. slices.Select(s => SliceCorrelation.Compute(s, slices[^1]))];
        TestContext.Current.SendDiagnosticMessage(
            $"{order}: " + string.Join("; ", confidences.Zip(withFinal).Select(p =>
                $"{p.First.Coverage.Fraction:P0} final {p.Second:F3} halves {p.First.HalfSetCorrelation:F3} full {p.First.FullSetCorrelation:F3} reference {p.First.ReferenceCorrelation:F3} successive {p.First.SuccessiveCorrelation:F3}")));
        return (confidences, withFinal);
    }

    private static ReadOnlySpan<float> Projection(int rotation) => LazySinogram.Value.AsSpan(rotation * Translations, Translations);

    private static double Widest(ScanPlan plan, int lines) => AngularGaps.Measure(
        [.. Enumerable.Range(0, lines).Select(l => plan.Angle_deg(plan.CellOf(l * plan.LineLength).Rotation))], 1).WidestGap_deg;

    /// <summary>NMC particles of the middle of an electrode disc, cut out, at steps of 1 µm, by the projector of the simulator, with 1 % of noise.</summary>
    private static float[] Electrode()
    {
        ScanPlan plan = new(Translations, Rotations, 1);
        DensityMap disc = new ElectrodeDisc(1).NmcDensity;
        DensityMap middle = new(Translations, 1);
        for (int i = 0; i < middle.Values.Length; i++)
        {
            (int row, int column) = Math.DivRem(i, Translations);
            if (double.Hypot(row - 75, column - 75) < 70)
            {
                middle.Values[i] = disc.Values[((row - 75 + (disc.Size / 2)) * disc.Size) + column - 75 + (disc.Size / 2)];
            }
        }

        var projector = new Projector([middle]);
        float[] sinogram = new float[plan.CellCount];
        Parallel.For(0, Rotations, rotation =>
        {
            ProjectionProfile profile = projector.Project(plan.Angle_deg(rotation));
            for (int j = 0; j < Translations; j++)
            {
                sinogram[(rotation * Translations) + j] = (float)profile.Path_um(0, plan.Position_um(j), plan.Step_um);
            }
        });

        double sigma = 0.01 * sinogram.Max();
        var random = new SeededRandom(5);
        for (int i = 0; i < sinogram.Length; i++)
        {
            sinogram[i] += (float)(sigma * random.NextNormal());
        }

        return sinogram;
    }
}
