using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Compute.Simd;

/// <summary>
/// Pixel trimmed mean of eight frames at once, without sorting: both quantiles of each lane are bracketed by adding up the weights below a
/// few pivots until a handful of pixels, or one tied value, remains; only those are sorted.
/// </summary>
/// <remarks>
/// Weights are integers, so that the pixels kept are those of <see cref="ReferenceIntegrator"/>, whatever the pivots were. Not thread-safe.
/// </remarks>
internal sealed class LaneTrim
{
    private const int Lanes = LaneReader.Count;

    // A bracket with this many pixels left is sorted: one more pass over the bin would cost more.
    private const int SortBelow = 16;

    // The first pivots lie this many standard deviations of a sample's quantile on either side of it.
    private const double SampleReach = 2.5;

    private readonly double _lower;
    private readonly double _upper;
    private readonly bool _exact;
    private readonly bool _azimuthal;
    private readonly float[] _centre = new float[Lanes];
    private readonly BinLanes _bin;
    private readonly LaneSums _sums;
    private readonly QuantileBracket[] _low = new QuantileBracket[Lanes];
    private readonly QuantileBracket[] _high = new QuantileBracket[Lanes];
    private readonly int[] _pivots = new int[4 * Lanes];
    private readonly int[] _below = new int[4 * Lanes];
    private readonly double[] _pixelWeight = new double[Lanes];
    private readonly double[] _lowTarget = new double[Lanes];
    private readonly double[] _highTarget = new double[Lanes];
    private readonly LaneSample _sample = new();
    private readonly int[] _belowLow = new int[Lanes];
    private readonly int[] _belowHigh = new int[Lanes];
    private readonly int[] _edges = new int[4 * Lanes];
    private readonly int[] _ties = new int[3 * Lanes];
    private readonly int[] _listed;
    private readonly long[] _left;
    private readonly int[] _leftAtLow = new int[Lanes];
    private readonly int[] _leftAtHigh = new int[Lanes];
    private readonly int _stride;

    public LaneTrim(IntegrationPlan plan, BinLanes bin, LaneSums sums)
    {
        bool median = plan.Options.Filter == IntegrationFilter.Median;
        _lower = median ? 0.5 : plan.Options.TrimLower;
        _upper = median ? 0.5 : plan.Options.TrimUpper;
        _exact = !median && plan.Options.TrimDefinition == TrimDefinition.Exact;
        _azimuthal = plan.Options.ErrorModel == ErrorModel.Azimuthal;
        _bin = bin;
        _sums = sums;
        _stride = plan.LargestBin + 1;
        _listed = new int[_stride];
        _left = new long[Lanes * _stride];
    }

    /// <summary>Trims the bin that is loaded and leaves the sums over the kept pixels in the lanes asked for.</summary>
    /// <param name="scale">Units of the weights in one of the normalisation.</param>
    /// <param name="lanes">One bit for each lane that holds a frame.</param>
    public void Run(double scale, uint lanes)
    {
        _bin.MakeKeys();
        Begin(lanes);
        Search();
        CollectWhole(scale, lanes);
        if (_azimuthal)
        {
            // The scatter needs the mean first: taken around any other value it would drown in that value's square.
            for (int lane = 0; lane < Lanes; lane++)
            {
                _centre[lane] = _sums.Normalisation[lane] > 0 ? (float)(_sums.Signal[lane] / _sums.Normalisation[lane]) : 0;
            }

            CollectWhole(scale, lanes);
            for (int lane = 0; lane < Lanes; lane++)
            {
                _sums.CentreScatter(lane, _centre[lane]);
            }
        }
    }

    private void CollectWhole(double scale, uint lanes)
    {
        Collect(scale, lanes);
        for (int lane = 0; lane < Lanes; lane++)
        {
            if ((lanes >> lane & 1) != 0 && _sums.Count[lane] == 0 && _bin.ValidCount[lane] > 0)
            {
                // No pixel fits inside the limits as a whole: the exact form.
                KeepShares(lane);
            }
        }
    }

    private void Begin(uint lanes)
    {
        for (int lane = 0; lane < Lanes; lane++)
        {
            _sums.Clear(lane);
            bool live = (lanes >> lane & 1) != 0 && _bin.ValidCount[lane] > 0;
            int total = live ? _bin.Total[lane] : 0;
            int smallest = _bin.HasDark ? _bin.SmallestKey[lane] : 0;
            _lowTarget[lane] = _lower * total;
            _highTarget[lane] = (1 - _upper) * total;
            _low[lane] = live ? QuantileBracket.ForLow(_lowTarget[lane], total, smallest, _bin.LargestKey[lane]) : default;
            _high[lane] = live ? QuantileBracket.ForHigh(_highTarget[lane], total, smallest, _bin.LargestKey[lane]) : default;
        }
    }

    private void Search()
    {
        // Each lane by its own weights: what a frame gives must not depend, in its last bit, on the frames beside it.
        for (int lane = 0; lane < Lanes; lane++)
        {
            _pixelWeight[lane] = (double)_bin.Total[lane] / Math.Max(1, _bin.Length);
        }

        double enough_px = SortBelow;
        _sample.Take(_bin);
        KeyLattice? lattice = _bin.Lattice;
        FirstPivots(_low, _lower, 0, lattice);
        FirstPivots(_high, 1 - _upper, 2 * Lanes, lattice);
        for (int pass = 1; ; pass++)
        {
            bool lowDone = true, highDone = true;
            for (int lane = 0; lane < Lanes; lane++)
            {
                lowDone &= IsDone(_low[lane], enough_px * _pixelWeight[lane]);
                highDone &= IsDone(_high[lane], enough_px * _pixelWeight[lane]);
            }

            if (lowDone && highDone)
            {
                break;
            }

            enough_px *= pass > 3 ? 1.5 : 1;
            if (!lowDone && !highDone)
            {
                CountBelow();
            }
            else
            {
                CountBelow(lowDone ? 2 * Lanes : 0);
            }

            for (int lane = 0; lane < Lanes; lane++)
            {
                double pixelWeight = _pixelWeight[lane];
                double enough = enough_px * pixelWeight;
                if (!IsDone(_low[lane], enough))
                {
                    _low[lane].Narrow(_pivots[lane], _below[lane], _pivots[Lanes + lane], _below[Lanes + lane]);
                    if (!IsDone(_low[lane], enough))
                    {
                        (_pivots[lane], _pivots[Lanes + lane]) = _low[lane].NextPivots(_bin.Total[lane], pixelWeight, lattice);
                    }
                }

                if (!IsDone(_high[lane], enough))
                {
                    int at = 2 * Lanes;
                    _high[lane].Narrow(_pivots[at + lane], _below[at + lane], _pivots[at + Lanes + lane], _below[at + Lanes + lane]);
                    if (!IsDone(_high[lane], enough))
                    {
                        (_pivots[at + lane], _pivots[at + Lanes + lane]) = _high[lane].NextPivots(_bin.Total[lane], pixelWeight, lattice);
                    }
                }
            }
        }
    }

    private static bool IsDone(in QuantileBracket bracket, double enough) => bracket.IsOneKey || bracket.Inside <= enough;

    /// <summary>The quantile of a sample, with its uncertainty.</summary>
    private void FirstPivots(QuantileBracket[] brackets, double quantile, int at, KeyLattice? lattice)
    {
        double rank = quantile * _sample.Length;
        double reach = SampleReach * Math.Sqrt(quantile * (1 - quantile) * _sample.Length);
        int first = (int)Math.Floor(rank - reach), second = (int)Math.Ceiling(rank + reach);
        for (int lane = 0; lane < Lanes; lane++)
        {
            (_pivots[at + lane], _pivots[at + Lanes + lane]) = brackets[lane].Between(
                _sample.At(first, lane), _sample.At(second, lane), lattice);
        }
    }

    /// <summary>Σ weight of the pixels whose key lies below each of four pivots per lane.</summary>
    private void CountBelow()
    {
        ref int keys = ref _bin.Keys;
        ref int weights = ref MemoryMarshal.GetReference(_bin.Weights);
        Vector256<int> pivot0 = Vector256.Create(_pivots.AsSpan(0)), pivot1 = Vector256.Create(_pivots.AsSpan(Lanes));
        Vector256<int> pivot2 = Vector256.Create(_pivots.AsSpan(2 * Lanes)), pivot3 = Vector256.Create(_pivots.AsSpan(3 * Lanes));
        Vector256<int> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        int n = _bin.Length;
        for (int e = 0; e < n; e++)
        {
            Vector256<int> key = Vector256.LoadUnsafe(ref keys, (nuint)e * Lanes);
            Vector256<int> weight = Vector256.Create(Unsafe.Add(ref weights, e));
            sum0 += Vector256.LessThan(key, pivot0) & weight;
            sum1 += Vector256.LessThan(key, pivot1) & weight;
            sum2 += Vector256.LessThan(key, pivot2) & weight;
            sum3 += Vector256.LessThan(key, pivot3) & weight;
        }

        sum0.CopyTo(_below, 0);
        sum1.CopyTo(_below, Lanes);
        sum2.CopyTo(_below, 2 * Lanes);
        sum3.CopyTo(_below, 3 * Lanes);
    }

    /// <summary>Σ weight of the pixels whose key lies below each of two pivots per lane.</summary>
    private void CountBelow(int at)
    {
        ref int keys = ref _bin.Keys;
        ref int weights = ref MemoryMarshal.GetReference(_bin.Weights);
        Vector256<int> pivot0 = Vector256.Create(_pivots.AsSpan(at)), pivot1 = Vector256.Create(_pivots.AsSpan(at + Lanes));
        Vector256<int> sum0 = default, sum1 = default;
        int n = _bin.Length;
        for (int e = 0; e < n; e++)
        {
            Vector256<int> key = Vector256.LoadUnsafe(ref keys, (nuint)e * Lanes);
            Vector256<int> weight = Vector256.Create(Unsafe.Add(ref weights, e));
            sum0 += Vector256.LessThan(key, pivot0) & weight;
            sum1 += Vector256.LessThan(key, pivot1) & weight;
        }

        sum0.CopyTo(_below, at);
        sum1.CopyTo(_below, at + Lanes);
    }

    private void Collect(double scale, uint lanes)
    {
        bool ties = false;
        for (int lane = 0; lane < Lanes; lane++)
        {
            QuantileBracket low = _low[lane], high = _high[lane];
            _ties[lane] = int.MinValue;
            _ties[Lanes + lane] = int.MinValue;
            if (low.Hi > high.Lo && (low.Lo < low.Hi || high.Lo < high.Hi))
            {
                // Both quantiles fell into one bracket: a tied value such as zero counts, or a bin of few pixels.
                low.Lo = Math.Min(low.Lo, high.Lo);
                low.Below = Math.Min(low.Below, high.Below);
                low.Hi = Math.Max(low.Hi, high.Hi);
                low.BelowHi = Math.Max(low.BelowHi, high.BelowHi);
                high.Lo = low.Hi;
                high.Hi = low.Hi;
                high.Below = low.BelowHi;
            }

            // Many pixels of one key need no sorting: they stand in order.
            if (low.IsOneKey && low.Inside > 0)
            {
                (_ties[lane], _ties[(2 * Lanes) + lane]) = (low.Lo, low.Below);
                low.Lo = low.Hi;
                ties = true;
            }

            if (high.IsOneKey && high.Inside > 0)
            {
                _ties[Lanes + lane] = high.Lo;
                ties = true;
            }

            _sums.Normalisation[lane] = (high.Below - low.BelowHi) / scale;
            (_edges[lane], _edges[Lanes + lane]) = (low.Lo, low.Hi);
            (_edges[(2 * Lanes) + lane], _edges[(3 * Lanes) + lane]) = (high.Lo, _ties[Lanes + lane] == high.Lo ? high.Lo : high.Hi);
            (_belowLow[lane], _belowHigh[lane]) = (low.Below, high.Below);
        }

        if (_bin.Splits || _bin.HasDark || _azimuthal)
        {
            KeepBetween<Yes>();
        }
        else
        {
            KeepBetween<No>();
        }

        AddLarge();
        for (int lane = 0; lane < Lanes; lane++)
        {
            int own = lane * _stride;
            Walk(_left.AsSpan(own, _leftAtLow[lane]), lane, _belowLow[lane]);
            Walk(_left.AsSpan(own + _stride - _leftAtHigh[lane], _leftAtHigh[lane]), lane, _belowHigh[lane]);
        }

        if (ties)
        {
            WalkTies(lanes);
        }
    }

    /// <summary>Adds up everything between the brackets, and lists the pixels inside them.</summary>
    private void KeepBetween<TGeneral>()
        where TGeneral : struct
    {
        ref int keys = ref _bin.Keys;
        ref float norms = ref MemoryMarshal.GetReference(_bin.Norms);
        ref ushort counts = ref _bin.Counts;
        ref float shares = ref MemoryMarshal.GetReference(_bin.Shares);
        Vector256<float> centre = Vector256.Create(_centre);
        ref float darks = ref MemoryMarshal.GetReference(_bin.Dark);
        ref int listed = ref MemoryMarshal.GetArrayDataReference(_listed);
        Vector256<int> lowLo = Vector256.Create(_edges.AsSpan(0)), lowHi = Vector256.Create(_edges.AsSpan(Lanes));
        Vector256<int> highLo = Vector256.Create(_edges.AsSpan(2 * Lanes)), highHi = Vector256.Create(_edges.AsSpan(3 * Lanes));
        Vector256<int> kept = default, zeros = default;
        Vector256<double> signalLow = default, signalHigh = default, squareLow = default, squareHigh = default;
        Vector256<double> varianceLow = default, varianceHigh = default;
        int found = 0;
        int n = _bin.Length;
        for (int from = 0; from < n; from += BinLanes.FloatRun)
        {
            Vector256<float> signals = default, squares = default, variances = default;
            int to = Math.Min(from + BinLanes.FloatRun, n);
            for (int e = from; e < to; e++)
            {
                Vector256<int> key = Vector256.LoadUnsafe(ref keys, (nuint)e * Lanes);
                Vector256<int> belowLowHi = Vector256.LessThan(key, lowHi), belowHighLo = Vector256.LessThan(key, highLo);
                Vector256<int> inside = Vector256.AndNot(belowHighLo, belowLowHi);
                Vector256<int> open = Vector256.AndNot(belowLowHi, Vector256.LessThan(key, lowLo))
                    | Vector256.AndNot(Vector256.LessThan(key, highHi), belowHighLo);
                Unsafe.Add(ref listed, found) = e;
                found += open != default ? 1 : 0;

                Vector256<int> count = BinLanes.Widen(Vector128.LoadUnsafe(ref counts, (nuint)e * Lanes)) & inside;
                kept -= inside;
                float norm = Unsafe.Add(ref norms, e);
                squares += Vector256.Create(norm * norm) & inside.AsSingle();
                Vector256<float> signal = Vector256.ConvertToSingle(count);
                if (typeof(TGeneral) == typeof(Yes))
                {
                    float share = _bin.Splits ? Unsafe.Add(ref shares, e) : 1;
                    float dark = _bin.HasDark ? Unsafe.Add(ref darks, e) : 0;
                    if (_azimuthal)
                    {
                        Vector256<float> value = BinLanes.Values(key) - centre;
                        variances += (value * value * Vector256.Create(norm)) & inside.AsSingle();
                    }
                    else
                    {
                        Vector256<float> variance = Vector256.Max(signal, Vector256<float>.One) + Vector256.Create(Math.Max(dark, 0));
                        variances += (variance * Vector256.Create(share * share)) & inside.AsSingle();
                    }

                    signal = ((signal - Vector256.Create(dark)) * Vector256.Create(share)) & inside.AsSingle();
                }
                else
                {
                    zeros -= Vector256.Equals(count, default) & inside;
                }

                signals += signal;
            }

            signalLow += Vector256.WidenLower(signals);
            signalHigh += Vector256.WidenUpper(signals);
            squareLow += Vector256.WidenLower(squares);
            squareHigh += Vector256.WidenUpper(squares);
            if (typeof(TGeneral) == typeof(Yes))
            {
                varianceLow += Vector256.WidenLower(variances);
                varianceHigh += Vector256.WidenUpper(variances);
            }
        }

        kept.CopyTo(_sums.Count);
        signalLow.CopyTo(_sums.Signal);
        signalHigh.CopyTo(_sums.Signal, Lanes / 2);
        squareLow.CopyTo(_sums.NormalisationSquared);
        squareHigh.CopyTo(_sums.NormalisationSquared, Lanes / 2);
        if (typeof(TGeneral) == typeof(Yes))
        {
            varianceLow.CopyTo(_sums.Variance);
            varianceHigh.CopyTo(_sums.Variance, Lanes / 2);
        }
        else
        {
            // Poisson, max(counts, 1): a pixel without a count still carries the variance of one.
            for (int lane = 0; lane < Lanes; lane++)
            {
                _sums.Variance[lane] = _sums.Signal[lane] + zeros[lane];
            }
        }

        Sort(found, lowLo, lowHi, highLo, highHi);
    }

    /// <summary>Puts the pixels inside the brackets into the lists of their lanes.</summary>
    private void Sort(int found, Vector256<int> lowLo, Vector256<int> lowHi, Vector256<int> highLo, Vector256<int> highHi)
    {
        ref int keys = ref _bin.Keys;
        Array.Clear(_leftAtLow);
        Array.Clear(_leftAtHigh);
        foreach (int e in _listed.AsSpan(0, found))
        {
            Vector256<int> key = Vector256.LoadUnsafe(ref keys, (nuint)e * Lanes);
            Vector256<int> atLow = Vector256.AndNot(Vector256.LessThan(key, lowHi), Vector256.LessThan(key, lowLo));
            Vector256<int> atHigh = Vector256.AndNot(Vector256.LessThan(key, highHi), Vector256.LessThan(key, highLo));
            for (uint bits = Vector256.ExtractMostSignificantBits(atLow); bits != 0; bits &= bits - 1)
            {
                int lane = BitOperations.TrailingZeroCount(bits);
                _left[(lane * _stride) + _leftAtLow[lane]++] = KeyAndEntry(Unsafe.Add(ref keys, (e * Lanes) + lane), e);
            }

            for (uint bits = Vector256.ExtractMostSignificantBits(atHigh); bits != 0; bits &= bits - 1)
            {
                int lane = BitOperations.TrailingZeroCount(bits);
                _left[(lane * _stride) + _stride - ++_leftAtHigh[lane]] = KeyAndEntry(Unsafe.Add(ref keys, (e * Lanes) + lane), e);
            }
        }
    }

    /// <summary>Counts without room in a vector, where they lie between the brackets.</summary>
    private void AddLarge()
    {
        foreach ((int lane, int entry, int count) in _bin.LargeCounts)
        {
            int key = Unsafe.Add(ref _bin.Keys, (entry * Lanes) + lane);
            if (key >= _edges[Lanes + lane] && key < _edges[(2 * Lanes) + lane])
            {
                // The vector took the mark for a count.
                double share = _bin.ShareAt(entry);
                double missing = (double)count - LaneReader.Large;
                _sums.Signal[lane] += share * missing;
                _sums.Variance[lane] += _azimuthal ? 0 : share * share * missing;
            }
        }
    }

    /// <summary>Adds the kept ones of a bracket's pixels, in order of key, then of pixel.</summary>
    private void Walk(Span<long> left, int lane, int below)
    {
        left.Sort();
        if (_exact || _bin.Splits || _bin.HasDark || _azimuthal)
        {
            long from = below;
            foreach (long keyAndEntry in left)
            {
                int entry = (int)keyAndEntry;
                long after = from + _bin.Weights[entry];
                Keep(entry, lane, from, after);
                from = after;
            }

            return;
        }

        ref int weights = ref MemoryMarshal.GetReference(_bin.Weights);
        ref ushort counts = ref Unsafe.Add(ref _bin.Counts, lane);
        double low = _lowTarget[lane], high = _highTarget[lane];
        ref float norms = ref MemoryMarshal.GetReference(_bin.Norms);
        double norm = 0, squared = 0;
        long before = below, signal = 0;
        int kept = 0, zeros = 0;
        foreach (long keyAndEntry in left)
        {
            int entry = (int)keyAndEntry;
            long after = before + Unsafe.Add(ref weights, entry);
            if (TrimmedMean.Keeps(before, after, low, high))
            {
                int count = Unsafe.Add(ref counts, entry * Lanes);
                count = count > LaneReader.LargestCount ? (int)_bin.SignalAt(entry, lane) : count;
                signal += count;
                zeros += count == 0 ? 1 : 0;
                double own = Unsafe.Add(ref norms, entry);
                norm += own;
                squared += own * own;
                kept++;
            }

            before = after;
        }

        _sums.Signal[lane] += signal;
        _sums.Variance[lane] += signal + zeros;
        _sums.Normalisation[lane] += norm;
        _sums.NormalisationSquared[lane] += squared;
        _sums.Count[lane] += kept;
    }

    private void Keep(int entry, int lane, long before, long after)
    {
        double share = _exact ? TrimmedMean.ExactShare(before, after, _lowTarget[lane], _highTarget[lane])
            : TrimmedMean.Keeps(before, after, _lowTarget[lane], _highTarget[lane]) ? 1 : 0;
        if (share > 0)
        {
            Add(entry, lane, share);
        }
    }

    private void Add(int entry, int lane, double share)
    {
        if (_azimuthal)
        {
            _sums.AddScatter(_bin, entry, lane, share, _centre[lane]);
        }
        else
        {
            _sums.Add(_bin, entry, lane, share);
        }
    }

    /// <summary>Pixels of one tied key, in order of pixel.</summary>
    private void WalkTies(uint lanes)
    {
        for (int lane = 0; lane < Lanes; lane++)
        {
            if ((lanes >> lane & 1) != 0)
            {
                WalkTie(lane, _ties[lane], _ties[(2 * Lanes) + lane]);
                WalkTie(lane, _ties[Lanes + lane], _belowHigh[lane]);
            }
        }
    }

    private void WalkTie(int lane, int key, long before)
    {
        if (key == int.MinValue)
        {
            return;
        }

        ref int keys = ref _bin.Keys;
        for (int e = 0; e < _bin.Length; e++)
        {
            if (Unsafe.Add(ref keys, (e * Lanes) + lane) == key)
            {
                long after = before + _bin.Weights[e];
                Keep(e, lane, before, after);
                before = after;
            }
        }
    }

    private void KeepShares(int lane)
    {
        ref int keys = ref _bin.Keys;
        int count = 0;
        for (int e = 0; e < _bin.Length; e++)
        {
            int key = Unsafe.Add(ref keys, (e * Lanes) + lane);
            if (key != BinLanes.NoKey)
            {
                _left[count++] = KeyAndEntry(key, e);
            }
        }

        _left.AsSpan(0, count).Sort();
        _sums.Clear(lane);
        long before = 0;
        foreach (long keyAndEntry in _left.AsSpan(0, count))
        {
            int entry = (int)keyAndEntry;
            long after = before + _bin.Weights[entry];
            double share = TrimmedMean.ExactShare(before, after, _lowTarget[lane], _highTarget[lane]);
            if (share > 0)
            {
                Add(entry, lane, share);
            }

            before = after;
        }
    }

    private static long KeyAndEntry(int key, int entry) => ((long)key << 32) | (uint)entry;
}
