using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Server.Display;

/// <summary>Tells several displays, in order.</summary>
/// <param name="displays">The displays.</param>
internal sealed class DisplayFanOut(params IReadOnlyList<ILiveDisplay> displays) : ILiveDisplay
{
    /// <inheritdoc/>
    public void Show(ScanDescription scan) => All(d => d.Show(scan));

    /// <inheritdoc/>
    public void Show(LiveState state) => All(d => d.Show(state));

    /// <inheritdoc/>
    public void Show(SinogramMap sinogram) => All(d => d.Show(sinogram));

    /// <inheritdoc/>
    public void Show(SliceMap slice) => All(d => d.Show(slice));

    /// <inheritdoc/>
    public void Show(PatternView patterns) => All(d => d.Show(patterns));

    /// <inheritdoc/>
    public void Show(RoiSuggestion roi) => All(d => d.Show(roi));

    /// <inheritdoc/>
    public void Show(IVoxelPatterns voxels) => All(d => d.Show(voxels));

    private void All(Action<ILiveDisplay> show)
    {
        foreach (ILiveDisplay display in displays)
        {
            show(display);
        }
    }
}
