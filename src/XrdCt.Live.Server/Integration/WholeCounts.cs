using System.Buffers.Binary;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Server.Integration;

/// <summary>
/// Frames are counts. Floats that hold whole counts are fine; fractions, as corrected images have them, would be rounded away, and their
/// counting statistics are gone already.
/// </summary>
internal static class WholeCounts
{
    /// <summary>Refuses a plain frame of floats with fractions; NaN, infinite and negative values only flag pixels.</summary>
    /// <exception cref="FormatException">It has some.</exception>
    public static void Check(in RawFrame frame, string name)
    {
        if (frame.Encoding != PixelEncoding.None || frame.Type is not (PixelType.Float32 or PixelType.Float64))
        {
            return;
        }

        int size = PixelTypes.SizeOf(frame.Type);
        ReadOnlySpan<byte> bytes = frame.Payload;
        for (int i = 0; i + size <= bytes.Length; i += size)
        {
            double value = Value(bytes[i..], size, frame.IsBigEndian);
            if (value > 0 && double.IsFinite(value) && Math.Floor(value) != value)
            {
                throw new FormatException(
                    $"{name}: the frame holds fractions of counts, which would be rounded: integrate the frames as the detector wrote them");
            }
        }
    }

    private static double Value(ReadOnlySpan<byte> bytes, int size, bool isBigEndian) => (size, isBigEndian) switch
    {
        (4, false) => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        (4, true) => BinaryPrimitives.ReadSingleBigEndian(bytes),
        (_, false) => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        _ => BinaryPrimitives.ReadDoubleBigEndian(bytes),
    };
}
