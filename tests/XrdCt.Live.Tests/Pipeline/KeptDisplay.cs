using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Tests.Pipeline;

/// <summary>A display that remembers what it was shown last.</summary>
internal sealed class KeptDisplay : ILiveDisplay
{
    public ScanDescription? Scan { get; private set; }

    public LiveState? State { get; private set; }

    public PatternView? Patterns { get; private set; }

    public RoiSuggestion? Roi { get; private set; }

    public IVoxelPatterns? Voxels { get; private set; }

    public Dictionary<string, SinogramMap> Sinograms { get; } = [];

    public Dictionary<string, SliceMap> Slices { get; } = [];

    public List<ScanPhase> Phases { get; } = [];

    public void Show(ScanDescription scan) => Scan = scan;

    public void Show(LiveState state)
    {
        State = state;
        if (Phases.Count == 0 || Phases[^1] != state.Phase)
        {
            Phases.Add(state.Phase);
        }
    }

    public void Show(SinogramMap sinogram) => Sinograms[sinogram.Channel] = sinogram;

    public void Show(SliceMap slice) => Slices[slice.Channel] = slice;

    public void Show(PatternView patterns) => Patterns = patterns;

    public void Show(RoiSuggestion roi) => Roi = roi;

    public void Show(IVoxelPatterns voxels) => Voxels = voxels;
}
