namespace XrdCt.Live.Gateway;

/// <summary>Waits for the end of a move: asks for position and state, in one call, until the stage stands.</summary>
internal sealed class StageArrival
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(50);

    // By the device's stamps. A controller may begin a little after its write has returned, a position may have been read just before the
    // state that came with it, and both may be those of before the move where the device answers from its cache: only readings that differ count.
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(200);

    private readonly TangoGateway _gateway;
    private readonly TangoAttribute _attribute;
    private readonly StageMove _move;
    private readonly double _tolerance;
    private (double Position, DateTimeOffset Since)? _stood;
    private string _seen = "it has told nothing";
    private bool _isUnavailable;

    public StageArrival(TangoGateway gateway, StageMove move, double tolerance)
    {
        _gateway = gateway;
        _attribute = new TangoAttribute(move.Device, move.Member);
        _move = move;
        _tolerance = tolerance;
    }

    /// <summary>Returns the first reading of the stage where it was to go.</summary>
    public async Task<TangoReading> WaitAsync(TimeSpan limit, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        over.CancelAfter(limit);
        using var tick = new PeriodicTimer(Period);
        try
        {
            while (true)
            {
                if (await LookAsync(over.Token).ConfigureAwait(false) is TangoReading arrived)
                {
                    return arrived;
                }

                await tick.WaitForNextTickAsync(over.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new TangoException(
                _isUnavailable ? TangoFailure.Unavailable : TangoFailure.Device,
                $"{_attribute} was not at {_move.To:G9} within {limit.TotalSeconds:G3} s: {_seen}");
        }
    }

    private async Task<TangoReading?> LookAsync(CancellationToken stop)
    {
        IReadOnlyList<TangoReading> readings;
        try
        {
            readings = await _gateway.ReadAsync([_attribute, new TangoAttribute(_attribute.Device, "State")], stop).ConfigureAwait(false);
        }
        catch (TangoException e) when (e.Failure == TangoFailure.Unavailable)
        {
            // The stage goes on without the gateway, which may be back before the limit.
            (_seen, _isUnavailable, _stood) = (e.Message, true, null);
            return null;
        }

        _isUnavailable = false;
        TangoReading reading = readings[0];
        double position = reading.Value?.Number ?? double.NaN;
        if (!double.IsFinite(position))
        {
            (_seen, _stood) = (reading.Error is string error ? $"it cannot be read ({error})" : "it tells no position", null);
            return null;
        }

        TangoState state = readings[1].Value?.State ?? TangoState.Unknown;
        _seen = $"it is at {position:G9}, {state.ToString().ToUpperInvariant()}";
        if (state == TangoState.Fault)
        {
            throw new TangoException(TangoFailure.Device, $"{_attribute} is in FAULT at {position:G9}, on its way to {_move.To:G9}");
        }

        if (state is TangoState.Moving or TangoState.Init || reading.Quality == TangoQuality.Changing)
        {
            _stood = null;
            return null;
        }

        return Math.Abs(position - _move.To) <= _tolerance ? reading : StandsElsewhere(position, state, reading.At);
    }

    /// <summary>Throws where it is sure that the stage stands; until then it tells nothing.</summary>
    private TangoReading? StandsElsewhere(double position, TangoState state, DateTimeOffset? told)
    {
        if (told is not DateTimeOffset at)
        {
            return null;
        }

        // A device that tells no state stands when its position does not change.
        bool hasMoved = state == TangoState.Unknown && position != _stood?.Position;
        if (_stood is not { } stood || hasMoved)
        {
            _stood = (position, at);
            return null;
        }

        return at - stood.Since < Rest ? null : throw new TangoException(
            TangoFailure.Device, $"{_attribute} stands at {position:G9} and not at {_move.To:G9}; its state is {state.ToString().ToUpperInvariant()}");
    }
}
