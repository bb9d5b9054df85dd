using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Model.Ports;

/// <summary>
/// Whoever shows the live results. Each call replaces what was shown of the same kind (and channel) before; calls come from one
/// thread, return at once and never throw because nobody looks. Arrays handed over are not changed afterwards.
/// </summary>
public interface ILiveDisplay
{
    /// <summary>A scan is set up.</summary>
    void Show(ScanDescription scan);

    /// <summary>How the scan stands.</summary>
    void Show(LiveState state);

    /// <summary>A live channel's sinogram.</summary>
    void Show(SinogramMap sinogram);

    /// <summary>A live channel's slice.</summary>
    void Show(SliceMap slice);

    /// <summary>The newest and the mean pattern.</summary>
    void Show(PatternView patterns);

    /// <summary>Where the ROI could go.</summary>
    void Show(RoiSuggestion roi);

    /// <summary>Where the pattern of a voxel can be asked for, until another scan is set up.</summary>
    void Show(IVoxelPatterns voxels);
}
