using System.Numerics;
using System.Runtime.InteropServices;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Simulator.Sources;

/// <summary>
/// Counts in the pixel type of a detector: −1 (gap) and −2 (bad) become the largest and the second largest value of unsigned types; counts
/// that do not fit become the largest that is no flag. Pure functions.
/// </summary>
internal static class PixelCast
{
    /// <summary>Casts an image.</summary>
    /// <param name="counts">Counts; −1 gap, −2 bad pixel.</param>
    /// <param name="type">Type wanted.</param>
    /// <param name="pixels">Receives the bytes, lowest first.</param>
    /// <exception cref="ArgumentOutOfRangeException">The type is not one of <see cref="PixelType"/>.</exception>
    public static void To(ReadOnlySpan<int> counts, PixelType type, Span<byte> pixels)
    {
        switch (type)
        {
            case PixelType.UInt8:
                ToUnsigned<byte>(counts, pixels);
                break;
            case PixelType.UInt16:
                ToUnsigned<ushort>(counts, pixels);
                break;
            case PixelType.UInt32:
                ToUnsigned<uint>(counts, pixels);
                break;
            case PixelType.UInt64:
                ToUnsigned<ulong>(counts, pixels);
                break;
            case PixelType.Int8:
                ToSigned<sbyte>(counts, pixels);
                break;
            case PixelType.Int16:
                ToSigned<short>(counts, pixels);
                break;
            case PixelType.Int32:
                MemoryMarshal.AsBytes(counts).CopyTo(pixels);
                break;
            case PixelType.Int64:
                ToSigned<long>(counts, pixels);
                break;
            case PixelType.Float16:
                ToSigned<Half>(counts, pixels);
                break;
            case PixelType.Float32:
                ToSigned<float>(counts, pixels);
                break;
            case PixelType.Float64:
                ToSigned<double>(counts, pixels);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "unknown pixel type");
        }
    }

    private static void ToUnsigned<T>(ReadOnlySpan<int> counts, Span<byte> pixels)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        Span<T> target = MemoryMarshal.Cast<byte, T>(pixels);
        T largest = T.MaxValue - T.One - T.One;
        for (int i = 0; i < counts.Length; i++)
        {
            // Two's complement: −1 is the largest value, −2 the one below.
            target[i] = counts[i] < 0 ? T.CreateTruncating(counts[i]) : T.Min(largest, T.CreateSaturating(counts[i]));
        }
    }

    private static void ToSigned<T>(ReadOnlySpan<int> counts, Span<byte> pixels)
        where T : unmanaged, INumber<T>
    {
        Span<T> target = MemoryMarshal.Cast<byte, T>(pixels);
        for (int i = 0; i < counts.Length; i++)
        {
            target[i] = T.CreateSaturating(counts[i]);
        }
    }
}
