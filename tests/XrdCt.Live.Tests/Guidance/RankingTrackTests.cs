using XrdCt.Live.Compute.Guidance;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Tests.Guidance;

public sealed class RankingTrackTests
{
    private readonly RankingTrack _track = new(new StopRule { Updates = 3 }, pixelSize_um: 10);

    [Fact]
    public void Update_StillAndSure_MayStopAfterNUpdates()
    {
        for (int percent = 10; percent <= 14; percent += 2)
        {
            Look(percent);
            Assert.False(_track.Advice.MayStop);
        }

        Look(16, x_um: 10);
        Assert.True(_track.Advice.MayStop);
        Assert.Contains("not moved by more than 1 coarse pixel for 3 updates and its score is within 2.2 %", _track.Advice.Sentence, StringComparison.Ordinal);
        Assert.Equal([10, 12, 14, 16], _track.Curve.Select(p => (int)Math.Round(100 * p.Fraction)));
        Assert.Equal(10, _track.Curve[^1].Movement_um);
    }

    [Fact]
    public void Update_Moved_BeginsAnew()
    {
        Look(10);
        Look(12);
        Look(14);
        Look(16, x_um: 11);
        Assert.False(_track.Advice.MayStop);
        Assert.Contains("stood still for 0 updates, 3 are needed", _track.Advice.Sentence, StringComparison.Ordinal);
    }

    // Ten pixels in steps of one: it never stands still, however small the steps.
    [Fact]
    public void Update_Drifting_NeverStands()
    {
        for (int i = 0; i < 10; i++)
        {
            Look(10 + (2 * i), x_um: 10 * i);
            Assert.False(_track.Advice.MayStop);
        }
    }

    [Theory]
    [InlineData(0.03)]
    [InlineData(double.NaN)]
    public void Update_Unsure_GoesOn(double sigma)
    {
        for (int percent = 10; percent < 40; percent += 2)
        {
            Look(percent, sigma: sigma);
        }

        Assert.False(_track.Advice.MayStop);
    }

    [Fact]
    public void Update_MissingWedge_GoesOn()
    {
        for (int percent = 10; percent < 40; percent += 2)
        {
            Look(percent, gap_deg: 120);
        }

        Assert.False(_track.Advice.MayStop);
        Assert.Contains("120° of angles are missing", _track.Advice.Sentence, StringComparison.Ordinal);
    }

    // Looks at the same projections agree because of that.
    [Fact]
    public void Update_WithoutProgress_DoesNotCount()
    {
        Look(10);
        for (int i = 0; i < 20; i++)
        {
            Look(11);
        }

        Assert.Single(_track.Curve);
        Assert.False(_track.Advice.MayStop);
    }

    // What stood still under the old rules says nothing of the new ones, even at the same place.
    [Fact]
    public void Restart_Stood_StandsAnewAndKeepsTheCurve()
    {
        for (int percent = 10; percent <= 16; percent += 2)
        {
            Look(percent);
        }

        Assert.True(_track.Advice.MayStop);
        _track.Restart("the forbidden zones were changed");
        Assert.Equal((false, "go on: the forbidden zones were changed, and the ROI must stand still anew"), (_track.Advice.MayStop, _track.Advice.Sentence));
        Assert.NotNull(_track.Standing);

        // The same projections again, by the new rules: no point, and no advice.
        Look(16);
        Assert.False(_track.Advice.MayStop);
        for (int percent = 18; percent <= 22; percent += 2)
        {
            Look(percent);
            Assert.False(_track.Advice.MayStop);
        }

        Look(24);
        Assert.True(_track.Advice.MayStop);
        Assert.Equal([10, 12, 14, 16, 18, 20, 22, 24], _track.Curve.Select(p => (int)Math.Round(100 * p.Fraction)));
    }

    [Fact]
    public void Restart_PlaceGoesElsewhere_DidNotWander()
    {
        Look(10);
        Look(12);
        _track.Restart("the forbidden zones were changed");
        Look(14, x_um: 300);
        Look(16, x_um: 300);
        Assert.Equal([double.NaN, 0, double.NaN, 0], _track.Curve.Select(p => p.Movement_um));
        Assert.Contains("stood still for 1 updates", _track.Advice.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Restart_BeforeTheFirst_SaysNothing()
    {
        _track.Restart("the forbidden zones were changed");
        Assert.Equal("no place yet", _track.Advice.Sentence);
        _track.Update(new RoiRanking([], "no contrast", Coverage(8, 2)));
        _track.Restart("the forbidden zones were changed");
        Assert.Equal("no contrast", _track.Advice.Sentence);
    }

    // Nothing is left of what was forgotten, so that the count from there on must begin at the beginning.
    [Fact]
    public void Restart_ThenNothingFound_CountsFromTheNextPlace()
    {
        Look(10);
        Look(12);
        _track.Restart("the forbidden zones were changed");
        _track.Update(new RoiRanking([], "no place is left", Coverage(14, 2)));
        for (int percent = 16; percent <= 22; percent += 2)
        {
            Look(percent);
        }

        Assert.True(_track.Advice.MayStop);
        Assert.Equal(4, _track.Curve.Count);
    }

    [Fact]
    public void Update_NothingFound_TakesTheAdviceBack()
    {
        Look(10);
        Look(12);
        Look(14);
        Look(16);
        Assert.True(_track.Advice.MayStop);
        Assert.NotNull(_track.Standing);

        _track.Update(new RoiRanking([], "no contrast", Coverage(18, 2)));
        Assert.False(_track.Advice.MayStop);
        Assert.Equal("no contrast", _track.Advice.Sentence);
        Assert.Null(_track.Standing);
    }

    private void Look(int percent, double x_um = 0, double sigma = 0.01, double gap_deg = 4) => _track.Update(new RoiRanking(
        [new RoiCandidate(x_um, 0, 125, 1, 300, 0.9) { ScoreSigma = sigma }], "", Coverage(percent, gap_deg)));

    private static AngularCoverage Coverage(int percent, double gap_deg) => new(percent, 100, gap_deg, 2, 0);
}
