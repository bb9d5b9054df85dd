using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Tests.Pipeline;

/// <summary>A display that fails as soon as there is something to see.</summary>
internal sealed class BrokenDisplay : ILiveDisplay
{
    public void Show(ScanDescription scan)
    {
    }

    public void Show(LiveState state)
    {
    }

    public void Show(RoiSuggestion roi)
    {
    }

    public void Show(IVoxelPatterns voxels)
    {
    }

    public void Show(SinogramMap sinogram) => throw new InvalidOperationException("the screen is dark");

    public void Show(SliceMap slice) => throw new InvalidOperationException("the screen is dark");

    public void Show(PatternView patterns) => throw new InvalidOperationException("the screen is dark");
}
