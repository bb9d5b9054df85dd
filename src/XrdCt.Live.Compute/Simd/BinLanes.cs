using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using XrdCt.Live.Compute.Integration;

namespace XrdCt.Live.Compute.Simd;

/// <summary>The pixels of one bin in eight frames: counts, sorting keys and weights, and what all filters need of them.</summary>
/// <remarks>Not thread-safe; filled again and again.</remarks>
internal sealed class BinLanes
{
    /// <summary>Key of a pixel without a value: it sorts behind all others.</summary>
    public const int NoKey = int.MaxValue;

    /// <summary>
    /// Floats are added up over this many pixels before they go to doubles: whole counts of 15 bits stay exact (64 · 2¹⁵ &lt; 2²⁴), shares
    /// of them lose less than 1e-6.
    /// </summary>
    public const int FloatRun = 64;

    // Pixels of a ring are a cache line apart; 64 entries ahead hide the memory's latency.
    private const int PrefetchAhead = 64;

    private readonly IntegrationPlan _plan;
    private readonly FrameLanes _lanes;
    private readonly ushort[] _gathered;
    private readonly int[] _keys;
    private readonly int[] _totals;
    private readonly KeyLattice[] _lattices;
    private readonly float[] _weightsSquared;
    private readonly List<(int Lane, int Entry, int Count)> _large = new(256);
    private readonly List<(int Lane, int Entry, int Count)> _marked = new(4096);
    private int _start;

    public BinLanes(IntegrationPlan plan, FrameLanes lanes)
    {
        _plan = plan;
        _lanes = lanes;
        Splits = plan.ShareOfEntry.Length > 0;
        HasDark = plan.DarkOfEntry.Length > 0;
        _gathered = Splits ? GC.AllocateUninitializedArray<ushort>(LaneReader.Count * (plan.LargestBin + PrefetchAhead), pinned: true) : [];
        _totals = [.. Enumerable.Range(0, plan.CellCount).Select(cell => Sum(plan.WeightOfEntry[plan.BinStart[cell]..plan.BinStart[cell + 1]]))];
        _lattices = [.. Enumerable.Range(0, plan.CellCount).Select(cell => LatticeOf(plan.InverseNormalisation[plan.BinStart[cell]..plan.BinStart[cell + 1]]))];
        _weightsSquared = new float[plan.WeightOfEntry.Length];
        for (int e = 0; e < _weightsSquared.Length; e++)
        {
            _weightsSquared[e] = (float)plan.WeightOfEntry[e] * plan.WeightOfEntry[e];
        }

        _keys = GC.AllocateUninitializedArray<int>(LaneReader.Count * Math.Max(1, plan.LargestBin), pinned: true);
    }

    /// <summary>Whether pixels are shared between bins.</summary>
    public bool Splits { get; }

    /// <summary>Whether a dark current is taken off.</summary>
    public bool HasDark { get; }

    /// <summary>Pixels of the bin, valid or not.</summary>
    public int Length { get; private set; }

    /// <summary>Σ weight over the valid pixels, per lane.</summary>
    public int[] Total { get; } = new int[LaneReader.Count];

    /// <summary>Number of valid pixels, per lane.</summary>
    public int[] ValidCount { get; } = new int[LaneReader.Count];

    /// <summary>Σ share · signal over the valid pixels, per lane.</summary>
    public double[] Signal { get; } = new double[LaneReader.Count];

    /// <summary>Σ share · normalisation over the valid pixels, per lane.</summary>
    public double[] Normalisation { get; } = new double[LaneReader.Count];

    /// <summary>Σ (share · normalisation)² over the valid pixels, per lane.</summary>
    public double[] NormalisationSquared { get; } = new double[LaneReader.Count];

    /// <summary>Smallest key of a valid pixel, per lane; 0 without a dark current.</summary>
    public int[] SmallestKey { get; } = new int[LaneReader.Count];

    /// <summary>Largest key of a valid pixel, per lane.</summary>
    public int[] LargestKey { get; } = new int[LaneReader.Count];

    /// <summary>Where keys of this bin can lie; null for anywhere.</summary>
    public KeyLattice? Lattice { get; private set; }

    /// <summary>Pixels of this bin whose counts have no room in a vector.</summary>
    public List<(int Lane, int Entry, int Count)> LargeCounts => _large;

    /// <summary>Vectors of counts, eight numbers each: 0 to <see cref="LaneReader.LargestCount"/>, or a mark.</summary>
    public ref ushort Counts =>
        ref Splits ? ref MemoryMarshal.GetArrayDataReference(_gathered) : ref Unsafe.Add(ref _lanes.Counts, (nint)_start * LaneReader.Count);

    /// <summary>Vectors of keys, eight each: signal / normalisation as bits that order as the numbers do.</summary>
    public ref int Keys => ref MemoryMarshal.GetArrayDataReference(_keys);

    /// <summary>Weights: share · normalisation as integers.</summary>
    public ReadOnlySpan<int> Weights => _plan.WeightOfEntry.Slice(_start, Length);

    /// <summary>Weights, squared.</summary>
    public ReadOnlySpan<float> WeightsSquared => _weightsSquared.AsSpan(_start, Length);

    /// <summary>1 / normalisation.</summary>
    public ReadOnlySpan<float> Inverse => _plan.InverseNormalisation.Slice(_start, Length);

    /// <summary>Shares of the pixels in this bin; empty where none is split.</summary>
    public ReadOnlySpan<float> Shares => Splits ? _plan.ShareOfEntry.Slice(_start, Length) : default;

    /// <summary>Dark current, counts; empty for none.</summary>
    public ReadOnlySpan<float> Dark => HasDark ? _plan.DarkOfEntry.Slice(_start, Length) : default;

    /// <summary>Fetches the counts of a cell of the plan.</summary>
    public void Fetch(int cell)
    {
        _start = _plan.BinStart[cell];
        Length = _plan.BinStart[cell + 1] - _start;
        Lattice = HasDark || Length == 0 ? null : _lattices[cell];
        Array.Fill(ValidCount, Length);
        Array.Fill(Normalisation, _plan.BinNormalisation[cell]);
        Array.Fill(NormalisationSquared, _plan.BinNormalisationSquared[cell]);
        Array.Fill(Total, _totals[cell]);
        _large.Clear();
        if (Splits)
        {
            Gather();
        }
    }

    /// <summary>Makes the keys and the plain sums of the cell that was fetched.</summary>
    public void MakeKeys()
    {
        bool marked = (Splits, HasDark) switch
        {
            (false, false) => MakeKeys<No, No>(),
            (false, true) => MakeKeys<No, Yes>(),
            (true, false) => MakeKeys<Yes, No>(),
            (true, true) => MakeKeys<Yes, Yes>(),
        };
        if (marked)
        {
            MendKeys();
        }
    }

    /// <summary>Makes the plain sums alone, for a filter that needs no keys, and their variance.</summary>
    /// <param name="variance">Receives Σ share² · variance, per lane.</param>
    public void AddUp(double[] variance)
    {
        bool marked = (Splits, HasDark) switch
        {
            (false, false) => AddUpWhole(variance),
            (false, true) => AddUp<No, Yes>(variance),
            (true, false) => AddUp<Yes, No>(variance),
            (true, true) => AddUp<Yes, Yes>(variance),
        };
        if (marked)
        {
            MendSums(variance);
        }
    }

    /// <summary>Signal of a pixel, counts less dark current.</summary>
    public double SignalAt(int entry, int lane) => CountAt(entry, lane) - (HasDark ? Dark[entry] : 0);

    /// <summary>Poisson variance of a pixel, max(counts, 1) + max(dark, 0).</summary>
    public double VarianceAt(int entry, int lane) => Math.Max(CountAt(entry, lane), 1) + (HasDark ? Math.Max(Dark[entry], 0) : 0);

    /// <summary>Share of a pixel in this bin.</summary>
    public double ShareAt(int entry) => Splits ? Shares[entry] : 1;

    private static KeyLattice LatticeOf(ReadOnlySpan<float> inverse) =>
        inverse.IsEmpty ? default : new KeyLattice(TensorPrimitives.Min(inverse), TensorPrimitives.Max(inverse));

    private static int Sum(ReadOnlySpan<int> weights)
    {
        int sum = 0;
        foreach (int weight in weights)
        {
            sum += weight;
        }

        return sum;
    }

    private int CountAt(int entry, int lane)
    {
        ushort count = Unsafe.Add(ref Counts, (entry * LaneReader.Count) + lane);
        return count == LaneReader.Large ? _lanes.LargeCount(lane, Position(entry)) : count;
    }

    private int Position(int entry) => Splits ? _plan.PixelOfEntry[_start + entry] : _start + entry;

    private unsafe void Gather()
    {
        ref ushort image = ref _lanes.Counts;
        ref ushort gathered = ref MemoryMarshal.GetArrayDataReference(_gathered);
        ReadOnlySpan<int> pixels = _plan.PixelOfEntry;
        int end = _start + Length;
        int last = pixels.Length - 1;
        for (int e = _start; e < end; e++)
        {
            if (Sse.IsSupported)
            {
                Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.Add(ref image, (nint)pixels[Math.Min(e + PrefetchAhead, last)] * LaneReader.Count)));
            }

            Vector128.LoadUnsafe(ref image, (nuint)pixels[e] * LaneReader.Count)
                .StoreUnsafe(ref gathered, (nuint)(e - _start) * LaneReader.Count);
        }
    }

    /// <summary>Keys of all pixels and the plain sums; marked pixels count as 0. True where there are any.</summary>
    private bool MakeKeys<TSplit, TDark>()
        where TSplit : struct
        where TDark : struct
    {
        ref ushort counts = ref Counts;
        ref int keys = ref Keys;
        ref float inverses = ref MemoryMarshal.GetReference(Inverse);
        ref float shares = ref MemoryMarshal.GetReference(Shares);
        ref float darks = ref MemoryMarshal.GetReference(Dark);
        Vector128<short> marks = default;
        Vector256<int> largest = Vector256.Create(int.MinValue), smallest = typeof(TDark) == typeof(Yes) ? Vector256.Create(int.MaxValue) : default;
        Vector256<double> sumLow = default, sumHigh = default;
        for (int from = 0; from < Length; from += FloatRun)
        {
            Vector256<float> sum = default;
            int to = Math.Min(from + FloatRun, Length);
            for (int e = from; e < to; e++)
            {
                Vector128<ushort> raw = Vector128.LoadUnsafe(ref counts, (nuint)e * LaneReader.Count);
                Vector128<short> mark = raw.AsInt16() >> 15;
                marks |= mark;
                Vector256<float> signal = Vector256.ConvertToSingle(Widen(Vector128.AndNot(raw, mark.AsUInt16())));
                if (typeof(TDark) == typeof(Yes))
                {
                    signal -= Vector256.Create(Unsafe.Add(ref darks, e));
                }

                Vector256<int> key = (signal * Vector256.Create(Unsafe.Add(ref inverses, e))).AsInt32();
                if (typeof(TDark) == typeof(Yes))
                {
                    key ^= (key >> 31) & Vector256.Create(int.MaxValue);
                    smallest = Vector256.Min(smallest, key);
                }

                key.StoreUnsafe(ref keys, (nuint)e * LaneReader.Count);
                largest = Vector256.Max(largest, key);
                sum += typeof(TSplit) == typeof(Yes) ? signal * Vector256.Create(Unsafe.Add(ref shares, e)) : signal;
            }

            (Vector256<double> low, Vector256<double> high) = Vector256.Widen(sum);
            sumLow += low;
            sumHigh += high;
        }

        largest.CopyTo(LargestKey);
        smallest.CopyTo(SmallestKey);
        sumLow.CopyTo(Signal);
        sumHigh.CopyTo(Signal, LaneReader.Count / 2);
        return marks != default;
    }

    /// <summary>Whole pixels without dark current: integers, exact.</summary>
    private bool AddUpWhole(double[] variance)
    {
        // 2¹⁵ pixels of 15 bits fit into 32, and their number into 16.
        const int Run = short.MaxValue;
        ref ushort counts = ref Counts;
        Vector128<short> marks = default;
        Array.Clear(Signal);
        Array.Clear(variance);
        for (int from = 0; from < Length; from += Run)
        {
            Vector256<int> sum = default;
            Vector128<ushort> zeros = default;
            int to = Math.Min(from + Run, Length);
            for (int e = from; e < to; e++)
            {
                Vector128<ushort> raw = Vector128.LoadUnsafe(ref counts, (nuint)e * LaneReader.Count);
                Vector128<short> mark = raw.AsInt16() >> 15;
                marks |= mark;
                sum += Widen(Vector128.AndNot(raw, mark.AsUInt16()));
                zeros -= Vector128.Equals(Vector128.AndNot(raw, mark.AsUInt16()), default);
            }

            for (int lane = 0; lane < LaneReader.Count; lane++)
            {
                Signal[lane] += sum[lane];

                // Poisson, max(counts, 1): a pixel without a count still carries the variance of one.
                variance[lane] += sum[lane] + zeros[lane];
            }
        }

        return marks != default;
    }

    private bool AddUp<TSplit, TDark>(double[] variance)
        where TSplit : struct
        where TDark : struct
    {
        ref ushort counts = ref Counts;
        ref float shares = ref MemoryMarshal.GetReference(Shares);
        ref float darks = ref MemoryMarshal.GetReference(Dark);
        Vector128<short> marks = default;
        Vector256<double> sumLow = default, sumHigh = default, varianceLow = default, varianceHigh = default;
        for (int from = 0; from < Length; from += FloatRun)
        {
            Vector256<float> sum = default, variances = default;
            int to = Math.Min(from + FloatRun, Length);
            for (int e = from; e < to; e++)
            {
                Vector128<ushort> raw = Vector128.LoadUnsafe(ref counts, (nuint)e * LaneReader.Count);
                Vector128<short> mark = raw.AsInt16() >> 15;
                marks |= mark;
                Vector256<float> signal = Vector256.ConvertToSingle(Widen(Vector128.AndNot(raw, mark.AsUInt16())));
                Vector256<float> own = Vector256.Max(signal, Vector256<float>.One);
                if (typeof(TDark) == typeof(Yes))
                {
                    float dark = Unsafe.Add(ref darks, e);
                    signal -= Vector256.Create(dark);
                    own += Vector256.Create(Math.Max(dark, 0));
                }

                if (typeof(TSplit) == typeof(Yes))
                {
                    Vector256<float> share = Vector256.Create(Unsafe.Add(ref shares, e));
                    signal *= share;
                    own *= share * share;
                }

                sum += signal;
                variances += own;
            }

            sumLow += Vector256.WidenLower(sum);
            sumHigh += Vector256.WidenUpper(sum);
            varianceLow += Vector256.WidenLower(variances);
            varianceHigh += Vector256.WidenUpper(variances);
        }

        sumLow.CopyTo(Signal);
        sumHigh.CopyTo(Signal, LaneReader.Count / 2);
        varianceLow.CopyTo(variance);
        varianceHigh.CopyTo(variance, LaneReader.Count / 2);
        return marks != default;
    }

    /// <summary>Marked pixels, which are few: flagged ones leave all sums, large counts enter them.</summary>
    private void MendKeys()
    {
        ref int keys = ref Keys;
        foreach ((int lane, int entry, int count) in Marked())
        {
            ref int key = ref Unsafe.Add(ref keys, (entry * LaneReader.Count) + lane);
            if (count < 0)
            {
                key = NoKey;
                continue;
            }

            float signal = count;
            key = Ordered((HasDark ? signal - Dark[entry] : signal) * Inverse[entry]);
            LargestKey[lane] = Math.Max(LargestKey[lane], key);
        }
    }

    private void MendSums(double[] variance)
    {
        foreach ((int lane, int entry, int count) in Marked())
        {
            // They were counted as pixels of zero counts.
            double share = ShareAt(entry);
            variance[lane] += share * share * (count < 0 ? -1 - (HasDark ? Math.Max(Dark[entry], 0) : 0) : count - 1);
        }
    }

    /// <summary>Lists the marked pixels, count −1 where flagged, and puts the plain sums right.</summary>
    private List<(int Lane, int Entry, int Count)> Marked()
    {
        ref ushort counts = ref Counts;
        _marked.Clear();
        for (int e = 0; e < Length; e++)
        {
            Vector128<ushort> raw = Vector128.LoadUnsafe(ref counts, (nuint)e * LaneReader.Count);
            for (uint bits = Vector128.ExtractMostSignificantBits(raw); bits != 0; bits &= bits - 1)
            {
                int lane = BitOperations.TrailingZeroCount(bits);
                if (raw[lane] == LaneReader.Flagged)
                {
                    double norm = ShareAt(e) * _plan.Normalisation[_plan.PixelOfEntry[_start + e]];
                    Signal[lane] += ShareAt(e) * (HasDark ? Dark[e] : 0);
                    Total[lane] -= Weights[e];
                    Normalisation[lane] -= norm;
                    NormalisationSquared[lane] -= norm * norm;
                    ValidCount[lane]--;
                    _marked.Add((lane, e, -1));
                    continue;
                }

                int count = _lanes.LargeCount(lane, Position(e));
                Signal[lane] += ShareAt(e) * count;
                _marked.Add((lane, e, count));
                _large.Add((lane, e, count));
            }
        }

        return _marked;
    }

    /// <summary>Bits of a number that order as it does.</summary>
    public static int Ordered(float value)
    {
        int bits = BitConverter.SingleToInt32Bits(value);
        return bits ^ ((bits >> 31) & int.MaxValue);
    }

    /// <summary>Counts of eight frames as 32-bit integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Widen(Vector128<ushort> counts)
    {
        if (Avx2.IsSupported)
        {
            return Avx2.ConvertToVector256Int32(counts);
        }

        (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(counts);
        return Vector256.Create(low, high).AsInt32();
    }
}
