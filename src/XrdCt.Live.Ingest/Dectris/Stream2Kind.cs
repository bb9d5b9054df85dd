namespace XrdCt.Live.Ingest.Dectris;

/// <summary>Kinds of DECTRIS Stream V2 messages.</summary>
public enum Stream2Kind
{
    /// <summary>Begin of a series: <see cref="Stream2Message.Series"/> is set.</summary>
    Start,

    /// <summary>One image.</summary>
    Image,

    /// <summary>End of a series.</summary>
    End,
}
