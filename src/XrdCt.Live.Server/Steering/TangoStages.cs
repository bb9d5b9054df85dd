using XrdCt.Live.Gateway;
using XrdCt.Live.Model.Stages;

namespace XrdCt.Live.Server.Steering;

/// <summary>The two motors on top of the rotation as Tango devices behind the gateway.</summary>
internal sealed class TangoStages : IStageControl
{
    private const string Position = "Position";
    private const string Halt = "Stop";

    private const double Slowness = 3;
    private const double LeastPatience_s = 10;
    private const double LongestPatience_s = 3600;

    private readonly TangoGateway _gateway;
    private readonly (StageMotor Motor, TangoAttribute Attribute)[] _motors;
    private readonly double _tolerance_mm;
    private readonly TimeProvider _time;

    /// <summary>Takes the motors.</summary>
    /// <param name="gateway">The gateway, with the <see cref="Permissions"/> of these stages; stays the caller's.</param>
    /// <param name="stages">The motors; both have a device.</param>
    /// <param name="tolerance_um">How far from its target a motor may stand, µm.</param>
    /// <param name="time">Clock.</param>
    public TangoStages(TangoGateway gateway, SampleStages stages, double tolerance_um, TimeProvider time)
    {
        (_gateway, _tolerance_mm, _time) = (gateway, tolerance_um / 1000, time);
        _motors = [.. new[] { stages.First, stages.Second }.Select(m => (m, new TangoAttribute(m.Device!, Position)))];
    }

    /// <summary>What our own side lets the gateway do for these stages: positions within the motors' limits, and stopping them.</summary>
    public static IReadOnlyList<TangoPermission> Permissions(SampleStages stages) =>
    [
        .. new[] { stages.First, stages.Second }.SelectMany(m => new TangoPermission[]
        {
            new(m.Device!, Position, IsCommand: false, Math.Min(m.Lowest_mm / m.DeviceUnit_mm, m.Highest_mm / m.DeviceUnit_mm), Math.Max(m.Lowest_mm / m.DeviceUnit_mm, m.Highest_mm / m.DeviceUnit_mm)),
            new(m.Device!, Halt, IsCommand: true, null, null),
        }),
    ];

    /// <inheritdoc/>
    public async Task<IReadOnlyList<double>> ReadAsync(CancellationToken stop)
    {
        try
        {
            IReadOnlyList<TangoReading> readings = await _gateway.ReadAsync([.. _motors.Select(m => m.Attribute)], stop).ConfigureAwait(false);
            return [.. readings.Zip(_motors, (r, m) => r.Error is null && r.Value?.Number is double value && double.IsFinite(value)
                ? value * m.Motor.DeviceUnit_mm
                : throw new SteeringException($"{m.Motor.Name} does not tell where it stands{(r.Error is string why ? $" ({why})" : "")}"))];
        }
        catch (TangoException e)
        {
            throw new SteeringException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public async Task<StageStep> ProposeAsync(IReadOnlyList<double> to_mm, string by, CancellationToken stop)
    {
        try
        {
            // By our clock: that of the gateway may differ.
            DateTimeOffset asked = _time.GetUtcNow();
            GatewayInfo gateway = await _gateway.DescribeAsync(stop).ConfigureAwait(false);
            foreach ((StageMotor motor, TangoAttribute attribute) in _motors)
            {
                if (!gateway.Permissions.Any(p => p is { IsCommand: true, IsConfirmed: false } && Is(p.Device, attribute.Device) && Is(p.Member, Halt)))
                {
                    throw new SteeringException($"{motor.Name} could not be stopped: the gateway's permissions lack {{ device: {attribute.Device}, command: {Halt}, confirm: false }}");
                }
            }

            List<TangoProposal> proposals = [];
            for (int i = 0; i < _motors.Length; i++)
            {
                proposals.Add(await _gateway.ProposeAsync(new StageMove(_motors[i].Attribute, to_mm[i] / _motors[i].Motor.DeviceUnit_mm), by, stop).ConfigureAwait(false));
            }

            return new JudgedStep([.. proposals.Zip(_motors, (p, m) => (p.From ?? double.NaN) * m.Motor.DeviceUnit_mm)], to_mm, asked + gateway.Confirmation, proposals);
        }
        catch (Exception e) when (e is TangoException or OperationCanceledException)
        {
            throw new SteeringException(e is TangoException ? e.Message : "it was given up", e);
        }

        static bool Is(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
    }

    /// <inheritdoc/>
    public async Task MoveAsync(StageStep step, string by, Func<string> stopper, CancellationToken stop)
    {
        var judged = (JudgedStep)step;
        TimeSpan[] limits = [.. judged.To_mm.Zip(judged.From_mm, (to, from) => Math.Abs(to - from)).Zip(_motors, (way_mm, m) => Patience(way_mm, m.Motor))];
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            foreach (TangoProposal proposal in judged.Proposals)
            {
                stop.ThrowIfCancellationRequested();

                // Once sent it may happen: giving up waiting for the answer would not take it back.
                await _gateway.ConfirmAsync(proposal, by, CancellationToken.None).ConfigureAwait(false);
            }

            await Task.WhenAll(judged.Proposals.Select((p, i) => ArriveAsync(p, _motors[i].Motor, limits[i], failed))).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Whatever it was: nothing moves that nobody waits for.
            bool isStopped = stop.IsCancellationRequested;
            string end = await StopAsync(isStopped ? stopper() : by).ConfigureAwait(false);
            throw new SteeringException(isStopped ? $"stopped by {stopper()}: {end}" : $"{e.Message.TrimEnd('.')}; {end}", e);
        }
    }

    /// <inheritdoc/>
    public void LogRefusal(string by, string reason) => _gateway.LogRefusal(by, reason);

    // Three times as long as its speed says, and ten seconds: ramps, settling, a slower speed than was told.
    private static TimeSpan Patience(double way_mm, StageMotor motor)
    {
        double patience_s = LeastPatience_s + (Slowness * way_mm / motor.Speed_mm_s);
        return TimeSpan.FromSeconds(patience_s < LongestPatience_s ? patience_s : LongestPatience_s);
    }

    private async Task ArriveAsync(TangoProposal proposal, StageMotor motor, TimeSpan limit, CancellationTokenSource failed)
    {
        try
        {
            await _gateway.ArriveAsync((StageMove)proposal.Action, _tolerance_mm / Math.Abs(motor.DeviceUnit_mm), limit, failed.Token).ConfigureAwait(false);
        }
        catch
        {
            // The other one need not be waited for.
            await failed.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    // Both at a time, whatever becomes of the other.
    private async Task<string> StopAsync(string by)
    {
        string?[] running = await Task.WhenAll(_motors.Select(async m =>
        {
            try
            {
                await _gateway.RunAsync(new TangoCommand(m.Attribute.Device, Halt), by, CancellationToken.None).ConfigureAwait(false);
                return null;
            }
            catch (TangoException e)
            {
                return $"{m.Motor.Name} COULD NOT BE STOPPED ({e.Message})";
            }
        })).ConfigureAwait(false);
        return running.All(r => r is null) ? "the motors were stopped" : string.Join(", ", running.OfType<string>());
    }

    private sealed record JudgedStep(IReadOnlyList<double> From_mm, IReadOnlyList<double> To_mm, DateTimeOffset ExpiresAt, IReadOnlyList<TangoProposal> Proposals)
        : StageStep(From_mm, To_mm, ExpiresAt);
}
