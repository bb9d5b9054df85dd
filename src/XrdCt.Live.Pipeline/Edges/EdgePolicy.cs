namespace XrdCt.Live.Pipeline.Edges;

/// <summary>What happens when an edge is full.</summary>
public enum EdgePolicy
{
    /// <summary>The writer waits, so that pressure ends at the detector's socket: data edges.</summary>
    Wait,

    /// <summary>The newest replaces what nobody has taken yet: display edges.</summary>
    KeepNewest,
}
