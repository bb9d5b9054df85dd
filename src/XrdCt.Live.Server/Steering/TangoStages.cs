using XrdCt.Live.Gateway;
using XrdCt.Live.Model.Stages;

namespace XrdCt.Live.Server.Steering;

/// <summary>The two motors on top of the rotation as Tango devices behind the gateway.</summary>
internal sealed class TangoStages : IStageControl
{
    private const string Position = "Position";
    private const string Halt = "Stop";

    // Of the time that a move takes at the motor's speed: ramps, settling, a slower speed than was told.
    private const double Patience = 3;
    private const double LeastPatience_s = 10;

    private readonly TangoGateway _gateway;
    private readonly (StageMotor Motor, TangoAttribute Attribute)[] _motors;
    private readonly double _tolerance_mm;

    /// <summary>Takes the motors.</summary>
    /// <param name="gateway">The gateway, with the <see cref="Permissions"/> of these stages; stays the caller's.</param>
    /// <param name="stages">The motors; both have a device.</param>
    /// <param name="tolerance_um">How far from its target a motor may stand, µm.</param>
    public TangoStages(TangoGateway gateway, SampleStages stages, double tolerance_um)
    {
        (_gateway, _tolerance_mm) = (gateway, tolerance_um / 1000);
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
            List<TangoProposal> proposals = [];
            for (int i = 0; i < _motors.Length; i++)
            {
                proposals.Add(await _gateway.ProposeAsync(new StageMove(_motors[i].Attribute, to_mm[i] / _motors[i].Motor.DeviceUnit_mm), by, stop).ConfigureAwait(false));
            }

            return new JudgedStep(to_mm, proposals);
        }
        catch (TangoException e)
        {
            throw new SteeringException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public async Task MoveAsync(StageStep step, string by, CancellationToken stop)
    {
        IReadOnlyList<TangoProposal> proposals = ((JudgedStep)step).Proposals;
        try
        {
            foreach (TangoProposal proposal in proposals)
            {
                stop.ThrowIfCancellationRequested();

                // Once sent it may happen: giving up waiting for the answer would not take it back.
                await _gateway.ConfirmAsync(proposal, by, CancellationToken.None).ConfigureAwait(false);
            }

            await Task.WhenAll(proposals.Select((p, i) => ArriveAsync(p, _motors[i].Motor, stop))).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TangoException or OperationCanceledException)
        {
            string end = await StopAsync(by).ConfigureAwait(false);
            throw new SteeringException(e is TangoException ? $"{e.Message}; {end}" : $"stopped: {end}", e);
        }
    }

    /// <inheritdoc/>
    public void LogRefusal(string by, string reason) => _gateway.LogRefusal(by, reason);

    private async Task ArriveAsync(TangoProposal proposal, StageMotor motor, CancellationToken stop)
    {
        var move = (StageMove)proposal.Action;
        double way_mm = Math.Abs(move.To - (proposal.From ?? move.To)) * Math.Abs(motor.DeviceUnit_mm);
        var limit = TimeSpan.FromSeconds(LeastPatience_s + (Patience * way_mm / motor.Speed_mm_s));
        await _gateway.ArriveAsync(move, _tolerance_mm / Math.Abs(motor.DeviceUnit_mm), limit, stop).ConfigureAwait(false);
    }

    // Each of them, whatever becomes of the other.
    private async Task<string> StopAsync(string by)
    {
        List<string> running = [];
        foreach ((StageMotor motor, TangoAttribute attribute) in _motors)
        {
            try
            {
                await _gateway.RunAsync(new TangoCommand(attribute.Device, Halt), by, CancellationToken.None).ConfigureAwait(false);
            }
            catch (TangoException e)
            {
                running.Add($"{motor.Name} could not be stopped ({e.Message})");
            }
        }

        return running.Count == 0 ? "the motors were stopped" : string.Join(", ", running);
    }

    private sealed record JudgedStep(IReadOnlyList<double> To_mm, IReadOnlyList<TangoProposal> Proposals)
        : StageStep(To_mm, Proposals.Min(p => p.ExpiresAt));
}
