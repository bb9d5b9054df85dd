namespace XrdCt.Live.Model.Ports;

/// <summary>Kinds of <see cref="JournalledEvent"/>.</summary>
public enum JournalledEventKind
{
    /// <summary>The first frame or header of the scan's series came.</summary>
    Began,

    /// <summary>Another process went on with the scan.</summary>
    Continued,

    /// <summary>Something was wrong with what came; the newest of a fraction of a second stands for those before it.</summary>
    Complaint,

    /// <summary>An operator changed how slices are made, or where no region of interest may be; the sentence says what, and who.</summary>
    Changed,

    /// <summary>Reception ended; the sentence says how.</summary>
    Ended,
}
