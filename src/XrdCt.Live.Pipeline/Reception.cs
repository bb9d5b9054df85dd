using System.Threading.Channels;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Pipeline.Metrics;

namespace XrdCt.Live.Pipeline;

/// <summary>
/// The first stage: takes events from the source on a thread of its own, decides which series is the scan's and when
/// it is over. Whatever a sender does (dies, restarts, repeats, forgets the end), it ends with a sentence and without a stall.
/// </summary>
internal sealed class Reception(LiveOptions options, FrameTally tally, TimeProvider time)
{
    // How often a blocked or silent reception looks at the clock and at cancellation.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private readonly bool[] _seen = new bool[options.Plan.CellCount];
    private int _seenCount;
    private long? _seriesId;
    private bool _ended;
    private long _lastMessage;
    private int _highest = -1;

    /// <summary>The header of the scan's series; null before it came or if it never did.</summary>
    public SeriesHeader? Header { get; private set; }

    /// <summary>When the series began, UTC; null before.</summary>
    public DateTimeOffset? StartedAt { get; private set; }

    /// <summary>Sentence of the last message that was refused, for the page; empty when none was.</summary>
    public string Complaint { get; private set; } = "";

    /// <summary>Time since the last message of the detector; null before the first.</summary>
    public TimeSpan? SinceLastMessage => StartedAt is null ? null : time.GetElapsedTime(Volatile.Read(ref _lastMessage));

    private bool AllSeen => _seenCount == _seen.Length;

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
            if (received.Kind != SourceEventKind.Silence)
            {
                Volatile.Write(ref _lastMessage, time.GetTimestamp());
            }

            ScanEnding? ending = received.Kind switch
            {
                SourceEventKind.SeriesStarted => Start(received.Series!),
                SourceEventKind.Image => Take(received.Frame, frames, broken),
                SourceEventKind.SeriesEnded => End(received.SeriesId),
                SourceEventKind.Rejected => Refuse(received.Outcome, received.Reason),
                _ => null,
            };
            ending ??= EndOfWaiting();
            if (ending is not null)
            {
                return ending;
            }
        }

        return ScanEnding.Stopped(_seenCount, _seen.Length);
    }

    private ScanEnding? Start(SeriesHeader header)
    {
        if (_seriesId is long running && running != header.SeriesId)
        {
            return ScanEnding.Superseded(running, header.SeriesId, _seenCount, _seen.Length);
        }

        Begin(header.SeriesId);
        Header ??= header;
        if (header.ImageCount is int announced && announced != _seen.Length)
        {
            Complaint = $"the detector announces {announced} images, the scan plan has {_seen.Length} cells";
        }

        return null;
    }

    private void Begin(long seriesId)
    {
        _seriesId ??= seriesId;
        StartedAt ??= time.GetUtcNow();
    }

    private ScanEnding? Take(RawFrame frame, ChannelWriter<RawFrame> frames, CancellationToken broken)
    {
        tally.CountReceived();
        int index = frame.Header.Index;
        if (_seriesId is null)
        {
            // A late joiner: the configuration says all that the header would have said.
            tally.Count(FrameOutcome.BeforeHeader);
            Begin(frame.Header.SeriesId);
        }

        if (frame.Header.SeriesId != _seriesId)
        {
            Drop(frame, FrameOutcome.ForeignSeries, $"a frame of series {frame.Header.SeriesId} came during series {_seriesId}");
            return null;
        }

        if (index < 0 || index >= _seen.Length)
        {
            Drop(frame, FrameOutcome.OutsidePlan, $"frame {index} lies outside the scan plan of {_seen.Length} cells");
            return null;
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

        Hand(frame, frames, broken);
        return null;
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

    private void Drop(RawFrame frame, FrameOutcome outcome, string reason)
    {
        frame.Dispose();
        _ = Refuse(outcome, reason);
    }

    private ScanEnding? Refuse(FrameOutcome outcome, string? reason)
    {
        tally.Count(outcome);
        Complaint = reason ?? outcome.ToString();
        return null;
    }

    private ScanEnding? End(long seriesId)
    {
        if (seriesId == _seriesId)
        {
            _ended = true;
            return AllSeen ? ScanEnding.Finished() : null;
        }

        // The end of a series that an earlier run left behind in the sender's queue.
        Complaint = $"the end of series {seriesId} came, which is not the scan's";
        return null;
    }

    private ScanEnding? EndOfWaiting()
    {
        if (SinceLastMessage is not TimeSpan silent)
        {
            return null;
        }

        if ((_ended || AllSeen) && silent > options.EndGrace)
        {
            return AllSeen ? ScanEnding.Finished() : ScanEnding.EndedEarly(_seenCount, _seen.Length);
        }

        return silent > options.SilenceLimit
            ? ScanEnding.FellSilent(options.SilenceLimit, _highest, _seenCount, _seen.Length)
            : null;
    }
}
