using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Compute.Integration;

/// <summary>
/// Every filter as one would write it on paper, one cell after the other: the truth that the fast
/// integrators are tested against. Allocates and sorts; never used on a live frame.
/// </summary>
/// <param name="plan">The plan.</param>
/// <param name="reader">Unpacks the frames.</param>
public sealed class ReferenceIntegrator(IntegrationPlan plan, IPixelReader reader) : IFrameIntegrator
{
    private readonly int[] _pixels = new int[plan.Geometry.Shape.PixelCount];
    private readonly DiffractionPattern? _cake = plan.IsCake ? new DiffractionPattern(plan.CellCount) : null;
    private readonly ulong[] _ranking = new ulong[plan.IsCake ? plan.CellCount / plan.PatternSize : 0];

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

        DiffractionPattern cells = _cake ?? pattern;
        cells.Clear();
        for (int cell = 0; cell < Plan.CellCount; cell++)
        {
            Entry[] valid = Valid(cell);
            if (valid.Length > 0)
            {
                cells.Mean[cell] = (float)Mean(valid);
                Sum(Filter(valid), cells, cell);
            }
        }

        if (_cake is not null)
        {
            CakeTrim.Average(Plan.Options, _cake, pattern, _ranking);
        }

        Plan.PoissonBias?.Remove(pattern);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private Entry[] Valid(int cell)
    {
        var entries = new List<Entry>(Plan.BinStart[cell + 1] - Plan.BinStart[cell]);
        for (int i = Plan.BinStart[cell]; i < Plan.BinStart[cell + 1]; i++)
        {
            int counts = _pixels[Plan.PixelOfEntry[i]];
            if (counts >= 0 && !(counts >= Plan.DummyLower && counts <= Plan.DummyUpper))
            {
                float dark = Plan.DarkOfEntry.IsEmpty ? 0 : Plan.DarkOfEntry[i];
                entries.Add(new Entry
                {
                    Counts = counts,
                    Dark = dark,
                    Norm = Plan.Normalisation[Plan.PixelOfEntry[i]],
                    Key = TrimmedMean.Key(counts, dark, Plan.InverseNormalisation[i]),
                    Weight = Plan.WeightOfEntry[i],
                    Share = Plan.ShareOfEntry.IsEmpty ? 1 : Plan.ShareOfEntry[i],
                });
            }
        }

        return [.. entries];
    }

    private Entry[] Filter(Entry[] valid) => Plan.Options.Filter switch
    {
        IntegrationFilter.Mean => valid,
        IntegrationFilter.SigmaClip => Clip(valid),
        IntegrationFilter.Median or IntegrationFilter.Trimmed when Plan.IsCake => valid,
        IntegrationFilter.Median or IntegrationFilter.Trimmed => Trim(valid),
        _ => throw new InvalidOperationException($"unknown filter {Plan.Options.Filter}"),
    };

    private Entry[] Trim(Entry[] valid)
    {
        ulong[] ranks = [.. valid.Select((e, i) => TrimmedMean.Rank(e.Key, i))];
        Array.Sort(ranks);
        (double low, double high) = TrimmedMean.Limits(Plan.Options, valid.Sum(e => (long)e.Weight));
        var kept = new List<Entry>();
        var partial = new List<Entry>();
        long before = 0;
        foreach (ulong rank in ranks)
        {
            Entry e = valid[(int)(uint)rank];
            long after = before + e.Weight;
            if (TrimmedMean.Keeps(before, after, low, high))
            {
                kept.Add(e);
            }

            double share = TrimmedMean.ExactShare(before, after, low, high);
            if (share > 0)
            {
                partial.Add(e with { Share = e.Share * share });
            }

            before = after;
        }

        bool exact = Plan.Options.Filter == IntegrationFilter.Trimmed && Plan.Options.TrimDefinition == TrimDefinition.Exact;
        return [.. kept.Count > 0 && !exact ? kept : partial];
    }

    private Entry[] Clip(Entry[] valid)
    {
        Entry[] left = valid;
        for (int round = 0; round < Plan.Options.ClipIterations && left.Length > 0; round++)
        {
            (float low, float high) = SigmaClip.Limits(
                left.Sum(e => e.Share * e.Signal),
                left.Sum(e => e.Share * e.Norm),
                Variance(left, azimuthal: Plan.Options.ErrorModel != ErrorModel.Poisson),
                left.Sum(e => e.Share),
                Plan.Options.ClipThreshold_sigma);
            Entry[] kept = [.. left.Where(e => e.Key >= low && e.Key <= high)];
            if (kept.Length == left.Length)
            {
                break;
            }

            left = kept;
        }

        return left;
    }

    private void Sum(Entry[] kept, DiffractionPattern cells, int cell)
    {
        foreach (Entry e in kept)
        {
            cells.Signal[cell] += e.Share * e.Signal;
            cells.Normalisation[cell] += e.Share * e.Norm;
            cells.NormalisationSquared[cell] += e.Share * e.Share * e.Norm * e.Norm;
            cells.Count[cell]++;
        }

        cells.Variance[cell] = Variance(kept, azimuthal: Plan.Options.ErrorModel == ErrorModel.Azimuthal);
    }

    private static double Variance(Entry[] entries, bool azimuthal)
    {
        double mean = azimuthal && entries.Length > 0 ? Mean(entries) : 0;
        return azimuthal
            ? entries.Sum(e => PixelVariance.Azimuthal(e.Share * e.Norm, e.Signal / e.Norm, mean))
            : entries.Sum(e => e.Share * e.Share * PixelVariance.Poisson(e.Counts, e.Dark));
    }

    private static double Mean(Entry[] entries) => entries.Sum(e => e.Share * e.Signal) / entries.Sum(e => e.Share * e.Norm);

    private readonly record struct Entry
    {
        public required int Counts { get; init; }

        public required float Dark { get; init; }

        public required double Norm { get; init; }

        public required float Key { get; init; }

        public required int Weight { get; init; }

        public required double Share { get; init; }

        public double Signal => Counts - (double)Dark;
    }
}
