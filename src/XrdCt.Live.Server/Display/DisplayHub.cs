using System.Threading.Channels;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Server.Display;

/// <summary>
/// The newest live results, each encoded once, for any number of pages. Only the newest of every kind (and channel)
/// is kept, so the memory does not grow however slow a page is. Thread-safe: one thread shows, connections read.
/// </summary>
public sealed class DisplayHub : ILiveDisplay
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, DisplayMessage> _latest = [];
    private readonly HashSet<ChannelWriter<bool>> _listeners = [];
    private IReadOnlyList<LiveChannel> _channels = [];
    private LiveState? _state;
    private IVoxelPatterns? _voxels;
    private long _version;

    /// <summary>The newest state; null before the first.</summary>
    public LiveState? State
    {
        get
        {
            lock (_gate)
            {
                return _state;
            }
        }
    }

    /// <summary>Where the pattern of a voxel can be asked for; null where only the live channels are reconstructed.</summary>
    public IVoxelPatterns? Voxels
    {
        get
        {
            lock (_gate)
            {
                return _voxels;
            }
        }
    }

    /// <summary>Number of pages that are connected now.</summary>
    public int ClientCount
    {
        get
        {
            lock (_gate)
            {
                return _listeners.Count;
            }
        }
    }

    /// <inheritdoc/>
    /// <remarks>Whatever was shown of an earlier scan is forgotten.</remarks>
    public void Show(ScanDescription scan)
    {
        ArgumentNullException.ThrowIfNull(scan);
        byte[] bytes = DisplayMessages.Encode(scan);
        lock (_gate)
        {
            _latest.Clear();
            _state = null;
            _voxels = null;
            _channels = scan.Channels;
            Keep(DisplayMessages.ScanKey, bytes);
        }
    }

    /// <inheritdoc/>
    public void Show(LiveState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        byte[] bytes = DisplayMessages.Encode(state);
        lock (_gate)
        {
            _state = state;
            Keep(DisplayMessages.StateKey, bytes);
        }
    }

    /// <inheritdoc/>
    public void Show(SinogramMap sinogram)
    {
        ArgumentNullException.ThrowIfNull(sinogram);
        Show(DisplayMessages.SinogramKey(sinogram.Channel), DisplayMessages.Encode(sinogram));
    }

    /// <inheritdoc/>
    public void Show(SliceMap slice)
    {
        ArgumentNullException.ThrowIfNull(slice);
        Show(DisplayMessages.SliceKey(slice.Channel), DisplayMessages.Encode(slice));
    }

    /// <inheritdoc/>
    public void Show(PatternView patterns)
    {
        ArgumentNullException.ThrowIfNull(patterns);
        Show(DisplayMessages.PatternKey, DisplayMessages.Encode(patterns));
    }

    /// <inheritdoc/>
    public void Show(RoiSuggestion roi)
    {
        ArgumentNullException.ThrowIfNull(roi);
        Show(DisplayMessages.RoiKey, DisplayMessages.Encode(roi));
    }

    /// <inheritdoc/>
    public void Show(IVoxelPatterns voxels)
    {
        ArgumentNullException.ThrowIfNull(voxels);
        lock (_gate)
        {
            _voxels = voxels;
        }
    }

    /// <summary>Registers a page; from now on every change writes to <paramref name="listener"/>.</summary>
    /// <param name="listener">Woken, not fed: a writer that drops what does not fit.</param>
    /// <param name="maxClients">Most pages at a time.</param>
    /// <returns>False when there are that many already; the page is not registered then.</returns>
    internal bool TryJoin(ChannelWriter<bool> listener, int maxClients)
    {
        lock (_gate)
        {
            return _listeners.Count < maxClients && _listeners.Add(listener);
        }
    }

    /// <summary>Forgets a page.</summary>
    internal void Leave(ChannelWriter<bool> listener)
    {
        lock (_gate)
        {
            _listeners.Remove(listener);
        }
    }

    /// <summary>Collects the messages that a page has not seen, in the order in which it is to apply them.</summary>
    /// <param name="channel">Channel that the page looks at; null for the first one of the scan.</param>
    /// <param name="seen">Version per key that the page has; brought up to date.</param>
    /// <param name="news">Receives the messages; cleared first.</param>
    internal void Collect(string? channel, Dictionary<string, long> seen, List<DisplayMessage> news)
    {
        news.Clear();
        lock (_gate)
        {
            Take(DisplayMessages.ScanKey, seen, news);
            if (news.Count > 0)
            {
                // A new scan: the page forgets the old one, so what it saw of it counts for nothing, and the keys of
                // channels that are no more must not pile up.
                seen.Clear();
                seen[DisplayMessages.ScanKey] = news[0].Version;
            }

            Take(DisplayMessages.StateKey, seen, news);
            Take(DisplayMessages.RoiKey, seen, news);
            Take(DisplayMessages.PatternKey, seen, news);

            string? shown = channel is not null && _channels.Any(c => c.Name == channel)
                ? channel
                : _channels.Count > 0 ? _channels[0].Name : null;
            if (shown is not null)
            {
                Take(DisplayMessages.SinogramKey(shown), seen, news);
                Take(DisplayMessages.SliceKey(shown), seen, news);
                Take(DisplayMessages.SliceKey(SliceMap.NoiseOf(shown)), seen, news);
            }
        }
    }

    private void Show(string key, byte[] bytes)
    {
        lock (_gate)
        {
            Keep(key, bytes);
        }
    }

    private void Keep(string key, byte[] bytes)
    {
        _latest[key] = new DisplayMessage(key, ++_version, bytes);
        foreach (ChannelWriter<bool> listener in _listeners)
        {
            listener.TryWrite(true);
        }
    }

    private void Take(string key, Dictionary<string, long> seen, List<DisplayMessage> news)
    {
        if (_latest.TryGetValue(key, out DisplayMessage? message)
            && seen.GetValueOrDefault(key) != message.Version)
        {
            seen[key] = message.Version;
            news.Add(message);
        }
    }
}
