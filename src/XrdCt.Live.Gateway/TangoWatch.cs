using System.Collections.Concurrent;
using Grpc.Core;

namespace XrdCt.Live.Gateway;

/// <summary>
/// Follows attributes until it is disposed, over restarts of the gateway and of the devices: change events as they happen, and a reading
/// of each that told nothing for a period. What it knows is marked stale as soon as it is.
/// </summary>
public sealed class TangoWatch : IAsyncDisposable
{
    // Two periods and a slow answer: nothing has come for too long.
    private const int StalePeriods = 3;

    private static readonly TimeSpan LeastPeriod = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPeriod = TimeSpan.FromSeconds(10);

    private readonly TangoGateway _gateway;
    private readonly IReadOnlyList<TangoAttribute> _attributes;
    private readonly TimeSpan _period;
    private readonly Action<TangoReading> _take;
    private readonly Action<string> _say;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<TangoAttribute, (TangoReading Reading, long Received)> _latest = new();
    private readonly Dictionary<TangoAttribute, (string Reason, long Since)> _failing = [];
    private readonly Task _run;
    private volatile bool _isConnected;
    private long? _lostAt;
    private string? _lostWhy;
    private ulong _dropped;

    /// <summary>Begins to follow.</summary>
    /// <param name="gateway">The gateway; not disposed with the watch.</param>
    /// <param name="attributes">1 to 64 attributes.</param>
    /// <param name="period">An attribute that told nothing for so long is read: 20 ms to 10 s.</param>
    /// <param name="take">Takes every reading, those with an error too; called by one thread at a time, must not block.</param>
    /// <param name="say">Takes a sentence whenever the gateway or a device is lost, and when it is back; the same thread.</param>
    /// <param name="time">The clock; null for the machine's.</param>
    /// <exception cref="ArgumentException">No attribute, too many, or a period out of range.</exception>
    public TangoWatch(
        TangoGateway gateway,
        IReadOnlyList<TangoAttribute> attributes,
        TimeSpan period,
        Action<TangoReading> take,
        Action<string> say,
        TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(gateway);
        ArgumentNullException.ThrowIfNull(attributes);
        ArgumentNullException.ThrowIfNull(take);
        ArgumentNullException.ThrowIfNull(say);
        const int Most = 64;
        if (attributes.Count is 0 or > Most)
        {
            throw new ArgumentException($"{attributes.Count} attributes cannot be followed: 1 to {Most} are possible", nameof(attributes));
        }

        if (period < LeastPeriod || period > LongestPeriod)
        {
            throw new ArgumentException(
                $"the period of {period.TotalSeconds:G3} s is not between {LeastPeriod.TotalSeconds} and {LongestPeriod.TotalSeconds} s", nameof(period));
        }

        _gateway = gateway;
        _attributes = [.. attributes.Distinct()];
        _period = period;
        _take = take;
        _say = say;
        _time = time ?? TimeProvider.System;
        _run = Task.Run(RunAsync);
    }

    /// <summary>Whether the gateway tells at present.</summary>
    public bool IsConnected => _isConnected;

    /// <summary>
    /// The newest value of an attribute, marked stale where it is one of before; null before the first. From any thread.
    /// </summary>
    public TangoReading? Latest(TangoAttribute attribute)
    {
        if (!_latest.TryGetValue(attribute, out (TangoReading Reading, long Received) latest))
        {
            return null;
        }

        bool isOld = _time.GetElapsedTime(latest.Received) > (StalePeriods * _period) + TimeSpan.FromSeconds(1);
        return latest.Reading with { IsStale = latest.Reading.IsStale || !_isConnected || isOld };
    }

    /// <summary>Ends the subscription.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _run.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        TimeSpan pause = _gateway.Options.FirstPause;
        while (!_stop.IsCancellationRequested)
        {
            bool wasConnected = false;
            try
            {
                await FollowAsync(() => wasConnected = true).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (TangoException e)
            {
                Lost(e.Message);
            }

            pause = wasConnected ? _gateway.Options.FirstPause : pause;
            try
            {
                await Task.Delay(pause, _time, _stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            pause = TimeSpan.FromTicks(Math.Min(2 * pause.Ticks, _gateway.Options.LongestPause.Ticks));
        }
    }

    private async Task FollowAsync(Action connected)
    {
        TimeSpan limit = _gateway.Options.SilenceLimit;
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        silence.CancelAfter(limit);
        var request = new Wire.SubscribeRequest
        {
            Attributes = { _attributes.Select(WireValues.Name) },
            PeriodMs = (uint)_period.TotalMilliseconds,
        };
        try
        {
            using AsyncServerStreamingCall<Wire.SubscriptionMessage> call =
                _gateway.Client.Subscribe(request, _gateway.Subscription(silence.Token));
            _dropped = 0;
            while (await call.ResponseStream.MoveNext(silence.Token).ConfigureAwait(false))
            {
                silence.CancelAfter(limit);
                connected();
                Found();
                Take(call.ResponseStream.Current);
            }

            throw new TangoException(TangoFailure.Unavailable, $"the Tango gateway at {_gateway.Address} has ended the subscription");
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException && silence.IsCancellationRequested)
        {
            _stop.Token.ThrowIfCancellationRequested();
            throw new TangoException(
                TangoFailure.Unavailable, $"the Tango gateway at {_gateway.Address} has told nothing for {limit.TotalSeconds:G3} s", e);
        }
        catch (RpcException e)
        {
            throw _gateway.Explain(e);
        }
        finally
        {
            _isConnected = false;
        }
    }

    private void Take(Wire.SubscriptionMessage message)
    {
        if (message.WhatCase == Wire.SubscriptionMessage.WhatOneofCase.Heartbeat)
        {
            if (message.Heartbeat.Lost > _dropped)
            {
                _say($"the Tango gateway dropped {message.Heartbeat.Lost - _dropped} readings, which were not taken fast enough");
                _dropped = message.Heartbeat.Lost;
            }

            return;
        }

        if (message.Reading is null || WireValues.Reading(message.Reading) is not TangoReading reading)
        {
            return;
        }

        Judge(reading);
        if (reading.Error is null)
        {
            _latest[reading.Attribute] = (reading, _time.GetTimestamp());
        }
        else if (_latest.TryGetValue(reading.Attribute, out (TangoReading Reading, long Received) last))
        {
            _latest[reading.Attribute] = (last.Reading with { IsStale = true }, last.Received);
        }

        _take(reading);
    }

    private void Judge(TangoReading reading)
    {
        bool wasFailing = _failing.TryGetValue(reading.Attribute, out (string Reason, long Since) failing);
        if (reading.Error is string error && !wasFailing)
        {
            _failing[reading.Attribute] = (error, _time.GetTimestamp());
            _say($"Tango's {reading.Attribute} cannot be read ({error}); what it last told is stale until it can");
        }
        else if (reading.Error is null && wasFailing)
        {
            _failing.Remove(reading.Attribute);
            _say($"Tango's {reading.Attribute} can be read again, after {_time.GetElapsedTime(failing.Since).TotalSeconds:F1} s");
        }
    }

    private void Lost(string why)
    {
        _isConnected = false;
        _lostAt ??= _time.GetTimestamp();
        if (why != _lostWhy)
        {
            _lostWhy = why;
            _say($"{why}; what it last told is stale, and it is asked again and again");
        }
    }

    private void Found()
    {
        _isConnected = true;
        if (_lostAt is long lostAt)
        {
            _say($"the Tango gateway at {_gateway.Address} tells again, after {_time.GetElapsedTime(lostAt).TotalSeconds:F1} s");
        }

        (_lostAt, _lostWhy) = (null, null);
    }
}
