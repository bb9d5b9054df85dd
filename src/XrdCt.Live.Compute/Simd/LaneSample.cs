using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace XrdCt.Live.Compute.Simd;

/// <summary>
/// Keys of a few pixels of a bin, sorted in every lane by one sorting network: where a quantile of the bin will be found, whatever the counts
/// are like, for a third of the cost of a pass over the bin.
/// </summary>
internal sealed class LaneSample
{
    private const int Largest = 64;

    // Batcher's odd-even merge sort, 543 comparators for 64 keys. Knuth, The Art of Computer Programming 3, 5.3.4.
    private static readonly (byte Low, byte High)[] Comparators = [.. Network()];

    private readonly int[] _keys = GC.AllocateUninitializedArray<int>(Largest * LaneReader.Count, pinned: true);

    /// <summary>Keys in the sample.</summary>
    public int Length { get; private set; }

    /// <summary>Takes pixels of the bin at even distances and sorts them.</summary>
    public void Take(BinLanes bin)
    {
        ref int all = ref bin.Keys;
        ref int keys = ref MemoryMarshal.GetArrayDataReference(_keys);
        Length = Math.Min(Largest, bin.Length);
        for (int i = 0; i < Length; i++)
        {
            int e = (int)((long)i * bin.Length / Length);
            Vector256.LoadUnsafe(ref all, (nuint)e * LaneReader.Count).StoreUnsafe(ref keys, (nuint)i * LaneReader.Count);
        }

        for (int i = Length; i < Largest; i++)
        {
            Vector256.Create(BinLanes.NoKey).StoreUnsafe(ref keys, (nuint)i * LaneReader.Count);
        }

        foreach ((byte low, byte high) in Comparators)
        {
            ref int first = ref Unsafe.Add(ref keys, low * LaneReader.Count);
            ref int second = ref Unsafe.Add(ref keys, high * LaneReader.Count);
            Vector256<int> a = Vector256.LoadUnsafe(ref first), b = Vector256.LoadUnsafe(ref second);
            Vector256.Min(a, b).StoreUnsafe(ref first);
            Vector256.Max(a, b).StoreUnsafe(ref second);
        }
    }

    /// <summary>Key of a rank, 0 the smallest; ranks outside the sample are its ends.</summary>
    public int At(int rank, int lane) => _keys[(Math.Clamp(rank, 0, Math.Max(0, Length - 1)) * LaneReader.Count) + lane];

    private static IEnumerable<(byte Low, byte High)> Network()
    {
        for (int p = 1; p < Largest; p *= 2)
        {
            for (int k = p; k >= 1; k /= 2)
            {
                for (int j = k % p; j + k < Largest; j += 2 * k)
                {
                    for (int i = 0; i < k && i + j + k < Largest; i++)
                    {
                        if ((i + j) / (2 * p) == (i + j + k) / (2 * p))
                        {
                            yield return ((byte)(i + j), (byte)(i + j + k));
                        }
                    }
                }
            }
        }
    }
}
