namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>Filters a projection for the back projection, one channel or a block of bins interleaved.</summary>
/// <param name="angle_rad">Angle of the projection, rad.</param>
/// <param name="projection">[sample, bin]; NaN in a bin makes that bin's result NaN, and no other.</param>
/// <param name="filtered">Receives [sample, bin], two samples more: sample i of the projection is at i + 1.</param>
public delegate void RowFilter(double angle_rad, ReadOnlySpan<float> projection, Span<float> filtered);
