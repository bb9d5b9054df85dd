using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Pipeline;

/// <summary>Keeps the zones that an operator drew last, from any thread, for the one thread that ranks places.</summary>
internal sealed class ZoneControl : IZoneControl
{
    private readonly Lock _lock = new();
    private readonly Action<string> _say;
    private ForbiddenZones _zones;
    private ForbiddenZones _taken;
    private bool _isChanged;
    private bool _isOpen;
    private string _by = "";

    /// <summary>Begins with the zones of the set-up.</summary>
    /// <param name="zones">Those that hold at first.</param>
    /// <param name="isChanged">Whether they are an operator's already, from another process or an earlier slice.</param>
    /// <param name="isOpen">Whether there are places to be ranked.</param>
    /// <param name="choices">What may be chosen.</param>
    /// <param name="time">Clock.</param>
    /// <param name="say">Is told each change in one sentence, by the thread that makes it.</param>
    public ZoneControl(
        IReadOnlyList<ForbiddenZone> zones, bool isChanged, bool isOpen, ZoneChoices choices, TimeProvider time, Action<string> say)
    {
        _zones = _taken = new ForbiddenZones(time.GetUtcNow().ToUnixTimeMilliseconds(), [.. zones.Distinct()]);
        (_isChanged, _isOpen, Choices, _say) = (isChanged, isOpen, choices, say);
    }

    /// <inheritdoc/>
    public ZoneChoices Choices { get; }

    /// <inheritdoc/>
    public bool IsOpen
    {
        get
        {
            lock (_lock)
            {
                return _isOpen;
            }
        }
    }

    /// <inheritdoc/>
    public ForbiddenZones Zones
    {
        get
        {
            lock (_lock)
            {
                return _zones;
            }
        }
    }

    /// <summary>The zones where an operator ever changed them; null where they are those of the set-up.</summary>
    public IReadOnlyList<ForbiddenZone>? Changed
    {
        get
        {
            lock (_lock)
            {
                return _isChanged ? _zones.Zones : null;
            }
        }
    }

    /// <inheritdoc/>
    public ZoneAnswer TryChange(string by, long revision, IReadOnlyList<ForbiddenZone> zones)
    {
        ArgumentNullException.ThrowIfNull(zones);
        ForbiddenZone[] wanted = [.. zones.Distinct()];
        string changes;
        lock (_lock)
        {
            if (!_isOpen)
            {
                return ZoneAnswer.Closed;
            }

            if (_zones.Zones.ToHashSet().SetEquals(wanted))
            {
                return ZoneAnswer.Taken;
            }

            if (revision != _zones.Revision)
            {
                return ZoneAnswer.Outdated;
            }

            if (Choices.Refuse(_zones.Zones, wanted) is string refusal)
            {
                throw new ArgumentException(refusal);
            }

            changes = ForbiddenZones.Changes(_zones.Zones, wanted);
            (_zones, _isChanged, _by) = (new ForbiddenZones(revision + 1, wanted), true, by);
        }

        _say($"{by} changed the forbidden zones: {changes}");
        return ZoneAnswer.Taken;
    }

    /// <summary>Takes the zones, where they are of another revision than those taken last.</summary>
    /// <param name="zones">The zones.</param>
    /// <param name="changes">What changed since those taken last, and by whom the last of it; one sentence. Empty where they were changed there and back.</param>
    public bool TryTake(out ForbiddenZones zones, out string changes)
    {
        lock (_lock)
        {
            (zones, changes) = (_zones, "");
            if (_zones.Revision == _taken.Revision)
            {
                return false;
            }

            string between = ForbiddenZones.Changes(_taken.Zones, _zones.Zones);
            changes = between.Length == 0 ? "" : $"{_by} changed the forbidden zones: {between}";
            _taken = _zones;
            return true;
        }
    }

    /// <summary>Takes no more changes: the last ones are to be taken now.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isOpen = false;
        }
    }
}
