using System.Runtime.InteropServices;

namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>
/// How radial bins lie in memory while they are reconstructed: side by side in blocks, the bin fastest, so that one vector instruction does
/// the same for neighbouring bins. The last block is padded with zeros.
/// </summary>
public static class BinBlock
{
    /// <summary>
    /// Bins of a block. Which samples a pixel meets is worked out once for all of them: with 64 that is a tenth of the back-projection, with
    /// 32 a fifth, while 128 would leave the first-level cache.
    /// </summary>
    public const int Width = 64;

    // A register of 512 bits, and a cache line: a load that spans two lines takes twice as long.
    private const int Alignment_bytes = 64;

    /// <summary>Number of blocks.</summary>
    /// <param name="binCount">Radial bins.</param>
    public static int Count(int binCount) => (binCount + Width - 1) / Width;

    /// <summary>Bins of a block that are none of its padding.</summary>
    /// <param name="binCount">Radial bins.</param>
    /// <param name="block">Number of the block.</param>
    public static int BinsOf(int binCount, int block) => Math.Min(Width, binCount - (block * Width));

    /// <summary>Takes the bins of a block out of patterns that hold all bins.</summary>
    /// <param name="patterns">[sample, bin], any number of samples.</param>
    /// <param name="binCount">Radial bins of a pattern.</param>
    /// <param name="block">Number of the block.</param>
    /// <param name="bins">Receives [sample, <see cref="Width"/>], zeros in the padding.</param>
    /// <exception cref="ArgumentException">The lengths do not belong together.</exception>
    public static void Copy(ReadOnlySpan<float> patterns, int binCount, int block, Span<float> bins)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(binCount, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(block);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(block, Count(binCount));
        (int samples, int rest) = Math.DivRem(patterns.Length, binCount);
        if (rest != 0 || bins.Length != samples * Width)
        {
            throw new ArgumentException($"{patterns.Length} values of {binCount} bins do not fill {bins.Length} of {Width}", nameof(bins));
        }

        int own = BinsOf(binCount, block);
        for (int sample = 0; sample < samples; sample++)
        {
            Span<float> to = bins.Slice(sample * Width, Width);
            patterns.Slice((sample * binCount) + (block * Width), own).CopyTo(to);
            to[own..].Clear();
        }
    }

    /// <summary>
    /// Memory whose blocks begin at cache lines. The kernels take any memory, but they are up to half as fast again in this.
    /// </summary>
    /// <param name="length">Values; not set.</param>
    /// <exception cref="ArgumentOutOfRangeException">More values than one array can hold.</exception>
    public static Memory<float> Allocate(long length)
    {
        const int Spare = Alignment_bytes / sizeof(float);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Array.MaxLength - Spare);

        // Pinned: it never moves, so that it stays aligned.
        float[] values = GC.AllocateUninitializedArray<float>((int)length + Spare, pinned: true);
        return values.AsMemory(Unaligned(values), (int)length);
    }

    /// <summary>Values before the first that begins at a cache line. The memory must not move.</summary>
    internal static unsafe int Unaligned(ReadOnlySpan<float> values)
    {
        fixed (float* first = &MemoryMarshal.GetReference(values))
        {
            return (int)(((nuint)Alignment_bytes - ((nuint)first % Alignment_bytes)) % Alignment_bytes / sizeof(float));
        }
    }
}
