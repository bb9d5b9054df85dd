using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Tests.Storage;

/// <summary>Scans in which every number tells where it belongs.</summary>
internal static class ScanSamples
{
    public const int SliceSize = 6;

    /// <summary>Value of a cell and bin; whole and below 2²⁴, so exact in float32.</summary>
    public static float Value(int rotation, int translation, int bin) =>
        (rotation * 100_000) + (translation * 1000) + bin;

    /// <summary>Every seventh cell stays unmeasured.</summary>
    public static bool IsMeasured(ScanPlan plan, ScanCell cell) =>
        ((cell.Rotation * plan.TranslationCount) + cell.Translation) % 7 != 3;

    public static ScanRecord Scan(
        int translations = 7,
        int rotations = 5,
        int bins = 130,
        string title = "coarse",
        RadialUnit unit = RadialUnit.TwoTheta_deg)
    {
        ScanPlan plan = new(translations, rotations, step_um: 10);
        SinogramStack stack = new(plan, bins);
        float[] monitor = new float[plan.CellCount];
        float[] channel = new float[plan.CellCount];
        for (int index = 0; index < plan.CellCount; index++)
        {
            ScanCell cell = plan.CellOf(index);
            bool measured = IsMeasured(plan, cell);
            if (measured && stack.TryClaim(cell))
            {
                Span<float> pattern = stack.Pattern(cell);
                for (int bin = 0; bin < bins; bin++)
                {
                    pattern[bin] = Value(cell.Rotation, cell.Translation, bin);
                }
            }

            monitor[stack.Offset(cell)] =
                measured ? 1 + (cell.Rotation / 100f) + (cell.Translation / 10_000f) : float.NaN;
            channel[stack.Offset(cell)] = measured ? (cell.Rotation * 1000) + cell.Translation : float.NaN;
        }

        float[] slice = new float[SliceSize * SliceSize];
        for (int i = 0; i < slice.Length; i++)
        {
            slice[i] = i == 0 ? float.NaN : (i / SliceSize * 100) + (i % SliceSize);
        }

        IEnumerable<int> every = Enumerable.Range(0, bins);
        return new ScanRecord
        {
            Description = new ScanDescription(
                title,
                "tcp://127.0.0.1:31001 (DECTRIS Stream V2)",
                plan,
                new RadialAxis(unit, 1, 11, bins),
                [
                    new LiveChannel("total", LiveChannelKind.Total),
                    new LiveChannel("(003) peak", LiveChannelKind.Peak, 2.9, 3.1),
                ],
                "a note"),
            Program = "XrdCt.Live 0.1.0",
            StartedAt = new DateTimeOffset(2026, 11, 22, 9, 8, 7, TimeSpan.FromHours(1)),
            EndedAt = new DateTimeOffset(2026, 11, 22, 9, 11, 12, 345, TimeSpan.FromHours(1)),
            Ending = "complete",
            Energy_keV = 50,
            Geometry = new DetectorGeometry
            {
                Detector = "Pilatus3 X CdTe 2M",
                Shape = new ImageShape(4, 3),
                PixelSize1_m = 172e-6,
                PixelSize2_m = 173e-6,
                Distance_m = 0.9,
                Poni1_m = 0.14,
                Poni2_m = 0.12,
                Rot1_rad = 0.01,
                Rot2_rad = -0.02,
                Rot3_rad = 0.5,
                Wavelength_m = 2.4796839686640052e-11,
                Orientation = DetectorOrientation.TopRight,
                Sensor = new SensorLayer("CdTe", 0.001),
            },
            Mask = new PixelMask(new ImageShape(4, 3), [.. Enumerable.Range(0, 12).Select(i => i is 1 or 5)]),
            Integration = new IntegrationOptions
            {
                Filter = IntegrationFilter.Trimmed,
                TrimLower = 0.1,
                TrimUpper = 0.2,
                SolidAngle = true,
                PolarisationFactor = 0.97,
                Splitting = PixelSplitting.Full,
                TrimDefinition = TrimDefinition.Cake,
                CakeSectors = 128,
                CorrectPoissonBias = true,
                AzimuthLower_deg = -90,
                AzimuthUpper_deg = 45,
                Lower = 1,
                ErrorModel = ErrorModel.Hybrid,
                Dummy = 65535,
                DummyDelta = 0.5,
            },
            Sinogram = stack,
            Series = new SeriesHeader
            {
                SeriesId = 17,
                UniqueId = "01GJ1GZ8CJ4CTHZX6TXQSPWVKH",
                FramePeriod = TimeSpan.FromMilliseconds(4),
                Detector = "Pilatus test",
            },
            Monitor = monitor,
            MonitorReference = 1e5,
            Positions = new RecordedPositions(
                [.. monitor.Select(m => 2.0 * m)], [.. monitor.Select(m => float.IsFinite(m) ? 3.0 * m : double.NaN)]),
            Mean = new MeanPattern(
                [.. every.Select(b => b == 0 ? double.NaN : b + 0.1)],
                [.. every.Select(b => b == 0 ? double.NaN : Math.Sqrt(b) / 3)],
                [.. every.Select(b => 10_000_000_000L + b)]),
            ChannelSinograms =
            [
                new SinogramMap("total", rotations, translations, channel),
                new SinogramMap("(003) peak", rotations, translations, channel),
            ],
            Slices = [new SliceMap("total", SliceSize, 10, slice, rotations)],
            Roi = new RoiSuggestion(
                [Candidate(10, -20, 0.8, 300, 0.9), Candidate(30, 40, 0.7, 200, 0.5)],
                "the first lies well inside")
            {
                Stop = new StopAdvice(MayStop: true, "not in the file"),
            },
            Counters = new FrameCounters
            {
                Received = 40,
                Integrated = 38,
                Placed = 35,
                Duplicate = 2,
                Truncated = 1,
                Missing = 5,
            },
            Configuration = "scan:\n  step_um: 10\n",
        };
    }

    private static RoiCandidate Candidate(double x_um, double y_um, double material, double edge_um, double score) => new(x_um, y_um, 125, material, edge_um, score)
    {
        ScoreSigma = score / 20,
        Terms = [new PlacementTerm("material total", material, 0.75, "most of it"), new PlacementTerm("edge", 1, 0.25, "far")],
    };
}
