using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Pipeline.Metrics;

namespace XrdCt.Live.Tests.Pipeline;

public sealed class LiveReconstructionTests
{
    [Fact]
    public void Complete_OneCellMeasured_KeepsWaiting()
    {
        ScanSettings settings = SmallScan.Options(new ScanPlan(15, 10, 10)).Settings();
        var assembly = new ScanAssembly(settings, new FrameTally());
        assembly.Place(SmallScan.Pattern(3, 1));
        assembly.Close();
        var reconstruction = new LiveReconstruction(settings);
        reconstruction.Complete(assembly);
        Assert.Equal((0, "waiting for the first projections"), (reconstruction.ProjectionCount, reconstruction.Roi.Explanation));
    }
}
