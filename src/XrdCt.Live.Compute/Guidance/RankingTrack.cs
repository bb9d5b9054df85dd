using System.Globalization;
using XrdCt.Live.Model.Guidance;

namespace XrdCt.Live.Compute.Guidance;

/// <summary>Follows the best place while the scan grows, and says when the coarse scan may stop. Not thread-safe.</summary>
public sealed class RankingTrack
{
    // Half-width of the interval that holds 95 % of a normal distribution, in σ.
    internal const double Confidence95 = 1.96;

    private readonly StopRule _rule;
    private readonly double _pixelSize_um;
    private readonly List<RankingPoint> _curve = [];

    // Points before this one are of places that were looked for under other rules.
    private int _since;

    /// <summary>Starts before the first ranking.</summary>
    /// <param name="rule">When the scan may stop.</param>
    /// <param name="pixelSize_um">Pixel of the coarse slice, µm, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number of the rule is out of range.</exception>
    public RankingTrack(StopRule rule, double pixelSize_um)
    {
        ArgumentNullException.ThrowIfNull(rule);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pixelSize_um);
        ArgumentOutOfRangeException.ThrowIfLessThan(rule.Updates, 1, "rule.Updates");
        ArgumentOutOfRangeException.ThrowIfNegative(rule.Movement_px, "rule.Movement_px");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rule.Tolerance, "rule.Tolerance");
        ArgumentOutOfRangeException.ThrowIfNegative(rule.LeastProgress, "rule.LeastProgress");
        (_rule, _pixelSize_um) = (rule, pixelSize_um);
    }

    /// <summary>The best place of every update so far.</summary>
    public IReadOnlyList<RankingPoint> Curve => _curve;

    /// <summary>The best place of the last ranking, to be kept by the next (<see cref="PlacementSearch.Rank"/>); null before the first.</summary>
    public RoiCandidate? Standing { get; private set; }

    /// <summary>Whether the coarse scan may stop, by the last update.</summary>
    public StopAdvice Advice { get; private set; } = new(MayStop: false, "no place yet");

    /// <summary>
    /// The places are ranked by other rules from now on: the curve stays, but how long the best place has stood counts from the next point, and what was advised no
    /// longer holds. The standing place stays the one to beat, where the new rules leave it a place.
    /// </summary>
    /// <param name="why">What changed, for the advice: <c>the forbidden zones were changed</c>.</param>
    public void Restart(string why)
    {
        if (_curve.Count > _since)
        {
            _since = _curve.Count;
            Advice = No($"{why}, and the ROI must stand still anew");
        }
    }

    /// <summary>
    /// Takes a ranking. One with less than <see cref="StopRule.LeastProgress"/> of the planned projections more than the last point of the curve takes
    /// no part: the advice stays.
    /// </summary>
    /// <param name="ranking">The ranking now; its coverage says how far the scan is.</param>
    /// <returns>Whether the curve grew.</returns>
    public bool Update(RoiRanking ranking)
    {
        ArgumentNullException.ThrowIfNull(ranking);
        if (ranking.Candidates.Count == 0 || ranking.Coverage is not { } coverage)
        {
            // What was found before is gone: a slice that loses its places has not settled.
            _curve.Clear();
            _since = 0;
            Standing = null;
            Advice = new StopAdvice(MayStop: false, ranking.Candidates.Count == 0 ? ranking.Sentence : "how far the scan is, is not known");
            return false;
        }

        Standing = ranking.Candidates[0];
        if (_curve is [.., var last] && Math.Round(coverage.Fraction - last.Fraction, 9) < _rule.LeastProgress && coverage.Fraction < 1)
        {
            return false;
        }

        RoiCandidate best = ranking.Candidates[0];
        double moved_um = _curve.Count > _since && _curve is [.., var before] ? Distance(best.X_um - before.X_um, best.Y_um - before.Y_um) : double.NaN;
        _curve.Add(new RankingPoint(coverage.Fraction, best.X_um, best.Y_um, best.Score, best.ScoreSigma, moved_um));
        Advice = Advise(best, coverage.IsLimitedAngle, coverage.WidestGap_deg);
        return true;
    }

    private StopAdvice Advise(RoiCandidate best, bool isLimited, double gap_deg)
    {
        if (isLimited)
        {
            return No($"{gap_deg:F0}° of angles are missing");
        }

        double share = Confidence95 * best.ScoreSigma / best.Score;
        if (!(share <= _rule.Tolerance))
        {
            return double.IsNaN(share)
                ? No($"how sure the score is, is not known")
                : No($"the score is known within {100 * share:F1} % with 95 % confidence, {100 * _rule.Tolerance:0.#} % are needed");
        }

        double reach_um = (_rule.Movement_px * _pixelSize_um) + 1e-6;
        int still = 0;
        for (int i = _curve.Count - 2; i >= _since && Distance(_curve[i].X_um - best.X_um, _curve[i].Y_um - best.Y_um) <= reach_um; i--)
        {
            still++;
        }

        return still >= _rule.Updates
            ? new StopAdvice(MayStop: true, Say($"the coarse scan may stop: the ROI has not moved by more than {_rule.Movement_px:0.#} coarse pixel for {still} updates and its score is within {100 * share:F1} % with 95 % confidence"))
            : No($"the ROI has stood still for {still} updates, {_rule.Updates} are needed");
    }

    private static StopAdvice No(FormattableString why) => new(MayStop: false, Say($"go on: {why.ToString(CultureInfo.InvariantCulture)}"));

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static double Distance(double x, double y) => Math.Sqrt((x * x) + (y * y));
}
