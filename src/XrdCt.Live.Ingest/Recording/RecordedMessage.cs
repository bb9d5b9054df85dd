using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.Recording;

/// <summary>
/// A message out of a recording. Its bytes, also those that were kept, are valid until the reader's next call. A part can be kept and
/// still be read.
/// </summary>
#pragma warning disable CA1001 // A borrowed lease has nothing to give back.
internal sealed class RecordedMessage : StreamMessage
#pragma warning restore CA1001
{
    // Fresh memory for a part is not taken in steps of a few bytes.
    private const int Step = 1 << 16;

    private readonly byte[][] _buffers = [.. Enumerable.Repeat(Array.Empty<byte>(), MostParts)];
    private readonly int[] _lengths = new int[MostParts];
    private readonly BorrowedLease _kept = new();
    private int _count;

    /// <inheritdoc/>
    public override int PartCount => _count;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Part(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_count, nameof(index));
        return _buffers[index].AsMemory(0, _lengths[index]);
    }

    /// <inheritdoc/>
    public override FrameLease Keep(int index) => _kept.Of(Part(index));

    /// <summary>Becomes the next message.</summary>
    internal void Begin(DateTimeOffset receivedAt)
    {
        ReceivedAt = receivedAt;
        _count = 0;
    }

    /// <summary>Adds a part.</summary>
    /// <param name="length">Its length, checked against the file.</param>
    /// <returns>Where its bytes go.</returns>
    internal Span<byte> Add(int length)
    {
        if (_buffers[_count].Length < length)
        {
            _buffers[_count] = GC.AllocateUninitializedArray<byte>((int)Math.Min(Array.MaxLength, (length + (long)Step - 1) / Step * Step));
        }

        _lengths[_count] = length;
        return _buffers[_count++].AsSpan(0, length);
    }
}
