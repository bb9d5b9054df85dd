using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Compute.Sinograms;

/// <summary>
/// The changes of the beam, decay and top-ups, line by line from the data themselves, where no monitor tells them. A line takes seconds, a
/// decay minutes to hours; what happens within a line stays in.
/// </summary>
internal static class BeamFactors
{
    // A projection of which more is missing has a total of its own; a translation that sees the sample more often is not outside; and where more
    // projections end inside the sample, it does not fit into the scan.
    private const double LeastShare = 0.9;

    // Of the usual level: no decay goes so far between two top-ups.
    private const double Dark = 0.1;

    /// <summary>From what each projection counts outside the sample, <c>mean(A) / A(line)</c>.</summary>
    /// <param name="plan">The plan; its lines run over translations.</param>
    /// <param name="total">Total intensity, [rotation, translation]; NaN where unmeasured.</param>
    /// <param name="air">The cells outside the sample.</param>
    /// <param name="refusal">Why there are none; empty where there are.</param>
    /// <returns>One factor per line, in order of time; empty where there are none.</returns>
    public static double[] FromAir(ScanPlan plan, ReadOnlySpan<float> total, AirScatter air, out string refusal)
    {
        if (plan.Path.LinesRunOverRotations)
        {
            refusal = "the beam cannot be followed by its air scatter: lines that run over rotations have no cells on either side of the sample";
            return [];
        }

        if (air.Refusal is not null)
        {
            refusal = $"the beam cannot be followed by its air scatter: {air.Refusal}";
            return [];
        }

        int[] outside = [.. AlwaysOutside(plan, total, air)];
        double[] levels = new double[plan.LineCount];
        for (int line = 0; line < levels.Length; line++)
        {
            int first = plan.CellOf(line * plan.LineLength).Rotation * plan.TranslationCount;
            double sum = 0;
            int count = 0;
            foreach (int translation in outside)
            {
                float value = total[first + translation];
                sum += float.IsNaN(value) ? 0 : value;
                count += float.IsNaN(value) ? 0 : 1;
            }

            levels[line] = 2 * count > outside.Length ? sum / count : double.NaN;
        }

        return Level(levels, "no translation is outside the sample at all angles: the beam cannot be followed by its air scatter", out refusal);
    }

    /// <summary>From the total of each projection, <c>mean(T) / T(line)</c>: constant where every projection holds the whole sample.</summary>
    /// <inheritdoc cref="FromAir"/>
    public static double[] FromConstantTotal(ScanPlan plan, ReadOnlySpan<float> total, AirScatter air, out string refusal)
    {
        if (ConstantTotal.RefusalFor(plan, air) is { } reason)
        {
            refusal = reason;
            return [];
        }

        float[] whole = total.ToArray();
        int seen = 0;
        int truncated = 0;
        for (int rotation = 0; rotation < plan.RotationCount; rotation++)
        {
            Span<float> projection = whole.AsSpan(rotation * plan.TranslationCount, plan.TranslationCount);
            float[] measured = projection.ToArray();
            if (ProjectionGaps.Bridge(measured, projection) < LeastShare * plan.TranslationCount)
            {
                projection.Fill(float.NaN);
                continue;
            }

            seen++;
            if (!EndsInAir(measured, air.Cells.Slice(rotation * plan.TranslationCount, plan.TranslationCount)))
            {
                truncated++;
                projection.Fill(float.NaN);
            }
        }

        if (truncated > (1 - LeastShare) * seen)
        {
            refusal = ConstantTotal.Truncated;
            return [];
        }

        double[] factors = ConstantTotal.Factors(plan, whole, air);
        double[] levels = [.. Enumerable.Range(0, plan.LineCount).Select(line => 1 / factors[plan.CellOf(line * plan.LineLength).Rotation])];
        return Level(levels, "no projection is measured whole: its total says nothing of the beam", out refusal);
    }

    // Whether the first and the last measured cell of a projection are outside the sample.
    private static bool EndsInAir(float[] projection, ReadOnlySpan<bool> air)
    {
        int first = Array.FindIndex(projection, v => !float.IsNaN(v));
        int last = Array.FindLastIndex(projection, v => !float.IsNaN(v));
        return first >= 0 && air[first] && air[last];
    }

    private static List<int> AlwaysOutside(ScanPlan plan, ReadOnlySpan<float> total, AirScatter air)
    {
        List<int> outside = [];
        for (int translation = 0; translation < plan.TranslationCount; translation++)
        {
            int measured = 0;
            int inAir = 0;
            for (int cell = translation; cell < total.Length; cell += plan.TranslationCount)
            {
                measured += float.IsNaN(total[cell]) ? 0 : 1;
                inAir += air.Cells[cell] ? 1 : 0;
            }

            if (measured > 0 && inAir >= LeastShare * measured)
            {
                outside.Add(translation);
            }
        }

        return outside;
    }

    // Lines that say nothing are between those before and after them in time, as the beam is. A level that stands out of those in time is no
    // beam but a dead or hot line: brought to the level of all others it would be seen no more.
    private static double[] Level(double[] levels, string ifNone, out string refusal)
    {
        float off = (float)(Dark * Quantiles.Of([.. levels.Select(v => (float)v)], 0.5));
        levels = [.. levels.Select(v => v < off ? double.NaN : v)];
        OutlierLines.Drop(levels);
        double[] known = [.. levels.Where(v => double.IsFinite(v) && v > 0)];
        if (known.Length == 0)
        {
            refusal = ifNone;
            return [];
        }

        double mean = known.Average();
        float[] relative = [.. levels.Select(v => double.IsFinite(v) && v > 0 ? (float)(v / mean) : float.NaN)];
        float[] bridged = new float[relative.Length];
        ProjectionGaps.Bridge(relative, bridged);
        refusal = "";
        return [.. bridged.Select(v => 1.0 / v)];
    }
}
