using System.Globalization;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Compute.Guidance;

/// <summary>
/// Finds the best places for region-of-interest scans in a coarse slice: scores every pixel as a centre, takes the best, then the best whose field
/// of view does not overlap with it, and so on. The same view gives the same ranking, to the bit. Not thread-safe: it keeps its memory from one slice
/// to the next.
/// </summary>
public sealed class PlacementSearch
{
    // With fewer projections the slice is a star of streaks and any place in it would be chance.
    private const int LeastProjections = 8;

    private PlacementRules _rules;
    private PlacementMaps? _maps;
    private (int Size, double PixelSize_um) _shape;

    /// <summary>Takes the rules.</summary>
    /// <param name="rules">What a good place is.</param>
    /// <exception cref="ArgumentException">A radius, weight or tolerance is out of range; the message names it.</exception>
    public PlacementSearch(PlacementRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        PlacementWeights w = rules.Weights;
        CheckPositive(rules.Radius_um, "the radius of the field of view");
        CheckPositive(rules.LocalRadius_um, "the radius of local means");
        CheckPositive(rules.IntensityTolerance, "the tolerance of the intensity");
        CheckPositive(rules.VolumeTolerance, "the tolerance of the cell volume");
        CheckWeight(rules.Margin_um, "the margin to the edge");
        double[] weights = [w.Uniformity, w.Edge, w.InField, w.Cupping, w.Spottiness, w.CellVolume, .. rules.Phases.Select(p => p.Weight)];
        Array.ForEach(weights, v => CheckWeight(v, "a weight"));
        if (w.Uniformity + w.Edge + w.InField + w.Cupping + (rules.Phases.Count == 0 ? 1 : rules.Phases.Sum(p => p.Weight)) <= 0)
        {
            throw new ArgumentException("all weights are 0: a score needs one of material, uniformity, edge, in field or cupping", nameof(rules));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(rules.Count, 1, "rules.Count");
        CheckZones(rules.Forbidden);
        _rules = rules;
    }

    /// <summary>Score of every place of the last slice, [y, x]; NaN where no ROI may be. Empty before the first, or where there was none.</summary>
    public float[] ScoreMap { get; private set; } = [];

    /// <summary>Forbids other zones than those of the rules, from the next ranking on.</summary>
    /// <param name="zones">All zones; those of before no longer hold.</param>
    /// <exception cref="ArgumentException">A radius is out of range.</exception>
    public void Forbid(IReadOnlyList<ForbiddenZone> zones)
    {
        ArgumentNullException.ThrowIfNull(zones);
        CheckZones(zones);
        _rules = _rules with { Forbidden = zones };
    }

    /// <summary>Ranks the places of a slice.</summary>
    /// <param name="view">What is known.</param>
    /// <param name="standing">
    /// The place that was best before. It stays the first until another one is better by more than <see cref="StopRule.LeastGain"/> and 1.96 σ: of places that are as
    /// good as each other, noise would make another one the best each time. Null for none.
    /// </param>
    /// <returns>The best places, or a sentence why there is none.</returns>
    /// <exception cref="ArgumentException">A map has another shape, or a phase of the rules is not there.</exception>
    public RoiRanking Rank(PlacementView view, RoiCandidate? standing = null)
    {
        ArgumentNullException.ThrowIfNull(view);
        ScoreMap = [];
        (PhaseMap[] phases, PhaseWeight[] weights) = Chosen(view);
        SliceMap slice = phases[0].Slice;
        CheckShapes(view, phases, slice);
        if (slice.ProjectionCount < LeastProjections)
        {
            return None(view, $"a placement needs {LeastProjections} projections; {slice.ProjectionCount} so far");
        }

        if (!slice.Values.Any(float.IsFinite))
        {
            return None(view, $"the slice of '{slice.Channel}' holds no values");
        }

        if (2 * _rules.Radius_um > slice.Size * slice.PixelSize_um)
        {
            return None(view, $"a field of view of radius {_rules.Radius_um:0.#} µm does not fit into the slice, which is {slice.Size * slice.PixelSize_um:0.#} µm wide: choose a smaller one");
        }

        if (_maps is null || _shape != (slice.Size, slice.PixelSize_um))
        {
            _shape = (slice.Size, slice.PixelSize_um);
            _maps = new PlacementMaps(_rules, slice.Size, slice.PixelSize_um);
        }

        if (_maps.Outline(slice.Values) is not { } outline)
        {
            return None(view, $"the slice of '{slice.Channel}' shows no contrast: there is no material to be seen yet");
        }

        return RankIn(view, standing, phases, weights, outline);
    }

    private RoiRanking RankIn(PlacementView view, RoiCandidate? standing, PhaseMap[] phases, PhaseWeight[] weights, SampleOutline outline)
    {
        SliceMap slice = phases[0].Slice;
        (float[] First, float[] Second)? halves = phases[0] is { FirstHalf: { } a, SecondHalf: { } b } ? (a, b) : null;
        List<TermMap> terms = _maps!.OfPhases([.. phases.Select(p => p.Slice.Values)], halves, weights, outline);
        List<TermMap> common = [_maps.InField(slice.Values)];
        if (view.Spottiness is { } spots)
        {
            common.Add(_maps.Spottiness(spots.Values, slice.Values, outline));
        }

        if (view.CellVolume_A3 is { } volume_A3)
        {
            common.Add(_maps.CellVolume(volume_A3, outline));
        }

        terms.AddRange(common);
        double[] score = PlacementMaps.Score(terms);
        bool[] isPlace = Places(slice, outline, out int forbidden, out int beyond);
        int places = isPlace.Count(p => p);
        if (places == 0)
        {
            return forbidden + beyond == 0
                ? None(view, $"no place in the slice of '{slice.Channel}' holds material")
                : None(view, $"no place is left: of {forbidden + beyond} with material, {forbidden} touch a forbidden zone and {beyond} are beyond the reach of the stages");
        }

        double[] sigma = Sigma(view, phases, weights, common, terms, outline, score, isPlace);
        ScoreMap = [.. score.Select((s, i) => isPlace[i] ? (float)s : float.NaN)];
        double[] fraction = _maps.MaterialFraction(outline);
        RoiCandidate[] best = [.. Pick(slice, score, isPlace, outline, best => Kept(slice, standing, best, score, sigma, isPlace)).Select(i => Candidate(slice, i, terms, score, sigma, fraction, outline))];
        return new RoiRanking(best, Sentence(view, slice, best[0]), view.Coverage);
    }

    private static RoiRanking None(PlacementView view, FormattableString why) => new([], why.ToString(CultureInfo.InvariantCulture), view.Coverage);

    private (PhaseMap[] Phases, PhaseWeight[] Weights) Chosen(PlacementView view)
    {
        if (view.Phases.Count == 0)
        {
            throw new ArgumentException("a placement needs a slice", nameof(view));
        }

        PhaseWeight[] weights = _rules.Phases.Count > 0 ? [.. _rules.Phases] : [new PhaseWeight(view.Phases[0].Slice.Channel)];
        return ([.. weights.Select(w => view.Phases.FirstOrDefault(p => p.Slice.Channel == w.Channel)
            ?? throw new ArgumentException($"there is no slice of '{w.Channel}', only of {string.Join(", ", view.Phases.Select(p => $"'{p.Slice.Channel}'"))}", nameof(view)))], weights);
    }

    private static void CheckShapes(PlacementView view, PhaseMap[] phases, SliceMap slice)
    {
        int pixels = slice.Size * slice.Size;
        IEnumerable<float[]?> maps = phases.SelectMany(p => (float[]?[])[p.Slice.Values, p.FirstHalf, p.SecondHalf])
            .Concat([view.Spottiness?.Values, view.CellVolume_A3, view.Noise]);
        if (maps.Any(m => m is not null && m.Length != pixels))
        {
            throw new ArgumentException($"all maps must have the {slice.Size}² pixels of '{slice.Channel}'", nameof(view));
        }
    }

    // In material, within reach, and clear of what the operator forbids.
    private bool[] Places(SliceMap slice, SampleOutline outline, out int forbidden, out int beyond)
    {
        bool[] isPlace = new bool[outline.Material.Length];
        (forbidden, beyond) = (0, 0);
        for (int i = 0; i < isPlace.Length; i++)
        {
            if (!outline.Material[i])
            {
                continue;
            }

            (double x_um, double y_um) = (slice.Position_um(i % slice.Size), slice.Position_um(i / slice.Size));
            if (_rules.Forbidden.Any(z => Distance(x_um - z.X_um, y_um - z.Y_um) < z.Radius_um + _rules.Radius_um))
            {
                forbidden++;
            }
            else if (_rules.Reach?.Holds(x_um, y_um) == false || _rules.Stages?.Reach(x_um, y_um) == false)
            {
                beyond++;
            }
            else
            {
                isPlace[i] = true;
            }
        }

        return isPlace;
    }

    private double[] Sigma(
        PlacementView view,
        PhaseMap[] phases,
        PhaseWeight[] weights,
        List<TermMap> common,
        List<TermMap> terms,
        SampleOutline outline,
        double[] score,
        bool[] isPlace)
    {
        double[] sigma = new double[score.Length];
        double[]? ofHalves = HalfScores(phases, weights, common) is var (first, second)
            ? PlacementUncertainty.OfHalves(first, second, outline.Material, _maps!.Field)
            : null;
        double[]? ofNoise = view.Noise is { } noise
            ? PlacementUncertainty.OfNoise(noise, weights[0].Weight / terms.Sum(t => t.Weight) / outline.Level, _maps!.Field)
            : null;
        if (ofHalves is null && ofNoise is null)
        {
            Array.Fill(sigma, double.NaN);
            return sigma;
        }

        double ofCoverage = PlacementUncertainty.OfCoverage(score, isPlace, view.Coverage);
        for (int i = 0; i < sigma.Length; i++)
        {
            sigma[i] = Math.Sqrt(Math.Max(ofHalves?[i] ?? 0, ofNoise?[i] ?? 0) + (ofCoverage * ofCoverage));
        }

        return sigma;
    }

    // The terms that are the same for both halves cancel: they are of all projections, or of maps that have no halves.
    private (double[] First, double[] Second)? HalfScores(PhaseMap[] phases, PhaseWeight[] weights, List<TermMap> common) =>
        phases[0] is { FirstHalf: { } a, SecondHalf: { } b } && _maps!.Outline(a) is { } ofFirst && _maps.Outline(b) is { } ofSecond
            ? (PlacementMaps.Score([.. _maps.OfPhases([.. phases.Select(p => p.FirstHalf ?? p.Slice.Values)], null, weights, ofFirst), .. common]),
                PlacementMaps.Score([.. _maps.OfPhases([.. phases.Select(p => p.SecondHalf ?? p.Slice.Values)], null, weights, ofSecond), .. common]))
            : null;

    private int Kept(SliceMap slice, RoiCandidate? standing, int best, double[] score, double[] sigma, bool[] isPlace)
    {
        if (standing is null)
        {
            return best;
        }

        double column = Math.Round(standing.X_um / slice.PixelSize_um) + (slice.Size / 2);
        double row = Math.Round(standing.Y_um / slice.PixelSize_um) + (slice.Size / 2);
        if (!(column >= 0 && row >= 0 && column < slice.Size && row < slice.Size))
        {
            return best;
        }

        int kept = ((int)row * slice.Size) + (int)column;
        double gain = double.IsNaN(sigma[kept]) ? _rules.Stop.LeastGain : Math.Max(_rules.Stop.LeastGain, RankingTrack.Confidence95 * sigma[kept]);
        return isPlace[kept] && score[best] - score[kept] <= gain ? kept : best;
    }

    private IEnumerable<int> Pick(SliceMap slice, double[] score, bool[] isPlace, SampleOutline outline, Func<int, int> keep)
    {
        bool[] isFree = [.. isPlace];
        for (int rank = 0; rank < _rules.Count; rank++)
        {
            int best = -1;
            for (int i = 0; i < score.Length; i++)
            {
                if (isFree[i] && (best < 0 || IsBetter(i, best)))
                {
                    best = i;
                }
            }

            if (best < 0)
            {
                yield break;
            }

            best = rank == 0 ? keep(best) : best;
            yield return best;
            for (int i = 0; i < score.Length; i++)
            {
                (int dy, int dx) = ((i / slice.Size) - (best / slice.Size), (i % slice.Size) - (best % slice.Size));
                isFree[i] &= Distance(dx, dy) * slice.PixelSize_um >= 2 * _rules.Radius_um;
            }
        }

        // Among equals the place farthest from the edge: it forgives a misplaced stage most. Then the shortest move, then the order of the pixels.
        bool IsBetter(int i, int best)
        {
            int order = score[i].CompareTo(score[best]);
            order = order != 0 ? order : outline.EdgeDistance_um[i].CompareTo(outline.EdgeDistance_um[best]);
            return order > 0 || (order == 0 && FromAxis(i) < FromAxis(best));
        }

        double FromAxis(int i) => Distance(slice.Position_um(i % slice.Size), slice.Position_um(i / slice.Size));
    }

    private RoiCandidate Candidate(
        SliceMap slice, int i, List<TermMap> terms, double[] score, double[] sigma, double[] fraction, SampleOutline outline)
    {
        double all = terms.Sum(t => t.Weight);
        return new RoiCandidate(
            slice.Position_um(i % slice.Size),
            slice.Position_um(i / slice.Size),
            _rules.Radius_um,
            Math.Clamp(fraction[i], 0, 1),
            outline.EdgeDistance_um[i],
            score[i])
        {
            ScoreSigma = sigma[i],
            Terms = [.. terms.Select(t => new PlacementTerm(t.Name, t.Values[i], t.Weight / all, t.Finding(i)))],
        };
    }

    private static string Sentence(PlacementView view, SliceMap slice, RoiCandidate best)
    {
        string uncertainty = double.IsFinite(best.ScoreSigma) ? string.Create(CultureInfo.InvariantCulture, $" ± {best.ScoreSigma:F4}") : "";
        string beyond = best.EdgeDistance_um < best.Radius_um ? "; the field of view reaches beyond the sample wherever it is put" : "";
        string wedge = view.Coverage is { IsLimitedAngle: true } c
            ? string.Create(CultureInfo.InvariantCulture, $"; {c.WidestGap_deg:F0}° of angles are missing, so it is a guess")
            : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"best centre x = {best.X_um:F0} µm, y = {best.Y_um:F0} µm: score {best.Score:F3}{uncertainty}, {100 * best.MaterialFraction:F0} % of the field of view is "
            + $"material, {best.EdgeDistance_um:F0} µm from the edge ({slice.ProjectionCount} projections of '{slice.Channel}'){beyond}{wedge}");
    }

    private static double Distance(double x, double y) => Math.Sqrt((x * x) + (y * y));

    private static void CheckZones(IReadOnlyList<ForbiddenZone> zones)
    {
        foreach (ForbiddenZone zone in zones)
        {
            CheckWeight(zone.Radius_um, "the radius of a forbidden zone");
        }
    }

    private static void CheckPositive(double value, string what)
    {
        if (!(value > 0) || !double.IsFinite(value))
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{what} must be above 0, not {value}"));
        }
    }

    private static void CheckWeight(double value, string what)
    {
        if (!(value >= 0) || !double.IsFinite(value))
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{what} must not be negative, but is {value}"));
        }
    }
}
