using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Compute.Integration;

/// <summary>
/// Plain mean: the image is streamed once, in its own order, and scattered into the bins. (Gathering a bin's pixels
/// instead touches a new cache line per pixel and is four times slower.)
/// </summary>
/// <remarks>Not thread-safe: one instance per worker.</remarks>
internal sealed class MeanIntegrator
{
    // Neighbouring pixels mostly fall into the same bin; four accumulators in turn keep the additions independent.
    private const int Lanes = 4;

    private readonly long[] _sums;
    private readonly int[] _zeros;

    /// <summary>Makes an integrator with its own accumulators.</summary>
    public MeanIntegrator(IntegrationPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        Plan = plan;
        _sums = new long[plan.Axis.BinCount * Lanes];
        _zeros = new int[plan.Axis.BinCount * Lanes];
    }

    /// <summary>As the interface.</summary>
    public IntegrationPlan Plan { get; }

    /// <summary>As the interface.</summary>
    public void Integrate(ReadOnlySpan<int> pixels, DiffractionPattern pattern)
    {
        int binCount = Plan.Axis.BinCount;
        Array.Clear(_sums);
        Array.Clear(_zeros);
        for (int b = 0; b < binCount; b++)
        {
            pattern.Normalisation[b] = Plan.BinNormalisation[b];
            pattern.NormalisationSquared[b] = Plan.BinNormalisationSquared[b];
            pattern.Count[b] = Plan.BinStart[b + 1] - Plan.BinStart[b];
        }

        for (int bin = 0; bin < binCount; bin++)
        {
            for (int e = Plan.BinStart[bin]; e < Plan.BinStart[bin + 1]; e++)
            {
                int i = Plan.PixelOfEntry[e];
                int counts = pixels[i];
                if (counts < 0)
                {
                    Withdraw(pattern, bin, Plan.Normalisation[i]);
                    continue;
                }

                int slot = (bin * Lanes) + (i & (Lanes - 1));
                _sums[slot] += counts;
                _zeros[slot] += counts == 0 ? 1 : 0;
            }
        }

        for (int b = 0; b < binCount; b++)
        {
            int slot = b * Lanes;
            long sum = _sums[slot] + _sums[slot + 1] + _sums[slot + 2] + _sums[slot + 3];
            pattern.Signal[b] = sum;

            // Poisson, max(counts, 1): a pixel without a count still carries the variance of one.
            pattern.Variance[b] = sum + _zeros[slot] + _zeros[slot + 1] + _zeros[slot + 2] + _zeros[slot + 3];
            pattern.Mean[b] = pattern.Count[b] > 0 ? (float)(sum / pattern.Normalisation[b]) : float.NaN;
        }
    }

    /// <summary>A flagged pixel that the static mask did not know: it leaves the normalisation of its bin.</summary>
    private static void Withdraw(DiffractionPattern pattern, int bin, double normalisation)
    {
        pattern.Count[bin]--;
        if (pattern.Count[bin] == 0)
        {
            pattern.Normalisation[bin] = 0;
            pattern.NormalisationSquared[bin] = 0;
            return;
        }

        pattern.Normalisation[bin] -= normalisation;
        pattern.NormalisationSquared[bin] -= normalisation * normalisation;
    }
}
