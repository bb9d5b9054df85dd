using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Compute.Guidance;

/// <summary>A slice to place ROIs in, and the same from two halves of the projections.</summary>
/// <param name="Slice">Slice of all projections; NaN counts as air.</param>
/// <param name="FirstHalf">Slice of one half of them (<see cref="Reconstruction.HalfSlices"/>), same shape; null where there is none.</param>
/// <param name="SecondHalf">Slice of the other half; null where there is none.</param>
public sealed record PhaseMap(SliceMap Slice, float[]? FirstHalf = null, float[]? SecondHalf = null);
