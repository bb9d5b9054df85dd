using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Compute.Integration;

/// <summary>
/// Takes the bias of trimming at low counts out of a pattern. Poisson counts are skewed, so cutting 10 % off each end of a bin's pixels
/// cuts more signal at the high end: at 0.6 counts a pixel the trimmed mean is 24 % low. How low is known
/// (<see cref="TrimmedExpectation"/>), so it is tabulated per bin and inverted: λ̂ = T⁻¹(intensity).
/// </summary>
/// <remarks>
/// Averages over frames are then right as well: the inverse is curved, so the mean of λ̂ over the scatter of one frame would be off
/// by ½·(T⁻¹)″·σ² (0.7 % at 180 pixels and 1 count with 5 % / 25 %); that is taken off. Where T is 0, so is λ̂: a
/// trimmed mean of zero says no more than that the rate is small (below 0.105 counts a pixel with 10 % / 10 %). The tables are those of the plan's
/// pixels: pixels that a frame flags in addition hardly change them. Immutable and thread-safe.
/// </remarks>
internal sealed class PoissonBias
{
    // Tables run over the intensity, in counts per mean pixel, 32 steps an octave (the top five bits of a float's mantissa), from
    // 2⁻⁶ to 2¹¹; the rates that fill them 24 an octave: with 1,000 pixels a bin T bends over 6 % of λ = 1, its sharpest.
    private const int MantissaBits = 18;
    private const float Smallest = 1f / 64;
    private const float Largest = 2048;
    private const int StepsPerOctave = 24;
    private const double SmallestRate = 1.0 / 32;

    // 72 MB of tables.
    private const int LargestCellCount = 16_384;

    // Above this rate the levels of the counts blur, and T is a straight line over it: T = λ + a√λ + b.
    private const double LineFrom = 12;

    // Above 64 counts the inverse is straight over the scatter of a frame.
    private static readonly int BentNodes = (BitConverter.SingleToInt32Bits(64f) - BitConverter.SingleToInt32Bits(Smallest)) >> MantissaBits;

    private static readonly int First = BitConverter.SingleToInt32Bits(Smallest) >> MantissaBits;
    private static readonly int NodeCount = (BitConverter.SingleToInt32Bits(Largest) >> MantissaBits) - First + 1;
    private static readonly double[] Rates = MakeRates();

    private readonly (float Rate, float Sigma)[] _nodes;
    private readonly float[] _meanNormalisation;
    private readonly double[] _keptNormalisation;
    private readonly bool _countingErrors;

    /// <summary>Makes the tables of a plan: 4.4 kB a bin.</summary>
    public PoissonBias(IntegrationPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        IntegrationOptions options = plan.Options;
        (double lower, double upper) = options.Filter == IntegrationFilter.Median ? (0.5, 0.5) : (options.TrimLower, options.TrimUpper);
        bool wholePixels = options.TrimDefinition == TrimDefinition.Pixel;
        _countingErrors = options.ErrorModel != ErrorModel.Azimuthal;
        _nodes = new (float, float)[plan.CellCount * NodeCount];
        _meanNormalisation = new float[plan.CellCount];
        _keptNormalisation = new double[plan.CellCount];
        Parallel.For(0, plan.CellCount, bin =>
        {
            (int start, int end) = (plan.BinStart[bin], plan.BinStart[bin + 1]);
            if (end > start)
            {
                var expectation = new TrimmedExpectation(
                    plan.InverseNormalisation[start..end],
                    plan.ShareOfEntry.IsEmpty ? [] : plan.ShareOfEntry[start..end],
                    lower,
                    upper,
                    wholePixels);
                _meanNormalisation[bin] = (float)expectation.MeanNormalisation;
                _keptNormalisation[bin] = Math.Max(
                    (1 - lower - upper) * plan.BinNormalisation[bin],
                    plan.BinNormalisationSquared[bin] / plan.BinNormalisation[bin]);
                Fill(_nodes.AsSpan(bin * NodeCount, NodeCount), expectation);
            }
        });
    }

    /// <summary>Refuses what the expectation does not hold for.</summary>
    /// <param name="options">Options with <see cref="IntegrationOptions.CorrectPoissonBias"/> on.</param>
    /// <param name="hasDark">Whether a dark current is subtracted.</param>
    /// <param name="cellCount">Number of cells: bins, times sectors in 2D.</param>
    /// <exception cref="ArgumentException">Another filter, the cake, a dark current, or too many cells.</exception>
    public static void Check(IntegrationOptions options, bool hasDark, int cellCount)
    {
        string? refusal = options switch
        {
            { Filter: not (IntegrationFilter.Trimmed or IntegrationFilter.Median) } =>
                $"the Poisson bias is taken out of the trimmed mean and the median, not of {options.Filter}",
            { Filter: IntegrationFilter.Trimmed, TrimDefinition: TrimDefinition.Cake } =>
                "the Poisson bias cannot be taken out of the cake's trimmed mean, which averages sectors before it cuts (pixel and exact do not)",
            _ when hasDark =>
                "the Poisson bias cannot be taken out where a dark current is subtracted: what is left is not Poisson distributed",
            _ when cellCount > LargestCellCount =>
                $"the Poisson bias is tabulated for up to {LargestCellCount} bins (sectors × bins in 2D), not {cellCount}",
            _ => null,
        };
        if (refusal is not null)
        {
            throw new ArgumentException($"{refusal}: leave {nameof(IntegrationOptions.CorrectPoissonBias)} off", nameof(options));
        }
    }

    /// <summary>
    /// Corrects a pattern in place: the intensity becomes λ̂, the variance λ̂'s (for <see cref="ErrorModel.Azimuthal"/> the one that was
    /// there, times (dλ̂/dT)²). Mean, count and normalisations stay.
    /// </summary>
    /// <param name="pattern">A trimmed pattern of the plan's size.</param>
    public void Remove(DiffractionPattern pattern)
    {
        for (int bin = 0; bin < pattern.BinCount; bin++)
        {
            double norm = pattern.Normalisation[bin];
            double signal = pattern.Signal[bin];
            if (!(norm > 0 && signal > 0))
            {
                continue;
            }

            double counts = _meanNormalisation[bin];
            (double rate, double sigma, double slope) = Look(_nodes.AsSpan(bin * NodeCount, NodeCount), signal / norm * counts);
            pattern.Signal[bin] = rate / counts * norm;
            pattern.Variance[bin] = _countingErrors
                ? sigma * sigma / (counts * counts) * norm * _keptNormalisation[bin]
                : pattern.Variance[bin] * slope * slope;
        }
    }

    private static (double Rate, double Sigma, double Slope) Look(ReadOnlySpan<(float Rate, float Sigma)> nodes, double trimmed)
    {
        (float rate, float sigma) = nodes[0];
        if (trimmed < Smallest)
        {
            double part = trimmed / Smallest;
            return (part * rate, sigma, rate / Smallest);
        }

        if (trimmed >= Largest)
        {
            // λ̂ − T grows as √T where the two ends are cut unequally, and means nothing here where they are not.
            (rate, sigma) = nodes[^1];
            double root = Math.Sqrt(trimmed / Largest);
            return (trimmed + ((rate - Largest) * root), sigma * root, 1 + ((rate - Largest) / (2 * Largest * root)));
        }

        int bits = BitConverter.SingleToInt32Bits((float)trimmed);
        int i = Math.Min((bits >> MantissaBits) - First, NodeCount - 2);
        double at = Node(i);
        double width = Node(i + 1) - at;
        double inside = (trimmed - at) / width;
        (float nextRate, float nextSigma) = nodes[i + 1];
        (rate, sigma) = nodes[i];
        return (rate + (inside * (nextRate - rate)), sigma + (inside * (nextSigma - sigma)), (nextRate - rate) / width);
    }

    private static float Node(int i) => BitConverter.Int32BitsToSingle((First + i) << MantissaBits);

    private static double[] MakeRates()
    {
        int count = (int)(StepsPerOctave * Math.Log2(TrimmedExpectation.LargestRate / SmallestRate)) + 1;
        double[] rates = new double[count];
        for (int i = 0; i < count; i++)
        {
            rates[i] = SmallestRate * Math.Pow(2, (double)i / StepsPerOctave);
        }

        return rates;
    }

    private static void Fill(Span<(float Rate, float Sigma)> nodes, TrimmedExpectation expectation)
    {
        double[] rate = new double[NodeCount];
        double[] sigma = new double[NodeCount];
        Invert(expectation, rate, sigma);
        double[] unbiased = Unbend(rate, sigma);
        for (int i = 0; i < NodeCount; i++)
        {
            double at = Node(i);
            nodes[i] = (
                (float)Math.Max(0, unbiased[i]),
                (float)((Between(rate, at + sigma[i]) - Between(rate, at - sigma[i])) / 2));
        }
    }

    /// <summary>The rate that makes each node's trimmed mean the expected one, and how far the trimmed mean then scatters.</summary>
    private static void Invert(TrimmedExpectation expectation, Span<double> rate, Span<double> sigma)
    {
        double[] trimmed = new double[Rates.Length];
        double[] variance = new double[Rates.Length];
        double reached = 0;
        for (int i = 0; i < Rates.Length; i++)
        {
            (double mean, variance[i]) = expectation.At(Rates[i]);

            // Whole pixels make T step back by a part in 10⁴ here and there; a table that is inverted must rise.
            reached = Math.Max(mean, reached * (1 + 1e-9));
            trimmed[i] = reached;
        }

        (double slope, double offset) = Line(i => (trimmed[i] - Rates[i]) / Math.Sqrt(Rates[i]));
        (double varianceSlope, double varianceOffset) = Line(i => variance[i] / Rates[i]);
        int above = 0;
        for (int i = 0; i < rate.Length; i++)
        {
            double at = Node(i);
            while (above < Rates.Length && trimmed[above] < at)
            {
                above++;
            }

            if (above == Rates.Length)
            {
                double root = (Math.Sqrt(Math.Max(0, (slope * slope) + (4 * (at - offset)))) - slope) / 2;
                rate[i] = root * root;
                sigma[i] = Math.Sqrt(Math.Max(0, (rate[i] * varianceSlope) + (root * varianceOffset)));
                continue;
            }

            (double t0, double r0, double v0) = above > 0 ? (trimmed[above - 1], Rates[above - 1], variance[above - 1]) : (0, 0, 0);
            double inside = (at - t0) / (trimmed[above] - t0);
            rate[i] = r0 + (inside * (Rates[above] - r0));
            sigma[i] = Math.Sqrt(v0 + (inside * (variance[above] - v0)));
        }
    }

    /// <summary>Least squares of a quantity over 1/√λ: its value at infinity, and its slope.</summary>
    private static (double Value, double Slope) Line(Func<int, double> quantity)
    {
        double n = 0, sx = 0, sxx = 0, sy = 0, sxy = 0;
        for (int i = Array.FindIndex(Rates, r => r >= LineFrom); i < Rates.Length; i++)
        {
            (double x, double y) = (1 / Math.Sqrt(Rates[i]), quantity(i));
            n++;
            sx += x;
            sxx += x * x;
            sy += y;
            sxy += x * y;
        }

        double slope = ((n * sxy) - (sx * sy)) / ((n * sxx) - (sx * sx));
        return ((sy - (slope * sx)) / n, slope);
    }

    /// <summary>
    /// The function g of the trimmed mean whose average over the scatter of one frame is the rate, E[g] = T⁻¹, by two rounds of
    /// g ← g + T⁻¹ − E[g]; the average is a Gauss–Hermite sum of five points.
    /// </summary>
    private static double[] Unbend(double[] rate, double[] sigma)
    {
        double[] current = (double[])rate.Clone();
        double[] next = (double[])rate.Clone();
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < BentNodes; i++)
            {
                (double at, double near, double far) = (Node(i), 1.355626 * sigma[i], 2.856970 * sigma[i]);
                double average = (0.533333 * current[i])
                    + (0.222076 * (Between(current, at - near) + Between(current, at + near)))
                    + (0.011257 * (Between(current, at - far) + Between(current, at + far)));
                next[i] = current[i] + rate[i] - average;
            }

            next.CopyTo(current, 0);
        }

        return current;
    }

    private static double Between(double[] values, double trimmed)
    {
        if (trimmed < Smallest)
        {
            return Math.Max(0, trimmed / Smallest * values[0]);
        }

        int i = Math.Min((BitConverter.SingleToInt32Bits((float)trimmed) >> MantissaBits) - First, NodeCount - 2);
        double at = Node(i);
        return values[i] + ((trimmed - at) / (Node(i + 1) - at) * (values[i + 1] - values[i]));
    }
}
