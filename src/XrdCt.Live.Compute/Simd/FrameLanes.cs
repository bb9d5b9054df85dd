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
/// Eight frames side by side: the counts of a pixel in all of them are one 128-bit vector, so that fetching a pixel from its place in the
/// image, which is what a filter over a bin costs most, is paid once for eight frames, and every lane of a vector is a frame of its own.
/// </summary>
/// <remarks>
/// Where a pixel belongs whole to one bin its vector is written straight to its place in bin order: 2,000 bins that are filled at once are
/// 2,000 cache lines, 128 kB, which stay in the second-level cache until they are full. Where it is split, vectors stay in image order.
/// </remarks>
internal sealed class FrameLanes
{
    /// <summary>Frames side by side.</summary>
    public const int Count = 8;

    /// <summary>Marks a pixel without a value.</summary>
    public const ushort Flagged = ushort.MaxValue;

    /// <summary>Marks counts of <see cref="LargestCount"/> + 1 and more; <see cref="LargeCount"/> has them.</summary>
    public const ushort Large = ushort.MaxValue - 1;

    /// <summary>Largest count that stands in a vector: 15 bits, so that one bit tells the marks.</summary>
    public const int LargestCount = short.MaxValue;

    // A block of bitshuffle-LZ4 has 8 kB, which are 2,048 pixels: a whole block is unpacked straight to where it is used.
    private const int ChunkPixels = 2048;

    private const int CacheLine_bytes = 64;

    private readonly IPixelReader[] _readers = new IPixelReader[Count];
    private readonly int[] _chunks = GC.AllocateUninitializedArray<int>(Count * ChunkPixels, pinned: true);
    private readonly bool[] _reads = new bool[Count];
    private readonly int[] _positionOfPixel;
    private readonly (int Start, int End)[] _runs;
    private readonly ushort[] _counts;
    private readonly int _first;
    private readonly double? _dummy;
    private readonly double _dummyDelta;
    private readonly long[][] _large = new long[Count][];
    private readonly int[] _largeCount = new int[Count];

    public FrameLanes(IntegrationPlan plan, Func<IPixelReader> createReader)
    {
        for (int lane = 0; lane < Count; lane++)
        {
            _readers[lane] = createReader();
            _large[lane] = new long[64];
        }

        bool split = plan.ShareOfEntry.Length > 0;
        int pixelCount = plan.Geometry.Shape.PixelCount;
        _positionOfPixel = new int[pixelCount];
        Array.Fill(_positionOfPixel, -1);
        ReadOnlySpan<int> pixels = plan.PixelOfEntry;
        for (int entry = 0; entry < pixels.Length; entry++)
        {
            _positionOfPixel[pixels[entry]] = split ? pixels[entry] : entry;
        }

        _runs = Runs(_positionOfPixel);
        long positions = split ? pixelCount : pixels.Length;
        _counts = GC.AllocateUninitializedArray<ushort>(checked((int)((positions * Count) + (CacheLine_bytes / sizeof(ushort)))), pinned: true);
        _first = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(_counts, 0) & (CacheLine_bytes - 1)) / sizeof(ushort);
        _dummy = plan.Options.Dummy;
        _dummyDelta = plan.Options.DummyDelta;
    }

    /// <summary>Vectors of counts, by position (entry in bin order, or pixel where pixels are split), eight numbers each.</summary>
    public ref ushort Counts => ref _counts[_first];

    /// <summary>Unpacks frames, and says of each what became of it; lanes without a frame hold zeros.</summary>
    public void Fill(ReadOnlySpan<RawFrame> frames, ReadOnlySpan<DiffractionPattern> patterns)
    {
        Array.Clear(_largeCount);
        for (int lane = 0; lane < Count; lane++)
        {
            _reads[lane] = false;
            if (lane < frames.Length)
            {
                patterns[lane].Header = frames[lane].Header;
                patterns[lane].Outcome = _readers[lane].Begin(frames[lane]);
                _reads[lane] = patterns[lane].Outcome == FrameOutcome.Accepted;
            }

            if (!_reads[lane])
            {
                Chunk(lane).Clear();
            }
        }

        int run = 0;
        for (int from = 0; from < _positionOfPixel.Length; from += ChunkPixels)
        {
            int length = Math.Min(ChunkPixels, _positionOfPixel.Length - from);
            for (int lane = 0; lane < frames.Length; lane++)
            {
                if (_reads[lane])
                {
                    Read(lane, length, patterns[lane]);
                }
            }

            for (; run < _runs.Length && _runs[run].Start < from + length; run++)
            {
                (int start, int end) = _runs[run];
                Place(from, Math.Max(start, from), Math.Min(end, from + length));
                if (end > from + length)
                {
                    break;
                }
            }
        }

        for (int lane = 0; lane < frames.Length; lane++)
        {
            _large[lane].AsSpan(0, _largeCount[lane]).Sort();
        }
    }

    /// <summary>Counts that a vector has no room for.</summary>
    /// <param name="lane">Lane.</param>
    /// <param name="position">Position whose count is marked <see cref="Large"/>.</param>
    public int LargeCount(int lane, int position)
    {
        // Ordered by position; the count fills the lower half.
        ReadOnlySpan<long> all = _large[lane].AsSpan(0, _largeCount[lane]);
        int next = ~all.BinarySearch(((long)position << 32) - 1);
        return (int)all[next];
    }

    private Span<int> Chunk(int lane) => _chunks.AsSpan(lane * ChunkPixels, ChunkPixels);

    private void Read(int lane, int length, DiffractionPattern pattern)
    {
        Span<int> chunk = Chunk(lane)[..length];
        FrameOutcome outcome = _readers[lane].Read(chunk);
        if (outcome != FrameOutcome.Accepted)
        {
            pattern.Outcome = outcome;
            _reads[lane] = false;
            Chunk(lane).Clear();
        }
        else if (_dummy is double dummy)
        {
            foreach (ref int counts in chunk)
            {
                counts = Math.Abs(counts - dummy) <= _dummyDelta ? -1 : counts;
            }
        }
    }

    private void Place(int from, int start, int end)
    {
        ref int chunks = ref MemoryMarshal.GetArrayDataReference(_chunks);
        ref int positions = ref MemoryMarshal.GetArrayDataReference(_positionOfPixel);
        int i = start;
        if (Avx2.IsSupported && end - start >= Count)
        {
            for (; i < end; i += Count)
            {
                // The last eight overlap those before: placing a pixel twice changes nothing, unless its count is put on a list.
                i = Math.Min(i, end - Count);
                if (!TryPlaceEight(ref Unsafe.Add(ref chunks, i - from), ref Unsafe.Add(ref positions, i), ref Counts))
                {
                    PlaceOneByOne(from, i, i + Count);
                }
            }

            return;
        }

        PlaceOneByOne(from, i, end);
    }

    /// <summary>
    /// Transposes eight pixels of eight frames and stores each pixel's vector in its place. False, and nothing done, where a count has no
    /// room in 15 bits or is flagged.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryPlaceEight(ref int chunk, ref int positions, ref ushort counts)
    {
        Vector256<int> v0 = Vector256.LoadUnsafe(ref chunk, 0 * ChunkPixels);
        Vector256<int> v1 = Vector256.LoadUnsafe(ref chunk, 1 * ChunkPixels);
        Vector256<int> v2 = Vector256.LoadUnsafe(ref chunk, 2 * ChunkPixels);
        Vector256<int> v3 = Vector256.LoadUnsafe(ref chunk, 3 * ChunkPixels);
        Vector256<int> v4 = Vector256.LoadUnsafe(ref chunk, 4 * ChunkPixels);
        Vector256<int> v5 = Vector256.LoadUnsafe(ref chunk, 5 * ChunkPixels);
        Vector256<int> v6 = Vector256.LoadUnsafe(ref chunk, 6 * ChunkPixels);
        Vector256<int> v7 = Vector256.LoadUnsafe(ref chunk, 7 * ChunkPixels);
        Vector256<int> all = (v0 | v1) | (v2 | v3) | ((v4 | v5) | (v6 | v7));
        if (!Avx.TestZ(all, Vector256.Create(~LargestCount)))
        {
            return false;
        }

        Vector256<int> a = v0 | (v1 << 16);
        Vector256<int> b = v2 | (v3 << 16);
        Vector256<int> c = v4 | (v5 << 16);
        Vector256<int> d = v6 | (v7 << 16);
        Vector256<long> abLow = Avx2.UnpackLow(a, b).AsInt64();
        Vector256<long> abHigh = Avx2.UnpackHigh(a, b).AsInt64();
        Vector256<long> cdLow = Avx2.UnpackLow(c, d).AsInt64();
        Vector256<long> cdHigh = Avx2.UnpackHigh(c, d).AsInt64();
        Store(Avx2.UnpackLow(abLow, cdLow), Unsafe.Add(ref positions, 0), Unsafe.Add(ref positions, 4), ref counts);
        Store(Avx2.UnpackHigh(abLow, cdLow), Unsafe.Add(ref positions, 1), Unsafe.Add(ref positions, 5), ref counts);
        Store(Avx2.UnpackLow(abHigh, cdHigh), Unsafe.Add(ref positions, 2), Unsafe.Add(ref positions, 6), ref counts);
        Store(Avx2.UnpackHigh(abHigh, cdHigh), Unsafe.Add(ref positions, 3), Unsafe.Add(ref positions, 7), ref counts);
        return true;
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

    /// <summary>Stretches of pixels that all have a position.</summary>
    private static (int Start, int End)[] Runs(int[] positionOfPixel)
    {
        var runs = new List<(int Start, int End)>();
        for (int i = 0; i < positionOfPixel.Length; i++)
        {
            if (positionOfPixel[i] >= 0 && (i == 0 || positionOfPixel[i - 1] < 0))
            {
                runs.Add((i, i + 1));
            }
            else if (positionOfPixel[i] >= 0)
            {
                runs[^1] = (runs[^1].Start, i + 1);
            }
        }

        return [.. runs];
    }
}
