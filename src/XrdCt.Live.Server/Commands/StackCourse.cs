using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Server.Configuration;
using XrdCt.Live.Storage.Journal;

namespace XrdCt.Live.Server.Commands;

/// <summary>
/// Which slice of a stack is the next scan: by the index of the frames where one series holds all slices, otherwise the one after the last
/// that had frames.
/// </summary>
/// <param name="stack">The stack.</param>
internal sealed class StackCourse(StackSetUp stack)
{
    private readonly bool[] _came = new bool[stack.Count];
    private SliceLayout _layout;
    private long? _series;
    private bool _endsWithThis;
    private bool _hasCome;

    /// <summary>Number of the slice that is measured or waited for, from 1; beyond the last one after the stack.</summary>
    public int Number { get; private set; } = 1;

    /// <summary>All slices.</summary>
    public IReadOnlyList<StackSlice> Slices => stack.Slices;

    /// <summary>Whether nothing more of the stack is to be expected.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Whether the sender of the last slice fell silent and may come back.</summary>
    public bool MayComeBack { get; private set; }

    /// <summary>Series of which nothing more is to be expected: its late frames are let go; null if none.</summary>
    public long? Finished { get; private set; }

    /// <summary>Slices without a frame, in order.</summary>
    public IEnumerable<int> Missing => Enumerable.Range(1, stack.Count).Where(n => !_came[n - 1]);

    /// <summary>The options of the scan of this slice.</summary>
    public LiveOptions Apply(LiveOptions options) => options with
    {
        Slice = stack.Slice(Number),
        ToldLayout = stack.ToldLayout,
        SliceLayout = _layout,
        StackSeries = _series,
    };

    /// <summary>Goes on where another process was killed.</summary>
    /// <param name="unfinished">Slice whose journal it left; null where there is none.</param>
    /// <param name="progress">What it wrote down; null where there is nothing.</param>
    public void Resume(StackSlice? unfinished, StackProgress? progress)
    {
        _endsWithThis = progress?.Next > stack.Count;
        if (unfinished is null && (progress is null || _endsWithThis))
        {
            _endsWithThis = false;
            return;
        }

        Number = unfinished?.Number ?? progress!.Next;
        (_layout, _series) = (progress?.Layout ?? SliceLayout.Undecided, progress?.SeriesId);
        _hasCome = true;
        Array.Fill(_came, true, 0, Number - 1);
    }

    /// <summary>The next stack begins.</summary>
    public void Restart()
    {
        Array.Clear(_came);
        (Number, _layout, IsOver, _endsWithThis) = (1, SliceLayout.Undecided, false, false);
    }

    /// <summary>A slice is over.</summary>
    /// <param name="outcome">How it ended.</param>
    public void Advance(LiveOutcome outcome)
    {
        bool isFirst = !_hasCome;
        bool came = outcome.Counters.Received > 0;
        _hasCome |= came;
        if (came)
        {
            _came[Number - 1] |= outcome.Counters.Placed > 0;
            (_layout, _series) = (outcome.SliceLayout, outcome.SeriesId);
        }

        bool isSilent = outcome is { EndedByDetector: false, Phase: not ScanPhase.Complete, Next.Count: 0 };
        MayComeBack = false;
        if (outcome.SliceLayout == SliceLayout.OneSeries)
        {
            AdvanceInSeries(outcome, isSilent);
            Finished = IsOver || outcome.EndedByDetector ? outcome.SeriesId : null;
            return;
        }

        // What an aborted series left in the sender's queue, of which nobody saw the header, is none of the stack.
        bool isLeftOver = isFirst && outcome is { Series: null, IsOnlyContinued: false, Next: [{ Kind: SourceEventKind.SeriesStarted }, ..] };
        if (came && !isLeftOver)
        {
            MayComeBack = isSilent;
            Number = _endsWithThis ? stack.Count + 1 : Number + 1;
            IsOver = Number > stack.Count;
        }

        bool isDone = outcome.SliceLayout == SliceLayout.SeriesEach && outcome.Phase is ScanPhase.Complete or ScanPhase.Failed;
        Finished = isDone || IsOver || outcome.EndedByDetector ? outcome.SeriesId : null;
    }

    /// <summary>The first message after a wait has come: the sender of the last slice may be back, and it is that slice again.</summary>
    /// <param name="next">The series of the message.</param>
    /// <param name="last">How the last slice ended.</param>
    public void Begin(SeriesHeader next, LiveOutcome last)
    {
        if (MayComeBack && last.SliceLayout != SliceLayout.OneSeries && next.SeriesId == last.SeriesId
            && (next.UniqueId is null || next.UniqueId == last.Series?.UniqueId))
        {
            Number--;
            IsOver = false;
        }
    }

    private void AdvanceInSeries(LiveOutcome outcome, bool isSilent)
    {
        SourceEvent[] frames = [.. outcome.Next.Where(e => e.Kind == SourceEventKind.Image)];
        if (frames.Length > 0)
        {
            FrameHeader first = frames[0].Frame.Header;
            if (_series is long known && first.SeriesId != known)
            {
                Array.Clear(_came);
            }

            (_layout, _series) = (SliceLayout.OneSeries, first.SeriesId);
            Number = Math.Clamp((frames.Where(e => e.Frame.Header.SeriesId == first.SeriesId).Min(e => e.Frame.Header.Index) / stack.Cells) + 1, 1, stack.Count);
        }
        else if (outcome.Next is [{ Kind: SourceEventKind.SeriesStarted } started, ..] && started.Series != outcome.Series)
        {
            Number = 1;
        }
        else if (isSilent)
        {
            // Whatever comes tells by its index which slice it is of.
            MayComeBack = true;
        }
        else
        {
            Number++;
            IsOver = Number > stack.Count || outcome.EndedByDetector;
        }
    }
}
