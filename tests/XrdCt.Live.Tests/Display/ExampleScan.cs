using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Tests.Display;

/// <summary>One small scan with every kind of message; tests/Golden/display/messages.bin holds its encoding.</summary>
internal static class ExampleScan
{
    public static ScanDescription Description { get; } = new(
        "Disc 7, µ-scan",
        "tcp://127.0.0.1:31001",
        new ScanPlan(3, 2, 10, ScanOrder.Interlaced),
        new RadialAxis(RadialUnit.Q_invA, 0.5, 2.5, 4),
        [new LiveChannel("total", LiveChannelKind.Total), new LiveChannel("peak 003", LiveChannelKind.Peak, 1.25, 1.5)],
        "about 3 minutes");

    public static LiveState State { get; } = new()
    {
        Phase = ScanPhase.Incomplete,
        Message = "the detector ended early",
        Counters = new FrameCounters
        {
            Received = 70_001,
            Integrated = 2,
            Placed = 3,
            Duplicate = 4,
            OutOfOrder = 5,
            Malformed = 6,
            Truncated = 7,
            WrongShape = 8,
            ForeignSeries = 9,
            OutsidePlan = 10,
            BeforeHeader = 11,
            Missing = 12,
        },
        CellCount = 6,
        Rate_Hz = 47.5,
        Latency_ms = double.NaN,
        Latency95_ms = 61.25,
        LastFrameAge_s = 0.5,
        Elapsed_s = 12,
        Remaining_s = double.NaN,
        FramesQueued = 13,
        PatternsQueued = 14,
        ProjectionCount = 1,
        LargestGap_deg = 180,
        Confidence = new SliceConfidence(new AngularCoverage(1, 3, 180, 180, 90), 0.75, double.NaN, 0.125),
        Convergence = [new ConvergencePoint(0.25, double.NaN, double.NaN), new ConvergencePoint(0.5, 0.75, 0.875)],
        OverlapResidual = 0.03125,
        VolumeProjectionCount = 1,
        VolumeLag_s = 1.5,
        Reconstruction = new ReconstructionSettings(RampFilter.Hann, 1.25, Air: false),
        AxisFromData_px = 0.875,
        ReconstructionLag_s = 2.5,
        SavedPath = "/data/disc 7.nxs",
    };

    public static RoiSuggestion Roi { get; } = new(
        [
            new RoiCandidate(-110, 60, 125.5, 0.97, 372, 0.91)
            {
                ScoreSigma = 0.0625,
                Terms = [new PlacementTerm("material total", 0.97, 0.75, "97 % of L"), new PlacementTerm("edge", 0.73, 0.25, "372 µm")],
            },
        ],
        "one place")
    {
        Stop = new StopAdvice(MayStop: true, "it may stop"),
        Forbidden = new ForbiddenZones(1_790_000_000_007, [new ForbiddenZone(30, -40.5, 25)]),
        Curve = [new RankingPoint(0.25, 0, 0, 0.5, double.NaN, double.NaN), new RankingPoint(0.5, -110, 60, 0.91, 0.0625, 125)],
    };

    public static PatternView Patterns { get; } = new(41, [1, float.NaN, 3, 4], [2, 2, float.NaN, 2]);

    public static SinogramMap Sinogram(string channel, float first) =>
        new(channel, 2, 3, [first, 2, 3, float.NaN, 5, float.NaN]);

    public static SliceMap Slice(string channel, float first) => new(channel, 2, 10, [first, -2, float.NaN, 4e5f], 1);
}
