namespace XrdCt.Live.Compute.Simd;

/// <summary>A switch of a generic kernel that is on.</summary>
internal readonly struct Yes;
