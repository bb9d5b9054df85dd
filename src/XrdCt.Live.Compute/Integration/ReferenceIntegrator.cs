using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Compute.Integration;

/// <summary>
/// Mean and pixel trimmed mean as one would write them on paper, one bin after the other: the truth that the fast
/// integrators are tested against. Allocates and sorts; never used on a live frame.
/// </summary>
public sealed class ReferenceIntegrator(IntegrationPlan plan) : IFrameIntegrator
{
    /// <inheritdoc/>
    public IntegrationPlan Plan { get; } = plan;

    /// <inheritdoc/>
    public void Integrate(ReadOnlySpan<int> pixels, DiffractionPattern pattern)
    {
        FrameShapes.Check(Plan, pixels, pattern);
        pattern.Clear();
        for (int bin = 0; bin < Plan.Axis.BinCount; bin++)
        {
            Entry[] all = Valid(pixels, bin);
            pattern.Mean[bin] = (float)(all.Sum(e => (double)e.Counts) / all.Sum(e => e.Norm));
            Entry[] kept = Plan.Options.Filter == IntegrationFilter.Trimmed ? Trim(all) : all;
            foreach (Entry e in kept)
            {
                pattern.Signal[bin] += e.Share * e.Counts;
                pattern.Normalisation[bin] += e.Share * e.Norm;
                pattern.Variance[bin] += e.Share * e.Share * Math.Max(e.Counts, 1);
                pattern.NormalisationSquared[bin] += e.Share * e.Share * e.Norm * e.Norm;
                pattern.Count[bin]++;
            }
        }
    }

    private Entry[] Valid(ReadOnlySpan<int> pixels, int bin)
    {
        var entries = new List<Entry>();
        for (int i = Plan.BinStart[bin]; i < Plan.BinStart[bin + 1]; i++)
        {
            int counts = pixels[Plan.PixelOfEntry[i]];
            if (counts >= 0)
            {
                float inverse = Plan.InverseNormalisation[i];
                int weight = IntegrationPlan.Weight(inverse, Plan.WeightScaleOfBin[bin]);
                entries.Add(new Entry(
                    counts, Plan.Normalisation[Plan.PixelOfEntry[i]], TrimmedMean.Key(counts, inverse), weight, 1));
            }
        }

        return [.. entries];
    }

    /// <summary>Keeps entry i where [C(i−1), C(i)] lies inside [q_low·T, q_high·T] or encloses it.</summary>
    private Entry[] Trim(Entry[] all)
    {
        // OrderBy is stable: equal keys stay in pixel order, which is the order every backend uses for ties.
        Entry[] sorted = [.. all.OrderBy(e => e.Key)];
        long total = sorted.Sum(e => (long)e.Weight);
        double low = Plan.Options.TrimLower * total;
        double high = (1 - Plan.Options.TrimUpper) * total;
        var kept = new List<Entry>();
        var partial = new List<Entry>();
        long before = 0;
        foreach (Entry e in sorted)
        {
            long after = before + e.Weight;
            if (TrimmedMean.Keeps(before, after, low, high))
            {
                kept.Add(e);
            }

            double share = TrimmedMean.ExactShare(before, after, low, high);
            if (share > 0)
            {
                partial.Add(e with { Share = share });
            }

            before = after;
        }

        return [.. kept.Count > 0 ? kept : partial];
    }

    private readonly record struct Entry(int Counts, double Norm, float Key, int Weight, double Share);
}
