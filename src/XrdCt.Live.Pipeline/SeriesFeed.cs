using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Pipeline;

/// <summary>
/// One source, lent to scan after scan: it stays open between them, so that nothing a detector sends meanwhile is lost, and a message
/// that ended one scan begins the next. Used by one thread at a time.
/// </summary>
/// <param name="open">Opens the source; called at the first use.</param>
public sealed class SeriesFeed(Func<IFrameSource> open) : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly Queue<SourceEvent> _putBack = new();
    private IFrameSource? _source;
    private long _strayCount;

    /// <summary>Done a few times a second while a scan is waited for; on the thread that waits.</summary>
    public Action Meanwhile { get; init; } = () => { };

    /// <summary>Messages between scans that belong to none: late frames of a finished series, and what was not understood.</summary>
    public long StrayCount => Interlocked.Read(ref _strayCount);

    /// <summary>The source for one scan; disposing it gives it back, still open.</summary>
    /// <exception cref="InvalidOperationException">The source cannot be opened.</exception>
    public IFrameSource Lend() => new Loan(this, Source());

    /// <summary>Waits for a series header; frames of series whose header did not come are let go.</summary>
    /// <param name="stop">Ends the waiting.</param>
    /// <returns>The header, which stays the first event to come; null when stopped.</returns>
    public SeriesHeader? AwaitHeader(CancellationToken stop)
    {
        IFrameSource source = Source();
        while (!stop.IsCancellationRequested)
        {
            SourceEvent received = Take(source, Tick);
            Meanwhile();
            if (received.Kind == SourceEventKind.SeriesStarted)
            {
                PutBack([received]);
                return received.Series;
            }

            LetGo(received);
        }

        return null;
    }

    /// <summary>Lets the first event that was put back go.</summary>
    public void Discard()
    {
        if (_putBack.TryDequeue(out SourceEvent left))
        {
            LetGo(left);
        }
    }

    /// <summary>Puts events in front of those to come.</summary>
    public void PutBack(IReadOnlyList<SourceEvent> received)
    {
        ArgumentNullException.ThrowIfNull(received);
        SourceEvent[] later = [.. _putBack];
        _putBack.Clear();
        foreach (SourceEvent e in received.Concat(later))
        {
            _putBack.Enqueue(e);
        }
    }

    /// <summary>Waits for the first message of a series that is not over.</summary>
    /// <param name="finished">Series that the detector has ended, whose late frames are let go; null if none.</param>
    /// <param name="stop">Ends the waiting.</param>
    /// <returns>The header that came, or an empty one of the series whose frame came first; null when stopped.</returns>
    public SeriesHeader? AwaitNext(long? finished, CancellationToken stop)
    {
        IFrameSource source = Source();
        while (!stop.IsCancellationRequested)
        {
            SourceEvent received = Take(source, Tick);
            Meanwhile();
            switch (received.Kind)
            {
                case SourceEventKind.SeriesStarted:
                    PutBack([received]);
                    return received.Series;
                case SourceEventKind.Image when received.Frame.Header.SeriesId != finished:
                    PutBack([received]);
                    return new SeriesHeader { SeriesId = received.Frame.Header.SeriesId };
                default:
                    LetGo(received);
                    break;
            }
        }

        return null;
    }

    /// <summary>Closes the source.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            while (_putBack.Count > 0)
            {
                Discard();
            }

            _source?.Dispose();
            _source = null;
        }
    }

    private void LetGo(in SourceEvent received)
    {
        if (received.Kind == SourceEventKind.Image)
        {
            received.Frame.Dispose();
        }

        if (received.Kind is SourceEventKind.Image or SourceEventKind.Rejected)
        {
            Interlocked.Increment(ref _strayCount);
        }
    }

    private IFrameSource Source()
    {
        lock (_lock)
        {
            return _source ??= open();
        }
    }

    private SourceEvent Take(IFrameSource source, TimeSpan timeout)
    {
        if (_putBack.TryDequeue(out SourceEvent first))
        {
            return first;
        }

        return source.Receive(timeout);
    }

    private sealed class Loan(SeriesFeed feed, IFrameSource source) : IFrameSource
    {
        public string Name => source.Name;

        public SourceEvent Receive(TimeSpan timeout) => feed.Take(source, timeout);

        public void Dispose()
        {
            // The feed keeps it open.
        }
    }
}
