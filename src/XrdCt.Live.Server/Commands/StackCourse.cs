using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Guidance;
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
    private int? _goesOnAt;
    private int _last;
    private bool _hasCome;

    /// <summary>Number of the slice that is measured or waited for, from 1; beyond the last one after the stack.</summary>
    public int Number { get; private set; } = 1;

    /// <summary>The slice that comes next: after the stack the first one of another.</summary>
    public StackSlice Next => stack.Slice(IsOver ? 1 : Number);

    /// <summary>
    /// Number of the slice with which the stack goes on after one that another process could not save, beyond the last one where it does
    /// not; null where the slice is being measured.
    /// </summary>
    public int? GoesOnAt => _goesOnAt;

    /// <summary>All slices.</summary>
    public IReadOnlyList<StackSlice> Slices => stack.Slices;

    /// <summary>Whether nothing more of the stack is to be expected.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Whether nothing told that the last slice is over, so that its sender may come back.</summary>
    public bool MayComeBack { get; private set; }

    /// <summary>Series of which nothing more is to be expected: its late frames are let go; null if none.</summary>
    public long? Finished { get; private set; }

    /// <summary>Whether a slice that had frames could not be saved, of this stack or of one before: its journal is still there.</summary>
    public bool HasUnsaved { get; private set; }

    /// <summary>Slices without a frame, in order.</summary>
    public IEnumerable<int> Missing => Enumerable.Range(1, stack.Count).Where(n => !_came[n - 1]);

    /// <summary>How an operator changed the reconstruction in a slice; it holds for those after it. Null where nothing was changed.</summary>
    public ReconstructionSettings? Reconstruction { get; set; }

    /// <summary>Where an operator forbade regions of interest in a slice; it holds for those after it. Null where nothing was changed.</summary>
    public IReadOnlyList<ForbiddenZone>? Zones { get; set; }

    /// <summary>The options of the scan of this slice.</summary>
    public LiveOptions Apply(LiveOptions options) => options with
    {
        Slice = stack.Slice(Number),
        ToldLayout = stack.ToldLayout,
        SliceLayout = _layout,
        StackSeries = _series,
        Reconstruction = Reconstruction,
        Zones = Zones,
    };

    /// <summary>Goes on where another process was killed.</summary>
    /// <param name="unfinished">Slice whose journal it left; null where there is none.</param>
    /// <param name="layout">How the slices came, as the journal says.</param>
    /// <param name="progress">What it wrote down; null where there is nothing.</param>
    public void Resume(StackSlice? unfinished, SliceLayout layout, StackProgress? progress)
    {
        if (unfinished is null && (progress is null || progress.Next > stack.Count))
        {
            return;
        }

        Number = unfinished?.Number ?? progress!.Next;
        (_layout, _series) = (progress?.Layout ?? SliceLayout.Undecided, progress?.SeriesId);
        _hasCome = true;

        // Progress is written just after a journal was begun: one of any other slice was left because it could not be saved. Where nothing
        // is written down, only the index of the frames can tell that the stack goes on.
        bool isMeasured = unfinished is null || (progress is null
            ? Number == 1 || layout == SliceLayout.OneSeries
            : Number == progress.Next || Number == progress.Next - 1);
        _goesOnAt = isMeasured ? null : Math.Min(progress?.Next ?? int.MaxValue, stack.Count + 1);
        Array.Fill(_came, true, 0, (_goesOnAt ?? Number) - 1);
    }

    /// <summary>A slice is over.</summary>
    /// <param name="outcome">How it ended.</param>
    public void Advance(LiveOutcome outcome)
    {
        bool isFirst = !_hasCome;
        bool came = outcome.Counters.Received > 0;
        bool isOld = _goesOnAt is not null;
        int following = _goesOnAt ?? Number + 1;
        (_last, _goesOnAt) = (Number, null);
        _hasCome |= came;
        HasUnsaved |= outcome is { SavedPath: null, Counters.Placed: > 0 };
        if (came)
        {
            _came[Number - 1] |= outcome.Counters.Placed > 0;
        }

        // What was known of the series that came since an old slice holds still.
        if (came && !isOld)
        {
            (_layout, _series) = (outcome.SliceLayout, outcome.SeriesId);
        }

        bool isOpen = outcome is { EndedByDetector: false, AllCame: false, Next.Count: 0 } && !isOld;
        MayComeBack = false;
        if (outcome.SliceLayout == SliceLayout.OneSeries)
        {
            AdvanceInSeries(outcome, following, isOpen);
            Finished = IsOver || outcome.EndedByDetector ? outcome.SeriesId : null;
            return;
        }

        // What an aborted series left in the sender's queue, of which nobody saw the header, is none of the stack.
        bool isLeftOver = isFirst && outcome is { Series: null, IsOnlyContinued: false, Next: [{ Kind: SourceEventKind.SeriesStarted }, ..] };
        if (came && !isLeftOver)
        {
            MayComeBack = isOpen;
            Number = following;
            IsOver = Number > stack.Count;
        }

        bool isDone = outcome.SliceLayout == SliceLayout.SeriesEach && (outcome.AllCame || outcome.Phase == ScanPhase.Failed);
        Finished = !outcome.EndedBySilence && (isDone || IsOver || outcome.EndedByDetector) ? outcome.SeriesId : null;
    }

    /// <summary>
    /// What comes after a slice is known: the sender of the last one may be back, and it is that slice again; otherwise the next stack
    /// begins where one is over.
    /// </summary>
    /// <param name="next">The series of the first message after a wait; null where the message was there already, or none will come.</param>
    /// <param name="last">How the last slice ended.</param>
    public void Begin(SeriesHeader? next, LiveOutcome last)
    {
        bool isBack = MayComeBack && last.SliceLayout != SliceLayout.OneSeries && next is not null && next.SeriesId == last.SeriesId
            && (next.UniqueId is null || next.UniqueId == last.Series?.UniqueId);
        if (isBack)
        {
            // The series goes on because it was not over: it says nothing of the other slices.
            (Number, IsOver, MayComeBack, _series) = (_last, false, false, null);
        }
        else if (IsOver)
        {
            Array.Clear(_came);
            (Number, _layout, _series, IsOver, MayComeBack, Reconstruction, Zones) = (1, SliceLayout.Undecided, null, false, false, null, null);
        }
    }

    private void AdvanceInSeries(LiveOutcome outcome, int following, bool isOpen)
    {
        SourceEvent[] frames = [.. outcome.Next.Where(e => e.Kind == SourceEventKind.Image)];
        if (frames.Length > 0)
        {
            FrameHeader first = frames[0].Frame.Header;
            if (_series is long known && first.SeriesId != known)
            {
                Array.Clear(_came);
                (Reconstruction, Zones) = (null, null);
            }

            (_layout, _series) = (SliceLayout.OneSeries, first.SeriesId);
            Number = Math.Clamp((frames.Where(e => e.Frame.Header.SeriesId == first.SeriesId).Min(e => e.Frame.Header.Index) / stack.Cells) + 1, 1, stack.Count);
        }
        else if (outcome.Next is [{ Kind: SourceEventKind.SeriesStarted } started, ..] && started.Series != outcome.Series)
        {
            Number = 1;
        }
        else if (isOpen)
        {
            // Whatever comes tells by its index which slice it is of.
            MayComeBack = true;
        }
        else
        {
            Number = following;
            IsOver = Number > stack.Count || outcome.EndedByDetector;
        }
    }
}
