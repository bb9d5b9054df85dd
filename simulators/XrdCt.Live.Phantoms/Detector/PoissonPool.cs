namespace XrdCt.Live.Phantoms.Detector;

/// <summary>
/// Poisson counts by look-up. For means on a logarithmic ladder it holds 1,024 counts each, the quantiles
/// <c>F⁻¹((i + ½)/1024)</c> of the exact distribution, corrected so that their mean is the level's to 1/2048 count; a
/// uniform 10-bit number picks one. Means between two rungs are made by dithering between them. Immutable and
/// thread-safe.
/// </summary>
/// <remarks>
/// Rungs are 3 % apart: dithering then moves the mean by at most ln²(1.03)/8 = 1.1e-4. The pool lacks the tails beyond
/// 1/2048, which lowers the variance by less than 1 %.
/// </remarks>
internal sealed class PoissonPool
{
    /// <summary>Samples of a rung, and bits that pick one.</summary>
    public const int SampleBits = 10;

    /// <summary>Bits of dithering between rungs.</summary>
    public const int DitherBits = 6;

    /// <summary>Sample that stands for −1.</summary>
    public const ushort Gap = 65535;

    /// <summary>Sample that stands for −2.</summary>
    public const ushort Bad = 65534;

    private const int SampleCount = 1 << SampleBits;
    private const double LowestMean = 0.002;
    private const double HighestMean = 45_000;
    private const double StepRatio = 1.03;

    private static readonly double RungsPerUnitOfLog = 1 / Math.Log(StepRatio);
    private static readonly int RungCount =
        (int)Math.Ceiling(Math.Log(HighestMean / LowestMean) * RungsPerUnitOfLog) + 2;

    public PoissonPool()
    {
        // Two spare samples, because the vector path reads 32 bits for a 16-bit sample.
        Samples = new ushort[((RungCount + 3) << SampleBits) + 2];
        for (int rung = 0; rung < RungCount; rung++)
        {
            FillQuantiles(LowestMean * Math.Pow(StepRatio, rung), Samples.AsSpan(rung << SampleBits, SampleCount));
        }

        Samples.AsSpan(RungCount << SampleBits, SampleCount).Clear();
        Samples.AsSpan((RungCount + 1) << SampleBits, SampleCount).Fill(Bad);
        Samples.AsSpan((RungCount + 2) << SampleBits, SampleCount).Fill(Gap);
    }

    /// <summary>All samples, [rung, sample].</summary>
    public ushort[] Samples { get; }

    /// <summary>Fixed-point place of a pixel that always counts 0.</summary>
    public static int DeadPlace => RungCount << DitherBits;

    /// <summary>Fixed-point place of a bad pixel, −2.</summary>
    public static int BadPlace => (RungCount + 1) << DitherBits;

    /// <summary>Fixed-point place of a gap pixel, −1.</summary>
    public static int GapPlace => (RungCount + 2) << DitherBits;

    /// <summary>Lowest and highest place that a mean can have (a rung is 64 units).</summary>
    public static int HighestPlace => (RungCount - 2) << DitherBits;

    /// <summary>Fixed-point place of a mean on the ladder, not limited to it.</summary>
    public static int PlaceOf(double mean) =>
        (int)Math.Round(Math.Log(mean / LowestMean) * RungsPerUnitOfLog * (1 << DitherBits));

    /// <summary>Fixed-point distance of two means whose ratio is given.</summary>
    public static int Distance(double ratio) =>
        (int)Math.Round(Math.Log(ratio) * RungsPerUnitOfLog * (1 << DitherBits));

    private static void FillQuantiles(double mean, Span<ushort> samples)
    {
        // Start the sum 8 sigma below the mean, where the distribution is below 1e-15.
        int count = (int)Math.Max(0, mean - (8 * Math.Sqrt(mean)) - 8);
        double logTerm = (count * Math.Log(mean)) - mean - LogFactorial(count);
        double term = Math.Exp(logTerm);
        double sum = term;
        long total = 0;
        for (int i = 0; i < samples.Length; i++)
        {
            double quantile = (i + 0.5) / samples.Length;
            while (sum < quantile && (term > 1e-18 || count < mean))
            {
                count++;
                term *= mean / count;
                sum += term;
            }

            samples[i] = (ushort)count;
            total += count;
        }

        CorrectMean(samples, (long)Math.Round(mean * samples.Length) - total);
    }

    /// <summary>Shifts single samples by one, spread over the upper half, until the sum is right.</summary>
    private static void CorrectMean(Span<ushort> samples, long missing)
    {
        int sign = Math.Sign(missing);
        int stride = (int)Math.Max(1, samples.Length / 2 / Math.Max(1, Math.Abs(missing)));
        for (int at = samples.Length - 1; missing != 0; at = at - stride < 0 ? samples.Length - 1 : at - stride)
        {
            if (samples[at] + sign >= 0)
            {
                samples[at] = (ushort)(samples[at] + sign);
                missing -= sign;
            }
        }
    }

    /// <summary>Stirling's series; exact sum for small n.</summary>
    private static double LogFactorial(int n)
    {
        if (n < 32)
        {
            double sum = 0;
            for (int i = 2; i <= n; i++)
            {
                sum += Math.Log(i);
            }

            return sum;
        }

        double x = n + 1.0;
        return ((x - 0.5) * Math.Log(x)) - x + (0.5 * Math.Log(2 * Math.PI)) + (1 / (12 * x)) - (1 / (360 * x * x * x));
    }
}
