namespace XrdCt.Live.Compute.Integration;

/// <summary>
/// What the trimmed mean of one bin gives on average, T(λ), and how far it scatters, when pixel i counts Poisson(λ·nᵢ) photons:
/// the bias of trimming is T(λ) − λ.
/// </summary>
/// <remarks>
/// With x = k/n the sorting key, p(x) its probability, f the share of the normalisation and F(x) = Σ f·p the cumulated share, the kept
/// signal over the kept normalisation is <c>T = ∫₀^∞ E[clamp(b − F̂(x), 0, b − a)] dx / (b − a)</c>. F̂ is F as one frame finds it: normally
/// distributed around F with the variance F(1 − F)·Σw²/(Σw)² of as many pixels (so T is right at 50 pixels, not only at many); a and b are
/// the limits that are really cut at. The pixel rule keeps whole pixels, so they lie up to one pixel's weight inside lower and 1 − upper:
/// how much depends on where the cut falls between two pixels. Source: first principles; checked against simulated frames
/// (tests/Golden/poisson_bias).
/// </remarks>
internal sealed class TrimmedExpectation
{
    /// <summary>Largest rate that <see cref="At"/> takes, counts per mean pixel.</summary>
    public const double LargestRate = 48;

    // Classes of equal weight stand for the pixels' normalisations. T at 0.5 counts against that of all pixels, 10 % / 10 % and
    // 5 % / 25 %: on rings of the golden tilted detector (normalisations scatter by 1 %) 4 are off by 0.02 and 0.05 %, 1 by 0.2 and 1.1 %;
    // with normalisations spread evenly over ±15 % 8 are off by 0.05 and 0.1 %, 4 by 0.2 and 0.4 %. From 2 counts up 4 hold 0.03 %.
    private const int ClassCount = 8;
    private const int ClassCountBelowSpread = 4;
    private const double SmallSpread = 0.02;

    // Normalisations this close are equal: then the cut falls between the same two pixels in every frame.
    private const double EqualSpread = 1e-6;

    // Standard deviations after which a tail is left out: 1e-9 of the Poisson distribution, 1e-6 σ of the normal one's excess.
    private const double PoissonTail_sigma = 7;
    private const double NormalTail_sigma = 4.5;

    private readonly double _lower;
    private readonly double _upper;
    private readonly bool _wholePixels;
    private readonly int _count;
    private readonly double _perEffectivePixel;
    private readonly double _spread;
    private readonly double[] _norm;
    private readonly double[] _weight;
    private readonly double[] _pixels;
    private readonly double[] _key;
    private readonly byte[] _class;
    private readonly double[] _cumulatedWeight;
    private readonly double[] _cumulatedPixels;

    /// <summary>Sorts the pixels of a bin into classes of like normalisation.</summary>
    /// <param name="inverseNormalisation">1 / normalisation of each pixel; at least one, all finite and above 0.</param>
    /// <param name="share">Share of each pixel that falls into the bin, 0…1; empty where all fall in whole.</param>
    /// <param name="lower">Share of the normalisation cut off at the low end, 0…½.</param>
    /// <param name="upper">The same at the high end; ½ at both ends is the median.</param>
    /// <param name="wholePixels">Whether the pixels at the limits are left out (else they count with their share inside).</param>
    public TrimmedExpectation(
        ReadOnlySpan<float> inverseNormalisation, ReadOnlySpan<float> share, double lower, double upper, bool wholePixels)
    {
        (_lower, _upper, _wholePixels) = (lower, 1 - upper, wholePixels && lower + upper < 1);
        _count = inverseNormalisation.Length;
        double[] norms = new double[_count];
        double[] weights = new double[_count];
        double shares = 0, sum = 0, squares = 0;
        for (int i = 0; i < _count; i++)
        {
            double part = share.IsEmpty ? 1 : share[i];
            norms[i] = 1.0 / inverseNormalisation[i];
            weights[i] = part * norms[i];
            shares += part;
            sum += weights[i];
            squares += weights[i] * weights[i];
        }

        MeanNormalisation = sum / shares;
        _perEffectivePixel = squares / (sum * sum);
        _spread = Math.Sqrt(Math.Max(0, (_count * _perEffectivePixel) - 1));
        Array.Sort(norms, weights);
        int classes = norms[^1] - norms[0] < EqualSpread * norms[0] ? 1
            : _spread < SmallSpread ? ClassCountBelowSpread : ClassCount;
        (_norm, _weight, _pixels) = (new double[classes], new double[classes], new double[classes]);
        double before = 0;
        for (int i = 0; i < _count; i++)
        {
            int c = Math.Min(classes - 1, (int)((before + (weights[i] / 2)) / sum * classes));
            before += weights[i];
            _weight[c] += weights[i] / sum;
            _norm[c] += weights[i] / sum * norms[i] / MeanNormalisation;
            _pixels[c] += 1.0 / _count;
        }

        for (int c = 0; c < classes; c++)
        {
            _norm[c] = _weight[c] > 0 ? _norm[c] / _weight[c] : 1;
        }

        (_key, _class) = Keys(_norm);
        (_cumulatedWeight, _cumulatedPixels) = (new double[_key.Length], new double[_key.Length]);
    }

    /// <summary>Mean normalisation of the bin's pixels: intensities times this are counts per mean pixel.</summary>
    public double MeanNormalisation { get; }

    /// <summary>Expectation and variance of the trimmed mean of one frame, in counts per mean pixel.</summary>
    /// <param name="rate">λ, counts per mean pixel, above 0 and at most <see cref="LargestRate"/>.</param>
    public (double Mean, double Variance) At(double rate)
    {
        int atoms = Cumulate(rate);
        (double a, double b) = _wholePixels ? WholePixelLimits(atoms) : (_lower, _upper);
        return b > a ? Trimmed(atoms, a, b) : Median(atoms);
    }

    /// <summary>All keys k/n that a pixel can have, ascending, and the class of each: they do not depend on the rate.</summary>
    private static (double[] Key, byte[] Class) Keys(double[] norm)
    {
        double largest = LargestRate * norm.Max();
        int counts = (int)(largest + (PoissonTail_sigma * Math.Sqrt(largest))) + 12;
        double[] key = new double[counts * norm.Length];
        byte[] of = new byte[key.Length];
        for (int k = 0; k < counts; k++)
        {
            for (int c = 0; c < norm.Length; c++)
            {
                key[(k * norm.Length) + c] = k / norm[c];
                of[(k * norm.Length) + c] = (byte)c;
            }
        }

        Array.Sort(key, of);
        return (key, of);
    }

    /// <summary>F, and the share of the pixels, up to and including each key; returns how many keys matter at the rate.</summary>
    private int Cumulate(double rate)
    {
        Span<double> probability = stackalloc double[ClassCount];
        Span<int> counts = stackalloc int[ClassCount];
        counts.Clear();
        double weight = 0, pixels = 0;
        double last = rate + (PoissonTail_sigma * Math.Sqrt(rate)) + 10;
        for (int i = 0; i < _key.Length; i++)
        {
            int c = _class[i];
            int k = counts[c]++;
            probability[c] = k == 0 ? Math.Exp(-rate * _norm[c]) : probability[c] * rate * _norm[c] / k;
            weight += _weight[c] * probability[c];
            pixels += _pixels[c] * probability[c];
            _cumulatedWeight[i] = weight;
            _cumulatedPixels[i] = pixels;
            if (_key[i] > last)
            {
                return i + 1;
            }
        }

        return _key.Length;
    }

    private (double A, double B) WholePixelLimits(int atoms)
    {
        double a = _lower > 0 ? _lower + (_perEffectivePixel * Overshoot(PixelsBelow(_lower, atoms), 1)) : 0;
        double b = _upper < 1 ? _upper - (_perEffectivePixel * Overshoot(PixelsBelow(_upper, atoms), -1)) : 1;

        // No whole pixel fits: the integrators keep shares of pixels then.
        return b > a ? (a, b) : (_lower, _upper);
    }

    /// <summary>Number of pixels that lie below the limit; low keys mean large normalisations, so it is not limit · pixels.</summary>
    private double PixelsBelow(double limit, int atoms)
    {
        int i = _cumulatedWeight.AsSpan(0, atoms).BinarySearch(limit);
        i = Math.Min(i < 0 ? ~i : i, atoms - 1);
        (double f0, double p0) = i > 0 ? (_cumulatedWeight[i - 1], _cumulatedPixels[i - 1]) : (0, 0);
        double inside = Math.Clamp((limit - f0) / (_cumulatedWeight[i] - f0), 0, 1);
        return _count * (p0 + (inside * (_cumulatedPixels[i] - p0)));
    }

    /// <summary>
    /// Mean share of the pixel on the limit that is lost: the way from <paramref name="pixels"/> to the next whole number in the given
    /// direction, averaged over the normal distribution that unequal weights make of it (Fourier series of the sawtooth).
    /// </summary>
    private double Overshoot(double pixels, int direction)
    {
        if (_spread < EqualSpread)
        {
            return direction > 0 ? Math.Ceiling(pixels - 1e-6) - pixels : pixels - Math.Floor(pixels + 1e-6);
        }

        double variance = Math.Max(_spread * _spread * pixels * Math.Max(0, 1 - (pixels / _count)), 0.05 * 0.05);
        double sum = 0.5;
        for (int k = 1; ; k++)
        {
            double damping = Math.Exp(-2 * Math.PI * Math.PI * k * k * variance);
            if (damping < 1e-3)
            {
                return sum;
            }

            sum += Math.Sin(2 * Math.PI * k * direction * pixels) / (Math.PI * k) * damping;
        }
    }

    /// <summary>
    /// The integral of the remarks, step by step from key to key; the variance is that of ∫ F̂ dx between the limits,
    /// <c>2 ∬_{x&lt;y} F(x)(1 − F(y)) dx dy · Σw²/(Σw)² / (b − a)²</c> (the winsorised variance).
    /// </summary>
    private (double Mean, double Variance) Trimmed(int atoms, double a, double b)
    {
        double mean = 0, variance = 0, below = 0;
        for (int i = 0; i + 1 < atoms; i++)
        {
            double f = Math.Min(_cumulatedWeight[i], 1);
            double step = _key[i + 1] - _key[i];
            double sigma = Math.Sqrt(f * (1 - f) * _perEffectivePixel);
            (double aboveA, double passedA) = Excess(f - a, sigma);
            (double aboveB, double passedB) = Excess(f - b, sigma);
            mean += step * (b - a - aboveA + aboveB);
            double between = (passedA - passedB) * step;
            variance += between * (1 - f) * ((2 * below) + (between * f));
            below += between * f;
        }

        return (mean / (b - a), variance * _perEffectivePixel / ((b - a) * (b - a)));
    }

    /// <summary>The key at which F̂ passes ½: its distribution is P(F̂(x) &lt; ½), key by key.</summary>
    private (double Mean, double Variance) Median(int atoms)
    {
        double mean = 0, square = 0;
        for (int i = 0; i + 1 < atoms; i++)
        {
            double f = Math.Min(_cumulatedWeight[i], 1);
            double notYet = 1 - Excess(f - _lower, Math.Sqrt(f * (1 - f) * _perEffectivePixel)).Passed;
            mean += notYet * (_key[i + 1] - _key[i]);
            square += notYet * ((_key[i + 1] * _key[i + 1]) - (_key[i] * _key[i]));
        }

        return (mean, Math.Max(0, square - (mean * mean)));
    }

    /// <summary>E[max(d + σZ, 0)] and P(d + σZ &gt; 0) for a standard normal Z.</summary>
    private static (double Mean, double Passed) Excess(double d, double sigma)
    {
        if (Math.Abs(d) >= NormalTail_sigma * sigma)
        {
            return d > 0 ? (d, 1) : (0, 0);
        }

        double z = d / sigma;
        double density = Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI);

        // Abramowitz & Stegun 26.2.17, error below 7.5e-8.
        double t = 1 / (1 + (0.2316419 * Math.Abs(z)));
        double tail = density * t * (0.319381530 + (t * (-0.356563782 + (t * (1.781477937 + (t * (-1.821255978 + (t * 1.330274429))))))));
        double passed = z > 0 ? 1 - tail : tail;
        return (sigma * ((z * passed) + density), passed);
    }
}
