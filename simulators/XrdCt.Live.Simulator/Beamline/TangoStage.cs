using System.Diagnostics;
using System.Globalization;
using XrdCt.Live.Gateway;

namespace XrdCt.Live.Simulator.Beamline;

/// <summary>A stage behind the Tango gateway, moved by proposals that are confirmed at once. One move at a time.</summary>
/// <param name="gateway">The gateway; not disposed with the stage.</param>
/// <param name="axis">Which stage.</param>
/// <param name="by">The operator, for the logs.</param>
internal sealed class TangoStage(TangoGateway gateway, StageAxis axis, string by)
{
    // Of a stage that stands where it was sent to: a nanometre, a millionth of a degree.
    private const double Exact = 1e-6;

    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(10);

    // Beyond the time that a move takes at its velocity.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private double _velocity = double.NaN;
    private double _velocityFound = double.NaN;

    /// <summary>Which stage.</summary>
    public StageAxis Axis => axis;

    /// <summary>Where the stage is now.</summary>
    /// <exception cref="BeamlineException">It tells no position, or is broken.</exception>
    /// <exception cref="TangoException">The gateway did not answer.</exception>
    public async Task<StageSight> LookAsync(CancellationToken stop)
    {
        IReadOnlyList<TangoReading> told = await gateway.ReadAsync([axis.State, axis.Position], stop).ConfigureAwait(false);
        double position = TangoQuantities.Number(told[1]);
        if (told[1].At is not DateTimeOffset at)
        {
            throw new BeamlineException($"Tango's {axis.Position} tells no time");
        }

        TangoState state = TangoQuantities.State(told[0]);
        return state is TangoState.Moving or TangoState.On or TangoState.Alarm
            ? new StageSight(position, at, told[1].Quality == TangoQuality.Changing, IsAtRest(state, told[1].Quality))
            : throw new BeamlineException($"the {axis.Device} is {state.ToString().ToUpperInvariant()}, neither MOVING nor ON nor ALARM");
    }

    /// <summary>Before a scan: the stage stands; its velocity is kept in mind.</summary>
    /// <exception cref="BeamlineException">It moves, or does not tell how it stands.</exception>
    /// <exception cref="TangoException">The gateway did not answer.</exception>
    public async Task FindAsync(CancellationToken stop)
    {
        StageSight seen = await LookAsync(stop).ConfigureAwait(false);
        if (!seen.IsAtRest)
        {
            throw new BeamlineException($"the {axis.Device} moves already: wait until it stands");
        }

        _velocity = _velocityFound = TangoQuantities.Number((await gateway.ReadAsync([axis.Velocity], stop).ConfigureAwait(false))[0]);
    }

    /// <summary>Sets the velocity of the next move, where it is another one.</summary>
    /// <exception cref="TangoException">It is refused, or somebody did not answer.</exception>
    public async Task SetVelocityAsync(double velocity, CancellationToken stop)
    {
        if (_velocity != velocity)
        {
            _velocity = double.NaN;
            await WriteAsync(axis.Velocity, velocity, stop).ConfigureAwait(false);
            _velocity = velocity;
        }
    }

    /// <summary>Begins a move at the velocity that was set.</summary>
    /// <exception cref="TangoException">It is refused, or somebody did not answer.</exception>
    public Task BeginAsync(double to, CancellationToken stop) => WriteAsync(axis.Position, to, stop);

    /// <summary>Goes somewhere as fast as it can; nothing is sent where it stands there already.</summary>
    /// <exception cref="BeamlineException">It does not arrive.</exception>
    /// <exception cref="TangoException">It is refused, or somebody did not answer.</exception>
    public async Task GoAsync(double to, CancellationToken stop)
    {
        StageSight seen = await LookAsync(stop).ConfigureAwait(false);
        if (seen.IsAtRest && Math.Abs(seen.Position - to) <= Exact)
        {
            return;
        }

        await SetVelocityAsync(axis.Fastest, stop).ConfigureAwait(false);
        await BeginAsync(to, stop).ConfigureAwait(false);
        await ArriveAsync(to, _ => { }, stop).ConfigureAwait(false);
    }

    /// <summary>Waits for the end of a move.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="look">Sees how the stage moves, now and then.</param>
    /// <param name="stop">Gives up waiting; the stage goes on.</param>
    /// <exception cref="BeamlineException">It does not arrive in time, or stands elsewhere.</exception>
    /// <exception cref="TangoException">The gateway did not answer.</exception>
    public async Task ArriveAsync(double to, Action<StageSight> look, CancellationToken stop)
    {
        StageSight seen = await LookAsync(stop).ConfigureAwait(false);
        TimeSpan expected = Left(seen, to);
        for (long begun = Stopwatch.GetTimestamp(); !seen.IsAtRest; seen = await LookAsync(stop).ConfigureAwait(false))
        {
            look(seen);
            if (Stopwatch.GetElapsedTime(begun) > expected + Patience)
            {
                throw new BeamlineException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"the {axis.Device} should have reached {to:G6} {axis.Unit} {Patience.TotalSeconds:G3} s ago, and is at {seen.Position:G6}"));
            }

            TimeSpan left = Left(seen, to);
            await Task.Delay(left > LongestPause ? LongestPause : left > ShortestPause ? left : ShortestPause, stop).ConfigureAwait(false);
        }

        if (Math.Abs(seen.Position - to) > Exact)
        {
            throw new BeamlineException(string.Create(
                CultureInfo.InvariantCulture, $"the {axis.Device} stands at {seen.Position:G6} {axis.Unit} instead of {to:G6}: somebody has stopped it"));
        }
    }

    /// <summary>Stops the stage, waits until it stands, and gives it back the velocity that it had before.</summary>
    /// <exception cref="BeamlineException">It does not stop, or is broken.</exception>
    /// <exception cref="TangoException">It is refused, or somebody did not answer.</exception>
    public async Task ReleaseAsync()
    {
        await gateway.RunAsync(axis.Stop, by).ConfigureAwait(false);
        for (long begun = Stopwatch.GetTimestamp(); !(await LookAsync(CancellationToken.None).ConfigureAwait(false)).IsAtRest;)
        {
            if (Stopwatch.GetElapsedTime(begun) > Patience)
            {
                throw new BeamlineException($"the {axis.Device} still moves {Patience.TotalSeconds:G3} s after it was stopped");
            }

            await Task.Delay(ShortestPause).ConfigureAwait(false);
        }

        if (!double.IsNaN(_velocityFound) && _velocityFound >= axis.Slowest && _velocityFound <= axis.Fastest)
        {
            await SetVelocityAsync(_velocityFound, CancellationToken.None).ConfigureAwait(false);
        }
    }

    // Tango reads the State after all else that it is asked for: a stage that has arrived in between tells a place on its way, and says so.
    private static bool IsAtRest(TangoState state, TangoQuality quality) => state != TangoState.Moving && quality != TangoQuality.Changing;

    private TimeSpan Left(StageSight seen, double to) => TimeSpan.FromSeconds(Math.Abs(to - seen.Position) / Math.Max(_velocity, axis.Slowest));

    private async Task WriteAsync(TangoAttribute attribute, double value, CancellationToken stop)
    {
        TangoProposal proposal = await gateway.ProposeAsync(new StageMove(attribute, value), by, stop).ConfigureAwait(false);
        await gateway.ConfirmAsync(proposal, by, stop).ConfigureAwait(false);
    }
}
