using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Simulator.Files;

/// <summary>
/// One CBF file of a Pilatus: reads what is needed to send it again. Independent of the processor's reader, so that a mistake of one shows.
/// </summary>
/// <remarks>Source: CBFlib manual, section "Byte-offset compression".</remarks>
internal sealed class CbfImage
{
    private readonly string _name;
    private readonly ReadOnlyMemory<byte> _packed;

    private CbfImage(string name, ImageShape shape, ReadOnlyMemory<byte> packed)
    {
        _name = name;
        Shape = shape;
        _packed = packed;
    }

    public ImageShape Shape { get; }

    private static ReadOnlySpan<byte> Magic => [0x0C, 0x1A, 0x04, 0xD5];

    /// <exception cref="InvalidDataException">The file is none of byte offset, or cut short.</exception>
    public static CbfImage Parse(string name, byte[] file)
    {
        int magic = file.AsSpan().IndexOf(Magic);
        if (magic < 0)
        {
            throw new InvalidDataException($"{name}: no CBF file, or cut short; name files of a Pilatus");
        }

        string header = Encoding.Latin1.GetString(file, 0, magic);
        if (!header.Contains("x-CBF_BYTE_OFFSET", StringComparison.Ordinal)
            || !header.Contains("\"signed 32-bit integer\"", StringComparison.Ordinal))
        {
            throw new InvalidDataException($"{name}: only CBF files of 32-bit signed pixels in byte offset are supported");
        }

        int columns = Number(name, header, "X-Binary-Size-Fastest-Dimension:");
        int rows = Number(name, header, "X-Binary-Size-Second-Dimension:");
        int size = Number(name, header, "X-Binary-Size:");
        int start = magic + Magic.Length;
        if (size > file.Length - start || rows < 1 || columns < 1 || (long)rows * columns > size)
        {
            throw new InvalidDataException($"{name}: {file.Length - start} of {size} bytes for {rows}×{columns} pixels; copy the file again");
        }

        return new CbfImage(name, new ImageShape(rows, columns), file.AsMemory(start, size));
    }

    /// <exception cref="InvalidDataException">The packed pixels end early.</exception>
    public void Decode(Span<int> pixels)
    {
        ReadOnlySpan<byte> from = _packed.Span;
        long value = 0;
        try
        {
            for (int i = 0; i < pixels.Length; i++)
            {
                long step = Take(ref from, 1);
                step = step != sbyte.MinValue ? step : Take(ref from, 2);
                step = step != short.MinValue ? step : Take(ref from, 4);
                value += step != int.MinValue ? step : Take(ref from, 8);
                pixels[i] = (int)value;
            }
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new InvalidDataException($"{_name}: the packed pixels end before {Shape}; copy the file again", e);
        }
    }

    private static long Take(ref ReadOnlySpan<byte> from, int bytes)
    {
        ReadOnlySpan<byte> taken = from[..bytes];
        from = from[bytes..];
        return bytes switch
        {
            1 => (sbyte)taken[0],
            2 => BinaryPrimitives.ReadInt16LittleEndian(taken),
            4 => BinaryPrimitives.ReadInt32LittleEndian(taken),
            _ => BinaryPrimitives.ReadInt64LittleEndian(taken),
        };
    }

    private static int Number(string name, string header, string key)
    {
        int at = header.IndexOf(key, StringComparison.Ordinal);
        ReadOnlySpan<char> rest = at < 0 ? [] : header.AsSpan(at + key.Length);
        int end = rest.IndexOfAny('\r', '\n');
        return int.TryParse(end < 0 ? rest : rest[..end], NumberStyles.Integer, CultureInfo.InvariantCulture, out int value)
            ? value
            : throw new InvalidDataException($"{name}: the CBF header has no usable {key.TrimEnd(':')}");
    }
}
