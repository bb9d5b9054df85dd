using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Server.Configuration;
using XrdCt.Live.Server.Steering;
using XrdCt.Live.Tests.Display;
using XrdCt.Live.Tests.Gateway;
using XrdCt.Live.Tests.Pipeline;

namespace XrdCt.Live.Tests.Steering;

/// <summary>From a place of the coarse scan to motors that stand there, and whatever may come between.</summary>
public sealed class RoiSteeringTests : IDisposable
{
    private readonly Storage.TemporaryFolder _folder = new();
    private readonly DrivenStages _stages = new();
    private readonly FakeClock _time = new();
    private readonly List<string> _said = [];

    // There is no coarse scan that could be read.
    private Action<BeamlineConfiguration, string, string> _check = (_, _, _) => { };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Confirm_PlaceOfTheCoarseScan_MovesByWayOfTheRightSideAndTheNextSeriesIsItsScan()
    {
        using RoiSteering steering = await OfferedAsync(positions_mm: [0.1, -0.2]);
        CancellationToken readied = steering.Readied;
        string token = await steering.ProposeAsync(50, -30, "Ada", Stop);

        Assert.Equal(SteeringPhase.Proposed, steering.State.Phase);
        Assert.Equal([0.1, -0.2], steering.State.Taken!.Moves.Select(m => m.Motor.Position_mm!.Value));
        Assert.Equal(["Ada proposes 0.0500, -0.1700", "Ada proposes 0.0450, -0.1700"], _stages.Done);

        steering.Confirm(token, "Ada");
        Assert.False(await steering.BeginAsync(Stop));

        Assert.Equal(["Ada moves to 0.0450, -0.1700", "Ada proposes 0.0500, -0.1700", "Ada moves to 0.0500, -0.1700"], _stages.Done[2..]);
        Assert.True(readied.IsCancellationRequested);
        SteeringState state = steering.State;
        Assert.Equal((SteeringPhase.Ready, "Ada", "ROI 1 is on the axis (px to 0.05 mm, py to -0.17 mm): the next series is its scan."), (state.Phase, state.By, state.Sentence));
        Assert.Equal([0.05, -0.17], state.Positions_mm.Select(p => Math.Round(p, 9)));

        AcceptedRoi roi = steering.Take(out CancellationToken withdrawn)!;
        Assert.False(withdrawn.IsCancellationRequested);
        Assert.Equal((50, -30, _folder.File("coarse.nxs")), (roi.Configuration.Reconstruction.Outside.X_um, roi.Configuration.Reconstruction.Outside.Y_um, roi.Configuration.Scan!.Coarse));
        Assert.Equal(Path.Combine(state.Folder!, "roi_1.yml"), roi.File);
        Assert.True(File.Exists(Path.Combine(state.Folder!, "roi_1.py")));
    }

    [Fact]
    public async Task Finish_ScanOfThePlace_OffersThePlacesAgainWithTheNextNumber()
    {
        using RoiSteering steering = await ReadyAsync();
        AcceptedRoi roi = steering.Take(out _)!;
        steering.Show(ExampleScan.State with { Phase = ScanPhase.Running });
        Assert.Equal((SteeringPhase.Scanning, "ROI 1 is being measured."), (steering.State.Phase, steering.State.Sentence));
        await RefusedAsync(steering, "ROI 1 is being measured");
        steering.Show(new RoiSuggestion([], "not of a region of interest"));

        steering.Finish(roi, Outcome("roi.nxs"));

        SteeringState state = steering.State;
        Assert.Equal((SteeringPhase.Offered, "ROI 1 was measured: roi.nxs."), (state.Phase, state.Sentence));
        Assert.Equal([2, 2], state.Places.Select(p => p.Number));
        await steering.ProposeAsync(state.Places[1].X_um, state.Places[1].Y_um, "Ada", Stop);
        Assert.Equal((2, 2), (steering.State.Taken!.Number, steering.State.Taken.Rank));

        // From where the coarse scan was measured, not from where the motors are now.
        Assert.Equal([-0.2, -0.1], steering.State.Taken.Moves.Select(m => m.To_mm!.Value));
    }

    [Fact]
    public async Task Confirm_WhateverIsNoConfirmation_MovesNothing()
    {
        using RoiSteering steering = await OfferedAsync();
        Refused(steering, "", "this confirms nothing");
        string old = await steering.ProposeAsync(50, -30, "Ada", Stop);
        string token = await steering.ProposeAsync(60, -30, "Grace", Stop);
        Refused(steering, old, "this confirms nothing");
        Refused(steering, token + "0", "this confirms nothing");
        Assert.DoesNotContain(_stages.Done, d => d.Contains("moves", StringComparison.Ordinal));
        Assert.Equal(SteeringPhase.Proposed, steering.State.Phase);

        steering.Confirm(token, "Grace");
        await SettledAsync(steering);
        Refused(steering, token, "was used before");
        Assert.Equal(2, _stages.Done.Count(d => d.Contains("moves", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Confirm_TooLate_MovesNothing()
    {
        using RoiSteering steering = await OfferedAsync();
        _stages.ExpiresAt = _time.GetUtcNow() + TimeSpan.FromSeconds(30);
        string token = await steering.ProposeAsync(50, -30, "Ada", Stop);
        Assert.Equal(_stages.ExpiresAt, steering.State.ExpiresAt);
        _time.Advance(TimeSpan.FromSeconds(30));
        Refused(steering, token, "the proposal is too old");
        Assert.Equal(SteeringPhase.Offered, steering.State.Phase);
        Refused(steering, token, "this confirms nothing");
    }

    [Fact]
    public async Task Propose_BeforeTheCoarseScanIsSaved_IsRefused()
    {
        using RoiSteering steering = Steering();
        await RefusedAsync(steering, "there is no coarse scan");
        Assert.True(await steering.BeginAsync(Stop));
        steering.Show(ExampleScan.State with { Phase = ScanPhase.Running });
        steering.Show(Places());
        Assert.Equal(2, steering.State.Places.Count);
        await RefusedAsync(steering, "the coarse scan is being measured: nothing moves before it has ended");
        await steering.OfferAsync(Outcome(null));
        Assert.Equal((SteeringPhase.Waiting, "The coarse scan was not saved: no scan can be placed in it."), (steering.State.Phase, steering.State.Sentence));
        await RefusedAsync(steering, "there is no coarse scan");
        Assert.Empty(_stages.Done);
    }

    [Fact]
    public async Task Propose_PlaceBeyondTheLimits_IsRefusedBeforeTheBeamlineIsAsked()
    {
        using RoiSteering steering = await OfferedAsync();
        SteeringException refused = await Assert.ThrowsAsync<SteeringException>(() => steering.ProposeAsync(2100, 0, "Ada", Stop));
        Assert.Equal("px would go to -2.1000 mm, beyond its limits -2 to 2 mm", refused.Message);
        Assert.Empty(_stages.Done);
        Assert.Equal(SteeringPhase.Offered, steering.State.Phase);
    }

    [Fact]
    public async Task Propose_StepThatTheBeamlineRefuses_IsRefusedWithItsReason()
    {
        using RoiSteering steering = await OfferedAsync();
        _stages.Refusal = "-50 is outside the limits of px/Position";
        await RefusedAsync(steering, "-50 is outside the limits of px/Position");
        Assert.Equal(SteeringPhase.Offered, steering.State.Phase);

        // And another one can be taken.
        _stages.Refusal = null;
        await steering.ProposeAsync(50, -30, "Ada", Stop);
    }

    [Theory]
    [InlineData("away", "No place can be gone to: the motors are not where the coarse scan needs them: px does not tell where it stands.")]
    [InlineData("moved", "No place can be gone to: the motors are not where the coarse scan needs them: they moved by 5.0 µm meanwhile.")]
    [InlineData("beyond", "No place can be gone to: the motors are not where the coarse scan needs them: py stands at 2.5000 mm, beyond its limits -2 to 2 mm.")]
    public async Task Offer_MotorsThatAreNotWhereTheSliceBelongs_NothingIsGoneTo(string what, string sentence)
    {
        using RoiSteering steering = Steering();
        (_stages.IsAway, _stages.Positions_mm) = (what == "away", [0, what == "beyond" ? 2.5 : 0]);
        Assert.True(await steering.BeginAsync(Stop));
        steering.Show(ExampleScan.State with { Phase = ScanPhase.Running });
        if (what == "moved")
        {
            // After the first look at them.
            await Eventually.TrueAsync(() => _stages.Reads > 0, "the motors to be asked");
            _stages.Positions_mm = [0.005, 0];
        }

        await steering.OfferAsync(Outcome(_folder.File("coarse.nxs")));
        Assert.Equal(sentence, steering.State.Sentence);
        await RefusedAsync(steering, "the motors are not where the coarse scan needs them");
        Assert.Empty(_stages.Done);
    }

    [Fact]
    public async Task Confirm_MoveThatFails_OffersThePlacesAgainAndSaysWhy()
    {
        using RoiSteering steering = await OfferedAsync();
        _stages.Failure = "px stands at 0.01 mm";
        CancellationToken readied = steering.Readied;
        steering.Confirm(await steering.ProposeAsync(50, -30, "Ada", Stop), "Ada");
        await SettledAsync(steering);
        Assert.Equal((SteeringPhase.Offered, "ROI 1 was not reached: px stands at 0.01 mm."), (steering.State.Phase, steering.State.Sentence));
        Assert.False(readied.IsCancellationRequested);
        Assert.Null(steering.Take(out _));
        Assert.Contains("ROI 1 was not reached: px stands at 0.01 mm", _said);
    }

    [Fact]
    public async Task Stop_MotorsThatMove_StandAndThePlaceIsNotReached()
    {
        using RoiSteering steering = await OfferedAsync();
        Assert.False(steering.Stop("Ada"));
        _stages.Arrived = new TaskCompletionSource();
        steering.Confirm(await steering.ProposeAsync(50, -30, "Ada", Stop), "Ada");
        Assert.Equal(SteeringPhase.Moving, steering.State.Phase);
        await RefusedAsync(steering, "the motors move");
        Assert.False(steering.Withdraw("Ada"));

        await Eventually.TrueAsync(() => _stages.IsMoving, "the motors to move");
        Assert.True(steering.Stop("somebody"));

        await SettledAsync(steering);
        Assert.Equal("ROI 1 was not reached: stopped by somebody: the motors were stopped.", steering.State.Sentence);
        Assert.DoesNotContain(_stages.Done, d => d.Contains("moves", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stop_BetweenTheSteps_EndsTheWay()
    {
        using RoiSteering steering = await OfferedAsync();
        _stages.AfterMove = () => steering.Stop("somebody");
        steering.Confirm(await steering.ProposeAsync(50, -30, "Ada", Stop), "Ada");
        await SettledAsync(steering);
        Assert.Equal((SteeringPhase.Offered, "ROI 1 was not reached: stopped by somebody on the way."), (steering.State.Phase, steering.State.Sentence));
        Assert.Single(_stages.Done, d => d.Contains("moves", StringComparison.Ordinal));
        Assert.True(await steering.BeginAsync(Stop));
    }

    [Fact]
    public async Task Begin_EndOfTheProgramWhileMotorsMove_StopsThem()
    {
        using RoiSteering steering = await OfferedAsync();
        _stages.Arrived = new TaskCompletionSource();
        steering.Confirm(await steering.ProposeAsync(50, -30, "Ada", Stop), "Ada");
        await Eventually.TrueAsync(() => _stages.IsMoving, "the motors to move");
        using var end = new CancellationTokenSource();
        Task<bool> begun = steering.BeginAsync(end.Token);
        await end.CancelAsync();
        Assert.True(await begun);
        Assert.Contains("ROI 1 was not reached: stopped by the end of the program: the motors were stopped", _said);
    }

    [Fact]
    public async Task Show_MotorsThatWereMovedBeforeTheScanOfThePlace_AreSaid()
    {
        using RoiSteering steering = await ReadyAsync();
        Assert.NotNull(steering.Take(out _));
        _stages.Positions_mm = [0.1, 0.03];
        steering.Show(ExampleScan.State with { Phase = ScanPhase.Running });
        await Eventually.TrueAsync(() => steering.State.Sentence == "The motors are 150.0 µm from where ROI 1 is.", () => steering.State.Sentence);
        Assert.Contains("the motors are 150.0 µm from where ROI 1 is", _said);
    }

    [Fact]
    public async Task Offer_ScanThatAProgramBeforeHadMeasured_NothingIsGoneTo()
    {
        using RoiSteering steering = Steering();
        await steering.BeginAsync(Stop);
        await steering.OfferAsync(Outcome(_folder.File("coarse.nxs")) with { IsOnlyContinued = true });
        await RefusedAsync(steering, "the motors are not where the coarse scan needs them: the program was started anew since it was measured");
        await steering.BeginAsync(Stop);
        await steering.OfferAsync(Outcome(_folder.File("coarse.nxs")));
        await RefusedAsync(steering, "the motors are not where the coarse scan needs them: they were not asked while it was measured");
    }

    [Fact]
    public async Task Withdraw_PlaceWhoseScanHasNotBegun_TheNextSeriesIsACoarseScan()
    {
        using RoiSteering steering = await ReadyAsync();
        AcceptedRoi roi = steering.Take(out CancellationToken withdrawn)!;

        Assert.True(steering.Withdraw("Grace"));

        Assert.True(withdrawn.IsCancellationRequested);
        await RefusedAsync(steering, "the scan of the last place is just being ended");
        steering.Show(ExampleScan.State with { Phase = ScanPhase.Running });
        steering.Finish(roi, null);
        Assert.Equal((SteeringPhase.Offered, "Grace took ROI 1 back; the motors stay where they are."), (steering.State.Phase, steering.State.Sentence));
        await SettledAsync(steering);
        Assert.Null(steering.Take(out CancellationToken next));
        Assert.False(next.IsCancellationRequested);
        Assert.False(steering.Readied.IsCancellationRequested);
        await steering.ProposeAsync(50, -30, "Ada", Stop);
        Assert.Equal(1, steering.State.Taken!.Number);
    }

    [Fact]
    public async Task Begin_AnotherCoarseScan_EndsTheOfferOfTheLast()
    {
        using RoiSteering steering = await OfferedAsync();
        string token = await steering.ProposeAsync(50, -30, "Ada", Stop);
        Assert.True(await steering.BeginAsync(Stop));
        Assert.Equal((SteeringPhase.Measuring, 0), (steering.State.Phase, steering.State.Places.Count));
        Refused(steering, token, "this confirms nothing");
        await RefusedAsync(steering, "the coarse scan is being measured");

        // A series that is aborted before its first frame is none.
        await steering.OfferAsync(Outcome(null));
        Assert.Equal((SteeringPhase.Offered, 2), (steering.State.Phase, steering.State.Places.Count));
        await steering.BeginAsync(Stop);
        await steering.OfferAsync(Outcome(null) with { Counters = new FrameCounters { Placed = 1 } });
        Assert.Equal(SteeringPhase.Waiting, steering.State.Phase);
        await RefusedAsync(steering, "there is no coarse scan");
    }

    [Fact]
    public async Task Begin_SeriesThatComesWhileMotorsMove_WaitsForThemAndIsTheScanOfThePlace()
    {
        using RoiSteering steering = await OfferedAsync();
        _stages.Arrived = new TaskCompletionSource();
        steering.Confirm(await steering.ProposeAsync(50, -30, "Ada", Stop), "Ada");
        Task<bool> begun = steering.BeginAsync(Stop);
        Assert.False(begun.IsCompleted);
        Assert.Equal(SteeringPhase.Moving, steering.State.Phase);
        _stages.Arrived.SetResult();
        Assert.False(await begun);
        Assert.Equal("the series began while the motors moved: its first frames were taken elsewhere", steering.Take(out _)!.Note);
        Assert.Equal(SteeringPhase.Ready, steering.State.Phase);
    }

    [Fact]
    public async Task Confirm_WithoutMotors_WritesTheFilesAndTheNextSeriesIsItsScan()
    {
        using RoiSteering steering = Steering(hasStages: false);
        Assert.True(await steering.BeginAsync(Stop));
        await steering.OfferAsync(Outcome(_folder.File("coarse.nxs")));
        steering.Confirm(await steering.ProposeAsync(50, -30, "127.0.0.1", Stop), "127.0.0.1");
        Assert.False(await steering.BeginAsync(Stop));
        Assert.Equal("The next series is the scan of ROI 1; before it, px to -0.05 mm, py to 0.03 mm.", steering.State.Sentence);
        Assert.NotNull(steering.Take(out _));
    }

    [Theory]
    [InlineData(true, "")]
    [InlineData(false, "Could not find file")]
    public async Task Propose_ScanThatCouldNotBeRun_IsRefusedAndNothingIsAsked(bool isFolderInTheWay, string reason)
    {
        if (isFolderInTheWay)
        {
            File.WriteAllText(_folder.File("coarse-roi"), "in the way");
        }
        else
        {
            _check = SetUp.Check;
        }

        using RoiSteering steering = await OfferedAsync();
        await RefusedAsync(steering, reason);
        Assert.Equal(SteeringPhase.Offered, steering.State.Phase);
        Assert.Empty(_stages.Done);
    }

    private static Task SettledAsync(RoiSteering steering) => Eventually.TrueAsync(() => steering.State.Phase != SteeringPhase.Moving, "the motors to stand");

    private static RoiSuggestion Places() => new([new RoiCandidate(50, -30, 125, 0.9, 200, 0.8), new RoiCandidate(200, 100, 125, 0.8, 150, 0.7)], "two places");

    private static LiveOutcome Outcome(string? saved) => new(ScanPhase.Complete, "complete", saved, new FrameCounters { Placed = saved is null ? 0 : 6 }, null) { Roi = saved is null ? null : Places(), Axis_um = 12 };

    private static async Task RefusedAsync(RoiSteering steering, string reason)
    {
        SteeringException refused = await Assert.ThrowsAsync<SteeringException>(() => steering.ProposeAsync(50, -30, "Ada", Stop));
        Assert.StartsWith(reason, refused.Message);
    }

    private static void Refused(RoiSteering steering, string token, string reason) =>
        Assert.Contains(reason, Assert.Throws<SteeringException>(() => steering.Confirm(token, "Ada")).Message, StringComparison.Ordinal);

    private RoiSteering Steering(bool hasStages = true)
    {
        BeamlineConfiguration coarse = ConfigurationFile.Read(Path.Combine(AppContext.BaseDirectory, "config", "demo.yml"));
        coarse.Stages!.Second!.Backlash_um = 0;
        return new RoiSteering(coarse, Path.Combine(AppContext.BaseDirectory, "config", "demo.yml"), hasStages ? _stages : null, _time, _said.Add) { Check = _check };
    }

    private async Task<RoiSteering> OfferedAsync(double[]? positions_mm = null)
    {
        _stages.Positions_mm = positions_mm ?? [0, 0];
        RoiSteering steering = Steering();
        Assert.True(await steering.BeginAsync(Stop));
        steering.Show(ExampleScan.State with { Phase = ScanPhase.Running });
        await steering.OfferAsync(Outcome(_folder.File("coarse.nxs")));
        Assert.Equal((SteeringPhase.Offered, ""), (steering.State.Phase, steering.State.Sentence));
        return steering;
    }

    private async Task<RoiSteering> ReadyAsync()
    {
        RoiSteering steering = await OfferedAsync();
        steering.Confirm(await steering.ProposeAsync(50, -30, "Ada", Stop), "Ada");
        Assert.False(await steering.BeginAsync(Stop));
        return steering;
    }
}
