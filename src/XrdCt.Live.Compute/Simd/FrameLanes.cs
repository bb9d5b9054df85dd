using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Compute.Simd;

/// <summary>
/// Eight frames side by side in the order of the bins, so that fetching a pixel from its place in the image, which is what a filter over a
/// bin costs most, is paid once for eight frames.
/// </summary>
/// <remarks>
/// Where a pixel belongs whole to one bin its vector is written straight to its place in bin order: 2,000 bins that are filled at once are
/// 2,000 cache lines, 128 kB, which stay in the second-level cache until they are full. Where it is split, vectors stay in image order.
/// </remarks>
internal sealed class FrameLanes : LaneReader
{
    private const int CacheLine_bytes = 64;

    private readonly int[] _positionOfPixel;
    private readonly ushort[] _counts;
    private readonly int _first;
    private readonly long[][] _large = new long[Count][];
    private readonly int[] _largeCount = new int[Count];

    public FrameLanes(IntegrationPlan plan, Func<IPixelReader> createReader)
        : base(plan, createReader)
    {
        for (int lane = 0; lane < Count; lane++)
        {
            _large[lane] = new long[64];
        }

        bool split = plan.ShareOfEntry.Length > 0;
        int pixelCount = plan.Geometry.Shape.PixelCount;
        _positionOfPixel = new int[pixelCount];
        ReadOnlySpan<int> pixels = plan.PixelOfEntry;
        for (int entry = 0; entry < pixels.Length; entry++)
        {
            _positionOfPixel[pixels[entry]] = split ? pixels[entry] : entry;
        }

        long positions = split ? pixelCount : pixels.Length;
        _counts = GC.AllocateUninitializedArray<ushort>(checked((int)((positions * Count) + (CacheLine_bytes / sizeof(ushort)))), pinned: true);
        _first = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(_counts, 0) & (CacheLine_bytes - 1)) / sizeof(ushort);
    }

    /// <summary>Vectors of counts, by position (entry in bin order, or pixel where pixels are split), eight numbers each.</summary>
    public ref ushort Counts => ref _counts[_first];

    /// <summary>Unpacks frames as <see cref="LaneReader.Fill"/>.</summary>
    public void Take(ReadOnlySpan<RawFrame> frames, ReadOnlySpan<DiffractionPattern> patterns)
    {
        Array.Clear(_largeCount);
        Fill(frames, patterns);
        for (int lane = 0; lane < frames.Length; lane++)
        {
            _large[lane].AsSpan(0, _largeCount[lane]).Sort();
        }
    }

    /// <summary>Counts that a vector has no room for.</summary>
    /// <param name="lane">Lane.</param>
    /// <param name="position">Position whose count is marked <see cref="LaneReader.Large"/>.</param>
    public int LargeCount(int lane, int position)
    {
        // Ordered by position; the count fills the lower half.
        ReadOnlySpan<long> all = _large[lane].AsSpan(0, _largeCount[lane]);
        int next = ~all.BinarySearch(((long)position << 32) - 1);
        return (int)all[next];
    }

    /// <inheritdoc/>
    protected override void Place(int from, int start, int end)
    {
        if (!Avx2.IsSupported || end - start < Count)
        {
            PlaceOneByOne(from, start, end);
            return;
        }

        ref int positions = ref MemoryMarshal.GetArrayDataReference(_positionOfPixel);
        ref ushort counts = ref Counts;
        for (int next = start; next < end; next += Count)
        {
            // The last eight may overlap those before: placing a pixel twice changes nothing.
            int i = Math.Min(next, end - Count);
            if (TryTranspose(i - from, out Vector256<long> v04, out Vector256<long> v15, out Vector256<long> v26, out Vector256<long> v37))
            {
                ref int position = ref Unsafe.Add(ref positions, i);
                Store(v04, position, Unsafe.Add(ref position, 4), ref counts);
                Store(v15, Unsafe.Add(ref position, 1), Unsafe.Add(ref position, 5), ref counts);
                Store(v26, Unsafe.Add(ref position, 2), Unsafe.Add(ref position, 6), ref counts);
                Store(v37, Unsafe.Add(ref position, 3), Unsafe.Add(ref position, 7), ref counts);
            }
            else
            {
                PlaceOneByOne(from, i, i + Count);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<long> two, int first, int second, ref ushort counts)
    {
        two.GetLower().AsUInt16().StoreUnsafe(ref counts, (nuint)first * Count);
        two.GetUpper().AsUInt16().StoreUnsafe(ref counts, (nuint)second * Count);
    }

    private void PlaceOneByOne(int from, int start, int end)
    {
        ref ushort counts = ref Counts;
        for (int lane = 0; lane < Count; lane++)
        {
            ReadOnlySpan<int> chunk = Chunk(lane);
            for (int i = start; i < end; i++)
            {
                int value = chunk[i - from];
                int position = _positionOfPixel[i];
                Unsafe.Add(ref counts, ((nint)position * Count) + lane) =
                    value < 0 ? Flagged : value <= LargestCount ? (ushort)value : Remember(lane, position, value);
            }
        }
    }

    private ushort Remember(int lane, int position, int value)
    {
        if (_largeCount[lane] == _large[lane].Length)
        {
            Array.Resize(ref _large[lane], 2 * _large[lane].Length);
        }

        _large[lane][_largeCount[lane]++] = ((long)position << 32) | (uint)value;
        return Large;
    }
}
