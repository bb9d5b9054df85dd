using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Pipeline;

/// <summary>
/// Keeps what an operator chose last, from any thread, for the one thread that reconstructs: of many changes between two looks it sees the last.
/// </summary>
/// <param name="settings">Those that hold at first.</param>
/// <param name="isChanged">Whether they are an operator's already, from another process or an earlier slice.</param>
/// <param name="choices">What may be chosen.</param>
/// <param name="time">Clock.</param>
/// <param name="say">Is told each change in one sentence, by the thread that makes it.</param>
internal sealed class ReconstructionControl(
    ReconstructionSettings settings, bool isChanged, ReconstructionChoices choices, TimeProvider time, Action<string> say) : IReconstructionControl
{
    private readonly Lock _lock = new();
    private ReconstructionSettings _settings = settings;
    private ReconstructionSettings _taken = settings;
    private bool _isChanged = isChanged;
    private bool _isClosed;
    private string _by = "";
    private long? _since;

    /// <inheritdoc/>
    public ReconstructionChoices Choices { get; } = choices;

    /// <inheritdoc/>
    public bool IsOpen
    {
        get
        {
            lock (_lock)
            {
                return !_isClosed;
            }
        }
    }

    /// <inheritdoc/>
    public ReconstructionSettings Settings
    {
        get
        {
            lock (_lock)
            {
                return _settings;
            }
        }
    }

    /// <summary>The settings where an operator ever changed them; null where they are those of the set-up.</summary>
    public ReconstructionSettings? Changed
    {
        get
        {
            lock (_lock)
            {
                return _isChanged ? _settings : null;
            }
        }
    }

    /// <summary>For how long the settings have waited to be shown, s; 0 where they are.</summary>
    public double Lag_s
    {
        get
        {
            lock (_lock)
            {
                return _since is long since ? time.GetElapsedTime(since).TotalSeconds : 0;
            }
        }
    }

    /// <inheritdoc/>
    public bool TryChange(string by, Func<ReconstructionSettings, ReconstructionSettings> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        string changes;
        lock (_lock)
        {
            if (_isClosed)
            {
                return false;
            }

            ReconstructionSettings wanted = change(_settings);
            if (Choices.Refuse(_settings, wanted) is string refusal)
            {
                throw new ArgumentException(refusal);
            }

            changes = wanted.ChangesFrom(_settings);
            if (wanted == _settings)
            {
                return true;
            }

            (_settings, _isChanged, _by) = (wanted, true, by);
            _since ??= time.GetTimestamp();
        }

        say($"{by} changed the reconstruction: {changes}");
        return true;
    }

    /// <summary>Takes the settings, where they are others than those taken last.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="changes">What changed since those taken last, and by whom the last of it; one sentence.</param>
    public bool TryTake(out ReconstructionSettings settings, out string changes)
    {
        lock (_lock)
        {
            (settings, changes) = (_settings, "");
            if (_settings == _taken)
            {
                return false;
            }

            changes = $"{_by} changed the reconstruction: {_settings.ChangesFrom(_taken)}";
            _taken = _settings;
            return true;
        }
    }

    /// <summary>The settings taken last are shown.</summary>
    public void Settle()
    {
        lock (_lock)
        {
            if (_settings == _taken)
            {
                _since = null;
            }
        }
    }

    /// <summary>Takes no more changes: the last ones are to be taken now.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
        }
    }
}
