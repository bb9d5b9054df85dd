namespace XrdCt.Live.Compute.Simd;

/// <summary>
/// Neighbouring bins of a block in four vector registers. The kernels over blocks are written in it, once for all widths of registers.
/// </summary>
/// <typeparam name="TSelf">The vector.</typeparam>
internal interface IBinVector<TSelf>
    where TSelf : struct, IBinVector<TSelf>
{
    /// <summary>Bins of a vector; divides the width of a block.</summary>
    static abstract int Count { get; }

    /// <summary>Loads neighbouring bins.</summary>
    static abstract TSelf Load(ref float bins, nuint offset);

    /// <summary>Stores neighbouring bins.</summary>
    void Store(ref float bins, nuint offset);

    /// <summary><c>this + factor · bins</c>, each bin for itself.</summary>
    TSelf Plus(float factor, TSelf bins);
}
