using System.Buffers.Binary;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Pipeline;

namespace XrdCt.Live.Tests.Pipeline;

/// <summary>
/// Scans of a detector of 20 × 20 pixels whose frames are flat, so that a pattern is the frame's one value.
/// </summary>
internal static class SmallScan
{
    public const int Bins = 8;

    public static ImageShape Shape { get; } = new(20, 20);

    private static DetectorGeometry Geometry { get; } = new()
    {
        Shape = Shape,
        PixelSize1_m = 1e-4,
        PixelSize2_m = 1e-4,
        Distance_m = 0.1,
        Poni1_m = 1e-3,
        Poni2_m = 1e-3,
        Wavelength_m = 2e-11,
    };

    public static LiveOptions Options(ScanPlan plan) => new()
    {
        Title = "small",
        Source = "script",
        Plan = plan,
        Integration = new IntegrationPlan(
            Geometry,
            PixelMask.None(Shape),
            new IntegrationOptions
            {
                Unit = RadialUnit.R_mm,
                BinCount = Bins,
                Filter = IntegrationFilter.Mean,
                SolidAngle = false,
            }),
        Channels =
        [
            new LiveChannel("total", LiveChannelKind.Total),
            new LiveChannel("spottiness", LiveChannelKind.Spottiness),
        ],
        Placement = new PlacementRules { Radius_um = 10, Phases = [new PhaseWeight("total")] },
        Workers = 2,
        SilenceLimit = TimeSpan.FromSeconds(30),
        EndGrace = TimeSpan.FromSeconds(2),

        // Results are looked at after the run; a short period only lets the run end soon.
        DisplayPeriod = TimeSpan.FromMilliseconds(5),
    };

    /// <summary>A pattern of one intensity in every bin.</summary>
    public static DiffractionPattern Pattern(int index, double intensity, double monitor = double.NaN)
    {
        var pattern = new DiffractionPattern(Bins)
        {
            Header = new FrameHeader { SeriesId = 1, Index = index, AcquiredAt = default, Monitor = monitor },
            Outcome = FrameOutcome.Accepted,
        };
        for (int b = 0; b < Bins; b++)
        {
            pattern.Normalisation[b] = 2 + b;
            pattern.Signal[b] = intensity * pattern.Normalisation[b];
            pattern.Variance[b] = pattern.Signal[b];
            pattern.Count[b] = 3;
            pattern.Mean[b] = (float)intensity;
        }

        return pattern;
    }

    /// <summary>Fills the image with the value that a frame of <see cref="CountedLeases"/> carries.</summary>
    public sealed class Reader(Func<RawFrame, FrameOutcome>? judge = null) : IPixelReader
    {
        private int _value;

        public FrameOutcome Begin(in RawFrame frame)
        {
            _value = BinaryPrimitives.ReadInt32LittleEndian(frame.Payload);
            return judge?.Invoke(frame) ?? FrameOutcome.Accepted;
        }

        public FrameOutcome Read(Span<int> pixels)
        {
            pixels.Fill(_value);
            return FrameOutcome.Accepted;
        }
    }
}
