using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Compute.Integration;

/// <summary>
/// Pixel trimmed mean without sorting: per bin, both quantiles are bracketed by counting weights below a few pivots
/// with SIMD until a handful of pixels (or one tied value) remains; only those are sorted. Plain mean on the side.
/// </summary>
/// <remarks>
/// Weights are integers, so the same pixels are kept as by <see cref="ReferenceIntegrator"/>, whatever the pivots were.
/// Not thread-safe: one instance per worker.
/// </remarks>
internal sealed class TrimmedIntegrator
{
    // A bracket with this many pixels left is sorted: one more counting pass would cost more.
    private const int SortBelow = 12;

    // Pixels of a ring are a cache line apart; 64 entries ahead hides the memory latency (measured: 7.1 → 3.9 ms a frame).
    private const int PrefetchAhead = 64;

    // First pivots lie this far, in units of the last float digit, on either side of the previous frame's threshold: 3 %.
    private const int GuessMargin = 1 << 18;

    private readonly int[] _counts;
    private readonly float[] _inverse;
    private readonly int[] _keys;
    private readonly int[] _weights;
    private readonly long[] _left;
    private readonly int[] _lowGuess;
    private readonly int[] _highGuess;

    /// <summary>Makes an integrator with scratch for the largest bin.</summary>
    public TrimmedIntegrator(IntegrationPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        Plan = plan;
        int capacity = plan.LargestBin + Vector256<int>.Count;
        _counts = new int[capacity];
        _inverse = new float[capacity];
        _keys = new int[capacity];
        _weights = new int[capacity];
        _left = new long[capacity];
        _lowGuess = new int[plan.Axis.BinCount];
        _highGuess = new int[plan.Axis.BinCount];
    }

    /// <summary>As the interface.</summary>
    public IntegrationPlan Plan { get; }

    /// <summary>As the interface.</summary>
    public void Integrate(ReadOnlySpan<int> pixels, DiffractionPattern pattern)
    {
        for (int bin = 0; bin < Plan.Axis.BinCount; bin++)
        {
            int start = Plan.BinStart[bin];
            int length = Plan.BinStart[bin + 1] - start;
            ReadOnlySpan<float> inverse = Plan.InverseNormalisation.Slice(start, length);
            long sum = Gather(pixels, start, length, out bool flagged);
            double norm = Plan.BinNormalisation[bin];
            if (flagged)
            {
                (length, sum, norm) = DropFlagged(inverse);
                inverse = _inverse.AsSpan(0, length);
            }

            pattern.Mean[bin] = length > 0 ? (float)(sum / norm) : float.NaN;
            BinSums kept = length > 0 ? Trim(bin, inverse) : default;
            double scale = Plan.WeightScaleOfBin[bin];
            pattern.Signal[bin] = kept.Signal;
            pattern.Variance[bin] = kept.Variance;
            pattern.Normalisation[bin] = kept.Weight / scale;
            pattern.NormalisationSquared[bin] = kept.WeightSquared / (scale * scale);
            pattern.Count[bin] = kept.Count;
        }
    }

    /// <summary>Fetches a bin's counts from the image; flagged pixels come along and are reported.</summary>
    private long Gather(ReadOnlySpan<int> pixels, int start, int length, out bool flagged)
    {
        ref int image = ref MemoryMarshal.GetReference(pixels);
        ReadOnlySpan<int> entries = Plan.PixelOfEntry;
        ReadOnlySpan<int> own = entries.Slice(start, length);
        Span<int> counts = _counts.AsSpan(0, length);
        int ahead = Math.Min(length, entries.Length - start - PrefetchAhead);
        long sum = 0;
        int signs = 0;
        int i = 0;
        if (Sse.IsSupported)
        {
            for (; i < ahead; i++)
            {
                Prefetch(ref Unsafe.Add(ref image, entries[start + i + PrefetchAhead]));
                int value = Unsafe.Add(ref image, own[i]);
                counts[i] = value;
                sum += value;
                signs |= value;
            }
        }

        for (; i < length; i++)
        {
            int value = Unsafe.Add(ref image, own[i]);
            counts[i] = value;
            sum += value;
            signs |= value;
        }

        flagged = signs < 0;
        return sum;
    }

    private static unsafe void Prefetch(ref int pixel) => Sse.Prefetch0(Unsafe.AsPointer(ref pixel));

    /// <summary>Closes the gaps that flagged pixels leave. The static mask knows most, so this is the rare path.</summary>
    private (int Length, long Sum, double Norm) DropFlagged(ReadOnlySpan<float> inverse)
    {
        int n = 0;
        long sum = 0;
        double norm = 0;
        for (int i = 0; i < inverse.Length; i++)
        {
            if (_counts[i] >= 0)
            {
                _inverse[n] = inverse[i];
                _counts[n++] = _counts[i];
                sum += _counts[i];
                norm += 1.0 / inverse[i];
            }
        }

        return (n, sum, norm);
    }

    private BinSums Trim(int bin, ReadOnlySpan<float> inverse)
    {
        int n = inverse.Length;
        (int total, int largestKey) = Prepare(inverse, Plan.WeightScaleOfBin[bin]);
        double low = Plan.Options.TrimLower * total;
        double high = (1 - Plan.Options.TrimUpper) * total;

        Bracket lower = Bracket.ForLow(low, total, largestKey);
        Bracket upper = Bracket.ForHigh(high, total, largestKey);
        double pixelWeight = (double)total / n;
        double enough = SortBelow * pixelWeight;
        (int p0, int p1) = lower.Around(_lowGuess[bin]);
        (int p2, int p3) = upper.Around(_highGuess[bin]);
        while (!lower.IsNarrow(enough) || !upper.IsNarrow(enough))
        {
            (int f0, int f1, int f2, int f3) = WeightsBelow(n, p0, p1, p2, p3);
            lower.Narrow(p0, f0, p1, f1);
            upper.Narrow(p2, f2, p3, f3);
            (p0, p1) = lower.NextPivots(pixelWeight);
            (p2, p3) = upper.NextPivots(pixelWeight);
        }

        _lowGuess[bin] = lower.Middle;
        _highGuess[bin] = upper.Middle;
        BinSums kept = lower.Hi <= upper.Lo
            ? KeepBetween(n, lower, upper, low, high)
            : KeepWithin(n, Math.Min(lower.Lo, upper.Lo), Math.Max(lower.Hi, upper.Hi), Math.Min(lower.Below, upper.Below), low, high);
        return kept.Count > 0 ? kept : KeepShares(n, low, high);
    }

    /// <summary>Keys and weights of the bin, padded to whole vectors with pixels that weigh nothing and sort last.</summary>
    private (int Total, int LargestKey) Prepare(ReadOnlySpan<float> inverse, float scale)
    {
        int n = inverse.Length;
        int whole = n & ~(Vector256<int>.Count - 1);
        ref int counts = ref MemoryMarshal.GetArrayDataReference(_counts);
        ref int keys = ref MemoryMarshal.GetArrayDataReference(_keys);
        ref int weights = ref MemoryMarshal.GetArrayDataReference(_weights);
        ref float inv = ref MemoryMarshal.GetReference(inverse);
        Vector256<int> sum = Vector256<int>.Zero;
        Vector256<int> largest = Vector256<int>.Zero;
        Vector256<float> scales = Vector256.Create(scale);
        Vector256<float> half = Vector256.Create(0.5f);
        for (int i = 0; i < whole; i += Vector256<int>.Count)
        {
            Vector256<float> inverses = Vector256.LoadUnsafe(ref inv, (nuint)i);
            Vector256<int> key = (Vector256.ConvertToSingle(Vector256.LoadUnsafe(ref counts, (nuint)i)) * inverses).AsInt32();
            Vector256<int> weight = Vector256.ConvertToInt32((scales / inverses) + half);
            key.StoreUnsafe(ref keys, (nuint)i);
            weight.StoreUnsafe(ref weights, (nuint)i);
            sum += weight;
            largest = Vector256.Max(largest, key);
        }

        int total = Vector256.Sum(sum);
        int largestKey = 0;
        for (int lane = 0; lane < Vector256<int>.Count; lane++)
        {
            largestKey = Math.Max(largestKey, largest[lane]);
        }

        for (int i = whole; i < n; i++)
        {
            _keys[i] = BitConverter.SingleToInt32Bits(TrimmedMean.Key(_counts[i], inverse[i]));
            _weights[i] = (int)((scale / inverse[i]) + 0.5f);
            total += _weights[i];
            largestKey = Math.Max(largestKey, _keys[i]);
        }

        int padding = Padded(n) - n;
        _keys.AsSpan(n, padding).Fill(int.MaxValue);
        _weights.AsSpan(n, padding).Clear();
        _counts.AsSpan(n, padding).Clear();
        return (total, largestKey);
    }

    private static int Padded(int n) => (n + Vector256<int>.Count - 1) & ~(Vector256<int>.Count - 1);

    /// <summary>Σ weight over the pixels whose key lies below each of four pivots.</summary>
    private (int F0, int F1, int F2, int F3) WeightsBelow(int n, int p0, int p1, int p2, int p3)
    {
        ref int keys = ref MemoryMarshal.GetArrayDataReference(_keys);
        ref int weights = ref MemoryMarshal.GetArrayDataReference(_weights);
        Vector256<int> pivot0 = Vector256.Create(p0), pivot1 = Vector256.Create(p1);
        Vector256<int> pivot2 = Vector256.Create(p2), pivot3 = Vector256.Create(p3);
        Vector256<int> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        for (int i = 0; i < n; i += Vector256<int>.Count)
        {
            Vector256<int> key = Vector256.LoadUnsafe(ref keys, (nuint)i);
            Vector256<int> weight = Vector256.LoadUnsafe(ref weights, (nuint)i);
            sum0 += Vector256.LessThan(key, pivot0) & weight;
            sum1 += Vector256.LessThan(key, pivot1) & weight;
            sum2 += Vector256.LessThan(key, pivot2) & weight;
            sum3 += Vector256.LessThan(key, pivot3) & weight;
        }

        return (Vector256.Sum(sum0), Vector256.Sum(sum1), Vector256.Sum(sum2), Vector256.Sum(sum3));
    }

    /// <summary>The usual case: everything between the brackets is kept; the pixels inside them are looked at one by one.</summary>
    private BinSums KeepBetween(int n, in Bracket lower, in Bracket upper, double low, double high)
    {
        ref int keys = ref MemoryMarshal.GetArrayDataReference(_keys);
        ref int weights = ref MemoryMarshal.GetArrayDataReference(_weights);
        ref int counts = ref MemoryMarshal.GetArrayDataReference(_counts);
        Vector256<int> lowLo = Vector256.Create(lower.Lo), lowHi = Vector256.Create(lower.Hi);
        Vector256<int> highLo = Vector256.Create(upper.Lo), highHi = Vector256.Create(upper.Hi);
        Vector256<long> signal = default;
        Vector256<int> zeros = default, kept = default;
        Vector256<float> squares = default;
        int inLow = 0;
        int inHigh = _left.Length;
        for (int i = 0; i < n; i += Vector256<int>.Count)
        {
            Vector256<int> key = Vector256.LoadUnsafe(ref keys, (nuint)i);
            Vector256<int> count = Vector256.LoadUnsafe(ref counts, (nuint)i);
            Vector256<int> inside = Vector256.GreaterThanOrEqual(key, lowHi) & Vector256.LessThan(key, highLo);
            Vector256<int> keptCount = count & inside;
            (Vector256<long> first, Vector256<long> second) = Vector256.Widen(keptCount);
            signal += first + second;
            kept -= inside;
            zeros -= Vector256.Equals(count, default) & inside;
            Vector256<float> weight = Vector256.ConvertToSingle(Vector256.LoadUnsafe(ref weights, (nuint)i) & inside);
            squares += weight * weight;

            Vector256<int> atLow = Vector256.GreaterThanOrEqual(key, lowLo) & Vector256.LessThan(key, lowHi);
            Vector256<int> atHigh = Vector256.GreaterThanOrEqual(key, highLo) & Vector256.LessThan(key, highHi);
            if ((atLow | atHigh) != default)
            {
                for (uint bits = Vector256.ExtractMostSignificantBits(atLow); bits != 0; bits &= bits - 1)
                {
                    _left[inLow++] = KeyAndPosition(i + BitOperations.TrailingZeroCount(bits));
                }

                for (uint bits = Vector256.ExtractMostSignificantBits(atHigh); bits != 0; bits &= bits - 1)
                {
                    _left[--inHigh] = KeyAndPosition(i + BitOperations.TrailingZeroCount(bits));
                }
            }
        }

        long sum = Vector256.Sum(signal);
        var sums = new BinSums
        {
            Signal = sum,
            Variance = sum + Vector256.Sum(zeros),
            Weight = upper.Below - lower.BelowHi,
            WeightSquared = Vector256.Sum(squares),
            Count = Vector256.Sum(kept),
        };
        Walk(_left.AsSpan(0, inLow), lower.Below, low, high, ref sums);
        Walk(_left.AsSpan(inHigh), upper.Below, low, high, ref sums);
        return sums;
    }

    /// <summary>Both quantiles fell into one bracket (a tied value such as zero counts, or a bin of few pixels).</summary>
    private BinSums KeepWithin(int n, int lo, int hi, int below, double low, double high)
    {
        int left = 0;
        for (int i = 0; i < n; i++)
        {
            if (_keys[i] >= lo && _keys[i] < hi)
            {
                _left[left++] = KeyAndPosition(i);
            }
        }

        BinSums sums = default;
        Walk(_left.AsSpan(0, left), below, low, high, ref sums);
        return sums;
    }

    /// <summary>Adds the kept ones of a bracket's pixels, in order of key, then of pixel.</summary>
    private void Walk(Span<long> left, int below, double low, double high, ref BinSums sums)
    {
        left.Sort();
        long before = below;
        foreach (long entry in left)
        {
            int i = (int)entry;
            long after = before + _weights[i];
            if (TrimmedMean.Keeps(before, after, low, high))
            {
                sums.Signal += _counts[i];
                sums.Variance += Math.Max(_counts[i], 1);
                sums.Weight += _weights[i];
                sums.WeightSquared += (double)_weights[i] * _weights[i];
                sums.Count++;
            }

            before = after;
        }
    }

    /// <summary>No pixel fits inside the limits as a whole: the <c>exact</c> form, with shares of pixels.</summary>
    private BinSums KeepShares(int n, double low, double high)
    {
        for (int i = 0; i < n; i++)
        {
            _left[i] = KeyAndPosition(i);
        }

        _left.AsSpan(0, n).Sort();
        BinSums sums = default;
        long before = 0;
        for (int k = 0; k < n; k++)
        {
            int i = (int)_left[k];
            long after = before + _weights[i];
            double share = TrimmedMean.ExactShare(before, after, low, high);
            if (share > 0)
            {
                sums.Signal += share * _counts[i];
                sums.Variance += share * share * Math.Max(_counts[i], 1);
                sums.Weight += share * _weights[i];
                sums.WeightSquared += share * share * _weights[i] * _weights[i];
                sums.Count++;
            }

            before = after;
        }

        return sums;
    }

    private long KeyAndPosition(int i) => ((long)_keys[i] << 32) | (uint)i;

    private struct BinSums
    {
        public double Signal;
        public double Variance;
        public double Weight;
        public double WeightSquared;
        public int Count;
    }

    /// <summary>
    /// Keys [Lo, Hi) that hold a quantile: everything below Lo is on one side of it, everything from Hi on the other.
    /// Keys are the bits of non-negative floats, which order as the floats do and are even inside an octave.
    /// </summary>
    private struct Bracket
    {
        public int Lo;
        public int Hi;
        public int Below;
        public int BelowHi;
        private double _target;
        private bool _inclusive;
        private bool _stalled;

        public readonly int Middle => Lo + ((Hi - Lo) / 2);

        /// <summary>Below Lo: C(i−1) &lt; target, cut. From Hi: C(i−1) ≥ target, not cut at the low end.</summary>
        public static Bracket ForLow(double target, int total, int largestKey) => target > 0
            ? new Bracket { Lo = 0, Hi = largestKey + 1, Below = 0, BelowHi = total, _target = target }
            : default;

        /// <summary>Below Lo: C(i) ≤ target, not cut at the high end. From Hi: C(i) &gt; target, cut.</summary>
        public static Bracket ForHigh(double target, int total, int largestKey) => total > target
            ? new Bracket { Lo = 0, Hi = largestKey + 1, Below = 0, BelowHi = total, _target = target, _inclusive = true }
            : new Bracket { Lo = largestKey + 1, Hi = largestKey + 1, Below = total, BelowHi = total };

        public readonly bool IsNarrow(double enough) => Hi - Lo <= 1 || BelowHi - Below <= enough;

        public readonly (int First, int Second) Around(int guess) => guess > 0
            ? (Clamp((long)guess - GuessMargin), Clamp((long)guess + GuessMargin))
            : Thirds();

        public void Narrow(int first, int belowFirst, int second, int belowSecond)
        {
            int span = BelowHi - Below;
            Narrow(first, belowFirst);
            Narrow(second, belowSecond);
            _stalled = BelowHi - Below > span / 2;
        }

        private void Narrow(int pivot, int below)
        {
            if (pivot <= Lo || pivot >= Hi)
            {
                return;
            }

            if (_inclusive ? below <= _target : below < _target)
            {
                Lo = pivot;
                Below = below;
            }
            else
            {
                Hi = pivot;
                BelowHi = below;
            }
        }

        /// <summary>Straight line through the bracket's ends, a few pixels to either side; thirds where that got stuck.</summary>
        public readonly (int First, int Second) NextPivots(double pixelWeight)
        {
            if (Hi - Lo <= 1 || _stalled)
            {
                return Thirds();
            }

            double slope = (double)(Hi - Lo) / (BelowHi - Below);
            double centre = Lo + (slope * (_target - Below));
            double margin = Math.Max(1, slope * SortBelow * 0.4 * pixelWeight);
            return (Clamp((long)(centre - margin)), Clamp((long)(centre + margin)));
        }

        private readonly (int First, int Second) Thirds()
        {
            int third = Math.Max(1, (Hi - Lo) / 3);
            return (Clamp((long)Lo + third), Clamp((long)Hi - third));
        }

        private readonly int Clamp(long pivot) => (int)Math.Clamp(pivot, (long)Lo + 1, Math.Max((long)Lo + 1, (long)Hi - 1));
    }
}
