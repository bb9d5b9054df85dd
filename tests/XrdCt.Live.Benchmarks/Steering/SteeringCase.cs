using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Phantoms;
using XrdCt.Live.Phantoms.Placement;
using XrdCt.Live.Phantoms.Samples;

namespace XrdCt.Live.Benchmarks.Steering;

/// <summary>One seed of the study: its phantom, its truth, and its scans in two orders.</summary>
internal sealed class SteeringCase
{
    /// <summary>The seeds of the study, chosen before any was looked at.</summary>
    public static IReadOnlyList<long> Seeds { get; } = [.. Enumerable.Range(1, 24).Select(i => (long)i)];

    private readonly long _seed;
    private readonly TruePlacement _truth;

    public SteeringCase(long seed)
    {
        _seed = seed;
        Disc = new PunchedDisc(seed);
        PlacementRules rules = SteeringScan.Rules(Disc);
        _truth = new TruePlacement(rules, Disc.HasSecondPhase ? [Disc.MainPhase, Disc.SecondPhase] : [Disc.MainPhase], Disc.Crystals);
        Best = _truth.Best();
        SeededRandom random = new(seed, 31);
        Rotations = random.NextUnit() < 0.5 ? 125 : 250;
        CountsPerMm = 300 * Math.Pow(5000.0 / 300, random.NextUnit());
    }

    public PunchedDisc Disc { get; }

    public int Rotations { get; }

    public double CountsPerMm { get; }

    public (double X_um, double Y_um, double Score) Best { get; }

    public double TrueScore(RoiCandidate place) => _truth.Score(place.X_um, place.Y_um) is var score && double.IsNaN(score) ? 0 : score;

    /// <summary>Runs a scan, with a look at it every fiftieth of it.</summary>
    public SteeringResult Run(ScanPath path)
    {
        SteeringScan scan = new(Disc, _seed, Rotations, path, CountsPerMm);
        List<(double Fraction, RoiCandidate? Best, bool MayStop)> looks = [];
        for (int line = 0; line < scan.LineCount; line++)
        {
            scan.Put(line);
            double fraction = (line + 1.0) / scan.LineCount;
            bool isLook = (int)(fraction * 50) > (int)((line + 0.0) / scan.LineCount * 50) || line == scan.LineCount - 1;
            if (isLook)
            {
                RoiRanking ranking = scan.Rank();
                looks.Add((fraction, ranking.Candidates.Count > 0 ? ranking.Candidates[0] : null, scan.Track.Advice.MayStop));
            }
        }

        // By all of it, a ranking that knows nothing of what was shown before.
        RoiCandidate full = scan.Search.Rank(scan.View()).Candidates[0];
        RoiCandidate? early = looks.First(l => l.Fraction >= 0.3 - 1e-9).Best;
        double fullScore = TrueScore(full);
        (double Fraction, RoiCandidate? Best, bool MayStop)[] stops = [.. looks.Where(l => l.MayStop)];
        return new SteeringResult
        {
            FullOfBest = fullScore / Best.Score,
            EarlyOfFull = early is null ? 0 : TrueScore(early) / fullScore,
            EarlyAway_um = early is null ? double.NaN : Math.Sqrt(Math.Pow(early.X_um - full.X_um, 2) + Math.Pow(early.Y_um - full.Y_um, 2)),
            EarlyDeviation = early is null ? double.NaN : (early.Score - TrueScore(early) - (full.Score - fullScore)) / early.ScoreSigma,
            EarlySigma = early?.ScoreSigma ?? double.NaN,
            StopFraction = stops.Length > 0 ? stops[0].Fraction : double.NaN,
            StopOfFull = stops.Length > 0 ? TrueScore(stops[0].Best!) / fullScore : double.NaN,
            WorstStopOfBest = stops.Length > 0 ? stops.Min(s => TrueScore(s.Best!)) / Best.Score : double.NaN,
            FullError = full.Score - fullScore,
            Looks = [.. looks.Select(l => (l.Fraction, l.Best is null ? 0 : TrueScore(l.Best) / fullScore))],
        };
    }
}
