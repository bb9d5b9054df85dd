using System.Buffers.Binary;

namespace XrdCt.Live.Ingest.Decoding;

/// <summary>
/// Unpacks CBF byte offset (<c>x-CBF_BYTE_OFFSET</c>): every pixel is the one before plus a difference of one byte;
/// −128 says that the difference follows in 2 bytes, −32768 there that it follows in 4, −2³¹ there that it follows
/// in 8, all little endian.
/// </summary>
/// <remarks>
/// Sums wrap at 32 bits, so that writers which take differences modulo 2³² and writers which take them in 64 bits
/// come out alike. Source: CBFlib manual, section 3.3.3; International Tables for Crystallography G, chapter 5.6.
/// </remarks>
public static class CbfByteOffset
{
    /// <summary>Unpacks a payload.</summary>
    /// <param name="payload">The packed differences, whole: nothing may follow them.</param>
    /// <param name="pixels">Receives the pixels, row-major; its length is the number that the caller expects.</param>
    /// <returns>False where the payload holds fewer or more pixels; the output is then undefined.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> payload, Span<int> pixels)
    {
        const ulong Lows = 0x0101_0101_0101_0101;
        const ulong Highs = 0x8080_8080_8080_8080;
        int value = 0;
        while (!pixels.IsEmpty)
        {
            if (pixels.Length >= 8 && payload.Length >= 8)
            {
                // Eight one-byte differences at once where none of them is the escape 0x80 (a zero byte in x ^ 0x80…).
                ulong bytes = BinaryPrimitives.ReadUInt64LittleEndian(payload);
                ulong escapes = bytes ^ Highs;
                if (((escapes - Lows) & ~escapes & Highs) == 0)
                {
                    for (int k = 0; k < 8; k++)
                    {
                        value += (sbyte)(bytes >> (8 * k));
                        pixels[k] = value;
                    }

                    payload = payload[8..];
                    pixels = pixels[8..];
                    continue;
                }
            }

            if (!TryTakeDifference(ref payload, out int difference))
            {
                return false;
            }

            value += difference;
            pixels[0] = value;
            pixels = pixels[1..];
        }

        return payload.IsEmpty;
    }

    private static bool TryTakeDifference(ref ReadOnlySpan<byte> payload, out int difference)
    {
        difference = 0;
        int used;
        if (payload.Length >= 1 && payload[0] != 0x80)
        {
            difference = (sbyte)payload[0];
            used = 1;
        }
        else if (payload.Length >= 3
            && BinaryPrimitives.ReadInt16LittleEndian(payload[1..]) is var two and not short.MinValue)
        {
            difference = two;
            used = 3;
        }
        else if (payload.Length >= 7
            && BinaryPrimitives.ReadInt32LittleEndian(payload[3..]) is var four and not int.MinValue)
        {
            difference = four;
            used = 7;
        }
        else if (payload.Length >= 15)
        {
            difference = (int)BinaryPrimitives.ReadInt64LittleEndian(payload[7..]);
            used = 15;
        }
        else
        {
            return false;
        }

        payload = payload[used..];
        return true;
    }
}
