using System.Buffers.Binary;

namespace XrdCt.Live.Egress.Encoding;

/// <summary>
/// CBF byte offset (<c>x-CBF_BYTE_OFFSET</c>) of 32-bit signed pixels: the difference to the pixel before in one byte, or behind an escape
/// (−128, −32768, −2³¹) in two, four or eight, little endian. Pure functions.
/// </summary>
/// <remarks>Source: CBFlib manual, section "Byte-offset compression".</remarks>
public static class CbfByteOffsetEncoder
{
    private const int Byte = 1;
    private const int Word = 3;
    private const int Long = 7;
    private const int Quad = 15;

    /// <summary>Length of the encoded image, bytes.</summary>
    /// <exception cref="OverflowException">The image does not fit into an array.</exception>
    public static int Length(ReadOnlySpan<int> pixels)
    {
        long length = 0;
        int last = 0;
        foreach (int pixel in pixels)
        {
            length += LengthOf((long)pixel - last);
            last = pixel;
        }

        return checked((int)length);
    }

    /// <summary>Encodes an image.</summary>
    /// <param name="pixels">Pixels, row-major.</param>
    /// <param name="output">Receives the bytes, at least <see cref="Length"/>.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">The output is too short.</exception>
    public static int Encode(ReadOnlySpan<int> pixels, Span<byte> output)
    {
        int written = 0;
        int last = 0;
        foreach (int pixel in pixels)
        {
            long step = (long)pixel - last;
            int length = LengthOf(step);
            if (output.Length - written < length)
            {
                throw new ArgumentException($"the output of {output.Length} bytes is too short", nameof(output));
            }

            Write(step, length, output[written..]);
            written += length;
            last = pixel;
        }

        return written;
    }

    private static int LengthOf(long step) =>
        step is > sbyte.MinValue and <= sbyte.MaxValue ? Byte
        : step is > short.MinValue and <= short.MaxValue ? Word
        : step is > int.MinValue and <= int.MaxValue ? Long
        : Quad;

    private static void Write(long step, int length, Span<byte> output)
    {
        if (length == Byte)
        {
            output[0] = (byte)(sbyte)step;
            return;
        }

        output[0] = 0x80;
        if (length == Word)
        {
            BinaryPrimitives.WriteInt16LittleEndian(output[1..], (short)step);
            return;
        }

        BinaryPrimitives.WriteInt16LittleEndian(output[1..], short.MinValue);
        if (length == Long)
        {
            BinaryPrimitives.WriteInt32LittleEndian(output[3..], (int)step);
            return;
        }

        BinaryPrimitives.WriteInt32LittleEndian(output[3..], int.MinValue);
        BinaryPrimitives.WriteInt64LittleEndian(output[7..], step);
    }
}
