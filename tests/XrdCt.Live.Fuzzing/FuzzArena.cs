using System.Runtime.InteropServices;

namespace XrdCt.Live.Fuzzing;

/// <summary>Outputs and scratch for a case, each between guard pages of its own. Not thread-safe.</summary>
internal sealed class FuzzArena : IDisposable
{
    // The largest output is a frame of 2M 32-bit pixels.
    private const int Capacity = 16 << 20;

    private readonly GuardedBytes _output = new(Capacity);
    private readonly GuardedBytes _scratch = new(Capacity);

    /// <summary>Whether buffers lie against the page behind them in this case, or against the one before.</summary>
    internal bool AtEnd { get; set; } = true;

    /// <summary>An output of some bytes; its content is whatever was there.</summary>
    internal Span<byte> Output(int length) => _output.Place(length, AtEnd);

    /// <summary>An output of 32-bit numbers.</summary>
    internal Span<int> Counts(int count) => MemoryMarshal.Cast<byte, int>(_output.Place(sizeof(int) * count, AtEnd));

    /// <summary>Scratch of some bytes.</summary>
    internal Span<byte> Scratch(int length) => _scratch.Place(length, AtEnd);

    public void Dispose()
    {
        ((IDisposable)_output).Dispose();
        ((IDisposable)_scratch).Dispose();
    }
}
