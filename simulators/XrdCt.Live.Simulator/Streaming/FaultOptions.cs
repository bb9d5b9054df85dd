namespace XrdCt.Live.Simulator.Streaming;

/// <summary>What should go wrong in a scan. The default is nothing.</summary>
public sealed record FaultOptions
{
    /// <summary>Share of the frames that are never sent, percent.</summary>
    public double Drop_percent { get; init; }

    /// <summary>Share of the frames that are sent twice, percent.</summary>
    public double Repeat_percent { get; init; }

    /// <summary>Frames are sent up to this many places out of order; 0 or 1 keeps the order.</summary>
    public int ShuffleWindow { get; init; }

    /// <summary>Share of the frames in whose packed pixels one bit is wrong, percent.</summary>
    public double Flip_percent { get; init; }

    /// <summary>Index of a frame whose compressed pixels end half-way.</summary>
    public int? TruncateFrame { get; init; }

    /// <summary>Index of a frame of half the height.</summary>
    public int? WrongSizeFrame { get; init; }

    /// <summary>Index of the frame before which another start message, of the next series, is sent.</summary>
    public int? SecondHeaderAt { get; init; }

    /// <summary>Index of the frame before which the sender dies: no end message.</summary>
    public int? DieAt { get; init; }

    /// <summary>Index of the frame before which the sender pauses.</summary>
    public int? PauseAt { get; init; }

    /// <summary>How long it pauses.</summary>
    public TimeSpan Pause { get; init; }
}
