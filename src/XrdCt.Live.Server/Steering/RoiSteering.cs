using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Model.Stages;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Server.Configuration;

namespace XrdCt.Live.Server.Steering;

/// <summary>
/// Brings a place of the coarse scan onto the rotation axis when an operator wants it: the place is taken, its moves are judged and shown, confirmed by the operator's hand,
/// made, and the next series is the scan of that place. Nothing moves while a scan is being measured. Safe for several threads.
/// </summary>
internal sealed class RoiSteering : ILiveDisplay, IDisposable
{
    // Of what a stage tells of its position when it stands.
    private const double LargestDrift_um = 1;

    private const string TooEarly = "the series began while the motors moved: its first frames were taken elsewhere";

    private static readonly TimeSpan PositionPeriod = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestRead = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly BeamlineConfiguration _coarse;
    private readonly string _file;
    private readonly IStageControl? _stages;
    private readonly TimeProvider _time;
    private readonly Action<string> _say;
    private readonly Action<string> _remark;
    private CancellationTokenSource _readied = new();
    private CancellationTokenSource _withdrawn = new();
    private CancellationTokenSource? _moving;
    private Task _work = Task.CompletedTask;
    private Task<IReadOnlyList<double>>? _stood;
    private SteeringPhase _phase;
    private string _sentence = "";
    private IReadOnlyList<RoiCandidate> _candidates = [];
    private IReadOnlyList<RoiScanPlan>? _places;
    private IReadOnlyList<double> _positions_mm = [];
    private Offer? _offer;
    private RoiScanPlan? _plan;
    private StageStep? _step;
    private string _token = "";
    private string _by = "";
    private AcceptedRoi? _accepted;
    private string? _folder;
    private bool _isProposing;
    private bool _isTaken;
    private bool _isChecked;
    private (string By, string Reason, DateTimeOffset At)? _refused;
    private volatile string _stopper = "";
    private int _count;

    /// <summary>Begins to follow coarse scans.</summary>
    /// <param name="coarse">Their configuration; has <c>roi.scan</c>.</param>
    /// <param name="file">Its file.</param>
    /// <param name="stages">Moves the motors; null where people do that, by the macros.</param>
    /// <param name="time">Clock.</param>
    /// <param name="say">Takes what should stand in the log of the program.</param>
    /// <param name="remark">Takes what belongs to the scan that runs.</param>
    public RoiSteering(BeamlineConfiguration coarse, string file, IStageControl? stages, TimeProvider time, Action<string> say, Action<string>? remark = null)
    {
        // Positions are filled in.
        _coarse = ConfigurationFile.TryParse(ConfigurationFile.Write(coarse))!;
        (_file, _stages, _time, _say, _remark) = (file, stages, time, say, remark ?? say);
    }

    /// <summary>Who may take places; null where nothing is moved from here, and whoever reaches the page may.</summary>
    public Operators? Operators { get; init; }

    /// <summary>Checks a configuration, its folder and its file as <c>run</c> would: what would refuse the scan refuses the place, and nothing moves.</summary>
    public Action<BeamlineConfiguration, string, string> Check { get; init; } = SetUp.Check;

    /// <summary>Whether motors are moved from here.</summary>
    public bool MovesStages => _stages is not null;

    /// <summary>Clock.</summary>
    public DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>How it stands.</summary>
    public SteeringState State
    {
        get
        {
            lock (_lock)
            {
                _places ??= [.. _candidates.Select((c, i) => Plan(c.X_um, c.Y_um) with { Rank = i + 1 })];
                return new SteeringState(_phase, _sentence, _places)
                {
                    Taken = _plan,
                    By = _by,
                    ExpiresAt = _phase == SteeringPhase.Proposed ? _step?.ExpiresAt : null,
                    From_mm = _step?.From_mm ?? [],
                    Positions_mm = _positions_mm,
                    Folder = _folder,
                };
            }
        }
    }

    /// <summary>Is cancelled when a place is ready to be scanned; another one afterwards.</summary>
    public CancellationToken Readied
    {
        get
        {
            lock (_lock)
            {
                return _readied.Token;
            }
        }
    }

    /// <summary>Not looked at: <see cref="BeginAsync"/> comes before.</summary>
    public void Show(ScanDescription scan)
    {
    }

    /// <summary>With the first frame of a coarse scan the motors are asked where they stand: that is where its slice belongs to.</summary>
    public void Show(LiveState state)
    {
        lock (_lock)
        {
            if (_isTaken && _plan is { } plan)
            {
                if (state.Phase == ScanPhase.Running && _phase == SteeringPhase.Ready)
                {
                    (_phase, _sentence) = (SteeringPhase.Scanning, $"ROI {plan.Number} is being measured.");
                    if (_stages is not null && !_isChecked)
                    {
                        _isChecked = true;
                        _ = Task.Run(() => CheckAsync(plan));
                    }
                }
                else if (state.Phase == ScanPhase.Waiting && _phase == SteeringPhase.Scanning)
                {
                    (_phase, _sentence) = (SteeringPhase.Ready, $"The next series is another slice of ROI {plan.Number}.");
                }
            }
            else if (!_isTaken && state.Phase == ScanPhase.Running && _stages is not null)
            {
                _stood ??= Task.Run(ReadAsync);
            }
        }
    }

    /// <summary>The places of now.</summary>
    public void Show(RoiSuggestion roi)
    {
        lock (_lock)
        {
            if (!_isTaken)
            {
                (_candidates, _places) = (roi.Candidates, null);
            }
        }
    }

    /// <summary>Not looked at.</summary>
    public void Show(SinogramMap sinogram)
    {
    }

    /// <summary>Not looked at.</summary>
    public void Show(SliceMap slice)
    {
    }

    /// <summary>Not looked at.</summary>
    public void Show(PatternView patterns)
    {
    }

    /// <summary>Not looked at.</summary>
    public void Show(IVoxelPatterns voxels)
    {
    }

    /// <summary>A scan is about to begin: waits for motors that move, and lets none move from then on if it is a coarse one.</summary>
    /// <param name="stop">Stops motors that move.</param>
    /// <returns>Whether it is a coarse one; false where the scan of a place is next.</returns>
    public async Task<bool> BeginAsync(CancellationToken stop)
    {
        bool hasWaited = false;
        while (true)
        {
            Task work;
            lock (_lock)
            {
                work = _work;
                if (_phase != SteeringPhase.Moving)
                {
                    if (_phase == SteeringPhase.Ready)
                    {
                        _accepted = hasWaited ? _accepted! with { Note = TooEarly } : _accepted;
                        return false;
                    }

                    Forget();
                    (_phase, _sentence, _candidates, _places, _stood, _positions_mm) = (SteeringPhase.Measuring, "", [], null, null, []);
                    return true;
                }
            }

            if (!hasWaited)
            {
                hasWaited = true;
                _say(TooEarly);
            }

            using CancellationTokenRegistration stopping = stop.Register(() => Stop("the end of the program"));
            await work.ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The coarse scan has ended: its places can be taken where it is saved. Where nothing was measured, a series that was aborted before its first frame, those of the scan
    /// before still can.
    /// </summary>
    /// <param name="outcome">How it ended.</param>
    public async Task OfferAsync(LiveOutcome outcome)
    {
        string? result = outcome.SavedPath;
        lock (_lock)
        {
            if (outcome.Counters.Placed == 0 && _offer is { } before)
            {
                Make(before);
                return;
            }

            _count = 0;
            _offer = null;
            if (result is null || outcome.Roi is not { Candidates.Count: > 0 })
            {
                _sentence = result is null ? "The coarse scan was not saved: no scan can be placed in it." : outcome.Roi?.Explanation ?? "";
                _phase = SteeringPhase.Waiting;
                return;
            }
        }

        IReadOnlyList<double>? positions_mm = null;
        string? unknown = null;
        if (_stages is not null)
        {
            try
            {
                positions_mm = outcome.IsOnlyContinued
                    ? throw new SteeringException("the program was started anew since it was measured")
                    : await StoodAsync().ConfigureAwait(false);
                CheckLimits(positions_mm);
            }
            catch (SteeringException e)
            {
                positions_mm = null;
                unknown = $"the motors are not where the coarse scan needs them: {e.Message}";
                _say($"no place can be gone to: {unknown}");
            }
        }

        lock (_lock)
        {
            Make(_offer = new Offer(result!, outcome.Axis_um, outcome.Roi!.Candidates, positions_mm, unknown));
        }
    }

    /// <summary>Takes a place: its moves are judged by all who may refuse them. Nothing moves.</summary>
    /// <param name="x_um">Sample coordinate x in the coarse slice, µm.</param>
    /// <param name="y_um">Sample coordinate y, µm.</param>
    /// <param name="by">The operator.</param>
    /// <param name="stop">Gives up.</param>
    /// <returns>The token that confirms it, once.</returns>
    /// <exception cref="SteeringException">The place cannot be taken.</exception>
    public async Task<string> ProposeAsync(double x_um, double y_um, string by, CancellationToken stop)
    {
        RoiScanPlan plan;
        lock (_lock)
        {
            plan = Propose(x_um, y_um);
            _isProposing = true;
        }

        try
        {
            AcceptedRoi accepted = await Task.Run(() => Write(plan), CancellationToken.None).ConfigureAwait(false);
            StageStep? first = null;
            if (_stages is not null)
            {
                // The last first: whatever would be refused later is refused now, and the first step's tokens are the freshest.
                foreach (IReadOnlyList<double> to_mm in Steps(plan).Reverse())
                {
                    first = await _stages.ProposeAsync(to_mm, by, stop).ConfigureAwait(false);
                }
            }

            lock (_lock)
            {
                if (_phase is not (SteeringPhase.Offered or SteeringPhase.Proposed))
                {
                    throw new SteeringException("another scan has begun meanwhile");
                }

                (_phase, _plan, _accepted, _step, _by, _sentence) = (SteeringPhase.Proposed, plan, accepted, first, by, "");
                _token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
                return _token;
            }
        }
        finally
        {
            lock (_lock)
            {
                _isProposing = false;
            }
        }
    }

    /// <summary>The operator has seen the moves and wants them: they are made, and the scan of the place is the next one.</summary>
    /// <param name="token">What <see cref="ProposeAsync"/> gave; good once.</param>
    /// <param name="by">The operator.</param>
    /// <exception cref="SteeringException">The token confirms nothing, or no more.</exception>
    public void Confirm(string token, string by)
    {
        RoiScanPlan plan;
        lock (_lock)
        {
            if (_phase != SteeringPhase.Proposed || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(_token)))
            {
                throw new SteeringException("this confirms nothing: the confirmation is missing, was used before, or is that of another proposal");
            }

            _token = "";
            if (_step is { } step && _time.GetUtcNow() >= step.ExpiresAt)
            {
                Forget();
                throw new SteeringException("the proposal is too old: take the place again");
            }

            (_phase, _by, _moving, _stopper) = (SteeringPhase.Moving, by, new CancellationTokenSource(), by);
            plan = _plan!;
            (StageStep? first, CancellationToken stop) = (_step, _moving.Token);
            _work = Task.Run(() => GoAsync(plan, first, by, stop), CancellationToken.None);
        }

        _say(string.Create(CultureInfo.InvariantCulture, $"{by} takes place ({plan.X_um:F1}, {plan.Y_um:F1}) µm as ROI {plan.Number}"));
    }

    /// <summary>Stops the motors; anybody may.</summary>
    /// <param name="by">Who does.</param>
    /// <returns>Whether they moved.</returns>
    public bool Stop(string by)
    {
        CancellationTokenSource moving;
        lock (_lock)
        {
            if (_phase != SteeringPhase.Moving)
            {
                return false;
            }

            (moving, _stopper) = (_moving!, by);
        }

        moving.Cancel();
        _say($"{by} stops the motors");
        return true;
    }

    /// <summary>Takes a place back, as long as its scan has not begun. Motors that have moved stay where they are.</summary>
    /// <param name="by">Who does.</param>
    /// <returns>Whether there was one.</returns>
    public bool Withdraw(string by)
    {
        CancellationTokenSource withdrawn;
        lock (_lock)
        {
            if (_phase is not (SteeringPhase.Proposed or SteeringPhase.Ready))
            {
                return false;
            }

            (withdrawn, _withdrawn) = (_withdrawn, new CancellationTokenSource());
            string sentence = _phase == SteeringPhase.Ready && _stages is not null ? $"{by} took ROI {_plan!.Number} back; the motors stay where they are." : "";
            Forget();
            (_phase, _sentence) = (SteeringPhase.Offered, sentence);
        }

        withdrawn.Cancel();
        _say($"{by} takes the place back");
        return true;
    }

    /// <summary>Somebody was refused before anything could be proposed: it stands in the log of moves, once a second at most.</summary>
    public void LogRefusal(string by, string reason)
    {
        lock (_lock)
        {
            DateTimeOffset now = _time.GetUtcNow();
            if (_refused is { } before && before.By == by && before.Reason == reason && now - before.At < TimeSpan.FromSeconds(1))
            {
                return;
            }

            _refused = (by, reason, now);
        }

        _say($"{by} was refused: {reason}");
        _stages?.LogRefusal(by, reason);
    }

    /// <summary>The scan that is next; null where that is a coarse one. What is shown from now on is of that scan, until <see cref="Finish"/>.</summary>
    /// <param name="withdrawn">Is cancelled when it is taken back.</param>
    public AcceptedRoi? Take(out CancellationToken withdrawn)
    {
        lock (_lock)
        {
            withdrawn = _withdrawn.Token;
            if (_phase != SteeringPhase.Ready)
            {
                return null;
            }

            _isTaken = true;
            return _accepted;
        }
    }

    /// <summary>The scan of a place is over, or was taken back: another place can be taken.</summary>
    /// <param name="accepted">The scan.</param>
    /// <param name="outcome">How it ended; null where it was taken back.</param>
    public void Finish(AcceptedRoi accepted, LiveOutcome? outcome)
    {
        lock (_lock)
        {
            int number = accepted.Plan.Number;
            _isTaken = false;
            if (outcome is null)
            {
                return;
            }

            Forget();
            _count = number;
            (_phase, _places) = (SteeringPhase.Offered, null);
            _sentence = outcome.SavedPath is string path ? $"ROI {number} was measured: {path}." : $"ROI {number} was not measured: {outcome.Sentence}.";
        }
    }

    /// <summary>Stops what moves.</summary>
    public void Dispose()
    {
        Task work;
        CancellationTokenSource? moving;
        lock (_lock)
        {
            (work, moving, _stopper) = (_work, _moving, "the end of the program");
        }

        moving?.Cancel();
        work.GetAwaiter().GetResult();
    }

    // First beyond the target, which is met from one side always: both motors at a time.
    private static IReadOnlyList<double>[] Steps(RoiScanPlan plan)
    {
        double[] to_mm = [.. plan.Moves.Select(m => m.To_mm!.Value)];
        return plan.Moves.Any(m => m.Beyond_mm != 0) ? [[.. plan.Moves.Select(m => m.Via_mm ?? m.To_mm!.Value)], to_mm] : [to_mm];
    }

    private RoiScanPlan Propose(double x_um, double y_um)
    {
        string? obstacle = _phase switch
        {
            SteeringPhase.Waiting => "there is no coarse scan whose places could be taken",
            SteeringPhase.Measuring => "the coarse scan is being measured: nothing moves before it has ended",
            SteeringPhase.Moving => "the motors move",
            SteeringPhase.Ready => $"ROI {_plan!.Number} is next: take it back first",
            SteeringPhase.Scanning => $"ROI {_plan!.Number} is being measured",
            _ when _isTaken => "the scan of the last place is just being ended",
            _ when _isProposing => "another place is just being taken",
            _ => _offer?.Unknown,
        };
        if (obstacle is not null)
        {
            throw new SteeringException(obstacle);
        }

        RoiScanPlan plan;
        try
        {
            plan = Plan(x_um, y_um);
        }
        catch (Exception e) when (e is UserException or ArgumentException)
        {
            throw new SteeringException(SetUp.Sentence(e), e);
        }

        // Its files are written over: what was proposed before can no longer be confirmed, whatever becomes of this.
        Forget();
        int rank = _candidates.ToList().FindIndex(c => c.X_um == x_um && c.Y_um == y_um);
        return plan.Obstacle is { } why ? throw new SteeringException(why)
            : _stages is not null && plan.Moves.Any(m => m.To_mm is null) ? throw new SteeringException("where the motors stood during the coarse scan is not known")
            : plan with { Rank = rank + 1 };
    }

    private RoiScanPlan Plan(double x_um, double y_um) => StagesSetUp.Plan(_coarse, _file, _count + 1, (x_um, y_um), _offer?.Axis_um ?? 0);

    private async Task GoAsync(RoiScanPlan plan, StageStep? first, string by, CancellationToken stop)
    {
        try
        {
            if (_stages is not null)
            {
                Task made = MoveAsync(plan, first!, by, stop);
                await FollowAsync(made).ConfigureAwait(false);
                await made.ConfigureAwait(false);
            }

            string there = plan.Moves.Count == 0 ? string.Create(CultureInfo.InvariantCulture, $"move the sample by ({-plan.X_um:F1}, {-plan.Y_um:F1}) µm")
                : string.Join(", ", plan.Moves.Select(m => $"{m.Motor.Name} {(m.To_mm is { } to ? $"to {MacroText.Number(to)} mm" : $"by {MacroText.Number(m.By_mm)} mm")}"));
            CancellationTokenSource readied;
            lock (_lock)
            {
                _phase = SteeringPhase.Ready;
                _sentence = _stages is not null ? $"ROI {plan.Number} is on the axis ({there}): the next series is its scan." : $"The next series is the scan of ROI {plan.Number}; before it, {there}.";
                readied = _readied;
            }

            // Not under the lock: whoever waits for it may go on at once, here.
            await readied.CancelAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Whatever it was, the motors were stopped by who moved them, and steering goes on.
            lock (_lock)
            {
                Forget();
                (_phase, _sentence) = (SteeringPhase.Offered, $"ROI {plan.Number} was not reached: {SetUp.Sentence(e)}.");
            }

            _say($"ROI {plan.Number} was not reached: {SetUp.Sentence(e)}");
        }
    }

    private async Task MoveAsync(RoiScanPlan plan, StageStep first, string by, CancellationToken stop)
    {
        StageStep step = first;
        foreach ((int i, IReadOnlyList<double> to_mm) in Steps(plan).Index())
        {
            if (stop.IsCancellationRequested)
            {
                throw new SteeringException($"stopped by {_stopper} on the way");
            }

            // The operator has confirmed the whole way; a step's own confirmation is good only from where the step before it ended.
            step = i == 0 ? first : await _stages!.ProposeAsync(to_mm, by, stop).ConfigureAwait(false);
            await _stages!.MoveAsync(step, by, () => _stopper, stop).ConfigureAwait(false);
        }
    }

    // What the page shows of motors that move, and of where they stand in the end.
    private async Task FollowAsync(Task made)
    {
        bool isOver;
        do
        {
            isOver = made.IsCompleted;
            try
            {
                IReadOnlyList<double> positions_mm = await _stages!.ReadAsync(CancellationToken.None).ConfigureAwait(false);
                lock (_lock)
                {
                    _positions_mm = positions_mm;
                }
            }
            catch (Exception)
            {
                // The move itself says what is wrong, and is waited for whatever happens here.
            }

            await Task.WhenAny(made, Task.Delay(PositionPeriod, _time)).ConfigureAwait(false);
        }
        while (!isOver);
    }

    private AcceptedRoi Write(RoiScanPlan plan)
    {
        string result = _offer!.Result;
        string folder = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(result))!, $"{Path.GetFileNameWithoutExtension(result)}-roi");
        string path = Path.Combine(folder, FormattableString.Invariant($"roi_{plan.Number}.yml"));
        try
        {
            new RoiFiles(folder, _coarse, _file, result).Write([plan], overwrite: true);
            BeamlineConfiguration configuration = ConfigurationFile.Read(path);
            Check(configuration, folder, path);
            lock (_lock)
            {
                _folder = folder;
            }

            return new AcceptedRoi(plan, configuration, path);
        }
        catch (Exception e) when (e is UserException or IOException or UnauthorizedAccessException)
        {
            throw new SteeringException(SetUp.Sentence(e), e);
        }
    }

    // With the first frame of the scan of a place: somebody may have moved the motors since.
    private async Task CheckAsync(RoiScanPlan plan)
    {
        string? wrong = null;
        try
        {
            double away_um = 1000 * plan.Moves.Zip(await ReadAsync().ConfigureAwait(false), (m, p) => Math.Abs(p - m.To_mm!.Value)).Max();
            wrong = away_um <= LargestDrift_um ? null : string.Create(CultureInfo.InvariantCulture, $"the motors are {away_um:F1} µm from where ROI {plan.Number} is");
        }
        catch (SteeringException e)
        {
            wrong = $"whether ROI {plan.Number} is on the axis is not known: {e.Message}";
        }

        if (wrong is not null)
        {
            _remark(wrong);
            lock (_lock)
            {
                _sentence = _phase == SteeringPhase.Scanning ? $"{char.ToUpperInvariant(wrong[0])}{wrong[1..]}." : _sentence;
            }
        }
    }

    private async Task<IReadOnlyList<double>> StoodAsync()
    {
        Task<IReadOnlyList<double>>? stood;
        lock (_lock)
        {
            stood = _stood;
        }

        if (stood is null)
        {
            throw new SteeringException("they were not asked while it was measured");
        }

        IReadOnlyList<double> before_mm = await stood.ConfigureAwait(false);
        IReadOnlyList<double> after_mm = await ReadAsync().ConfigureAwait(false);
        double drift_um = 1000 * before_mm.Zip(after_mm, (b, a) => Math.Abs(a - b)).Max();
        return drift_um <= LargestDrift_um
            ? before_mm
            : throw new SteeringException(string.Create(CultureInfo.InvariantCulture, $"they moved by {drift_um:F1} µm meanwhile"));
    }

    private void CheckLimits(IReadOnlyList<double> positions_mm)
    {
        foreach ((MotorSection motor, double position_mm) in new[] { _coarse.Stages!.First!, _coarse.Stages.Second! }.Zip(positions_mm))
        {
            if (!(position_mm >= motor.Lowest_mm && position_mm <= motor.Highest_mm))
            {
                throw new SteeringException(string.Create(
                    CultureInfo.InvariantCulture, $"{motor.Name} stands at {position_mm:F4} mm, beyond its limits {motor.Lowest_mm:G6} to {motor.Highest_mm:G6} mm"));
            }
        }
    }

    private async Task<IReadOnlyList<double>> ReadAsync()
    {
        using var limit = new CancellationTokenSource(LongestRead, _time);
        try
        {
            return await _stages!.ReadAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            throw new SteeringException("the motors do not answer", e);
        }
    }

    // Under the lock.
    private void Make(Offer offer)
    {
        if (offer.Positions_mm is { } stood_mm)
        {
            (_coarse.Stages!.First!.Position_mm, _coarse.Stages.Second!.Position_mm) = (stood_mm[0], stood_mm[1]);
            _positions_mm = stood_mm;
        }

        (_candidates, _places, _phase) = (offer.Places, null, SteeringPhase.Offered);
        _sentence = offer.Unknown is { } unknown ? $"No place can be gone to: {unknown}." : "";
    }

    // Under the lock: no place is taken any more.
    private void Forget()
    {
        (_plan, _step, _token, _by, _accepted, _isChecked) = (null, null, "", "", null, false);
        _readied = _readied.IsCancellationRequested ? new CancellationTokenSource() : _readied;
        _phase = _phase is SteeringPhase.Waiting or SteeringPhase.Measuring ? _phase : SteeringPhase.Offered;
    }

    /// <summary>A coarse scan whose places can be taken.</summary>
    /// <param name="Result">Where it is saved.</param>
    /// <param name="Axis_um">Where its slices have the rotation axis, µm from where its plan has it.</param>
    /// <param name="Places">Its places, best first.</param>
    /// <param name="Positions_mm">Where the motors stood; null where nothing is moved from here, or that is not known.</param>
    /// <param name="Unknown">Why nothing can be gone to; null where it can.</param>
    private sealed record Offer(string Result, double Axis_um, IReadOnlyList<RoiCandidate> Places, IReadOnlyList<double>? Positions_mm, string? Unknown);
}
