using System.Threading.Channels;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Pipeline.Metrics;

namespace XrdCt.Live.Pipeline;

/// <summary>
/// The first stage: takes events from the source on a thread of its own, decides which series is the scan's and when
/// it is over. Whatever a sender does (dies, restarts, repeats, forgets the end), it ends with a sentence and without a stall.
/// </summary>
internal sealed class Reception(LiveOptions options, FrameTally tally, TimeProvider time)
{
    // How often a silent reception looks at the clock and at cancellation.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    // Frames of a later series, one after another, that end a scan although no header came.
    private const int EnoughLater = 3;

    private const long Never = long.MinValue;

    private const string SeriesRemedy = "set scan.slice_series to one where a series holds all slices";

    private readonly bool[] _seen = new bool[options.Plan.CellCount];
    private readonly SliceGate _gate = new(options);
    private int _seenCount;
    private long? _seriesId;
    private bool _ended;
    private bool _hasNoHeader;
    private SourceEvent? _repeatedHeader;
    private int _laterInARow;
    private int _highest = -1;
    private bool _isOnlyContinued;
    private volatile string _complaint = "";

    // Written by this thread, read by others: one word each, so that no reader sees half of one.
    private long _startedUtcTicks;
    private long _startTimestamp = Never;
    private long _lastMessage = Never;
    private long _lastAcquiredUtcTicks;

    /// <summary>The header of the scan's series; null before it came or if it never did.</summary>
    public SeriesHeader? Header { get; private set; }

    /// <summary>The scan's series; null before anything came.</summary>
    public long? SeriesId => _seriesId;

    /// <summary>When the series began, UTC; null before.</summary>
    public DateTimeOffset? StartedAt =>
        Volatile.Read(ref _startedUtcTicks) is var ticks and > 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>The newest thing that was wrong with what came, one sentence for people; empty when nothing was.</summary>
    public string Complaint => _complaint;

    /// <summary>Which frames and readings of the series are this slice's.</summary>
    public SliceGate Slices => _gate;

    /// <summary>End of the latest exposure, UTC ticks; 0 before the first frame.</summary>
    public long LastAcquiredUtcTicks => Volatile.Read(ref _lastAcquiredUtcTicks);

    /// <summary>Time since the last message of the scan's series; null before the first.</summary>
    public TimeSpan? SinceLastMessage => Since(ref _lastMessage);

    /// <summary>Time since the series began; null before.</summary>
    public TimeSpan? SinceStart => Since(ref _startTimestamp);

    /// <summary>Whether the scan is one of another process of which nothing more has come.</summary>
    public bool IsOnlyContinued => _isOnlyContinued;

    private bool AllSeen => _seenCount == _seen.Length;

    /// <summary>Any stage may find something wrong with what came.</summary>
    public void Complain(string sentence) => _complaint = sentence;

    /// <summary>Goes on with the scan of another process; called before <see cref="Receive"/>.</summary>
    /// <param name="scan">What its journal says.</param>
    /// <param name="isThere">Whether the frame of an index is there.</param>
    public void Continue(JournalledScan scan, Func<int, bool> isThere)
    {
        _isOnlyContinued = true;
        _seriesId = scan.SeriesId;
        Header = scan.Series;
        _gate.Continue(scan.SliceLayout);
        for (int i = 0; i < _seen.Length; i++)
        {
            if (isThere(i))
            {
                (_seen[i], _highest) = (true, i);
                _seenCount++;
            }
        }

        TimeSpan age = time.GetUtcNow() - scan.StartedAt;
        Volatile.Write(ref _startTimestamp, time.GetTimestamp() - (long)(Math.Max(0, age.TotalSeconds) * time.TimestampFrequency));
        Volatile.Write(ref _startedUtcTicks, scan.StartedAt.UtcTicks);
        NoteMessage();
    }

    /// <summary>Receives until the scan is over.</summary>
    /// <param name="source">The source, used from this thread only.</param>
    /// <param name="frames">Edge to the integration; completed by the caller.</param>
    /// <param name="stop">Ends the scan early, keeping what is there.</param>
    /// <param name="broken">A later stage failed: nobody takes frames any more.</param>
    /// <returns>How the scan ended.</returns>
    public ScanEnding Receive(
        IFrameSource source, ChannelWriter<RawFrame> frames, CancellationToken stop, CancellationToken broken)
    {
        while (!stop.IsCancellationRequested)
        {
            SourceEvent received = source.Receive(Tick);
            ScanEnding? ending = received.Kind switch
            {
                SourceEventKind.SeriesStarted => Start(received),
                SourceEventKind.Image => Take(received, frames, broken),
                SourceEventKind.SeriesEnded => End(received.SeriesId),
                SourceEventKind.Rejected => Refuse(received.Outcome, received.Reason),
                _ => null,
            };
            ending ??= EndOfWaiting();
            if (ending is not null)
            {
                return WithNextSlice(ending);
            }
        }

        _gate.Drop();
        return ScanEnding.Stopped(_seenCount, _seen.Length);
    }

    // What is held of the next slice was sent before whatever ended this one.
    private ScanEnding WithNextSlice(ScanEnding ending)
    {
        if (_gate.HasNext && (_gate.Held.Count > 0 || (AllSeen && !_ended && ending.Next.Count == 0)))
        {
            SourceEvent? end = _ended && _gate.Held.Count > 0
                ? new SourceEvent { Kind = SourceEventKind.SeriesEnded, SeriesId = _seriesId!.Value }
                : null;
            return ending with { Next = [.. _gate.TakeNext(Header, end), .. ending.Next] };
        }

        if (_gate.Drop() is > 0 and var none)
        {
            for (int i = 0; i < none; i++)
            {
                tally.Count(FrameOutcome.OutsidePlan);
            }

            Complain($"{none} frames lay beyond the {_seen.Length} cells of a slice, too few to be another one: {SeriesRemedy}");
        }

        return ending;
    }

    private TimeSpan? Since(ref long timestamp) =>
        Volatile.Read(ref timestamp) is var then and not Never ? time.GetElapsedTime(then) : null;

    // After the frame was handed on, which may have taken a while: the sender must not be blamed for our own waiting.
    private void NoteMessage() => Volatile.Write(ref _lastMessage, time.GetTimestamp());

    private ScanEnding? Start(in SourceEvent started)
    {
        SeriesHeader header = started.Series!;

        // A restarted detector counts its series anew: the same number with another unique name is another series.
        bool renamed = Header?.UniqueId is string known && header.UniqueId is string next && next != known;
        if (_seriesId is long running && (running != header.SeriesId || renamed))
        {
            return _ended
                ? ScanEnding.EndedEarly(_seenCount, _seen.Length) with { Next = [started] }
                : Header is null && !_hasNoHeader && !_isOnlyContinued
                    ? ScanEnding.LeftOver(running, started, _seenCount, _seen.Length)
                    : ScanEnding.Superseded(running, started, _seenCount, _seen.Length);
        }

        // First: whoever knows the series asks the gate.
        _gate.Begin(header.SeriesId, header.ImageCount);
        Begin(header.SeriesId);

        // The first header after another process was killed: the sender may begin again with frame 0, which is no other scan.
        _repeatedHeader = Header is null || _isOnlyContinued ? null : started;
        _isOnlyContinued = false;

        // The journal keeps no tables, and the next slice may need them.
        Header = Header is null ? header : Header with { Tables = Header.Tables ?? header.Tables };
        if (header.ImageCount is int announced && announced != _seen.Length && _gate.Layout != SliceLayout.OneSeries)
        {
            Complain($"the detector announces {announced} images, the scan plan has {_seen.Length} cells");
        }

        if (header.Shape is ImageShape shape && shape != options.Integration.Geometry.Shape)
        {
            Complain($"the detector announces images of {shape} (rows × columns), the geometry says {options.Integration.Geometry.Shape}");
        }

        NoteMessage();
        return null;
    }

    private void Begin(long seriesId)
    {
        if (_seriesId is null)
        {
            _seriesId = seriesId;
            Volatile.Write(ref _startTimestamp, time.GetTimestamp());
            Volatile.Write(ref _startedUtcTicks, time.GetUtcNow().UtcTicks);
        }
    }

    private ScanEnding? Take(in SourceEvent received, ChannelWriter<RawFrame> frames, CancellationToken broken)
    {
        RawFrame frame = received.Frame;
        if (IsOfTheNext(received))
        {
            return ScanEnding.Superseded(_seriesId!.Value, received, _seenCount, _seen.Length);
        }

        if (_repeatedHeader is SourceEvent repeated && frame.Header.SeriesId == _seriesId)
        {
            // A sender that came back goes on where it was; one that begins again with frame 0 is another scan, whatever its number.
            if (frame.Header.Index == 0 && (_seen[0] || _gate.Compare(0) < 0))
            {
                return ScanEnding.Repeated(frame.Header.SeriesId, repeated, received, _seenCount, _seen.Length);
            }

            _repeatedHeader = null;
        }

        if (options.Slice is not null && IsOfAnotherSlice(received, out ScanEnding? over))
        {
            return over;
        }

        _isOnlyContinued = false;
        tally.CountReceived();
        _hasNoHeader = received.HasNoHeader;
        int index = _gate.IndexInSlice(frame.Header.Index);
        frame = frame with { Header = frame.Header with { Index = index } };

        // A late joiner takes the series of the first frame: the configuration says all that the header would have said.
        Begin(frame.Header.SeriesId);
        if (frame.Header.SeriesId != _seriesId)
        {
            return Drop(frame, FrameOutcome.ForeignSeries, $"a frame of series {frame.Header.SeriesId} came during series {_seriesId}");
        }

        _laterInARow = 0;
        if (Header is null && !_hasNoHeader)
        {
            tally.Count(FrameOutcome.BeforeHeader);
        }

        NoteMessage();
        if (index < 0 || index >= _seen.Length)
        {
            string remedy = _gate.Layout == SliceLayout.SeriesEach ? $": {SeriesRemedy}" : "";
            return Drop(frame, FrameOutcome.OutsidePlan, $"frame {index} lies outside the scan plan of {_seen.Length} cells{remedy}");
        }

        if (!_seen[index])
        {
            // A frame that came before is a duplicate, not one out of order: each counter tells one thing.
            if (index < _highest)
            {
                tally.CountOutOfOrder();
            }

            _seen[index] = true;
            _seenCount++;
        }

        _highest = Math.Max(_highest, index);
        if (frame.Shape != options.Integration.Geometry.Shape)
        {
            return Drop(
                frame,
                FrameOutcome.WrongShape,
                $"frame {index} is {frame.Shape} (rows × columns), the geometry says {options.Integration.Geometry.Shape}");
        }

        Volatile.Write(ref _lastAcquiredUtcTicks, Math.Max(_lastAcquiredUtcTicks, frame.Header.AcquiredAt.UtcTicks));
        Hand(frame, frames, broken);
        NoteMessage();
        return EndOfSlice();
    }

    // The series goes on: neither its end nor a silence tells that a slice is over.
    private ScanEnding? EndOfSlice() => !_gate.HasNext ? null
        : AllSeen ? ScanEnding.Finished(endedByDetector: false)
        : _gate.IsOver ? ScanEnding.PassedOver(_seenCount, _seen.Length)
        : null;

    /// <summary>Takes a frame that belongs to another slice of the stack, or may.</summary>
    /// <returns>False for one of this slice, of another series, or of none.</returns>
    private bool IsOfAnotherSlice(in SourceEvent received, out ScanEnding? ending)
    {
        ending = null;
        RawFrame frame = received.Frame;
        if (_seriesId is null)
        {
            _gate.Begin(frame.Header.SeriesId, null);
        }

        int place = frame.Header.SeriesId == (_seriesId ?? frame.Header.SeriesId) ? _gate.Compare(frame.Header.Index) : 0;
        if (place > 0)
        {
            Begin(frame.Header.SeriesId);
            _gate.Hold(received);
            NoteMessage();
            ending = EndOfSlice();
        }
        else if (place < 0 && _seenCount == 0 && frame.Header.SeriesId != options.StackSeries)
        {
            // Another series, and the stack begins anew.
            ending = ScanEnding.OtherSlice(_gate.SliceOf(frame.Header.Index), options.Slice!, _gate.TakeNext(Header, null), received);
        }
        else if (place < 0)
        {
            tally.CountReceived();
            Drop(frame, FrameOutcome.OutsidePlan, $"frame {frame.Header.Index} of slice {_gate.SliceOf(frame.Header.Index)} came too late, during {options.Slice}");
        }

        return place != 0;
    }

    /// <summary>
    /// Whether a frame of a later series says that the detector has moved on. Where series have headers, one such frame may be a damaged
    /// number, but not several in a row: their header was lost.
    /// </summary>
    private bool IsOfTheNext(in SourceEvent received)
    {
        if (_isOnlyContinued)
        {
            // What came while nobody listened is not known: the header of another series may have been among it.
            return received.Frame.Header.SeriesId != _seriesId;
        }

        if (_seriesId is not long running || received.Frame.Header.SeriesId <= running)
        {
            return false;
        }

        _laterInARow++;
        return received.HasNoHeader || _laterInARow >= EnoughLater;
    }

    private static void Hand(RawFrame frame, ChannelWriter<RawFrame> frames, CancellationToken broken)
    {
        while (!frames.TryWrite(frame))
        {
            // Blocking on purpose: this thread has nothing else to do, and the socket's watermark slows the sender down.
            ValueTask<bool> room = frames.WaitToWriteAsync(broken);
            try
            {
                if (!(room.IsCompletedSuccessfully ? room.Result : room.AsTask().GetAwaiter().GetResult()))
                {
                    frame.Dispose();
                    return;
                }
            }
            catch (OperationCanceledException)
            {
                frame.Dispose();
                return;
            }
        }
    }

    private ScanEnding? Drop(RawFrame frame, FrameOutcome outcome, string reason)
    {
        frame.Dispose();
        return Refuse(outcome, reason);
    }

    private ScanEnding? Refuse(FrameOutcome outcome, string? reason)
    {
        tally.Count(outcome);
        Complain(reason ?? outcome.ToString());
        return null;
    }

    private ScanEnding? End(long seriesId)
    {
        if (seriesId == _seriesId)
        {
            _ended = true;
            NoteMessage();
            return AllSeen ? ScanEnding.Finished(endedByDetector: true) : null;
        }

        // The end of a series that an earlier run left behind in the sender's queue.
        Complain($"the end of series {seriesId} came, which is not the scan's");
        return null;
    }

    private ScanEnding? EndOfWaiting()
    {
        if (SinceLastMessage is not TimeSpan silent)
        {
            return null;
        }

        // Whether frames beyond the slice are the next one is not known yet.
        bool mayGoOn = !_ended && _gate is { Held.Count: > 0, Layout: SliceLayout.Undecided };
        if ((_ended || AllSeen) && !mayGoOn && silent > options.EndGrace)
        {
            return AllSeen ? ScanEnding.Finished(_ended) : ScanEnding.EndedEarly(_seenCount, _seen.Length);
        }

        return silent > options.SilenceLimit
            ? ScanEnding.FellSilent(options.SilenceLimit, _highest, _seenCount, _seen.Length)
            : null;
    }
}
