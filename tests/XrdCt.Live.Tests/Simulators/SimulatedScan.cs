using XrdCt.Live.Model.Scans;
using XrdCt.Live.Phantoms.Detector;
using XrdCt.Live.Phantoms.Experiment;
using XrdCt.Live.Phantoms.Samples;

namespace XrdCt.Live.Tests.Simulators;

/// <summary>Parts that take a second to make, shared by the tests; all immutable.</summary>
internal static class SimulatedScan
{
    public const long Seed = 1;

    private static readonly Lazy<ElectrodeDisc> LazyDisc = new(() => new ElectrodeDisc(Seed));
    private static readonly Lazy<DetectorTables> LazyDetector = new(
        () => new DetectorTables(PilatusCdTe2M.DefaultGeometry, Seed));

    public static ElectrodeDisc Disc => LazyDisc.Value;

    public static DetectorTables Detector => LazyDetector.Value;

    public static VirtualExperiment Of(ScanPlan plan, long seed = Seed) => new(plan, Detector, Disc, seed);
}
