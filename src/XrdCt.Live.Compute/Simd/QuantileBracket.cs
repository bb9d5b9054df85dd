namespace XrdCt.Live.Compute.Simd;

/// <summary>
/// Keys [Lo, Hi) that hold a quantile: everything below Lo is on one side of it, everything from Hi on the other.
/// Keys are the bits of floats, which order as the floats do and are even inside an octave.
/// </summary>
internal struct QuantileBracket
{
    // Pivots lie this many standard deviations, and at least this many pixels, from where the quantile is expected.
    private const double ReachSigma = 1.2;
    private const double LeastReach = 6;

    /// <summary>Below this, everything lies on the lower side of the quantile.</summary>
    public int Lo;

    /// <summary>From this on, everything lies on its upper side.</summary>
    public int Hi;

    /// <summary>Σ weight of the pixels below <see cref="Lo"/>.</summary>
    public int Below;

    /// <summary>Σ weight of the pixels below <see cref="Hi"/>.</summary>
    public int BelowHi;

    private double _target;
    private float _targetLogit;
    private bool _inclusive;
    private int _stalls;

    /// <summary>Below Lo: C(i−1) &lt; target, cut. From Hi: C(i−1) ≥ target, not cut at the low end.</summary>
    public static QuantileBracket ForLow(double target, int total, int smallestKey, int largestKey) => target > 0
        ? new QuantileBracket { Lo = smallestKey, Hi = largestKey + 1, Below = 0, BelowHi = total, _target = target, _targetLogit = Logit(target, total) }
        : new QuantileBracket { Lo = smallestKey, Hi = smallestKey, Below = 0, BelowHi = 0 };

    /// <summary>Below Lo: C(i) ≤ target, not cut at the high end. From Hi: C(i) &gt; target, cut.</summary>
    public static QuantileBracket ForHigh(double target, int total, int smallestKey, int largestKey) => total > target
        ? new QuantileBracket { Lo = smallestKey, Hi = largestKey + 1, Below = 0, BelowHi = total, _target = target, _targetLogit = Logit(target, total), _inclusive = true }
        : new QuantileBracket { Lo = largestKey + 1, Hi = largestKey + 1, Below = total, BelowHi = total };

    /// <summary>One key is left.</summary>
    public readonly bool IsOneKey => Hi - (long)Lo <= 1;

    /// <summary>Σ weight of the pixels inside.</summary>
    public readonly int Inside => BelowHi - Below;

    /// <summary>Pivots that keep what lies between two keys, the second included, and with them their clusters.</summary>
    public readonly (int First, int Second) Between(int first, int last, KeyLattice? lattice)
    {
        if (lattice is KeyLattice keys && keys.Cluster(last) is >= 0 and var lastCluster && keys.Cluster(first) is >= 0 and var firstCluster)
        {
            return (Clamp(keys.Start(firstCluster)), Clamp(keys.End(lastCluster)));
        }

        return (Clamp(first), Clamp(last + 1L));
    }

    /// <summary>Takes in what was counted below two pivots.</summary>
    public void Narrow(int first, int belowFirst, int second, int belowSecond)
    {
        int span = BelowHi - Below;
        Narrow(first, belowFirst);
        Narrow(second, belowSecond);
        _stalls = BelowHi - Below > span / 2 ? _stalls + 1 : 0;
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

    /// <summary>
    /// Pivots a few pixels to either side of where the quantile is expected. Counts of a ring are nearly normal, for which the key is nearly
    /// a straight line over the logit of the share below it; a straight line over the share itself would miss by far in a tail. Thirds
    /// where that got stuck.
    /// </summary>
    /// <param name="total">Σ weight of all pixels.</param>
    /// <param name="pixelWeight">Weight of a pixel.</param>
    /// <param name="lattice">Where keys can lie; null for anywhere.</param>
    public readonly (int First, int Second) NextPivots(int total, double pixelWeight, KeyLattice? lattice)
    {
        if (IsOneKey)
        {
            return (Clamp(Hi), Clamp(Hi));
        }

        if (_stalls > 1)
        {
            long third = Math.Max(1, ((long)Hi - Lo) / 3);
            return (Clamp((long)Lo + third), Clamp((long)Hi - third));
        }

        double lo = Lo, hi = Hi;
        if (lattice is KeyLattice keys && keys.Cluster(Hi - 1) is >= 0 and var last && keys.Cluster(Lo) is >= 0 and var first)
        {
            first = Lo >= keys.End(first) ? first + 1 : first;
            last = Hi <= keys.Start(last) ? last - 1 : last;
            if (last > first && Inside > 2 * LeastReach * pixelWeight * (last - first + 1))
            {
                // Clusters of more than a few pixels: first the cluster, then the place in it.
                int cluster = Math.Clamp(keys.Cluster((int)Expected(total, lo, hi)), first, last);
                return (Clamp(keys.Start(cluster)), Clamp(keys.End(cluster)));
            }

            lo = Math.Max(lo, keys.Start(first) - 1.0);
            hi = Math.Min(hi, keys.End(last));
            if (last == first)
            {
                double step = (hi - lo) / Inside;
                return Around(lo + (step * (_target - Below)), step * Spread(pixelWeight));
            }
        }

        float low = Logit(Below, total), high = Logit(BelowHi, total);
        double share = _target / total;
        double density = total * share * (1 - share) * (high - low) / (hi - lo);
        double centre = lo + ((hi - lo) * (_targetLogit - low) / (high - low));
        return Around(centre, Spread(pixelWeight) / Math.Max(density, Inside / (hi - lo) / 8));
    }

    /// <summary>Σ weight by which the quantile may miss its expectation: pixels fall on either side of a key by chance.</summary>
    private readonly double Spread(double pixelWeight)
    {
        double share = (_target - Below) / Inside;
        double pixels = Math.Max(LeastReach, ReachSigma * Math.Sqrt(Inside / pixelWeight * share * (1 - share)));
        return pixels * pixelWeight * (_stalls + 1);
    }

    private readonly (int First, int Second) Around(double centre, double reach)
    {
        reach = Math.Max(1, reach);
        return (Clamp((long)(centre - reach)), Clamp((long)(centre + reach)));
    }

    /// <summary>Straight line over the logit.</summary>
    private readonly double Expected(int total, double lo, double hi)
    {
        float low = Logit(Below, total), high = Logit(BelowHi, total);
        return lo + ((hi - lo) * (_targetLogit - low) / (high - low));
    }

    private static float Logit(double below, int total)
    {
        // A thousandth stands for none: no bin has so many pixels that it matters.
        double none = 0.001 * total;
        return MathF.Log((float)((below + none) / (total - below + none)));
    }

    private readonly int Clamp(long pivot) => (int)Math.Clamp(pivot, (long)Lo + 1, Math.Max((long)Lo + 1, (long)Hi - 1));
}
