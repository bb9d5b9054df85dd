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
/// Unpacks eight frames side by side, a few thousand pixels at a time, and transposes them while they are in the cache: the counts of a
/// pixel in all eight become one 128-bit vector, every lane of which is a frame of its own.
/// </summary>
internal abstract class LaneReader
{
    /// <summary>Frames side by side.</summary>
    public const int Count = 8;

    /// <summary>Marks a pixel without a value.</summary>
    public const ushort Flagged = ushort.MaxValue;

    /// <summary>Marks counts of <see cref="LargestCount"/> + 1 and more.</summary>
    public const ushort Large = ushort.MaxValue - 1;

    /// <summary>Largest count that stands in a vector: 15 bits, so that one bit tells the marks.</summary>
    public const int LargestCount = short.MaxValue;

    // A block of bitshuffle-LZ4 has 8 kB, which are 2,048 pixels: a whole block is unpacked straight to where it is used.
    private const int ChunkPixels = 2048;

    private readonly IPixelReader[] _readers = new IPixelReader[Count];
    private readonly int[] _chunks = GC.AllocateUninitializedArray<int>(Count * ChunkPixels, pinned: true);
    private readonly bool[] _reads = new bool[Count];
    private readonly (int Start, int End)[] _runs;
    private readonly int _pixelCount;
    private readonly int _dummyLower;
    private readonly int _dummyUpper;

    protected LaneReader(IntegrationPlan plan, Func<IPixelReader> createReader)
    {
        for (int lane = 0; lane < Count; lane++)
        {
            _readers[lane] = createReader();
        }

        bool[] counts = new bool[plan.Geometry.Shape.PixelCount];
        foreach (int pixel in plan.PixelOfEntry)
        {
            counts[pixel] = true;
        }

        _pixelCount = counts.Length;
        _runs = Runs(counts);
        (_dummyLower, _dummyUpper) = (plan.DummyLower, plan.DummyUpper);
    }

    /// <summary>Unpacks frames, and says of each what became of it; lanes without a frame hold zeros.</summary>
    public void Fill(ReadOnlySpan<RawFrame> frames, ReadOnlySpan<DiffractionPattern> patterns)
    {
        Begin(frames, patterns);
        int run = 0;
        for (int from = 0; from < _pixelCount; from += ChunkPixels)
        {
            int length = Math.Min(ChunkPixels, _pixelCount - from);
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
    }

    /// <summary>Counts of a lane in the chunk that was read.</summary>
    protected Span<int> Chunk(int lane) => _chunks.AsSpan(lane * ChunkPixels, ChunkPixels);

    /// <summary>Takes pixels of the chunk, all of which belong to a bin.</summary>
    /// <param name="from">First pixel of the chunk.</param>
    /// <param name="start">First pixel to take.</param>
    /// <param name="end">End of the pixels to take.</param>
    protected abstract void Place(int from, int start, int end);

    /// <summary>
    /// Transposes eight pixels of eight frames: two pixels a vector, 0 and 4, 1 and 5, 2 and 6, 3 and 7. False where a count has no room in
    /// 15 bits or is flagged. For machines with AVX2.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected bool TryTranspose(
        int index, out Vector256<long> v04, out Vector256<long> v15, out Vector256<long> v26, out Vector256<long> v37)
    {
        ref int chunk = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_chunks), index);
        Vector256<int> v0 = Vector256.LoadUnsafe(ref chunk, 0 * ChunkPixels);
        Vector256<int> v1 = Vector256.LoadUnsafe(ref chunk, 1 * ChunkPixels);
        Vector256<int> v2 = Vector256.LoadUnsafe(ref chunk, 2 * ChunkPixels);
        Vector256<int> v3 = Vector256.LoadUnsafe(ref chunk, 3 * ChunkPixels);
        Vector256<int> v4 = Vector256.LoadUnsafe(ref chunk, 4 * ChunkPixels);
        Vector256<int> v5 = Vector256.LoadUnsafe(ref chunk, 5 * ChunkPixels);
        Vector256<int> v6 = Vector256.LoadUnsafe(ref chunk, 6 * ChunkPixels);
        Vector256<int> v7 = Vector256.LoadUnsafe(ref chunk, 7 * ChunkPixels);
        Vector256<int> a = v0 | (v1 << 16);
        Vector256<int> b = v2 | (v3 << 16);
        Vector256<int> c = v4 | (v5 << 16);
        Vector256<int> d = v6 | (v7 << 16);
        Vector256<long> abLow = Avx2.UnpackLow(a, b).AsInt64();
        Vector256<long> abHigh = Avx2.UnpackHigh(a, b).AsInt64();
        Vector256<long> cdLow = Avx2.UnpackLow(c, d).AsInt64();
        Vector256<long> cdHigh = Avx2.UnpackHigh(c, d).AsInt64();
        v04 = Avx2.UnpackLow(abLow, cdLow);
        v15 = Avx2.UnpackHigh(abLow, cdLow);
        v26 = Avx2.UnpackLow(abHigh, cdHigh);
        v37 = Avx2.UnpackHigh(abHigh, cdHigh);
        Vector256<int> all = v0 | v1 | (v2 | v3) | (v4 | v5 | (v6 | v7));
        return Avx.TestZ(all, Vector256.Create(~LargestCount));
    }

    private void Begin(ReadOnlySpan<RawFrame> frames, ReadOnlySpan<DiffractionPattern> patterns)
    {
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
    }

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
        else if (_dummyUpper >= 0)
        {
            foreach (ref int counts in chunk)
            {
                counts = counts >= _dummyLower && counts <= _dummyUpper ? -1 : counts;
            }
        }
    }

    /// <summary>Stretches of pixels that all belong to a bin.</summary>
    private static (int Start, int End)[] Runs(bool[] counts)
    {
        var runs = new List<(int Start, int End)>();
        for (int i = 0; i < counts.Length; i++)
        {
            if (counts[i] && (i == 0 || !counts[i - 1]))
            {
                runs.Add((i, i + 1));
            }
            else if (counts[i])
            {
                runs[^1] = (runs[^1].Start, i + 1);
            }
        }

        return [.. runs];
    }
}
