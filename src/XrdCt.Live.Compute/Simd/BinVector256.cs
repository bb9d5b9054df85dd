using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace XrdCt.Live.Compute.Simd;

/// <summary>32 bins in four registers of 256 bits (AVX2); where there are none, .NET does the same in smaller ones.</summary>
internal readonly struct BinVector256(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d) : IBinVector<BinVector256>
{
    private readonly Vector256<float> _a = a;
    private readonly Vector256<float> _b = b;
    private readonly Vector256<float> _c = c;
    private readonly Vector256<float> _d = d;

    /// <inheritdoc/>
    public static int Count => 4 * Vector256<float>.Count;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static BinVector256 Load(ref float bins, nuint offset) => new(
        Vector256.LoadUnsafe(ref bins, offset),
        Vector256.LoadUnsafe(ref bins, offset + 8),
        Vector256.LoadUnsafe(ref bins, offset + 16),
        Vector256.LoadUnsafe(ref bins, offset + 24));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ref float bins, nuint offset)
    {
        _a.StoreUnsafe(ref bins, offset);
        _b.StoreUnsafe(ref bins, offset + 8);
        _c.StoreUnsafe(ref bins, offset + 16);
        _d.StoreUnsafe(ref bins, offset + 24);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public BinVector256 Plus(float factor, BinVector256 bins)
    {
        Vector256<float> f = Vector256.Create(factor);
        return new(
            Vector256.MultiplyAddEstimate(bins._a, f, _a),
            Vector256.MultiplyAddEstimate(bins._b, f, _b),
            Vector256.MultiplyAddEstimate(bins._c, f, _c),
            Vector256.MultiplyAddEstimate(bins._d, f, _d));
    }
}
