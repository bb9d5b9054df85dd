using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Compute.Integration;

/// <summary>
/// Every filter as one would write it on paper, one bin after the other: the truth that the fast
/// integrators are tested against. Allocates and sorts; never used on a live frame.
/// </summary>
/// <param name="plan">The plan.</param>
/// <param name="reader">Unpacks the frames.</param>
public sealed class ReferenceIntegrator(IntegrationPlan plan, IPixelReader reader) : IFrameIntegrator
{
    private readonly int[] _pixels = new int[plan.Geometry.Shape.PixelCount];

    /// <inheritdoc/>
    public IntegrationPlan Plan { get; } = plan;

    /// <inheritdoc/>
    public int BatchSize => 1;

    /// <inheritdoc/>
    public void Integrate(ReadOnlySpan<RawFrame> frames, ReadOnlySpan<DiffractionPattern> patterns)
    {
        BatchShapes.Check(this, frames, patterns);
        DiffractionPattern pattern = patterns[0];
        pattern.Header = frames[0].Header;
        pattern.Outcome = reader.Begin(frames[0]);
        pattern.Outcome = pattern.Outcome == FrameOutcome.Accepted ? reader.Read(_pixels) : pattern.Outcome;
        if (pattern.Outcome != FrameOutcome.Accepted)
        {
            return;
        }

        pattern.Clear();
        for (int bin = 0; bin < Plan.CellCount; bin++)
        {
            Entry[] all = Valid(bin);
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

        Plan.PoissonBias?.Remove(pattern);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private Entry[] Valid(int bin)
    {
        var entries = new List<Entry>();
        for (int i = Plan.BinStart[bin]; i < Plan.BinStart[bin + 1]; i++)
        {
            int counts = _pixels[Plan.PixelOfEntry[i]];
            if (counts >= 0)
            {
                entries.Add(new Entry(
                    counts,
                    Plan.Normalisation[Plan.PixelOfEntry[i]],
                    TrimmedMean.Key(counts, Plan.InverseNormalisation[i]),
                    Plan.WeightOfEntry[i],
                    1));
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
