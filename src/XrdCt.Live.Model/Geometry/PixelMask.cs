using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Model.Geometry;

/// <summary>Pixels that never count, row-major.</summary>
public sealed class PixelMask
{
    private readonly bool[] _masked;

    /// <summary>Takes over <paramref name="masked"/>: true = masked (not used).</summary>
    /// <exception cref="ArgumentException">The length is not the pixel count of <paramref name="shape"/>.</exception>
    public PixelMask(ImageShape shape, bool[] masked)
    {
        ArgumentNullException.ThrowIfNull(masked);
        if (masked.Length != shape.PixelCount)
        {
            throw new ArgumentException($"a mask of {shape} needs {shape.PixelCount} values, not {masked.Length}", nameof(masked));
        }

        Shape = shape;
        _masked = masked;
    }

    /// <summary>Size of the mask.</summary>
    public ImageShape Shape { get; }

    /// <summary>True where the pixel is masked, row-major.</summary>
    public ReadOnlySpan<bool> Masked => _masked;

    /// <summary>How many pixels are masked.</summary>
    public int MaskedCount => _masked.AsSpan().Count(true);

    /// <summary>A mask of the pixels that either mask masks.</summary>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public PixelMask Or(PixelMask other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Shape != Shape)
        {
            throw new ArgumentException($"a mask of {other.Shape} does not fit one of {Shape}", nameof(other));
        }

        bool[] both = [.. _masked];
        for (int i = 0; i < both.Length; i++)
        {
            both[i] |= other._masked[i];
        }

        return new PixelMask(Shape, both);
    }

    /// <summary>A mask that masks nothing.</summary>
    public static PixelMask None(ImageShape shape) => new(shape, new bool[shape.PixelCount]);
}
