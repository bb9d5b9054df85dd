using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace XrdCt.Live.Compute.Simd;

/// <summary>64 bins in four registers of 512 bits (AVX-512).</summary>
internal readonly struct BinVector512(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d) : IBinVector<BinVector512>
{
    private readonly Vector512<float> _a = a;
    private readonly Vector512<float> _b = b;
    private readonly Vector512<float> _c = c;
    private readonly Vector512<float> _d = d;

    /// <inheritdoc/>
    public static int Count => 4 * Vector512<float>.Count;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static BinVector512 Load(ref float bins, nuint offset) => new(
        Vector512.LoadUnsafe(ref bins, offset),
        Vector512.LoadUnsafe(ref bins, offset + 16),
        Vector512.LoadUnsafe(ref bins, offset + 32),
        Vector512.LoadUnsafe(ref bins, offset + 48));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ref float bins, nuint offset)
    {
        _a.StoreUnsafe(ref bins, offset);
        _b.StoreUnsafe(ref bins, offset + 16);
        _c.StoreUnsafe(ref bins, offset + 32);
        _d.StoreUnsafe(ref bins, offset + 48);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public BinVector512 Plus(float factor, BinVector512 bins)
    {
        Vector512<float> f = Vector512.Create(factor);
        return new(
            Vector512.MultiplyAddEstimate(bins._a, f, _a),
            Vector512.MultiplyAddEstimate(bins._b, f, _b),
            Vector512.MultiplyAddEstimate(bins._c, f, _c),
            Vector512.MultiplyAddEstimate(bins._d, f, _d));
    }
}
