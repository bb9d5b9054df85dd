namespace XrdCt.Live.Model.Ports;

/// <summary>Kinds of <see cref="SourceEvent"/>.</summary>
public enum SourceEventKind
{
    /// <summary>Nothing arrived within the time allowed.</summary>
    Silence,

    /// <summary>A series header: <see cref="SourceEvent.Series"/> is set.</summary>
    SeriesStarted,

    /// <summary>An image: <see cref="SourceEvent.Frame"/> is set and must be disposed by its last holder.</summary>
    Image,

    /// <summary>The end of a series: <see cref="SourceEvent.SeriesId"/> is set.</summary>
    SeriesEnded,

    /// <summary>A message that could not be used: <see cref="SourceEvent.Outcome"/> and <see cref="SourceEvent.Reason"/> say why.</summary>
    Rejected,
}
