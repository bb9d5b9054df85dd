using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace XrdCt.Live.Storage.Images;

/// <summary>Writes pictures as PNG: 8 bits each of red, green and blue, no filter, one deflated chunk (W3C Recommendation, third edition).</summary>
public static class PngWriter
{
    private const int Channels = 3;
    private static readonly byte[] Signature = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Writes a picture.</summary>
    /// <param name="stream">Receives the file.</param>
    /// <param name="width">Pixels of a row, above 0.</param>
    /// <param name="rgb">[row, column, red-green-blue].</param>
    /// <exception cref="ArgumentException">The values are no whole rows.</exception>
    public static void Write(Stream stream, int width, ReadOnlySpan<byte> rgb)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        int stride = width * Channels;
        if (rgb.Length == 0 || rgb.Length % stride != 0)
        {
            throw new ArgumentException($"a picture of {width} columns needs whole rows of {stride} bytes, not {rgb.Length}", nameof(rgb));
        }

        int height = rgb.Length / stride;
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);

        // 8 bits, truecolour; deflate, no filter, not interlaced.
        (header[8], header[9]) = (8, 2);
        using var packed = new MemoryStream();
        using (var deflate = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            for (int row = 0; row < height; row++)
            {
                deflate.WriteByte(0);
                deflate.Write(rgb.Slice(row * stride, stride));
            }
        }

        stream.Write(Signature);
        WriteChunk(stream, "IHDR"u8, header);
        WriteChunk(stream, "IDAT"u8, packed.ToArray());
        WriteChunk(stream, "IEND"u8, []);
    }

    private static void WriteChunk(Stream stream, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        byte[] chunk = new byte[data.Length + 12];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        type.CopyTo(chunk.AsSpan(4));
        data.CopyTo(chunk.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(data.Length + 8), Crc32.HashToUInt32(chunk.AsSpan(4, data.Length + 4)));
        stream.Write(chunk);
    }
}
