using System.Globalization;
using System.Numerics.Tensors;
using XrdCt.Live.Model.Guidance;

namespace XrdCt.Live.Compute.Guidance;

/// <summary>
/// The terms of the score for every pixel as a centre, from discs of three radii: R of the field of view, R·√2 (twice its area) and the smaller one
/// of local means. ⟨f⟩ is the mean over the field of view. Not thread-safe: it keeps its memory.
/// </summary>
/// <remarks>
/// All that decides is linear in the slices, or a ratio of such, over discs of many pixels: noise of single voxels averages out, and a fine map
/// of a sample has the same terms as a coarse one. A threshold is used for the outline only.
/// <list type="bullet">
/// <item>material: <c>min(1, ⟨f⟩ / L)</c>; L is what a tenth of the places in the sample exceed.</item>
/// <item>uniformity: <c>1 / (1 + s²/(t²·⟨f⟩²))</c>; s² is the variance of the local means in the field of view, of two half-sets their covariance, in
/// which noise does not count; t the tolerance.</item>
/// <item>edge: <c>min(1, d / (R + margin))</c>; d is the distance to the air around the sample.</item>
/// <item>in field: signal from the field of view over all that its rays see.</item>
/// <item>cupping: mean of the ring of the same area around the field of view over ⟨f⟩, or its inverse, whichever is smaller.</item>
/// <item>spottiness: <c>min(1, 1/s)</c>; s is ⟨spottiness⟩/⟨f⟩ over the same ratio of the whole sample.</item>
/// <item>cell volume: <c>1 / (1 + s²/(t²·⟨V⟩²))</c> with the variance s² of V.</item>
/// </list>
/// </remarks>
internal sealed class PlacementMaps
{
    // A tenth of the places is fuller: one bright grain does not set the scale.
    private const double FullQuantile = 0.9;

    private readonly PlacementRules _rules;
    private readonly double _pixelSize_um;
    private readonly int _size;
    private readonly DiscMeans _wide;
    private readonly DiscMeans _local;
    private readonly StripMeans _strips;

    /// <summary>Cuts the discs.</summary>
    public PlacementMaps(PlacementRules rules, int size, double pixelSize_um)
    {
        (_rules, _size, _pixelSize_um) = (rules, size, pixelSize_um);
        Field = new DiscMeans(size, rules.Radius_um / pixelSize_um);
        _wide = new DiscMeans(size, rules.Radius_um * Math.Sqrt(2) / pixelSize_um);
        _local = new DiscMeans(size, rules.LocalRadius_um / pixelSize_um);
        _strips = new StripMeans(size);
    }

    /// <summary>Means over the field of view.</summary>
    public DiscMeans Field { get; }

    /// <summary>Outline of a slice; null where it has no contrast.</summary>
    public SampleOutline? Outline(float[] slice) => SampleOutline.Find(Means(_local, slice), _size, _pixelSize_um);

    /// <summary>The terms that follow from the slices of the phases, in a fixed order.</summary>
    /// <param name="phases">Slice of each phase, in the order of the weights.</param>
    /// <param name="halves">Both half-sets of the first one; null where there are none.</param>
    /// <param name="weights">The phases and what they count.</param>
    /// <param name="outline">Where the sample is.</param>
    public List<TermMap> OfPhases(
        IReadOnlyList<float[]> phases, (float[] First, float[] Second)? halves, IReadOnlyList<PhaseWeight> weights, SampleOutline outline)
    {
        List<TermMap> terms = [];
        double[]? first = null;
        for (int p = 0; p < phases.Count; p++)
        {
            double[] mean = Means(Field, phases[p]);
            first ??= mean;
            double full = Quantile(mean, outline.Material);
            terms.Add(new TermMap(
                $"material {weights[p].Channel}",
                weights[p].Weight,
                full > 0 ? Map(i => Math.Clamp(mean[i] / full, 0, 1)) : new double[mean.Length],
                i => full > 0 ? Say($"{100 * mean[i] / full:F0} % of what the fullest places hold") : "none of it anywhere"));
        }

        double[] variance = LocalVariance(outline.Local, halves);
        double[] spread = Map(i => first![i] > 0 ? Math.Sqrt(Math.Max(0, variance[i])) / first[i] : double.PositiveInfinity);
        terms.Add(new TermMap(
            "uniformity",
            _rules.Weights.Uniformity,
            Map(i => 1 / (1 + Math.Pow(spread[i] / _rules.IntensityTolerance, 2))),
            i => Say($"local means differ by {100 * spread[i]:F0} %")));

        double far_um = _rules.Radius_um + _rules.Margin_um;
        terms.Add(new TermMap(
            "edge",
            _rules.Weights.Edge,
            Map(i => Math.Min(1, outline.EdgeDistance_um[i] / far_um)),
            i => Say($"centre {outline.EdgeDistance_um[i]:F0} µm from the edge, {far_um:F0} are enough")));

        double[] wide = Means(_wide, phases[0]);
        double[] ring = Map(i => first![i] > 0 ? ((2 * wide[i]) - first[i]) / first[i] : 0);
        terms.Add(new TermMap(
            "cupping",
            _rules.Weights.Cupping,
            Map(i => Math.Clamp(Math.Min(ring[i], ring[i] > 0 ? 1 / ring[i] : 0), 0, 1)),
            i => Say($"the ring around it holds {100 * ring[i]:F0} % of what it holds")));
        return terms;
    }

    /// <summary>Share of the signal from inside.</summary>
    public TermMap InField(float[] slice)
    {
        double[] strips = new double[slice.Length];
        _strips.Compute(slice, Field.Radius_px, strips);
        double[] inside = Means(Field, slice);
        double area = Math.PI * Field.Radius_px * Field.Radius_px;
        double[] share = Map(i => strips[i] > 0 ? Math.Clamp(area * inside[i] / strips[i], 0, 1) : 0);
        return new TermMap("in field", _rules.Weights.InField, share, i => Say($"{100 * (1 - share[i]):F0} % of the signal of an ROI scan would come from outside"));
    }

    /// <summary>Spots beside those of the whole sample.</summary>
    public TermMap Spottiness(float[] spots, float[] slice, SampleOutline outline)
    {
        double allSpots = 0, all = 0;
        for (int i = 0; i < slice.Length; i++)
        {
            if (outline.Material[i] && float.IsFinite(spots[i]) && float.IsFinite(slice[i]))
            {
                allSpots += spots[i];
                all += slice[i];
            }
        }

        double[] here = Means(Field, spots);
        double[] material = Means(Field, slice);
        double[] ratio = Map(i => allSpots > 0 && all > 0 && material[i] > 0 ? here[i] / material[i] / (allSpots / all) : 0);
        return new TermMap(
            "spottiness", _rules.Weights.Spottiness, Map(i => 1 / Math.Max(1, ratio[i])), i => Say($"{ratio[i]:F2} times the sample's share of large crystallites"));
    }

    /// <summary>Uniformity of V.</summary>
    public TermMap CellVolume(float[] volume_A3, SampleOutline outline)
    {
        double origin = 0;
        int count = 0;
        foreach (float v in volume_A3)
        {
            if (float.IsFinite(v))
            {
                origin += v;
                count++;
            }
        }

        origin /= Math.Max(1, count);
        double[] known = Means(Field, [.. volume_A3.Select(v => float.IsFinite(v) ? 1f : 0f)]);
        double[] mean = Means(Field, [.. volume_A3.Select(v => (float)(v - origin))]);
        double[] square = Means(Field, [.. volume_A3.Select(v => (float)((v - origin) * (v - origin)))]);
        double[] material = Means(Field, outline.Material);

        // Of less than half of the material, V says nothing of the place.
        bool IsKnown(int i) => known[i] > 0.5 * material[i] && known[i] > 0;
        double[] spread = Map(i => IsKnown(i)
            ? Math.Sqrt(Math.Max(0, (square[i] / known[i]) - Math.Pow(mean[i] / known[i], 2))) / (origin + (mean[i] / known[i]))
            : double.PositiveInfinity);
        return new TermMap(
            "cell volume",
            _rules.Weights.CellVolume,
            Map(i => 1 / (1 + Math.Pow(spread[i] / _rules.VolumeTolerance, 2))),
            i => IsKnown(i) ? Say($"V differs by {100 * spread[i]:F2} %") : "V is not known in most of it");
    }

    /// <summary>Share of the field of view that is material.</summary>
    public double[] MaterialFraction(SampleOutline outline) => Means(Field, outline.Material);

    /// <summary>The weighted mean of the terms.</summary>
    public static double[] Score(IReadOnlyList<TermMap> terms)
    {
        double all = terms.Sum(t => t.Weight);
        double[] score = new double[terms[0].Values.Length];
        foreach (TermMap term in terms)
        {
            TensorPrimitives.MultiplyAdd(term.Values, term.Weight / all, score, score);
        }

        return score;
    }

    private double[] LocalVariance(double[] local, (float[] First, float[] Second)? halves)
    {
        float[] a = Single(halves is null ? local : Means(_local, halves.Value.First));
        float[] b = halves is null ? a : Single(Means(_local, halves.Value.Second));
        float[] product = new float[a.Length];
        TensorPrimitives.Multiply(a, b, product);
        double[] variance = Means(Field, product);
        double[] meanA = Means(Field, a);
        double[] meanB = halves is null ? meanA : Means(Field, b);
        for (int i = 0; i < variance.Length; i++)
        {
            variance[i] -= meanA[i] * meanB[i];
        }

        return variance;
    }

    private static double Quantile(double[] values, bool[] where)
    {
        List<double> chosen = [];
        for (int i = 0; i < values.Length; i++)
        {
            if (where[i])
            {
                chosen.Add(values[i]);
            }
        }

        chosen.Sort();
        return chosen[(int)(FullQuantile * (chosen.Count - 1))];
    }

    private static double[] Means(DiscMeans discs, float[] map)
    {
        double[] means = new double[map.Length];
        discs.Compute(map, means);
        return means;
    }

    private static double[] Means(DiscMeans discs, bool[] map) => Means(discs, [.. map.Select(m => m ? 1f : 0f)]);

    private static float[] Single(double[] values)
    {
        float[] single = new float[values.Length];
        TensorPrimitives.ConvertTruncating<double, float>(values, single);
        return single;
    }

    private double[] Map(Func<int, double> value)
    {
        double[] map = new double[_size * _size];
        for (int i = 0; i < map.Length; i++)
        {
            map[i] = value(i);
        }

        return map;
    }

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
