namespace XrdCt.Live.Server.Forwarding;

/// <summary>How a folder is forwarded.</summary>
internal sealed record ForwardOptions
{
    /// <summary>The folder.</summary>
    public required string Folder { get; init; }

    /// <summary>Number in the name of the frame with index 0.</summary>
    public required long FirstNumber { get; init; }

    /// <summary>Images announced in the header of a series; 0 where nobody knows.</summary>
    public required int ImageCount { get; init; }

    /// <summary>A series without a new file for so long is over.</summary>
    public required TimeSpan SeriesTimeout { get; init; }

    /// <summary>A file that is not there yet, or not whole, is waited for so long before those behind it are sent.</summary>
    public required TimeSpan Patience { get; init; }

    /// <summary>Delete files when the receiver's machine has them.</summary>
    public required bool Deletes { get; init; }

    /// <summary>End when all that was there has been sent and its series is over.</summary>
    public required bool Once { get; init; }
}
