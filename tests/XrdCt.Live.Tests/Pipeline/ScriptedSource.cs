using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Tests.Pipeline;

/// <summary>
/// A source that plays a script; when it is over, silence: the fake clock goes on by the time waited for.
/// </summary>
internal sealed class ScriptedSource(FakeClock clock, IEnumerable<Func<SourceEvent>> script) : IFrameSource
{
    // Ten thousand ticks of 100 ms: a reception that has not ended by then never will.
    private const int MostSilences = 10_000;

    private readonly IEnumerator<Func<SourceEvent>> _script = script.GetEnumerator();
    private int _silences;
    private int _delivered;

    public string Name => "script";

    public bool IsDisposed { get; private set; }

    public int Delivered => Volatile.Read(ref _delivered);

    public static Func<SourceEvent> Start(long series = 1, int? images = null, string? name = null) => () => new SourceEvent
    {
        Kind = SourceEventKind.SeriesStarted,
        SeriesId = series,
        Series = new SeriesHeader { SeriesId = series, ImageCount = images, UniqueId = name },
    };

    public static Func<SourceEvent> Image(Func<RawFrame> frame) => () =>
    {
        RawFrame made = frame();
        return new SourceEvent { Kind = SourceEventKind.Image, SeriesId = made.Header.SeriesId, Frame = made };
    };

    public static Func<SourceEvent> End(long series = 1) =>
        () => new SourceEvent { Kind = SourceEventKind.SeriesEnded, SeriesId = series };

    public static Func<SourceEvent> Reject(FrameOutcome outcome, string reason) =>
        () => new SourceEvent { Kind = SourceEventKind.Rejected, Outcome = outcome, Reason = reason };

    /// <summary>Something that happens while the source waits.</summary>
    public static Func<SourceEvent> Meanwhile(Action action) => () =>
    {
        action();
        return new SourceEvent { Kind = SourceEventKind.Silence };
    };

    public SourceEvent Receive(TimeSpan timeout)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (_script.MoveNext())
        {
            SourceEvent next = _script.Current();
            Interlocked.Increment(ref _delivered);
            return next;
        }

        if (++_silences > MostSilences)
        {
            throw new InvalidOperationException("the reception waits for ever");
        }

        clock.Advance(timeout);
        return new SourceEvent { Kind = SourceEventKind.Silence };
    }

    public void Dispose() => IsDisposed = true;
}
