using XrdCt.Live.Compute.Guidance;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Model.Stages;

namespace XrdCt.Live.Tests.Guidance;

public sealed class PlacementSearchTests
{
    private const int Size = 81;
    private static readonly PlacementRules Rules = new() { Radius_um = 80 };

    [Fact]
    public void Rank_EmptySlice_SaysWhy() => Nothing("shows no contrast", Slice((_, _) => 0));

    [Fact]
    public void Rank_AllNaN_SaysWhy() => Nothing("holds no values", Slice((_, _) => float.NaN));

    [Fact]
    public void Rank_NegativeOnly_SaysWhy() => Nothing("shows no contrast", Slice((x, _) => x > 0 ? -1 : -2));

    [Fact]
    public void Rank_FewProjections_SaysHowMany() => Nothing("needs 8 projections; 7 so far", Disc(300) with { ProjectionCount = 7 });

    [Fact]
    public void Rank_FieldLargerThanSlice_SaysSo() => Nothing("does not fit into the slice, which is 810 µm wide", Disc(300), Rules with { Radius_um = 410 });

    [Fact]
    public void Rank_EverythingForbidden_CountsWhatIsLost() =>
        Nothing("0 are beyond the reach", Disc(300), Rules with { Forbidden = [new ForbiddenZone(0, 0, 400)] });

    [Fact]
    public void Rank_NothingInReach_CountsWhatIsLost() => Nothing("0 touch a forbidden zone", Disc(300), Rules with { Reach = new StageReach(390, 400, 390, 400) });

    [Fact]
    public void Rank_FieldLargerThanSample_StillSaysWhereAndThatItIsTooLarge()
    {
        RoiRanking ranking = Rank(Disc(60, 100, -50), Rules);

        Assert.Contains("reaches beyond the sample", ranking.Sentence, StringComparison.Ordinal);
        Assert.Equal((100, -50), (ranking.Candidates[0].X_um, ranking.Candidates[0].Y_um));
    }

    [Fact]
    public void Rank_Hole_IsAvoided()
    {
        RoiCandidate best = Rank(Slice((x, y) => Inside(x, y, 350) && !Inside(x - 100, y, 60) ? 1 : 0), Rules).Candidates[0];

        Assert.True(Distance(best.X_um - 100, best.Y_um) > 120, $"({best.X_um}, {best.Y_um})");
        Assert.True(best.MaterialFraction > 0.99);
    }

    [Fact]
    public void Rank_Terms_AddUpToTheScore()
    {
        PlacementView view = View(Disc(350)) with { Spottiness = Disc(350) with { Channel = "spottiness" }, CellVolume_A3 = Disc(350).Values };
        RoiRanking ranking = new PlacementSearch(Rules).Rank(view);

        Assert.Equal(3, ranking.Candidates.Count);
        Assert.All(ranking.Candidates, c =>
        {
            Assert.Equal(7, c.Terms.Count);
            Assert.Equal(c.Score, c.Terms.Sum(t => t.Contribution), 1e-12);
            Assert.Equal(1, c.Terms.Sum(t => t.Weight), 1e-12);
            Assert.All(c.Terms, t => Assert.InRange(t.Value, 0, 1));
        });
    }

    [Fact]
    public void Rank_Candidates_DescendAndDoNotOverlap()
    {
        IReadOnlyList<RoiCandidate> all = Rank(Disc(350), Rules with { Count = 6 }).Candidates;

        Assert.True(all.Count >= 4);
        for (int i = 1; i < all.Count; i++)
        {
            Assert.True(all[i].Score <= all[i - 1].Score);
            Assert.All(all.Take(i), a => Assert.True(Distance(a.X_um - all[i].X_um, a.Y_um - all[i].Y_um) >= 160));
        }
    }

    [Fact]
    public void Rank_ForbiddenZone_IsNotTouched()
    {
        RoiRanking ranking = Rank(Disc(350), Rules with { Forbidden = [new ForbiddenZone(0, 0, 40)] });

        Assert.All(ranking.Candidates, c => Assert.True(Distance(c.X_um, c.Y_um) >= 120));

        // Of those that remain the edge is far enough up to 350 − 120 µm.
        Assert.True(Distance(ranking.Candidates[0].X_um, ranking.Candidates[0].Y_um) <= 240);
    }

    [Fact]
    public void Forbid_OtherZones_HoldFromTheNextRankingOn()
    {
        PlacementView view = Noisy(3);
        PlacementSearch search = new(Rules with { Forbidden = [new ForbiddenZone(0, 0, 40)] });
        RoiRanking before = search.Rank(view);
        RoiCandidate best = before.Candidates[0];
        ForbiddenZone zone = new(best.X_um, best.Y_um, 30);

        search.Forbid([zone]);
        RoiRanking after = search.Rank(view, before.Candidates[0]);
        Assert.All(after.Candidates, c => Assert.True(Distance(c.X_um - zone.X_um, c.Y_um - zone.Y_um) >= 110));
        Assert.Equivalent(new PlacementSearch(Rules with { Forbidden = [zone] }).Rank(view).Candidates, after.Candidates, strict: true);

        search.Forbid([]);
        Assert.Equivalent(new PlacementSearch(Rules).Rank(view).Candidates, search.Rank(view).Candidates, strict: true);
        Assert.Throws<ArgumentException>(() => search.Forbid([new ForbiddenZone(0, 0, -1)]));
        Assert.Throws<ArgumentException>(() => search.Forbid([new ForbiddenZone(0, 0, double.NaN)]));
    }

    // Centres up to 42 µm off: clear of the zone themselves, but not the field of view around them.
    [Fact]
    public void Rank_ForbiddenZoneInTheField_IsTouched() => Assert.Empty(
        Rank(Disc(350), Rules with { Forbidden = [new ForbiddenZone(0, 0, 20)], Reach = new StageReach(-30, 30, -30, 30) }).Candidates);

    [Fact]
    public void Rank_Reach_IsKept() => Assert.All(
        Rank(Disc(350), Rules with { Reach = new StageReach(-300, -100, 50, 300) }).Candidates,
        c => Assert.True(c is { X_um: >= -300 and <= -100, Y_um: >= 50 and <= 300 }));

    // Four places of the same score: the edge is as far from each, so is the axis; the first pixel wins.
    [Fact]
    public void Rank_Ties_GoToTheFirstPixelEveryTime()
    {
        PlacementRules rules = new() { Radius_um = 60, Count = 4, Weights = new PlacementWeights { InField = 0, Cupping = 0, Uniformity = 0, Edge = 0 } };
        SliceMap slice = Slice((x, y) => Inside(Math.Abs(x) - 200, Math.Abs(y) - 200, 90) ? 1 : 0);
        IReadOnlyList<RoiCandidate> all = Rank(slice, rules).Candidates;

        Assert.Equal([(-200, -200), (200, -200), (-200, 200), (200, 200)], all.Select(c => ((int)c.X_um, (int)c.Y_um)).OrderBy(c => c.Item2).ThenBy(c => c.Item1));
        Assert.Equal((-200, -200), (all[0].X_um, all[0].Y_um));
    }

    [Fact]
    public void Rank_SameView_GivesTheSameBits()
    {
        PlacementView view = Noisy(3);
        PlacementSearch used = new(Rules);
        used.Rank(Noisy(4));
        RoiRanking again = used.Rank(view);
        RoiRanking fresh = new PlacementSearch(Rules).Rank(view);

        Assert.Equal(fresh.Sentence, again.Sentence);
        Assert.Equal(fresh.Candidates.Select(c => (c.X_um, c.Y_um, c.Score, c.ScoreSigma)), again.Candidates.Select(c => (c.X_um, c.Y_um, c.Score, c.ScoreSigma)));
    }

    [Fact]
    public void Rank_SecondPhase_PullsTowardsIt()
    {
        SliceMap second = Slice((x, y) => Inside(x - 150, y, 120) ? 1 : 0) with { Channel = "second" };
        PlacementView view = new() { Phases = [new PhaseMap(Disc(350)), new PhaseMap(second)] };
        RoiCandidate best = new PlacementSearch(Rules with { Phases = [new PhaseWeight("main"), new PhaseWeight("second")] }).Rank(view).Candidates[0];

        Assert.True(best.X_um > 80 && Math.Abs(best.Y_um) < 130, $"({best.X_um}, {best.Y_um})");
        Assert.Contains(best.Terms, t => t.Name == "material second" && t.Value > 0.9);
    }

    [Fact]
    public void Rank_UnknownPhase_IsNamed() => Assert.Contains(
        "no slice of 'other', only of 'main'",
        Assert.Throws<ArgumentException>(() => Rank(Disc(350), Rules with { Phases = [new PhaseWeight("other")] })).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Rank_Crystal_PushesAway()
    {
        SliceMap spots = Slice((x, y) => Inside(x, y, 30) ? 5 : 0) with { Channel = "spottiness" };
        PlacementWeights weights = new() { Uniformity = 0, Edge = 0, InField = 0, Cupping = 0, Spottiness = 1 };
        RoiCandidate best = new PlacementSearch(Rules with { Weights = weights }).Rank(View(Disc(350)) with { Spottiness = spots }).Candidates[0];

        Assert.True(Distance(best.X_um, best.Y_um) > 100);
        Assert.Equal(1, best.Terms.Single(t => t.Name == "spottiness").Value);
    }

    [Fact]
    public void Rank_CellVolume_WantsOneValueAndKnownVoxels()
    {
        // Known for x < 100 only; a step of 1 % at x = −100.
        SliceMap volume = Slice((x, y) => !Inside(x, y, 350) || x > 100 ? float.NaN : x < -100 ? 101 : 100);
        PlacementWeights weights = new() { Uniformity = 0, Edge = 0, InField = 0, Cupping = 0, CellVolume = 1 };
        PlacementTerm At(double x_um) => new PlacementSearch(Rules with { Weights = weights, Reach = new StageReach(x_um, x_um, 0, 0) })
            .Rank(View(Disc(350)) with { CellVolume_A3 = volume.Values }).Candidates[0].Terms.Single(t => t.Name == "cell volume");

        Assert.Equal(1, At(0).Value, 1e-6);

        // Half of 100 and half of 101: spread 0.5 %, which is 2.5 tolerances.
        Assert.Equal(1 / (1 + Math.Pow(0.5 / 100.5 / 0.002, 2)), At(-100).Value, 0.01);
        Assert.Equal(0, At(180).Value);
    }

    [Fact]
    public void Rank_HalfSets_GiveTheSpreadOfManyScans()
    {
        // Noise that is known: the score of one place over many slices against the σ that a slice says of itself.
        PlacementRules there = Rules with { Reach = new StageReach(0, 0, 0, 0), Count = 1 };
        RoiCandidate[] many = [.. Enumerable.Range(0, 40).Select(i => new PlacementSearch(there).Rank(Noisy(i)).Candidates[0])];
        double mean = many.Average(c => c.Score);
        double spread = Math.Sqrt(many.Sum(c => Math.Pow(c.Score - mean, 2)) / (many.Length - 1));

        Assert.InRange(many.Average(c => c.ScoreSigma) / spread, 0.5, 2);
    }

    [Fact]
    public void Rank_NoiseInHalfSets_IsNoUnevenness()
    {
        PlacementRules there = Rules with { Reach = new StageReach(0, 0, 0, 0), Count = 1 };
        double Uniformity(PlacementView view) => new PlacementSearch(there).Rank(view).Candidates[0].Terms.Single(t => t.Name == "uniformity").Value;
        PlacementView noisy = Noisy(1, sigma: 1.5);

        Assert.True(Uniformity(noisy) > 0.97, $"{Uniformity(noisy)}");
        Assert.True(Uniformity(View(noisy.Phases[0].Slice)) < 0.9, $"{Uniformity(View(noisy.Phases[0].Slice))}");
    }

    [Fact]
    public void Rank_MissingWedge_AddsUncertainty()
    {
        PlacementView view = Noisy(1);
        double Sigma(AngularCoverage coverage) => new PlacementSearch(Rules).Rank(view with { Coverage = coverage }).Candidates[0].ScoreSigma;
        double all = Sigma(new AngularCoverage(100, 100, 1.8, 1.8, 0));
        double wedge = Sigma(new AngularCoverage(30, 100, 126, 1.8, 0));

        Assert.True(wedge > all + 0.02, $"{wedge} {all}");
    }

    [Fact]
    public void Rank_NothingKnownOfNoise_SaysNoSigma() => Assert.True(double.IsNaN(Rank(Disc(350), Rules).Candidates[0].ScoreSigma));

    [Fact]
    public void Rank_NoiseMap_IsCarriedOn()
    {
        float[] noise = [.. Enumerable.Repeat(0.5f, Size * Size)];
        RoiCandidate best = new PlacementSearch(Rules with { Count = 1 }).Rank(View(Disc(350)) with { Noise = noise }).Candidates[0];

        // 0.5 per voxel over π·8² voxels, a third of the score (3 of 9 weights) per full level.
        Assert.Equal(0.5 / Math.Sqrt(Math.PI * 64) / 3, best.ScoreSigma, 0.0005);
    }

    [Fact]
    public void Rank_StandingPlace_StaysUntilAnotherIsClearlyBetter()
    {
        SliceMap slice = Disc(350);
        RoiCandidate best = Rank(slice, Rules).Candidates[0];
        PlacementSearch search = new(Rules);
        RoiCandidate Near(double x_um) => best with { X_um = x_um };

        Assert.Equal(20, search.Rank(View(slice), Near(20)).Candidates[0].X_um);
        Assert.Equal(best.X_um, search.Rank(View(slice), Near(330)).Candidates[0].X_um);
        Assert.Equal(best.X_um, search.Rank(View(slice), Near(1e9)).Candidates[0].X_um);
    }

    [Fact]
    public void New_BadRules_AreNamed()
    {
        Assert.Contains("radius of the field", Refused(Rules with { Radius_um = double.NaN }), StringComparison.Ordinal);
        Assert.Contains("a weight must not be negative", Refused(Rules with { Weights = new PlacementWeights { Edge = -1 } }), StringComparison.Ordinal);
        Assert.Contains(
            "all weights are 0",
            Refused(Rules with { Phases = [new PhaseWeight("main", 0)], Weights = new PlacementWeights { Uniformity = 0, Edge = 0, InField = 0, Cupping = 0 } }),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Rank_StagesThatCannotGoThere_FindAnotherPlace()
    {
        // The sample can be moved by 50 µm either way: to the right for places on the left.
        SampleStages stages = new(
            new StageMotor("px") { Lowest_mm = -0.05, Highest_mm = 0.05, Position_mm = 0 }, new StageMotor("py") { Direction_deg = 90, Lowest_mm = 0.02, Highest_mm = 0.05, Position_mm = 0.02 });
        RoiRanking ranking = Rank(Disc(350), Rules with { Stages = stages });
        RoiCandidate best = ranking.Candidates[0];
        Assert.InRange(best.X_um, -50, 50);
        Assert.InRange(best.Y_um, -30, 0);
        Nothing("beyond the reach of the stages", Disc(350), Rules with { Stages = new SampleStages(stages.First with { Lowest_mm = 1, Highest_mm = 2, Position_mm = 0.5 }, stages.Second) });
    }

    private static string Refused(PlacementRules rules) => Assert.Throws<ArgumentException>(() => new PlacementSearch(rules)).Message;

    private static void Nothing(string why, SliceMap slice, PlacementRules? rules = null)
    {
        RoiRanking ranking = Rank(slice, rules ?? Rules);
        Assert.Empty(ranking.Candidates);
        Assert.Contains(why, ranking.Sentence, StringComparison.Ordinal);
    }

    private static RoiRanking Rank(SliceMap slice, PlacementRules rules) => new PlacementSearch(rules).Rank(View(slice));

    private static PlacementView View(SliceMap slice) => new() { Phases = [new PhaseMap(slice)] };

    /// <summary>A disc of 350 µm with white noise, from two halves of the data.</summary>
    private static PlacementView Noisy(int seed, double sigma = 0.4)
    {
        Phantoms.SeededRandom random = new(seed, 77);
        float[] clean = Disc(350).Values;
        float[] first = new float[clean.Length];
        float[] second = new float[clean.Length];
        for (int i = 0; i < clean.Length; i++)
        {
            first[i] = clean[i] + (float)(Math.Sqrt(2) * sigma * random.NextNormal());
            second[i] = clean[i] + (float)(Math.Sqrt(2) * sigma * random.NextNormal());
        }

        float[] both = [.. first.Zip(second, (a, b) => (a + b) / 2)];
        return new PlacementView { Phases = [new PhaseMap(Disc(350) with { Values = both }, first, second)] };
    }

    private static SliceMap Disc(double radius_um, double x_um = 0, double y_um = 0) => Slice((x, y) => Inside(x - x_um, y - y_um, radius_um) ? 1 : 0);

    private static SliceMap Slice(Func<double, double, float> value)
    {
        SliceMap empty = new("main", Size, 10, new float[Size * Size], 100);
        return empty with { Values = [.. Enumerable.Range(0, Size * Size).Select(i => value(empty.Position_um(i % Size), empty.Position_um(i / Size)))] };
    }

    private static bool Inside(double x, double y, double radius) => Distance(x, y) < radius;

    private static double Distance(double x, double y) => Math.Sqrt((x * x) + (y * y));
}
