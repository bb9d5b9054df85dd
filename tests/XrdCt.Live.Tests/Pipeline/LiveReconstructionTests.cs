using System.Runtime.InteropServices;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Pipeline.Metrics;

namespace XrdCt.Live.Tests.Pipeline;

public sealed class LiveReconstructionTests
{
    private const int Late = 7;

    [Fact]
    public void Complete_LateFrameBetweenBrightOnes_LeavesNoTraceInTheSlices()
    {
        ScanSettings settings = SmallScan.Options(new ScanPlan(15, 10, 10)).Settings();
        int[] ordered = [.. Enumerable.Range(0, 150)];
        (ScanAssembly straight, LiveReconstruction one) = Grown(settings, ordered);
        (ScanAssembly detour, LiveReconstruction other) = Grown(settings, [.. ordered.Where(i => i != Late), Late]);

        // The bridged gap was bright: what it added and what took it away again do not cancel to the last bit.
        Assert.NotEqual(Bits(one), Bits(other));
        straight.Close();
        detour.Close();
        one.Complete(straight);
        other.Complete(detour);
        Assert.Equal(Bits(one), Bits(other));
        Assert.Equal(10, other.ProjectionCount);
    }

    [Fact]
    public void Complete_NothingMeasured_KeepsWaiting()
    {
        ScanSettings settings = SmallScan.Options(new ScanPlan(15, 10, 10)).Settings();
        (ScanAssembly assembly, LiveReconstruction reconstruction) = Grown(settings, [3]);
        assembly.Close();
        reconstruction.Complete(assembly);
        Assert.Equal((0, "waiting for the first projections"), (reconstruction.ProjectionCount, reconstruction.Roi.Explanation));
    }

    private static (ScanAssembly Assembly, LiveReconstruction Reconstruction) Grown(ScanSettings settings, int[] indices)
    {
        var assembly = new ScanAssembly(settings, new FrameTally());
        var reconstruction = new LiveReconstruction(settings);
        foreach (int i in indices)
        {
            if (assembly.Place(SmallScan.Pattern(i, i is Late - 1 or Late + 1 ? 1e10 : 1 + (0.1 * i))))
            {
                reconstruction.Update(assembly);
            }
        }

        return (assembly, reconstruction);
    }

    private static int[] Bits(LiveReconstruction reconstruction) =>
        [.. reconstruction.Slices().SelectMany(s => MemoryMarshal.Cast<float, int>(s.Values).ToArray())];
}
