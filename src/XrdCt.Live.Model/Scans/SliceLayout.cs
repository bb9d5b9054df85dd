namespace XrdCt.Live.Model.Scans;

/// <summary>How the slices of a stack come.</summary>
public enum SliceLayout
{
    /// <summary>Not known yet: the header, or an index beyond the cells of a slice, will tell.</summary>
    Undecided,

    /// <summary>Every slice is a series of its own, whose indices begin with 0.</summary>
    SeriesEach,

    /// <summary>One series holds all slices: slice = index / cells of a slice.</summary>
    OneSeries,
}
