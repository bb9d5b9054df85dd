using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.Recording;

/// <summary>
/// A received message whose parts were taken over, in the memory that they were received into, to be written by another thread. A part
/// can be kept and still be read: what readers keep is borrowed. Reused.
/// </summary>
#pragma warning disable CA1001 // A borrowed lease has nothing to give back.
internal sealed class HeldMessage : StreamMessage
#pragma warning restore CA1001
{
    private readonly ReadOnlyMemory<byte>[] _parts = new ReadOnlyMemory<byte>[MostParts];
    private readonly FrameLease[] _leases = new FrameLease[MostParts];
    private readonly BorrowedLease _kept = new();
    private int _count;

    /// <inheritdoc/>
    public override int PartCount => _count;

    /// <summary>Bytes of all parts.</summary>
    public long ByteCount { get; private set; }

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Part(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_count, nameof(index));
        return _parts[index];
    }

    /// <inheritdoc/>
    public override FrameLease Keep(int index) => _kept.Of(Part(index));

    /// <summary>Takes the parts of a message over.</summary>
    /// <param name="message">At most <see cref="StreamMessage.MostParts"/> parts.</param>
    internal void TakeOver(StreamMessage message)
    {
        ReceivedAt = message.ReceivedAt;
        _count = message.PartCount;
        ByteCount = 0;
        for (int i = 0; i < _count; i++)
        {
            // Kept memory stays where it is.
            _parts[i] = message.Part(i);
            _leases[i] = message.Keep(i);
            ByteCount += _parts[i].Length;
        }
    }

    /// <summary>Gives the memory back.</summary>
    internal void Release()
    {
        for (int i = 0; i < _count; i++)
        {
            _leases[i].Dispose();
            _parts[i] = default;
        }

        _count = 0;
        ByteCount = 0;
    }
}
