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
/// Plain mean of eight frames in image order, whole pixels, no dark current: each pixel's vector is added to its bin and forgotten, nothing
/// but the bins is written. Integers, exact.
/// </summary>
internal sealed class MeanLanes : LaneReader
{
    private readonly IntegrationPlan _plan;
    private readonly int[] _cellOfPixel;
    private readonly int[] _sums;
    private readonly ushort[] _zeros;
    private readonly List<(int Pixel, int Counts)>[] _marked = [.. Enumerable.Range(0, Count).Select(_ => new List<(int, int)>(1024))];

    /// <summary>Makes the bins; <see cref="Fits"/> must hold.</summary>
    public MeanLanes(IntegrationPlan plan, Func<IPixelReader> createReader)
        : base(plan, createReader)
    {
        _plan = plan;
        _cellOfPixel = new int[plan.Geometry.Shape.PixelCount];
        for (int cell = 0; cell < plan.CellCount; cell++)
        {
            foreach (int pixel in plan.PixelOfEntry[plan.BinStart[cell]..plan.BinStart[cell + 1]])
            {
                _cellOfPixel[pixel] = cell;
            }
        }

        _sums = GC.AllocateUninitializedArray<int>(Count * plan.CellCount, pinned: true);
        _zeros = GC.AllocateUninitializedArray<ushort>(Count * plan.CellCount, pinned: true);
    }

    /// <summary>Whether the sums of a plan's bins fit: 2¹⁶ pixels of 15 bits into 31, their number into 16.</summary>
    public static bool Fits(IntegrationPlan plan) =>
        plan.ShareOfEntry.Length == 0 && plan.DarkOfEntry.Length == 0 && plan.LargestBin <= ushort.MaxValue;

    /// <summary>Adds frames up.</summary>
    public void Take(ReadOnlySpan<RawFrame> frames, ReadOnlySpan<DiffractionPattern> patterns)
    {
        Array.Clear(_sums);
        Array.Clear(_zeros);
        Array.ForEach(_marked, lane => lane.Clear());
        Fill(frames, patterns);
    }

    /// <summary>Writes the sums of a lane; header and outcome are left alone.</summary>
    public void Write(int lane, DiffractionPattern pattern)
    {
        for (int cell = 0; cell < _plan.CellCount; cell++)
        {
            int at = (cell * Count) + lane;
            pattern.Signal[cell] = _sums[at];

            // Poisson, max(counts, 1): a pixel without a count still carries the variance of one.
            pattern.Variance[cell] = _sums[at] + _zeros[at];
            pattern.Count[cell] = _plan.BinStart[cell + 1] - _plan.BinStart[cell];
            pattern.Normalisation[cell] = _plan.BinNormalisation[cell];
            pattern.NormalisationSquared[cell] = _plan.BinNormalisationSquared[cell];
        }

        foreach ((int pixel, int counts) in _marked[lane])
        {
            Mend(pattern, pixel, counts);
        }

        Divide(pattern);
    }

    /// <inheritdoc/>
    protected override void Place(int from, int start, int end)
    {
        int i = start;
        if (Avx2.IsSupported)
        {
            ref int cells = ref MemoryMarshal.GetArrayDataReference(_cellOfPixel);
            ref int sums = ref MemoryMarshal.GetArrayDataReference(_sums);
            ref ushort zeros = ref MemoryMarshal.GetArrayDataReference(_zeros);
            for (; i + Count <= end; i += Count)
            {
                if (TryTranspose(i - from, out Vector256<long> v04, out Vector256<long> v15, out Vector256<long> v26, out Vector256<long> v37))
                {
                    ref int cell = ref Unsafe.Add(ref cells, i);
                    Add(v04, cell, Unsafe.Add(ref cell, 4), ref sums, ref zeros);
                    Add(v15, Unsafe.Add(ref cell, 1), Unsafe.Add(ref cell, 5), ref sums, ref zeros);
                    Add(v26, Unsafe.Add(ref cell, 2), Unsafe.Add(ref cell, 6), ref sums, ref zeros);
                    Add(v37, Unsafe.Add(ref cell, 3), Unsafe.Add(ref cell, 7), ref sums, ref zeros);
                }
                else
                {
                    AddOneByOne(from, i, i + Count);
                }
            }
        }

        AddOneByOne(from, i, end);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(Vector256<long> two, int first, int second, ref int sums, ref ushort zeros)
    {
        Add(two.GetLower().AsUInt16(), first, ref sums, ref zeros);
        Add(two.GetUpper().AsUInt16(), second, ref sums, ref zeros);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(Vector128<ushort> counts, int cell, ref int sums, ref ushort zeros)
    {
        nuint at = (nuint)cell * Count;
        (Vector256.LoadUnsafe(ref sums, at) + Avx2.ConvertToVector256Int32(counts)).StoreUnsafe(ref sums, at);
        (Vector128.LoadUnsafe(ref zeros, at) - Vector128.Equals(counts, default)).StoreUnsafe(ref zeros, at);
    }

    private void AddOneByOne(int from, int start, int end)
    {
        for (int lane = 0; lane < Count; lane++)
        {
            ReadOnlySpan<int> chunk = Chunk(lane);
            for (int i = start; i < end; i++)
            {
                int value = chunk[i - from];
                if ((uint)value > LargestCount)
                {
                    _marked[lane].Add((i, value));
                    continue;
                }

                int at = (_cellOfPixel[i] * Count) + lane;
                _sums[at] += value;
                _zeros[at] += (ushort)(value == 0 ? 1 : 0);
            }
        }
    }

    // Pixels that the vectors left out: flagged ones leave the normalisation, large counts enter the sums.
    private void Mend(DiffractionPattern pattern, int pixel, int counts)
    {
        int cell = _cellOfPixel[pixel];
        if (counts >= 0)
        {
            pattern.Signal[cell] += counts;
            pattern.Variance[cell] += counts;
            return;
        }

        double norm = _plan.Normalisation[pixel];
        pattern.Count[cell]--;
        pattern.Normalisation[cell] -= norm;
        pattern.NormalisationSquared[cell] -= norm * norm;
    }

    private static void Divide(DiffractionPattern pattern)
    {
        for (int cell = 0; cell < pattern.BinCount; cell++)
        {
            if (pattern.Count[cell] == 0)
            {
                pattern.Normalisation[cell] = 0;
                pattern.NormalisationSquared[cell] = 0;
            }

            pattern.Mean[cell] = (float)pattern.Intensity(cell);
        }
    }
}
