using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Pipeline;

/// <summary>
/// Tells the frames of one slice of a stack from those of the others, and holds what comes early of the next ones, so that late frames of
/// this one still find their cells. A frame whose slice is not certain is in none.
/// </summary>
internal sealed class SliceGate
{
    private readonly int _cells;
    private readonly int _number;
    private readonly int _count;
    private readonly bool _isTold;
    private readonly long? _stackSeries;
    private readonly long _most_bytes;
    private readonly List<SourceEvent> _held = [];
    private long _held_bytes;

    // Written by the thread that receives, read by the one that follows the readings.
    private volatile SliceLayout _layout;

    public SliceGate(LiveOptions options)
    {
        _cells = options.Plan.CellCount;
        (_number, _count) = options.Slice is StackSlice slice ? (slice.Number - 1, slice.Count) : (0, 1);
        _isTold = options.ToldLayout is not null;
        _stackSeries = options.StackSeries;
        _most_bytes = options.Held_bytes;
        _layout = options.ToldLayout ?? options.SliceLayout;
    }

    /// <summary>How the slices come, as far as it is known.</summary>
    public SliceLayout Layout => _layout;

    /// <summary>Whether another slice follows in the same series, so that the end of this one is no end of the series.</summary>
    public bool HasNext => _layout == SliceLayout.OneSeries && _number < _count - 1;

    /// <summary>What is held of later slices.</summary>
    public IReadOnlyList<SourceEvent> Held => _held;

    /// <summary>
    /// Whether so much of later slices has come that no more of this one is to be expected: of a slice of fewer cells as many as it has.
    /// </summary>
    public bool IsOver => _held.Count >= Math.Min(LiveGraph.HeldFrames, _cells) || _held_bytes > _most_bytes;

    /// <summary>Index of this slice's first frame in the series.</summary>
    private long First => _layout == SliceLayout.OneSeries ? (long)_number * _cells : 0;

    /// <summary>The series of the scan is known: what was known of another one says nothing of it.</summary>
    /// <param name="series">Its number.</param>
    /// <param name="images">Images that its header announces; null where it does not, or none came.</param>
    public void Begin(long series, int? images)
    {
        if (_count == 1 || _isTold || (_layout == SliceLayout.OneSeries && series == _stackSeries))
        {
            return;
        }

        long all = (long)_cells * _count;
        if (images == all || (_layout == SliceLayout.Undecided && series == _stackSeries))
        {
            // Announced, or the series of the slice before goes on.
            _layout = SliceLayout.OneSeries;
        }
        else if (images < all || _number > 0)
        {
            // More than all slices is what people set who abort every series by hand: it tells nothing. But where an earlier slice was a
            // series of its own, so is this one.
            _layout = images is null && _layout == SliceLayout.OneSeries ? SliceLayout.OneSeries : SliceLayout.SeriesEach;
        }
    }

    /// <summary>Goes on with a slice of another process.</summary>
    public void Continue(SliceLayout layout) => _layout = _isTold ? _layout : layout;

    /// <summary>Where a frame belongs.</summary>
    /// <param name="index">Index in the series.</param>
    /// <returns>0 for this slice or none, −1 for an earlier one, 1 for a later one.</returns>
    public int Compare(int index)
    {
        if (_layout == SliceLayout.SeriesEach || index < 0 || index >= (long)_cells * _count)
        {
            return 0;
        }

        int slice = index / _cells;
        return _layout == SliceLayout.OneSeries ? Math.Sign(slice - _number) : slice > 0 ? 1 : 0;
    }

    /// <summary>Index in this slice; outside the plan where the frame is of none.</summary>
    public int IndexInSlice(int index) => (int)Math.Clamp(index - First, int.MinValue, int.MaxValue);

    /// <summary>Number of the slice of a frame, from 1, where one series holds all.</summary>
    public int SliceOf(int index) => (index / _cells) + 1;

    /// <summary>Keeps a frame of a later slice.</summary>
    public void Hold(in SourceEvent received)
    {
        _held.Add(received);
        _held_bytes += received.Frame.Lease.Bytes.Length;
        if (IsOver)
        {
            // Whoever sends too much by mistake sends a frame or two.
            _layout = SliceLayout.OneSeries;
        }
    }

    /// <summary>
    /// This slice is over: the first messages of what comes next in the series, whose frames are to be disposed.
    /// </summary>
    /// <param name="header">Header of the series; null if none came.</param>
    /// <param name="ended">End of the series, where it came.</param>
    public IReadOnlyList<SourceEvent> TakeNext(SeriesHeader? header, SourceEvent? ended)
    {
        List<SourceEvent> next = [];
        if (header is not null)
        {
            next.Add(new SourceEvent { Kind = SourceEventKind.SeriesStarted, SeriesId = header.SeriesId, Series = header });
        }

        next.AddRange(_held);
        _held.Clear();
        if (ended is SourceEvent end)
        {
            next.Add(end);
        }

        return next;
    }

    /// <summary>Gives held frames back that are of no slice.</summary>
    /// <returns>How many there were.</returns>
    public int Drop()
    {
        int count = _held.Count;
        foreach (SourceEvent held in _held)
        {
            held.Frame.Dispose();
        }

        _held.Clear();
        return count;
    }
}
