using System.Globalization;
using System.Text;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.Files;

/// <summary>
/// The first image of an ESRF data format file (EDF, also gzip): a text header in braces with <c>Key = value ;</c>
/// lines, then plain numbers, row-major, <c>Dim_1</c> fastest.
/// </summary>
public sealed class EdfImage
{
    private const int HeaderBlock = 512;

    // fabio writes 512 to a few thousand bytes; LImA with all its metadata stays below 64 KiB.
    private const int LongestHeader = 1 << 20;

    private readonly NumberArray _numbers;
    private readonly string _name;

    private EdfImage(string name, Dictionary<string, string> header, NumberArray numbers)
    {
        _name = name;
        Header = header;
        _numbers = numbers;
    }

    /// <summary>Image size.</summary>
    public ImageShape Shape => _numbers.Shape;

    /// <summary>Keys of the header, in any case, and their values.</summary>
    public IReadOnlyDictionary<string, string> Header { get; }

    internal NumberArray Numbers => _numbers;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file, plain or gzip.</param>
    /// <exception cref="FormatException">
    /// The file is no such EDF file; the message names it, the key and the remedy.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static EdfImage Read(string path)
    {
        using ImageStream stream = ImageStream.Open(path);
        return Read(stream, [], null);
    }

    /// <summary>The pixels as counts, row-major; a copy.</summary>
    /// <exception cref="FormatException">A pixel is no whole number of 32 bits.</exception>
    public int[] ToInt32()
    {
        try
        {
            return _numbers.ToInt32();
        }
        catch (OverflowException e)
        {
            throw new FormatException($"{_name}: the image holds numbers that are no 32-bit counts; save int32", e);
        }
    }

    /// <summary>The pixels as floats, row-major; a copy.</summary>
    public float[] ToSingle() => _numbers.ToSingle();

    /// <summary>Reads on after <paramref name="begun"/>, the first bytes of the file.</summary>
    internal static EdfImage Read(ImageStream stream, ReadOnlySpan<byte> begun, ImageShape? expected)
    {
        byte[] head = ReadHeader(stream, begun, out int headerLength);
        Dictionary<string, string> header = Parse(stream, Encoding.Latin1.GetString(head, 0, headerLength));
        if (header.TryGetValue("Compression", out string? compression)
            && !compression.StartsWith("no", StringComparison.OrdinalIgnoreCase))
        {
            throw stream.Wrong($"Compression = {compression} is not supported; save it without, or gzip the file");
        }

        if (Integer(stream, header, "Dim_3", 1) != 1)
        {
            throw stream.Wrong($"Dim_3 = {header["Dim_3"]}: only 2D images are supported; save one image per file");
        }

        ImageShape shape = stream.CheckShape(
            Integer(stream, header, "Dim_2", null),
            Integer(stream, header, "Dim_1", null),
            expected);
        NumberFormat format = Format(stream, header);
        long length = (long)shape.PixelCount * NumberArray.SizeOf(format);
        long claimed = Integer(stream, header, "EDF_BinarySize", length);
        if (claimed < length || length > Array.MaxLength)
        {
            throw stream.Wrong($"EDF_BinarySize = {claimed}, but {shape} pixels of {format} have {length} bytes");
        }

        byte[] bytes = stream.ReadExactly((int)length, head.AsSpan(headerLength));
        return new EdfImage(stream.Name, header, new NumberArray(shape, format, bytes, IsLittleEndian(stream, header)));
    }

    private static byte[] ReadHeader(ImageStream stream, ReadOnlySpan<byte> begun, out int headerLength)
    {
        // Doubles, so that a long header costs no more than twice itself.
        byte[] head = new byte[Math.Max(HeaderBlock, begun.Length)];
        begun.CopyTo(head);
        int have = begun.Length;
        for (int searched = 0; ;)
        {
            ReadOnlySpan<byte> unsearched = head.AsSpan(searched, have - searched);
            int close = unsearched.IndexOf((byte)'}');
            int end = EndOfLine(unsearched, close + 1);
            if (close >= 0 && end != 0)
            {
                // A brace inside a value is not followed by the end of its line.
                if (end > 0)
                {
                    headerLength = searched + end;
                    return head[..have];
                }

                searched += close + 1;
                continue;
            }

            searched = close >= 0 ? searched + close : have;
            if (have == head.Length)
            {
                Array.Resize(ref head, 2 * have);
            }

            int came = have > LongestHeader ? 0 : stream.ReadAtMost(head.AsSpan(have));
            if (came == 0)
            {
                throw stream.Wrong("the EDF header has no closing brace; the file is damaged or not EDF");
            }

            have += came;
        }
    }

    /// <summary>Where the line that ends at <paramref name="at"/> is over; −1 where it does not end, 0 where more must be read.</summary>
    private static int EndOfLine(ReadOnlySpan<byte> text, int at)
    {
        at += at < text.Length && text[at] == (byte)'\r' ? 1 : 0;
        return at >= text.Length ? 0 : text[at] == (byte)'\n' ? at + 1 : -1;
    }

    private static Dictionary<string, string> Parse(ImageStream stream, string text)
    {
        int open = text.IndexOf('{');
        if (open < 0)
        {
            throw stream.Wrong("the file does not begin with the brace of an EDF header");
        }

        Dictionary<string, string> header = new(StringComparer.OrdinalIgnoreCase);
        foreach (string entry in text[(open + 1)..text.LastIndexOf('}')].Split(';'))
        {
            int equals = entry.IndexOf('=');
            if (equals > 0)
            {
                header[entry[..equals].Trim()] = entry[(equals + 1)..].Trim();
            }
        }

        return header;
    }

    private static long Integer(ImageStream stream, Dictionary<string, string> header, string key, long? absent)
    {
        if (!header.TryGetValue(key, out string? text))
        {
            return absent ?? throw stream.Wrong($"the EDF header has no {key}");
        }

        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw stream.Wrong($"{key} = {text} is not a whole number");
    }

    private static NumberFormat Format(ImageStream stream, Dictionary<string, string> header)
    {
        if (!header.TryGetValue("DataType", out string? type))
        {
            throw stream.Wrong("the EDF header has no DataType");
        }

        // "Long" is 32 bits in EDF, whatever the machine (fabio edfimage.py, DATA_TYPES).
        return type.Replace("Value", "", StringComparison.OrdinalIgnoreCase).ToUpperInvariant() switch
        {
            "UNSIGNEDBYTE" or "UNSIGNED8" => NumberFormat.UInt8,
            "SIGNEDBYTE" or "SIGNED8" => NumberFormat.Int8,
            "UNSIGNEDSHORT" or "UNSIGNED16" => NumberFormat.UInt16,
            "SIGNEDSHORT" or "SIGNED16" => NumberFormat.Int16,
            "UNSIGNEDINTEGER" or "UNSIGNEDLONG" or "UNSIGNED32" => NumberFormat.UInt32,
            "SIGNEDINTEGER" or "SIGNEDLONG" or "SIGNED32" => NumberFormat.Int32,
            "UNSIGNED64" or "UNSIGNEDLONGLONG" => NumberFormat.UInt64,
            "SIGNED64" or "SIGNEDLONGLONG" => NumberFormat.Int64,
            "FLOAT" or "FLOATIEEE32" or "REAL" => NumberFormat.Single,
            "DOUBLE" or "FLOATIEEE64" => NumberFormat.Double,
            _ => throw stream.Wrong($"DataType = {type} is not supported; save it as int8, int32 or float32"),
        };
    }

    private static bool IsLittleEndian(ImageStream stream, Dictionary<string, string> header) =>
        header.GetValueOrDefault("ByteOrder", "LowByteFirst").ToUpperInvariant() switch
        {
            "LOWBYTEFIRST" => true,
            "HIGHBYTEFIRST" => false,
            _ => throw stream.Wrong($"ByteOrder = {header["ByteOrder"]} is neither LowByteFirst nor HighByteFirst"),
        };
}
