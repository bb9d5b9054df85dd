using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.Files;

/// <summary>
/// A detector frame in a CBF file with byte-offset packing, as Pilatus detectors write it. The Pilatus header
/// (<c>_array_data.header_contents</c>) may be missing.
/// </summary>
public sealed class CbfFile
{
    // Pilatus headers have 1 to 8 KiB; imgCIF with full metadata stays below this.
    private const int LongestHeader = 1 << 20;

    private readonly ReadOnlyMemory<byte> _payload;
    private readonly string _name;

    private CbfFile(string name, ImageShape shape, Dictionary<string, string> header, ReadOnlyMemory<byte> payload)
    {
        _name = name;
        Shape = shape;
        Header = header;
        _payload = payload;
    }

    /// <summary>Image size.</summary>
    public ImageShape Shape { get; }

    /// <summary>
    /// Fields of the binary section (<c>X-Binary-Size</c>, <c>Content-MD5</c> …) and of the Pilatus header
    /// (<c>Exposure_time</c> → <c>0.5 s</c> …), in any case.
    /// </summary>
    public IReadOnlyDictionary<string, string> Header { get; }

    /// <summary>The packed pixels, as <see cref="CbfByteOffset"/> reads them.</summary>
    public ReadOnlySpan<byte> Payload => _payload.Span;

    private static ReadOnlySpan<byte> BinaryMagic => [0x0C, 0x1A, 0x04, 0xD5];

    /// <summary>Reads a file.</summary>
    /// <exception cref="FormatException">
    /// The file is no such CBF file, or damaged; the message names it and the remedy.
    /// </exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static CbfFile Read(string path)
    {
        if (new FileInfo(path) is { Exists: true } file && file.Length > Array.MaxLength)
        {
            throw new FormatException($"{path}: a CBF file of {file.Length} bytes holds no single frame");
        }

        return Parse(File.ReadAllBytes(path), path);
    }

    /// <summary>Reads a frame out of memory, which stays in use.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="FormatException">The bytes are no such CBF file, or damaged.</exception>
    public static CbfFile Parse(ReadOnlyMemory<byte> bytes, string name)
    {
        ReadOnlySpan<byte> head = bytes.Span[..Math.Min(bytes.Length, LongestHeader)];
        int magic = head.IndexOf(BinaryMagic);
        if (!head.StartsWith("###CBF"u8) || magic < 0)
        {
            throw new FormatException($"{name}: not a CBF file with a binary section, or cut short; copy it again");
        }

        Dictionary<string, string> header = ParseHeader(Encoding.Latin1.GetString(head[..magic]));
        Expect(name, header, "conversions", "x-CBF_BYTE_OFFSET");
        Expect(name, header, "X-Binary-Element-Type", "signed 32-bit integer");
        Expect(name, header, "X-Binary-Element-Byte-Order", "LITTLE_ENDIAN");
        long columns = Integer(name, header, "X-Binary-Size-Fastest-Dimension");
        long rows = Integer(name, header, "X-Binary-Size-Second-Dimension");
        long length = Integer(name, header, "X-Binary-Size");
        int start = magic + BinaryMagic.Length;
        if (length < 0 || length > bytes.Length - start)
        {
            throw new FormatException(
                $"{name}: the file is cut short: {bytes.Length - start} of {length} bytes are there; copy it again");
        }

        // A pixel takes a byte at least, so the size of the file bounds the memory of the image.
        if (rows < 1 || columns < 1 || rows > length || columns > length || rows * columns > length)
        {
            throw new FormatException(
                $"{name}: {length} bytes cannot hold {rows}×{columns} pixels; the header is damaged");
        }

        return new CbfFile(name, new ImageShape((int)rows, (int)columns), header, bytes.Slice(start, (int)length));
    }

    /// <summary>Unpacks the pixels, row-major, counts; −1 gap, −2 bad pixel.</summary>
    /// <exception cref="FormatException">The packed pixels are damaged.</exception>
    public int[] ReadPixels()
    {
        int[] pixels = new int[Shape.PixelCount];
        return CbfByteOffset.TryDecode(Payload, pixels)
            ? pixels
            : throw new FormatException($"{_name}: the packed bytes do not give {Shape} pixels; copy the file again");
    }

    /// <summary>Checks the packed pixels against the MD5 sum of the header.</summary>
    /// <returns>Whether they agree; null where the header has no sum.</returns>
    /// <remarks>Not done on reading: it would take longer than the unpacking.</remarks>
    public bool? MatchesMd5()
    {
        if (!Header.TryGetValue("Content-MD5", out string? sum))
        {
            return null;
        }

#pragma warning disable CA5351 // The format prescribes MD5, against transmission errors only.
        return Convert.ToBase64String(MD5.HashData(Payload)) == sum;
#pragma warning restore CA5351
    }

    /// <summary>
    /// The frame as it would have come over the wire, for an <see cref="FrameDecoder"/>; it owns nothing to give
    /// back.
    /// </summary>
    public RawFrame ToRawFrame(FrameHeader header) => new()
    {
        Header = header,
        Shape = Shape,
        Type = PixelType.Int32,
        Encoding = PixelEncoding.CbfByteOffset,
        Lease = new MemoryLease(_payload),
        PayloadOffset = 0,
        PayloadLength = _payload.Length,
    };

    private static Dictionary<string, string> ParseHeader(string text)
    {
        Dictionary<string, string> header = new(StringComparer.OrdinalIgnoreCase);
        int contents = text.IndexOf("_array_data.header_contents", StringComparison.OrdinalIgnoreCase);
        int section = text.IndexOf("--CIF-BINARY-FORMAT-SECTION--", StringComparison.Ordinal);
        foreach (string line in Lines(contents < 0 ? "" : text[contents..Math.Max(section, contents)]))
        {
            // "# Exposure_time 0.5 s" and "# Detector: PILATUS3 …"
            string entry = line.TrimStart('#', ' ');
            int end = entry.AsSpan().IndexOfAny(' ', ':');
            if (line.StartsWith('#') && end > 0)
            {
                header[entry[..end]] = entry[(end + 1)..].Trim();
            }
        }

        foreach (string line in Lines(section < 0 ? "" : text[section..]))
        {
            foreach (string entry in line.Split(';', StringSplitOptions.TrimEntries))
            {
                // "X-Binary-Size: 3243437" and the continuation line 'conversions="x-CBF_BYTE_OFFSET"'
                int end = entry.AsSpan().IndexOfAny(':', '=');
                if (end > 0)
                {
                    header[entry[..end].Trim()] = entry[(end + 1)..].Trim().Trim('"');
                }
            }
        }

        return header;
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.TrimEntries);

    private static void Expect(string name, Dictionary<string, string> header, string key, string value)
    {
        if (!header.TryGetValue(key, out string? found) || !found.Equals(value, StringComparison.OrdinalIgnoreCase))
        {
            throw new FormatException(
                $"{name}: {key} is '{found ?? "absent"}', only '{value}' is supported; save it as a Pilatus CBF");
        }
    }

    private static long Integer(string name, Dictionary<string, string> header, string key)
    {
        if (!header.TryGetValue(key, out string? text))
        {
            throw new FormatException($"{name}: the CBF header has no {key}");
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw new FormatException($"{name}: {key} is '{text}', which is not a whole number");
    }
}
