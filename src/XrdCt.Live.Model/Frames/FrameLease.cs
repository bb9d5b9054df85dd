namespace XrdCt.Live.Model.Frames;

/// <summary>
/// Memory of one received message, lent by whoever received it. Exactly one holder disposes it, once;
/// after that the memory belongs to the lender again and must not be read.
/// </summary>
public abstract class FrameLease : IDisposable
{
    /// <summary>The bytes of the message, valid until <see cref="Dispose"/>.</summary>
    public abstract ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Gives the memory back to its lender.</summary>
    public abstract void Dispose();
}
