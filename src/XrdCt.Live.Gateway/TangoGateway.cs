using Grpc.Core;
using Grpc.Net.Client;

namespace XrdCt.Live.Gateway;

/// <summary>
/// A client of the Tango gateway (<c>tools/tango-gateway</c>): reads, writes, runs commands and follows attributes of Tango devices. It
/// connects at the first call and again by itself; every call has a deadline. Safe for several threads.
/// </summary>
/// <remarks>
/// Whatever changes the beamline goes two steps: <see cref="ProposeAsync"/> asks the gateway, which answers from where to where it would go, and
/// <see cref="ConfirmAsync"/> does it, once. Both we and the gateway check permissions and limits, and both log.
/// </remarks>
public sealed class TangoGateway : IDisposable
{
    private const int LongestOperator = 80;

    private readonly GrpcChannel _channel;
    private readonly Metadata _headers;
    private readonly MoveLog _log;

    /// <summary>Makes a client; nothing is sent yet.</summary>
    /// <param name="options">Where the gateway is, and what may be done through it.</param>
    /// <exception cref="ArgumentException">The options cannot be used; the message says which and why.</exception>
    /// <exception cref="IOException">A file that they name cannot be read or written; the message names it.</exception>
    public TangoGateway(TangoGatewayOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problem() is string problem)
        {
            throw new ArgumentException(problem, nameof(options));
        }

        Options = options;
        _headers = new Metadata { { "authorization", $"Bearer {options.Token}" } };
        _log = new MoveLog(options.AuditFile);
        _channel = GatewayChannel.Open(options);
        Client = new Wire.TangoGateway.TangoGatewayClient(_channel);
    }

    /// <summary>Where the gateway is.</summary>
    public Uri Address => Options.Address;

    internal TangoGatewayOptions Options { get; }

    internal Wire.TangoGateway.TangoGatewayClient Client { get; }

    /// <summary>What the gateway is and lets happen.</summary>
    /// <exception cref="TangoException">It did not answer, or not to us.</exception>
    public async Task<GatewayInfo> DescribeAsync(CancellationToken stop = default)
    {
        Wire.GatewayDescription told = await CallAsync(
            Client.DescribeAsync(new Wire.DescribeRequest(), Call(stop)).ResponseAsync, stop).ConfigureAwait(false);
        return new GatewayInfo(
            told.Version,
            told.TangoVersion,
            told.TangoHost,
            told.LiveDevice,
            told.Client,
            WireValues.Time(told.StartedNs) ?? DateTimeOffset.UnixEpoch,
            TimeSpan.FromSeconds(double.IsFinite(told.ConfirmationS) ? Math.Clamp(told.ConfirmationS, 0, 3600) : 0),
            [.. told.Permissions.Select(Permission)]);
    }

    /// <summary>Devices that the gateway knows.</summary>
    /// <param name="pattern">With a Tango database: which of it, <c>*</c> for anything; null for all.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="TangoException">It did not answer, or not to us.</exception>
    public async Task<IReadOnlyList<string>> ListDevicesAsync(string? pattern = null, CancellationToken stop = default)
    {
        var request = new Wire.ListDevicesRequest { Pattern = pattern ?? "" };
        Wire.DeviceList told = await CallAsync(Client.ListDevicesAsync(request, Call(stop)).ResponseAsync, stop).ConfigureAwait(false);
        return [.. told.Devices];
    }

    /// <summary>State, attributes and commands of a device.</summary>
    /// <exception cref="TangoException">The gateway or the device did not answer.</exception>
    public async Task<TangoDevice> DescribeDeviceAsync(string device, CancellationToken stop = default)
    {
        var request = new Wire.DescribeDeviceRequest { Device = device };
        Wire.DeviceDescription told = await CallAsync(Client.DescribeDeviceAsync(request, Call(stop)).ResponseAsync, stop).ConfigureAwait(false);
        return new TangoDevice(
            told.Device,
            told.TangoName,
            told.DeviceClass,
            told.Server,
            WireValues.State(told.State),
            told.Status,
            [.. told.Attributes.Select(a => new TangoAttributeInfo(
                a.Name, a.Unit, a.DataType, a.DataFormat, a.IsWritable, a.HasLower ? a.Lower : null, a.HasUpper ? a.Upper : null))],
            [.. told.Commands.Select(c => c.Name)]);
    }

    /// <summary>Reads attributes now. What fails for one of them stands in its <see cref="TangoReading.Error"/>.</summary>
    /// <param name="attributes">1 to 64 attributes.</param>
    /// <param name="stop">Gives up.</param>
    /// <returns>A reading for each, in their order.</returns>
    /// <exception cref="TangoException">The gateway did not answer.</exception>
    public async Task<IReadOnlyList<TangoReading>> ReadAsync(IReadOnlyList<TangoAttribute> attributes, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(attributes);
        var request = new Wire.ReadRequest { Attributes = { attributes.Select(WireValues.Name) } };
        Wire.ReadReply told = await CallAsync(Client.ReadAsync(request, Call(stop)).ResponseAsync, stop).ConfigureAwait(false);
        TangoReading[] readings = [.. told.Readings.Select(WireValues.Reading).OfType<TangoReading>()];
        return readings.Select(r => r.Attribute).SequenceEqual(attributes)
            ? readings
            : throw new TangoException(TangoFailure.Request, $"the Tango gateway at {Address} answered for other attributes than were asked for");
    }

    /// <summary>First step of a change: judged here, judged by the gateway, and nothing moves.</summary>
    /// <param name="action">What is to be done.</param>
    /// <param name="by">The operator, for the logs; 1 to 80 printable letters.</param>
    /// <param name="stop">Gives up.</param>
    /// <returns>From where to where it would go; show it to the operator.</returns>
    /// <exception cref="TangoException">It is refused, or somebody did not answer.</exception>
    public async Task<TangoProposal> ProposeAsync(TangoAction action, string by, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(action);
        Judge(action, by);
        var request = new Wire.ProposeRequest { Action = WireValues.Action(action), Operator = by };
        Wire.Proposal told = await LoggedAsync(
            action, by, null, Client.ProposeAsync(request, Call(stop)).ResponseAsync, Explain, stop).ConfigureAwait(false);
        if (!request.Action.Equals(told.Action))
        {
            throw Refuse(action, by, $"the Tango gateway at {Address} answered another proposal than was asked for");
        }

        double from = WireValues.Value(told.From)?.Number ?? double.NaN;
        var proposal = new TangoProposal(action, told.Token, told.From)
        {
            From = double.IsNaN(from) ? null : from,
            Unit = WireValues.Shown(told.Unit),
            Lower = told.HasLower ? told.Lower : null,
            Upper = told.HasUpper ? told.Upper : null,
            ExpiresAt = WireValues.Time(told.ExpiresNs) ?? DateTimeOffset.UnixEpoch,
        };
        _log.Write("proposed", action, by, proposal.From);
        return proposal;
    }

    /// <summary>Second step: the operator has seen the proposal and wants it. Never repeated by itself.</summary>
    /// <param name="proposal">The proposal; good once.</param>
    /// <param name="by">The operator who confirms, for the logs.</param>
    /// <param name="stop">Gives up waiting; what was sent may happen all the same.</param>
    /// <returns>What a command gave back; null for a move, which has begun when this returns.</returns>
    /// <exception cref="TangoException">
    /// It is refused, the device refused, or somebody did not answer; <see cref="TangoException.Outcome"/> tells whether it may have happened.
    /// </exception>
    public Task<TangoValue?> ConfirmAsync(TangoProposal proposal, string by, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(proposal);
        return ExecuteAsync(proposal.Action, proposal.Token, proposal.Start, proposal.From, by, stop);
    }

    /// <summary>
    /// Waits until a stage stands where a confirmed move was to bring it. Position and state are read together, every 50 ms, until the state
    /// is no longer <see cref="TangoState.Moving"/>; a gateway or a device that is away meanwhile is asked again.
    /// </summary>
    /// <param name="move">The move, confirmed.</param>
    /// <param name="tolerance">How far from <see cref="StageMove.To"/> the stage may stand, in the attribute's unit; 0 or more.</param>
    /// <param name="limit">Longest wait: above 0, at most a day.</param>
    /// <param name="stop">Gives up waiting; the stage goes on.</param>
    /// <returns>The reading of the attribute, where it stands.</returns>
    /// <exception cref="ArgumentException">The tolerance or the limit is out of range.</exception>
    /// <exception cref="TangoException">
    /// <see cref="TangoFailure.Device"/>: it has stood elsewhere for 0.2 s, is in FAULT, or the limit is over; the message says where it is.
    /// <see cref="TangoFailure.Unavailable"/>: the limit is over, and the gateway could not be reached at the end.
    /// </exception>
    public Task<TangoReading> ArriveAsync(StageMove move, double tolerance, TimeSpan limit, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(move);
        if (!double.IsFinite(tolerance) || tolerance < 0)
        {
            throw new ArgumentException($"the tolerance {tolerance} is no number of 0 or more", nameof(tolerance));
        }

        return limit > TimeSpan.Zero && limit <= TimeSpan.FromDays(1)
            ? new StageArrival(this, move, tolerance).WaitAsync(limit, stop)
            : throw new ArgumentException($"the limit of {limit.TotalSeconds:G3} s is not above 0 and at most a day", nameof(limit));
    }

    /// <summary>Runs a command for which the gateway wants no confirmation, such as <c>Stop</c>. Never repeated by itself.</summary>
    /// <param name="command">The command, without an argument.</param>
    /// <param name="by">The operator, for the logs.</param>
    /// <param name="stop">Gives up waiting; what was sent may happen all the same.</param>
    /// <returns>What it gave back; null for nothing.</returns>
    /// <exception cref="TangoException">
    /// It is refused, the device refused, or somebody did not answer; <see cref="TangoException.Outcome"/> tells whether it may have happened.
    /// </exception>
    public Task<TangoValue?> RunAsync(TangoCommand command, string by, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        return ExecuteAsync(command, "", null, null, by, stop);
    }

    /// <summary>
    /// Puts into our own log of moves that somebody was refused before anything was proposed: without a token, or with one that is none. Nothing is sent.
    /// </summary>
    /// <param name="by">Who says to be asking; for people.</param>
    /// <param name="reason">Why it was refused.</param>
    public void LogRefusal(string by, string reason) => _log.TryWrite("refused", null, by, reason: reason);

    /// <summary>Shows how the processing stands on the gateway's Tango device.</summary>
    /// <exception cref="TangoException">The gateway did not answer, or offers no such device.</exception>
    public async Task ShowAsync(TangoStatus status, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(status);
        await CallAsync(Client.ShowStatusAsync(status.ToWire(), Call(stop)).ResponseAsync, stop).ConfigureAwait(false);
    }

    /// <summary>Closes the connection.</summary>
    public void Dispose()
    {
        _channel.Dispose();
        _log.Dispose();
    }

    internal CallOptions Subscription(CancellationToken stop) => new(_headers, cancellationToken: stop);

    internal TangoException Explain(RpcException error)
    {
        string told = WireValues.Shown(error.Status.Detail);
        return error.StatusCode switch
        {
            StatusCode.Unauthenticated => new TangoException(
                TangoFailure.Unauthenticated, $"the Tango gateway at {Address} does not know our token: give both the same token file", error),
            StatusCode.PermissionDenied => new TangoException(TangoFailure.Refused, told, error),
            StatusCode.FailedPrecondition => new TangoException(TangoFailure.Device, told, error),
            StatusCode.DeadlineExceeded => new TangoException(
                TangoFailure.Unavailable, $"the Tango gateway at {Address} did not answer within {Options.Deadline.TotalSeconds:G3} s", error),
            StatusCode.Unavailable or StatusCode.Cancelled or StatusCode.Aborted => new TangoException(
                TangoFailure.Unavailable, $"the Tango gateway at {Address} cannot be reached: {told}", error),

            // Something answers there, and it does not speak gRPC (TLS where it expects none, another program).
            StatusCode.Internal when error.Status.DebugException is not null => new TangoException(
                TangoFailure.Unavailable, $"what answers at {Address} is no Tango gateway, or speaks TLS where http:// is asked for: {told}", error),
            _ => new TangoException(TangoFailure.Request, told.Length > 0 ? told : $"the Tango gateway at {Address} answered {error.StatusCode}", error),
        };
    }

    private static TangoPermission Permission(Wire.Permission told) => new(
        told.Device,
        told.WhatCase == Wire.Permission.WhatOneofCase.Command ? told.Command : told.Attribute,
        told.WhatCase == Wire.Permission.WhatOneofCase.Command,
        told.HasLower ? told.Lower : null,
        told.HasUpper ? told.Upper : null)
    {
        IsConfirmed = told.Confirmed,
    };

    private async Task<TangoValue?> ExecuteAsync(
        TangoAction action, string token, Wire.Value? start, double? from, string by, CancellationToken stop)
    {
        Judge(action, by);
        var request = new Wire.ExecuteRequest { Action = WireValues.Action(action), Token = token, Operator = by };
        if (start is not null)
        {
            request.From = start;
        }

        stop.ThrowIfCancellationRequested();
        if (token.Length > 0)
        {
            _log.Write("confirmed", action, by, from);
        }
        else
        {
            // Stop and Abort: they must not wait for a disk.
            _log.TryWrite("confirmed", action, by, from);
        }

        Wire.ExecuteReply told = await LoggedAsync(
            action, by, from, Client.ExecuteAsync(request, Call(stop)).ResponseAsync, ExplainAction, stop).ConfigureAwait(false);
        _log.TryWrite("done", action, by, from);
        return WireValues.Value(told.Result);
    }

    private void Judge(TangoAction action, string by)
    {
        if (string.IsNullOrWhiteSpace(by) || by.Length > LongestOperator || by.Any(char.IsControl))
        {
            throw Refuse(action, "", $"{action.Name} names no operator (1 to {LongestOperator} printable letters)");
        }

        string? reason = Options.Permissions.FirstOrDefault(p => p.IsOf(action)) is TangoPermission permission
            ? permission.WhyNot(action)
            : $"{(action is TangoCommand ? "the command" : "the attribute")} {action.Name} is not among the permissions of the configuration";
        if (reason is not null)
        {
            throw Refuse(action, by, reason);
        }
    }

    private TangoException Refuse(TangoAction action, string by, string reason)
    {
        _log.TryWrite("refused", action, by, reason: reason);
        return new TangoException(TangoFailure.Refused, reason);
    }

    private async Task<T> LoggedAsync<T>(
        TangoAction action, string by, double? from, Task<T> call, Func<RpcException, TangoException> explain, CancellationToken stop)
    {
        try
        {
            return await call.ConfigureAwait(false);
        }
        catch (RpcException e)
        {
            TangoException failed = explain(e);
            string what = failed switch
            {
                { Failure: TangoFailure.Refused } => "refused",
                { Outcome: TangoOutcome.Unknown } => "unknown",
                { Outcome: TangoOutcome.Done } => "done",
                _ => "failed",
            };
            bool isGivenUp = stop.IsCancellationRequested && e.StatusCode == StatusCode.Cancelled;
            _log.TryWrite(what, action, by, from, isGivenUp ? "it was not waited for" : failed.Message);
            stop.ThrowIfCancellationRequested();
            throw failed;
        }
    }

    /// <summary>Why a confirmation or a command failed, and what became of it.</summary>
    private TangoException ExplainAction(RpcException error)
    {
        TangoException explained = Explain(error);
        TangoOutcome outcome = error.StatusCode switch
        {
            StatusCode.PermissionDenied or StatusCode.Unauthenticated or StatusCode.FailedPrecondition or StatusCode.NotFound
                or StatusCode.InvalidArgument or StatusCode.Unimplemented => TangoOutcome.NotDone,

            // The gateway's own: its log cannot be written, so nothing moves.
            StatusCode.Internal when error.Status.DebugException is null => TangoOutcome.NotDone,
            StatusCode.DataLoss => TangoOutcome.Done,
            _ => GatewayChannel.WasNeverSent(error) ? TangoOutcome.NotDone : TangoOutcome.Unknown,
        };
        return new TangoException(
            error.StatusCode == StatusCode.Unknown ? TangoFailure.Device : explained.Failure,
            outcome == TangoOutcome.Unknown ? $"{explained.Message}; it may have been done, or may be done yet" : explained.Message,
            error)
        {
            Outcome = outcome,
        };
    }

    private CallOptions Call(CancellationToken stop) => new(_headers, DateTime.UtcNow + Options.Deadline, stop);

    private async Task<T> CallAsync<T>(Task<T> call, CancellationToken stop)
    {
        try
        {
            return await call.ConfigureAwait(false);
        }
        catch (RpcException e)
        {
            stop.ThrowIfCancellationRequested();
            throw Explain(e);
        }
    }
}
