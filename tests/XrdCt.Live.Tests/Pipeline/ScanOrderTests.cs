using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Readings;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Pipeline.Metrics;

namespace XrdCt.Live.Tests.Pipeline;

/// <summary>Whatever order the stages move in, an off-centre sample without any symmetry comes out in the same place, not mirrored, not turned.</summary>
public sealed class ScanOrderTests
{
    private const int Translations = 41;
    private const int Rotations = 48;
    private const double Step_um = 10;

    /// <summary>Three round grains in the corners of a scalene triangle: x, y, radius (µm), brightness.</summary>
    private static readonly (double X_um, double Y_um, double Radius_um, double Brightness)[] Grains =
        [(90, -40, 35, 1), (-60, -110, 25, 2), (-50, 120, 40, 0.5)];

    public static TheoryData<string, double> Paths()
    {
        var paths = new TheoryData<string, double>();
        foreach (string path in ScanPath.ByName.Keys)
        {
            paths.Add(path, 180);
            paths.Add(path, 360);
        }

        return paths;
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Slice_EveryPath_ShowsTheSampleWhereItIs(string path, double range_deg)
    {
        var plan = new ScanPlan(Translations, Rotations, Step_um, ScanPath.ByName[path], range_deg, [2, 0, 1]);
        SliceMap slice = Reconstruct(plan, Stages(path, range_deg));

        Assert.Equal(Rotations, slice.ProjectionCount);
        foreach ((double x_um, double y_um, double radius_um, double brightness) in Grains)
        {
            Assert.InRange(MeanOver(slice, x_um, y_um, 0.6 * radius_um) / (brightness * SmallScan.Bins), 0.9, 1.1);
            Assert.InRange(Math.Abs(MeanOver(slice, -x_um, y_um, 0.6 * radius_um)), 0, 0.15 * SmallScan.Bins);
            Assert.InRange(Math.Abs(MeanOver(slice, -x_um, -y_um, 0.6 * radius_um)), 0, 0.15 * SmallScan.Bins);
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Slice_DisturbedStream_IsTheSameButForWhatIsLost(string path, double range_deg)
    {
        var plan = new ScanPlan(Translations, Rotations, Step_um, ScanPath.ByName[path], range_deg, [2, 0, 1]);
        (double Angle_deg, double Position_um)[] stages = Stages(path, range_deg);
        int[] inOrder = [.. Enumerable.Range(0, plan.CellCount)];
        (ScanAssembly undisturbed, SliceMap expected) = Follow(plan, stages, inOrder, late: 0);

        // Shuffled within some seconds, one in a hundred twice, positions and monitor values 500 frames (2 s at 250 Hz) late.
        var random = new Random(6);
        int[] shuffled = [.. inOrder.OrderBy(i => i + random.Next(300)).SelectMany(i => i % 100 == 37 ? new[] { i, i } : [i])];
        (ScanAssembly assembly, SliceMap slice) = Follow(plan, stages, shuffled, late: 500);
        Assert.Equal(undisturbed.Sinogram.Values, assembly.Sinogram.Values);
        Assert.Equal(undisturbed.Sinogram.Variances, assembly.Sinogram.Variances);
        Assert.Equal(expected.Values, slice.Values);
        Assert.Null(assembly.Unmatched);

        // One in a hundred lost: flagged, and the grains are where they were.
        (ScanAssembly lossy, SliceMap rest) = Follow(plan, stages, [.. shuffled.Where(i => i % 100 != 61)], late: 500);
        Assert.Equal(inOrder.Where(i => i % 100 == 61), lossy.Missing().Select(m => m.First));
        foreach ((double x_um, double y_um, double radius_um, _) in Grains)
        {
            double there = MeanOver(expected, x_um, y_um, 0.6 * radius_um);
            Assert.Equal(there, MeanOver(rest, x_um, y_um, 0.6 * radius_um), 0.05 * there);
        }
    }

    [Theory]
    [InlineData(180)]
    [InlineData(360)]
    public void Slice_WithTheEndOfTheRange_LeavesTheLastRotationOut(double range_deg)
    {
        var plan = new ScanPlan(Translations, Rotations + 1, Step_um, ScanOrder.TranslationFast, range_deg) { IncludesEnd = true };
        (double, double)[] stages = [.. Enumerable.Range(0, plan.CellCount)
            .Select(i => (i / Translations * range_deg / Rotations, ((i % Translations) - (Translations / 2)) * Step_um))];
        SliceMap with = Reconstruct(plan, stages);
        SliceMap without = Reconstruct(new ScanPlan(Translations, Rotations, Step_um, range_deg: range_deg), stages);

        Assert.Equal(Rotations, with.ProjectionCount);
        Assert.Equal(without.Values, with.Values);
    }

    /// <summary>Where the stages stand for each frame, told without the plan.</summary>
    private static (double Angle_deg, double Position_um)[] Stages(string path, double range_deg)
    {
        double[] positions = [.. Enumerable.Range(0, Translations).Select(j => (j - (Translations / 2)) * Step_um)];
        double[] angles = [.. Enumerable.Range(0, Rotations).Select(i => i * range_deg / Rotations)];
        bool isZigzag = path.EndsWith("-zigzag", StringComparison.Ordinal);
        var stages = new List<(double, double)>();
        switch (path.Replace("-zigzag", "", StringComparison.Ordinal))
        {
            case "rotation-fast":
                for (int j = 0; j < positions.Length; j++)
                {
                    stages.AddRange(Line(angles, j).Select(a => (a, positions[j])));
                }

                break;
            case "continuous-rotation":
                for (int j = 0; j < positions.Length; j++)
                {
                    stages.AddRange(angles.Select(a => (a + (j * range_deg), positions[j])));
                }

                break;
            case string order:
                int[] visited = order switch
                {
                    "translation-fast" => [.. Enumerable.Range(0, Rotations)],
                    "interlaced" => [.. new[] { 2, 0, 1 }.SelectMany(s => Enumerable.Range(0, Rotations).Where(i => i % 3 == s))],
                    "bit-reversed" => AngleOrder.BitReversed(Rotations),
                    _ => AngleOrder.Golden(Rotations),
                };
                for (int line = 0; line < visited.Length; line++)
                {
                    stages.AddRange(Line(positions, line).Select(p => (angles[visited[line]], p)));
                }

                break;
        }

        return [.. stages];

        IEnumerable<double> Line(double[] values, int line) => isZigzag && line % 2 == 1 ? values.Reverse() : values;
    }

    private static SliceMap Reconstruct(ScanPlan plan, (double Angle_deg, double Position_um)[] stages)
    {
        LiveOptions options = SmallScan.Options(plan);
        var assembly = new ScanAssembly(options.Settings(), new FrameTally());
        for (int i = 0; i < plan.CellCount; i++)
        {
            DiffractionPattern pattern = SmallScan.Pattern(i, Chord(stages[i].Angle_deg, stages[i].Position_um) / Step_um);
            if (plan.Path.Order == ScanOrder.Positions)
            {
                // A turn more every now and then, which is no other position.
                pattern.Header = pattern.Header with { Translation_mm = stages[i].Position_um / 1000, Rotation_deg = stages[i].Angle_deg + (360 * (i % 3)) };
            }

            assembly.Place(pattern);
        }

        assembly.Close();
        var reconstruction = new LiveReconstruction(options.Settings());
        reconstruction.Update(assembly);
        return reconstruction.Slices()[0];
    }

    private static (ScanAssembly Assembly, SliceMap Slice) Follow(
        ScanPlan plan, (double Angle_deg, double Position_um)[] stages, int[] arrival, int late)
    {
        var rule = new ReadingRule { Key = ReadingKey.Index, Needs = ReadingQuantities.Monitor | ReadingQuantities.Translation | ReadingQuantities.Rotation };
        ScanSettings settings = (SmallScan.Options(plan) with { Readings = rule }).Settings();
        var assembly = new ScanAssembly(settings, new FrameTally());
        for (int k = 0; k < arrival.Length + late; k++)
        {
            if (k < arrival.Length)
            {
                int i = arrival[k];
                assembly.Place(SmallScan.Pattern(i, Chord(stages[i].Angle_deg, stages[i].Position_um) / Step_um * Monitor(i)));
            }

            if (k >= late && arrival[k - late] is var told)
            {
                assembly.Tell(
                    new StageReading
                    {
                        SeriesId = 1,
                        Index = told,
                        Monitor = Monitor(told),
                        Translation_mm = stages[told].Position_um / 1000,
                        Rotation_deg = stages[told].Angle_deg,
                    },
                    out _);
            }
        }

        assembly.Close();
        var reconstruction = new LiveReconstruction(settings);
        reconstruction.Complete(assembly);
        return (assembly, reconstruction.Slices()[0]);

        static double Monitor(int index) => 1 + (0.125 * (index % 9));
    }

    // The beam at θ and t meets the points with x cos θ − y sin θ = t.
    private static double Chord(double angle_deg, double position_um)
    {
        (double sin, double cos) = Math.SinCos(angle_deg * Math.PI / 180);
        double path_um = 0;
        foreach ((double x_um, double y_um, double radius_um, double brightness) in Grains)
        {
            double off_um = (x_um * cos) - (y_um * sin) - position_um;
            path_um += brightness * 2 * Math.Sqrt(Math.Max(0, (radius_um * radius_um) - (off_um * off_um)));
        }

        return path_um;
    }

    private static double MeanOver(SliceMap slice, double x_um, double y_um, double radius_um)
    {
        double sum = 0;
        int count = 0;
        for (int row = 0; row < slice.Size; row++)
        {
            for (int column = 0; column < slice.Size; column++)
            {
                double dx = ((column - (slice.Size / 2)) * Step_um) - x_um;
                double dy = ((row - (slice.Size / 2)) * Step_um) - y_um;
                if ((dx * dx) + (dy * dy) <= radius_um * radius_um)
                {
                    sum += slice.Values[(row * slice.Size) + column];
                    count++;
                }
            }
        }

        return sum / count;
    }
}
