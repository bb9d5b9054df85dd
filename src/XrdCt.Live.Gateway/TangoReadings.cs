using System.Collections.Concurrent;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Readings;

namespace XrdCt.Live.Gateway;

/// <summary>
/// Positions and monitor values from Tango, each with the time that its device stamped it with; frames find them by
/// <see cref="ReadingKey.Time"/>. Lost gateways and devices are followed again; what they did not tell meanwhile is missing, never guessed.
/// </summary>
public sealed class TangoReadings : IReadingSource
{
    // Ten minutes of three attributes at 30 Hz, should nobody take them.
    private const int MostWaiting = 1 << 16;

    // Clocks that follow NTP or PTP differ by far less, and so does a reading on its way. One stamp of tomorrow, taken for the last, would
    // pass all readings until then off as old ones.
    private static readonly TimeSpan LargestLead = TimeSpan.FromSeconds(1);

    private readonly BlockingCollection<(StageReading Reading, string? Refusal)> _waiting = new(MostWaiting);
    private readonly List<Told> _quantities = [];
    private readonly TangoWatch _watch;
    private readonly Action<string> _say;
    private readonly Action<string> _begin;
    private readonly TimeProvider _time;
    private bool _isFull;
    private bool _hasBegun;

    /// <summary>Begins to follow the attributes.</summary>
    /// <param name="gateway">The gateway; not disposed with the readings.</param>
    /// <param name="options">Which attributes; at least one.</param>
    /// <param name="say">Takes a sentence whenever the gateway or a device is lost, and when it is back, and when a device's clock is right again; from any thread.</param>
    /// <param name="begin">
    /// Takes one sentence, when every attribute has been told once: frames from now on find their readings. From any thread; null for nobody.
    /// </param>
    /// <param name="time">The clock; null for the machine's.</param>
    /// <exception cref="ArgumentException">No attribute, one for two quantities, or a scale that is not finite or 0.</exception>
    public TangoReadings(TangoGateway gateway, TangoReadingsOptions options, Action<string> say, Action<string>? begin = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(gateway);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(say);
        _say = say;
        (_begin, _time) = (begin ?? (_ => { }), time ?? TimeProvider.System);
        Add(options.Translation, (reading, value) => reading with { Translation_mm = value });
        Add(options.Rotation, (reading, value) => reading with { Rotation_deg = value });
        Add(options.Monitor, (reading, value) => reading with { Monitor = value });
        Add(options.Transmission, (reading, value) => reading with { Transmission = value });
        if (_quantities.Count == 0)
        {
            throw new ArgumentException("no attribute is to be followed", nameof(options));
        }

        _watch = new TangoWatch(gateway, [.. _quantities.Select(q => q.Quantity.Attribute)], options.Period, Take, say, _time);
    }

    /// <summary>What is followed, and whether it is stale.</summary>
    public TangoWatch Watch => _watch;

    /// <inheritdoc/>
    public bool TryReceive(TimeSpan timeout, out StageReading reading, out string? refusal)
    {
        bool hasCome = _waiting.TryTake(out (StageReading Reading, string? Refusal) next, timeout);
        (reading, refusal) = hasCome ? next : default;
        return hasCome && refusal is null;
    }

    /// <summary>Ends the subscription; readings not yet received are dropped.</summary>
    public void Dispose()
    {
        _watch.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _waiting.Dispose();
    }

    private void Add(TangoQuantity? quantity, Func<StageReading, double, StageReading> put)
    {
        if (quantity is null)
        {
            return;
        }

        if (!double.IsFinite(quantity.Scale) || quantity.Scale == 0)
        {
            throw new ArgumentException($"the scale {quantity.Scale} of {quantity.Attribute} is not a number other than 0", nameof(quantity));
        }

        if (_quantities.Any(q => q.Quantity.Attribute == quantity.Attribute))
        {
            throw new ArgumentException($"{quantity.Attribute} cannot tell two quantities", nameof(quantity));
        }

        _quantities.Add(new Told(quantity, put));
    }

    private void Take(TangoReading told)
    {
        // Why it cannot be read was said by the watch.
        if (told.Error is not null || _quantities.Find(q => q.Quantity.Attribute == told.Attribute) is not Told quantity)
        {
            return;
        }

        double value = told.Value is null ? double.NaN : told.Value.Number * quantity.Quantity.Scale;
        if (told.At is not DateTimeOffset at || !double.IsFinite(value) || told.Quality == TangoQuality.Invalid)
        {
            if (!quantity.IsRefused)
            {
                Put(default, $"Tango's {told.Attribute} tells no number with a time (its quality is {told.Quality.ToString().ToLowerInvariant()}): it is left out");
            }

            quantity.IsRefused = true;
            return;
        }

        quantity.IsRefused = false;
        TimeSpan lead = at - _time.GetUtcNow();
        if (lead > LargestLead)
        {
            if (quantity.CountAhead++ == 0)
            {
                Put(default, $"Tango's {told.Attribute} is stamped {lead.TotalSeconds:F1} s ahead of our clock: it is left out until the clocks agree");
            }

            return;
        }

        if (quantity.CountAhead > 0)
        {
            _say($"Tango's {told.Attribute} is stamped as our clock is again, after {quantity.CountAhead} readings that were left out");
            quantity.CountAhead = 0;
        }

        // A device that answers from its cache tells the same moment again.
        if (at > quantity.Last)
        {
            quantity.Last = at;
            var nothing = new StageReading { Translation_mm = double.NaN, Rotation_deg = double.NaN, Monitor = double.NaN, At = at };
            Put(quantity.Put(nothing, value), null);
            if (!_hasBegun && _quantities.TrueForAll(q => q.Last != default))
            {
                _hasBegun = true;
                _begin($"Tango tells {string.Join(", ", _quantities.Select(q => q.Quantity.Attribute))}: a scan can begin");
            }
        }
    }

    private void Put(StageReading reading, string? refusal)
    {
        bool isFull = !_waiting.TryAdd((reading, refusal));
        if (isFull && !_isFull)
        {
            _say($"{MostWaiting} readings of Tango wait and nobody takes them: later ones are left out");
        }

        _isFull = isFull;
    }

    /// <summary>A quantity, and what was told of it.</summary>
    private sealed class Told(TangoQuantity quantity, Func<StageReading, double, StageReading> put)
    {
        public TangoQuantity Quantity { get; } = quantity;

        public Func<StageReading, double, StageReading> Put { get; } = put;

        public DateTimeOffset Last { get; set; }

        public bool IsRefused { get; set; }

        public long CountAhead { get; set; }
    }
}
