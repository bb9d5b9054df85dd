namespace XrdCt.Live.Model.Roi;

/// <summary>
/// How a scan of a region of interest is freed from what lies outside its field of view; stands in every output that was made with it.
/// </summary>
public enum RoiMode
{
    /// <summary>Not at all: the projections count as 0 outside the field of view, and the slice is wrong by more than its own mean.</summary>
    None,

    /// <summary>The coarse scan, brought to the scale of the ROI scan, fills the rays outside the field of view.</summary>
    Completion,

    /// <summary>The coarse slice without the region of interest is projected on the rays of the ROI scan, and taken off.</summary>
    Subtraction,

    /// <summary>The outermost values are held beyond the field of view and fade out; needs no coarse scan.</summary>
    Extension,
}
