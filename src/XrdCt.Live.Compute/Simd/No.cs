namespace XrdCt.Live.Compute.Simd;

/// <summary>A switch of a generic kernel that is off: the compiler makes one loop for each setting.</summary>
internal readonly struct No;
