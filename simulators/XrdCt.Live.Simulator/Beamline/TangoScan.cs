using System.Globalization;
using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Gateway;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Simulator.Streaming;

namespace XrdCt.Live.Simulator.Beamline;

/// <summary>
/// A scan on the stages of a Tango beamline, line after line as frames of them are asked for: the slow axis stands, the fast one runs, and each
/// frame is exposed when the fast axis passes its cell. When that is comes from the stage's own stamps, so that who interpolates them finds the
/// plan's positions. Reading and waiting are safe for several threads.
/// </summary>
internal sealed class TangoScan : IExposureClock, IDisposable
{
    /// <summary>Who moves the stages where no other name is given.</summary>
    public const string UsualOperator = "xrdct-sim";

    // A line whose run was not seen while it lasted (the gateway was held up) has no timing, and is run again so often.
    private const int MostRuns = 3;

    // Of an exposure: a stage that is farther off than this is none of constant velocity.
    private const double LargestDelay = 0.05;

    private static readonly TangoAttribute Px = new("px", "Position");
    private static readonly TangoAttribute Py = new("py", "Position");
    private static readonly TangoAttribute Current = new("monitor", "RingCurrent");
    private static readonly TangoAttribute Shutter = new("shutter", "State");
    private static readonly TangoCommand Open = new("shutter", "Open");
    private static readonly TangoCommand Close = new("shutter", "Close");

    private readonly TangoGateway _gateway;
    private readonly ScanLines _lines;
    private readonly string _by;
    private readonly TangoStage _fast;
    private readonly TangoStage _slow;
    private readonly LineProgress[] _progress;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _ended = new();
    private DateTimeOffset _date;
    private Task? _drive;
    private Exception? _failure;
    private bool _isReleased;

    /// <summary>Prepares a scan; nothing is sent yet.</summary>
    /// <param name="gateway">The gateway; disposed with the scan. Its permissions are <see cref="Permissions"/>.</param>
    /// <param name="plan">The scan.</param>
    /// <param name="rate_Hz">Exposures per second.</param>
    /// <param name="by">The operator, for the logs.</param>
    /// <exception cref="ArgumentException">The stages cannot be driven so; the message is one sentence that says why.</exception>
    public TangoScan(TangoGateway gateway, ScanPlan plan, double rate_Hz, string by)
    {
        _gateway = gateway;
        _by = by;
        _lines = new ScanLines(plan, rate_Hz);
        _fast = new TangoStage(gateway, _lines.Fast, by);
        _slow = new TangoStage(gateway, _lines.Slow, by);
        _progress = [.. Enumerable.Range(0, _lines.Count).Select(_ => new LineProgress())];
    }

    /// <summary>What a scan may do, with the limits of the simulated devices.</summary>
    public static IReadOnlyList<TangoPermission> Permissions { get; } =
    [
        .. StageAxis.Translation.Permissions,
        .. StageAxis.Rotation.Permissions,
        new(Open.Device, Open.Member, IsCommand: true, null, null),
        new(Close.Device, Close.Member, IsCommand: true, null, null),
    ];

    /// <summary>Where the sample stages stood before the scan, hence by how much they have moved the sample, sample coordinates, µm.</summary>
    public (double X_um, double Y_um) SampleShift { get; private set; }

    /// <summary>Before anything moves: the gateway permits all that the scan needs, the stages stand, and the sample is where its stages are.</summary>
    /// <exception cref="BeamlineException">The scan cannot be; the message is one sentence that says why.</exception>
    public void Prepare()
    {
        try
        {
            PrepareAsync().GetAwaiter().GetResult();
        }
        catch (TangoException e)
        {
            throw new BeamlineException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Opens the shutter and begins to drive. The date is of whole milliseconds, as the messages carry it.</remarks>
    public DateTimeOffset Arm()
    {
        DateTimeOffset now = DateTimeOffset.Now;
        _date = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMillisecond));
        _drive = Task.Run(DriveAsync);
        return _date;
    }

    /// <inheritdoc/>
    public ImageTimes WaitFor(int index, CancellationToken cancellation)
    {
        (int line, int cell) = _lines.PlaceOf(index);
        Want(line);
        LineTiming timing = _progress[line].Timing.Task.WaitAsync(cancellation).GetAwaiter().GetResult();
        TimeSpan middle = timing.TimeAt(_lines.Line(line).Position(cell)) - _date;
        var times = new ImageTimes(middle - (_lines.Period / 2), middle + (_lines.Period / 2));
        TimeSpan left = _date + times.Stop - DateTimeOffset.UtcNow;
        if (left > TimeSpan.Zero)
        {
            WaitHandle.WaitAny([cancellation.WaitHandle, _ended.Token.WaitHandle], left);
            cancellation.ThrowIfCancellationRequested();
            if (_failure is not null)
            {
                throw _failure;
            }
        }

        return times;
    }

    /// <summary>Waits until the line of a frame has begun, and asks for that.</summary>
    /// <exception cref="BeamlineException">It never will.</exception>
    /// <exception cref="OperationCanceledException">It never will, because the scan was ended.</exception>
    public void WaitForLine(int index)
    {
        int line = _lines.PlaceOf(index).Line;
        Want(line);
        _progress[line].Beam.Task.GetAwaiter().GetResult();
    }

    /// <summary>Beam intensity of a frame whose line has begun, relative to the start of the scan; 0 where the shutter was closed.</summary>
    public double BeamOf(int index) => _progress[_lines.PlaceOf(index).Line].Beam.Task.GetAwaiter().GetResult();

    /// <summary>Ends the scan: the stages stand, the shutter is closed. Once; called again it does nothing.</summary>
    /// <param name="isHurried">True to stop the stages where they are; false to let a line that has begun run to its end.</param>
    /// <exception cref="BeamlineException">The scan had failed, or cannot be ended; the message is one sentence that says all.</exception>
    public void End(bool isHurried)
    {
        if (_isReleased)
        {
            return;
        }

        _isReleased = true;
        if (_drive is null)
        {
            // Nobody took the start message: frames that are being made wait for a line that will not come.
            Fail(new OperationCanceledException("the scan was ended before it had begun"));
        }
        else
        {
            if (isHurried)
            {
                _stop.Cancel();
            }

            // Lines that nobody has asked for are not driven any more.
            Array.ForEach(_progress, line => line.Wanted.TrySetCanceled());
            _drive.GetAwaiter().GetResult();
            string? unknown = ReleaseAsync().GetAwaiter().GetResult();
            string?[] all = [(_failure as BeamlineException)?.Message, unknown];
            if (string.Join("; ", all.OfType<string>()) is { Length: > 0 } sentence)
            {
                throw new BeamlineException(sentence, _failure);
            }
        }
    }

    /// <summary>Ends the scan in a hurry where nobody has ended it; what then fails is not said.</summary>
    public void Dispose()
    {
        try
        {
            End(isHurried: true);
        }
        catch (BeamlineException)
        {
            // Another exception is on its way, which says more.
        }

        _gateway.Dispose();
        _stop.Dispose();
        _ended.Dispose();
    }

    private static string Number(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    private async Task PrepareAsync()
    {
        GatewayInfo gateway = await _gateway.DescribeAsync().ConfigureAwait(false);
        foreach (TangoStage stage in (TangoStage[])[_fast, _slow])
        {
            (double lowest, double highest) = stage == _fast ? _lines.FastRange : _lines.SlowRange;
            Require(gateway, stage.Axis.Position.Device, stage.Axis.Position.Name, lowest, highest);
            Require(gateway, stage.Axis.Velocity.Device, stage.Axis.Velocity.Name, stage == _fast ? _lines.Velocity : stage.Axis.Fastest, stage.Axis.Fastest);
            Require(gateway, stage.Axis.Stop, isConfirmed: false);
            await stage.FindAsync(CancellationToken.None).ConfigureAwait(false);
        }

        Require(gateway, Open, isConfirmed: true);
        Require(gateway, Close, isConfirmed: true);
        IReadOnlyList<TangoReading> told = await _gateway.ReadAsync([Px, Py, Current, Shutter]).ConfigureAwait(false);
        SampleShift = (TangoQuantities.Number(told[0]), TangoQuantities.Number(told[1]));
        _ = TangoQuantities.Number(told[2]);
        _ = TangoQuantities.State(told[3]);
    }

    private void Require(GatewayInfo gateway, string device, string attribute, double least, double most)
    {
        TangoPermission? permission = gateway.Permissions.FirstOrDefault(p => !p.IsCommand && IsOf(p, device, attribute));
        if (permission is null || !(permission.Lower <= least) || !(permission.Upper >= most))
        {
            string permits = permission is null ? "none of it" : $"{Number(permission.Lower ?? double.NaN)} to {Number(permission.Upper ?? double.NaN)}";
            throw new BeamlineException(
                $"the scan needs {device}/{attribute} from {Number(least)} to {Number(most)}, and the Tango gateway at {_gateway.Address} permits {permits}: see permissions: of config/tango-gateway.yml");
        }
    }

    private void Require(GatewayInfo gateway, TangoCommand command, bool isConfirmed)
    {
        if (!gateway.Permissions.Any(p => p.IsCommand && p.IsConfirmed == isConfirmed && p.Lower is null && IsOf(p, command.Device, command.Member)))
        {
            throw new BeamlineException(
                $"the scan needs the command {command.Name}, {(isConfirmed ? "confirmed" : "without a confirmation")}, and the Tango gateway at {_gateway.Address} does not permit it so: see permissions: of config/tango-gateway.yml");
        }
    }

    private static bool IsOf(TangoPermission permission, string device, string member) =>
        string.Equals(permission.Device, device, StringComparison.OrdinalIgnoreCase) && string.Equals(permission.Member, member, StringComparison.OrdinalIgnoreCase);

    private void Want(int line)
    {
        for (; line >= 0 && _progress[line].Wanted.TrySetResult(); line--)
        {
            // Those before it too: lines are driven in their order, whatever frames are left out.
        }
    }

    private async Task DriveAsync()
    {
        int line = 0;
        try
        {
            await RunAsync(Open, _stop.Token).ConfigureAwait(false);
            double atStart_mA = TangoQuantities.Number((await _gateway.ReadAsync([Current], _stop.Token).ConfigureAwait(false))[0]);
            for (; line < _lines.Count; line++)
            {
                await _progress[line].Wanted.Task.WaitAsync(_stop.Token).ConfigureAwait(false);
                await DriveAsync(line, atStart_mA).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException e)
        {
            Fail(e);
        }
        catch (Exception e) when (e is TangoException or BeamlineException)
        {
            Fail(new BeamlineException($"the scan on the Tango stages has failed in line {line + 1} of {_lines.Count}: {e.Message}", e));
        }
    }

    private async Task DriveAsync(int line, double atStart_mA)
    {
        LineMotion motion = _lines.Line(line);
        for (int run = 1; ; run++)
        {
            await Task.WhenAll(_fast.GoAsync(motion.RunUp, _stop.Token), _slow.GoAsync(motion.Slow, _stop.Token)).ConfigureAwait(false);
            IReadOnlyList<TangoReading> told = await _gateway.ReadAsync([Current, Shutter], _stop.Token).ConfigureAwait(false);
            double beam = TangoQuantities.State(told[1]) == TangoState.Open ? TangoQuantities.Number(told[0]) / atStart_mA : 0;
            _progress[line].Beam.TrySetResult(double.IsFinite(beam) ? Math.Max(0, beam) : throw new BeamlineException("the ring had no current when the scan began"));
            await _fast.SetVelocityAsync(_lines.Velocity, _stop.Token).ConfigureAwait(false);
            await _fast.BeginAsync(motion.RunOut, _stop.Token).ConfigureAwait(false);
            StageSight seen = await _fast.LookAsync(_stop.Token).ConfigureAwait(false);
            LineTiming? timing = seen.WasMoving ? new LineTiming(seen.At, seen.Position, Math.CopySign(_lines.Velocity, motion.Step)) : null;
            if (timing is not null)
            {
                _progress[line].Timing.TrySetResult(timing);
            }

            await _fast.ArriveAsync(motion.RunOut, later => Check(timing, later), _stop.Token).ConfigureAwait(false);
            if (timing is not null)
            {
                return;
            }

            if (run == MostRuns)
            {
                throw new BeamlineException($"the {_lines.Fast.Device} was never seen while it ran, {MostRuns} times: the gateway answers too late");
            }
        }
    }

    private void Check(LineTiming? timing, StageSight seen)
    {
        if (timing is not null && seen.WasMoving && timing.DelayOf(seen.At, seen.Position).Duration() is TimeSpan delay && delay > LargestDelay * _lines.Period)
        {
            throw new BeamlineException(
                $"the {_lines.Fast.Device} does not run at {Number(_lines.Velocity)} {_lines.Fast.Unit}/s: it is {Number(delay.TotalMilliseconds)} ms off");
        }
    }

    private async Task RunAsync(TangoCommand command, CancellationToken stop)
    {
        TangoProposal proposal = await _gateway.ProposeAsync(command, _by, stop).ConfigureAwait(false);
        await _gateway.ConfirmAsync(proposal, _by, stop).ConfigureAwait(false);
    }

    private void Fail(Exception why)
    {
        _failure = why;
        foreach (LineProgress line in _progress)
        {
            line.Beam.TrySetException(why);
            line.Timing.TrySetException(why);
        }

        _ended.Cancel();
    }

    /// <summary>What of the beamline is not known to be at rest, one sentence; null where all is.</summary>
    private async Task<string?> ReleaseAsync()
    {
        (string Doubt, Func<Task> Do)[] steps =
        [
            ($"whether the {_lines.Fast.Device} stands is not known", _fast.ReleaseAsync),
            ($"whether the {_lines.Slow.Device} stands is not known", _slow.ReleaseAsync),
            ("whether the shutter is closed is not known", () => RunAsync(Close, CancellationToken.None)),
        ];
        List<string> doubts = [];
        string? cause = null;
        bool isGatewayLost = false;
        foreach ((string doubt, Func<Task> end) in steps)
        {
            try
            {
                // One that does not answer is not waited for again and again.
                await (isGatewayLost ? Task.FromException(new BeamlineException("")) : end()).ConfigureAwait(false);
            }
            catch (Exception e) when (e is TangoException or BeamlineException)
            {
                isGatewayLost |= e is TangoException { Failure: TangoFailure.Unavailable };
                cause ??= e.Message;
                doubts.Add(doubt);
            }
        }

        return doubts.Count == 0 ? null
            : _failure is BeamlineException ? string.Join(", ", doubts)
            : $"{string.Join(", ", doubts)}: {cause}";
    }

    /// <summary>How far a line is.</summary>
    private sealed class LineProgress
    {
        /// <summary>Somebody waits for one of its frames.</summary>
        public TaskCompletionSource Wanted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Beam intensity relative to the start of the scan, when the axes are in their places.</summary>
        public TaskCompletionSource<double> Beam { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>When its exposures are.</summary>
        public TaskCompletionSource<LineTiming> Timing { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
