using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Fuzzing;

/// <summary>A message whose parts lie between guard pages each, with the rules of the transports.</summary>
internal sealed class GuardedMessage : StreamMessage, IDisposable
{
    private readonly GuardedBytes?[] _parts = new GuardedBytes?[MostParts];
    private readonly bool[] _isKept = new bool[MostParts];
    private readonly int _capacity;
    private int _count;

    /// <summary>Makes a message whose parts have up to <paramref name="capacity"/> bytes.</summary>
    internal GuardedMessage(int capacity)
    {
        _capacity = capacity;
        ReceivedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    }

    /// <inheritdoc/>
    public override int PartCount => _count;

    /// <summary>How many parts were kept.</summary>
    internal int KeptCount => _isKept.Count(k => k);

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Part(int index) => At(index).Memory;

    /// <inheritdoc/>
    public override FrameLease Keep(int index)
    {
        GuardedBytes part = At(index);
        _isKept[index] = true;
        return new GuardedLease(part);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (GuardedBytes? part in _parts)
        {
            (part as IDisposable)?.Dispose();
        }
    }

    /// <summary>Forgets all parts.</summary>
    internal void Clear()
    {
        _count = 0;
        Array.Clear(_isKept);
    }

    /// <summary>Adds a part.</summary>
    internal void Add(ReadOnlySpan<byte> bytes, bool atEnd)
    {
        if (_count < MostParts)
        {
            bytes.CopyTo((_parts[_count] ??= new GuardedBytes(_capacity)).Place(bytes.Length, atEnd));
        }

        _count++;
    }

    private GuardedBytes At(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Math.Min(_count, MostParts), nameof(index));
        ObjectDisposedException.ThrowIf(_isKept[index], this);
        return _parts[index]!;
    }
}
