namespace XrdCt.Live.Compute.Simd;

/// <summary>
/// Keys [Lo, Hi) that hold a quantile: everything below Lo is on one side of it, everything from Hi on the other.
/// Keys are the bits of floats, which order as the floats do and are even inside an octave.
/// </summary>
internal struct QuantileBracket
{
    /// <summary>Below this, everything lies on the lower side of the quantile.</summary>
    public int Lo;

    /// <summary>From this on, everything lies on its upper side.</summary>
    public int Hi;

    /// <summary>Σ weight of the pixels below <see cref="Lo"/>.</summary>
    public int Below;

    /// <summary>Σ weight of the pixels below <see cref="Hi"/>.</summary>
    public int BelowHi;

    private double _target;
    private bool _inclusive;
    private bool _stalled;

    /// <summary>Below Lo: C(i−1) &lt; target, cut. From Hi: C(i−1) ≥ target, not cut at the low end.</summary>
    public static QuantileBracket ForLow(double target, int total, int smallestKey, int largestKey) => target > 0
        ? new QuantileBracket { Lo = smallestKey, Hi = largestKey + 1, Below = 0, BelowHi = total, _target = target }
        : new QuantileBracket { Lo = smallestKey, Hi = smallestKey, Below = 0, BelowHi = 0 };

    /// <summary>Below Lo: C(i) ≤ target, not cut at the high end. From Hi: C(i) &gt; target, cut.</summary>
    public static QuantileBracket ForHigh(double target, int total, int smallestKey, int largestKey) => total > target
        ? new QuantileBracket { Lo = smallestKey, Hi = largestKey + 1, Below = 0, BelowHi = total, _target = target, _inclusive = true }
        : new QuantileBracket { Lo = largestKey + 1, Hi = largestKey + 1, Below = total, BelowHi = total };

    /// <summary>One key is left.</summary>
    public readonly bool IsOneKey => Hi - (long)Lo <= 1;

    /// <summary>Σ weight of the pixels inside.</summary>
    public readonly int Inside => BelowHi - Below;

    /// <summary>First pivots: around a guess if there is one that lies inside.</summary>
    public readonly (int First, int Second) Around(int guess, int margin) => guess > Lo && guess < Hi
        ? (Clamp((long)guess - margin), Clamp((long)guess + margin))
        : Thirds();

    /// <summary>Takes in what was counted below two pivots.</summary>
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
    /// <param name="margin">Σ weight of those few pixels.</param>
    public readonly (int First, int Second) NextPivots(double margin)
    {
        if (IsOneKey || _stalled)
        {
            return Thirds();
        }

        double slope = ((double)Hi - Lo) / (BelowHi - Below);
        double centre = Lo + (slope * (_target - Below));
        double reach = Math.Max(1, slope * margin);
        return (Clamp((long)(centre - reach)), Clamp((long)(centre + reach)));
    }

    private readonly (int First, int Second) Thirds()
    {
        long third = Math.Max(1, ((long)Hi - Lo) / 3);
        return (Clamp(Lo + third), Clamp(Hi - third));
    }

    private readonly int Clamp(long pivot) => (int)Math.Clamp(pivot, (long)Lo + 1, Math.Max((long)Lo + 1, (long)Hi - 1));
}
