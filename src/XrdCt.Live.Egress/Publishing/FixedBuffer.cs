using System.Buffers;

namespace XrdCt.Live.Egress.Publishing;

/// <summary>Lets a writer write into memory that is there already and does not grow.</summary>
internal sealed class FixedBuffer : IBufferWriter<byte>
{
    private Memory<byte> _memory;

    public int WrittenCount { get; private set; }

    /// <summary>Starts anew, in other memory.</summary>
    public void Begin(Memory<byte> memory)
    {
        _memory = memory;
        WrittenCount = 0;
    }

    public void Advance(int count) => WrittenCount += count;

    /// <exception cref="InvalidOperationException">The message is larger than was thought.</exception>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Memory<byte> left = _memory[WrittenCount..];
        return left.Length > 0 && left.Length >= sizeHint
            ? left
            : throw new InvalidOperationException($"a published message is longer than the {_memory.Length} bytes set aside for it");
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
}
