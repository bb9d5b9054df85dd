using System.Buffers;

namespace XrdCt.Live.Fuzzing;

/// <summary>
/// Native memory whose first byte follows, or whose last byte precedes, a page that nobody may touch: an access outside kills
/// the process.
/// </summary>
internal sealed unsafe class GuardedBytes : MemoryManager<byte>
{
    private readonly nint _start;
    private readonly int _capacity;
    private nint _first;
    private int _length;

    /// <summary>Maps room for inputs of up to <paramref name="capacity"/> bytes, rounded up to whole pages.</summary>
    internal GuardedBytes(int capacity)
    {
        int page = Environment.SystemPageSize;
        _capacity = Math.Max(1, (capacity + page - 1) / page) * page;
        _start = LinuxMemory.MapBetweenGuards(_capacity);
    }

    /// <summary>Most bytes it can hold.</summary>
    internal int Capacity => _capacity;

    /// <summary>The bytes as last placed.</summary>
    internal Span<byte> Span => new((byte*)_first, _length);

    /// <inheritdoc/>
    public override Span<byte> GetSpan() => Span;

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => new((byte*)_first + elementIndex);

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <summary>Sets length and place: against the page behind (to catch reading on) or the one before (reading back).</summary>
    /// <exception cref="ArgumentOutOfRangeException">It has no room for that.</exception>
    internal Span<byte> Place(int length, bool atEnd)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)_capacity, nameof(length));
        _first = atEnd ? _start + _capacity - length : _start;
        _length = length;
        return Span;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        LinuxMemory.Unmap(_start, _capacity);
    }
}
