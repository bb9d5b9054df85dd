namespace XrdCt.Live.Egress.Dialects;

/// <summary>The parts of one ZeroMQ message, borrowed from whoever wrote them; reused for the next message. Not thread-safe.</summary>
public sealed class OutgoingMessage
{
    private readonly List<ReadOnlyMemory<byte>> _parts = [];

    /// <summary>The parts, in order.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Parts => _parts;

    /// <summary>Bytes of all parts.</summary>
    public long ByteCount
    {
        get
        {
            long bytes = 0;
            foreach (ReadOnlyMemory<byte> part in _parts)
            {
                bytes += part.Length;
            }

            return bytes;
        }
    }

    /// <summary>Forgets the parts.</summary>
    public void Clear() => _parts.Clear();

    /// <summary>Adds a part at the end.</summary>
    /// <param name="part">Bytes that stay as they are until the message was handed on; may be empty.</param>
    public void Add(ReadOnlyMemory<byte> part) => _parts.Add(part);
}
