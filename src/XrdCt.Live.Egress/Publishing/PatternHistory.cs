using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Egress.Publishing;

/// <summary>
/// The encoded patterns of a scan, numbered from 0: what is to be sent, and what may be asked for again. A ring of slots of one size,
/// bounded in bytes, that grows to its bound and then overwrites the oldest. One writer, one reader.
/// </summary>
internal sealed class PatternHistory
{
    // Slots are taken in blocks, so that the large-object heap gets few arrays and a small scan takes little.
    private const int BlockBytes = 4 << 20;

    private readonly Lock _lock = new();
    private readonly FixedBuffer _buffer = new();
    private readonly int _slotsPerBlock;
    private readonly byte[]?[] _blocks;
    private readonly int[] _lengths;
    private long _count;
    private byte[]? _end;

    /// <summary>Makes an empty history.</summary>
    /// <param name="mostPatterns">Patterns that the scan can have.</param>
    /// <param name="slotBytes">Largest encoded pattern, bytes.</param>
    /// <param name="limit_bytes">Most memory, bytes; a single pattern is kept whatever its size.</param>
    public PatternHistory(int mostPatterns, int slotBytes, long limit_bytes)
    {
        SlotBytes = slotBytes;
        _slotsPerBlock = (int)Math.Clamp(Math.Min(limit_bytes, BlockBytes) / slotBytes, 1, mostPatterns);
        long blocks = Math.Max(1, limit_bytes / ((long)_slotsPerBlock * slotBytes));
        long needed = (mostPatterns + _slotsPerBlock - 1L) / _slotsPerBlock;
        _blocks = new byte[]?[Math.Min(blocks, needed)];
        _lengths = new int[_blocks.Length * _slotsPerBlock];
    }

    /// <summary>Largest encoded pattern, bytes.</summary>
    public int SlotBytes { get; }

    /// <summary>Patterns that it holds at most.</summary>
    public int Capacity => _lengths.Length;

    /// <summary>Patterns put in so far: the number that the next one gets.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>Number of the oldest pattern that is still held.</summary>
    public long First => Math.Max(0, Count - Capacity);

    /// <summary>The message after the last pattern; null while more may come.</summary>
    public byte[]? End => Volatile.Read(ref _end);

    /// <summary>Memory taken so far, bytes.</summary>
    public long TakenBytes => _blocks.Sum(b => (long)(b?.Length ?? 0));

    /// <summary>Encodes a pattern as the next one.</summary>
    public void Add(PatternMessage message, in PlacedPattern pattern)
    {
        lock (_lock)
        {
            int slot = (int)(_count % Capacity);
            _buffer.Begin(Slot(slot));
            message.Write(_buffer, _count, pattern);
            _lengths[slot] = _buffer.WrittenCount;
            Volatile.Write(ref _count, _count + 1);
        }
    }

    /// <summary>Says that no more patterns will come.</summary>
    public void Close(byte[] end) => Volatile.Write(ref _end, end);

    /// <summary>Copies an encoded pattern.</summary>
    /// <returns>Its length, bytes; 0 where it is held no more, or not yet.</returns>
    public int Copy(long sequence, Span<byte> destination)
    {
        lock (_lock)
        {
            if (sequence < First || sequence >= _count)
            {
                return 0;
            }

            int slot = (int)(sequence % Capacity);
            Slot(slot).Span[.._lengths[slot]].CopyTo(destination);
            return _lengths[slot];
        }
    }

    private Memory<byte> Slot(int slot)
    {
        (int block, int within) = Math.DivRem(slot, _slotsPerBlock);
        _blocks[block] ??= GC.AllocateUninitializedArray<byte>(_slotsPerBlock * SlotBytes);
        return _blocks[block].AsMemory(within * SlotBytes, SlotBytes);
    }
}
