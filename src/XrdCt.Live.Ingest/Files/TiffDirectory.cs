using System.Buffers.Binary;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.Files;

/// <summary>
/// The first directory of a TIFF file, checked before the library sees the file: a damaged count or size makes the
/// library take gigabytes (8 GB for a file of 200 bytes, found by mutation), so each must fit the file.
/// </summary>
/// <remarks>Source: TIFF 6.0, section 2.</remarks>
internal sealed class TiffDirectory
{
    private const ushort ImageWidth = 256;
    private const ushort ImageLength = 257;
    private const ushort BitsPerSample = 258;
    private const ushort Compression = 259;
    private const ushort SamplesPerPixel = 277;
    private const ushort StripByteCounts = 279;
    private const ushort TileWidth = 322;
    private const int EntryBytes = 12;

    // None, LZW, Deflate (two numbers) and PackBits; the fax and JPEG schemes hold no masks.
    private static readonly uint[] KnownCompressions = [1, 5, 8, 32946, 32773];

    private readonly byte[] _bytes;
    private readonly ImageStream _file;
    private readonly bool _isLittleEndian;
    private readonly Dictionary<ushort, Entry> _entries = [];

    private TiffDirectory(byte[] bytes, ImageStream file)
    {
        _bytes = bytes;
        _file = file;
        _isLittleEndian = bytes.AsSpan().StartsWith("II"u8);
    }

    /// <summary>Checks the directory and returns the size of the image.</summary>
    /// <exception cref="FormatException">The directory does not fit the file, or is not supported.</exception>
    internal static ImageShape Check(byte[] bytes, ImageStream file, ImageShape? expected)
    {
        TiffDirectory directory = new(bytes, file);
        directory.ReadEntries();
        ImageShape shape = file.CheckShape(directory.First(ImageLength, 0), directory.First(ImageWidth, 0), expected);
        uint samples = directory.First(SamplesPerPixel, 1);
        if (samples != 1 || directory._entries.ContainsKey(TileWidth))
        {
            string what = samples != 1 ? $"of {samples} colours" : "in tiles";
            throw file.Wrong($"a TIFF {what} is not supported; save it grey, in strips");
        }

        uint bits = directory.First(BitsPerSample, 1);
        if (bits is not (8 or 16 or 32))
        {
            throw file.Wrong($"a TIFF of {bits} bits is not supported; save it with 8, 16 or 32 bits");
        }

        uint compression = directory.First(Compression, 1);
        if (!KnownCompressions.Contains(compression))
        {
            throw file.Wrong($"a TIFF with compression {compression} is not supported; save it without");
        }

        directory.CheckStrips();
        return shape;
    }

    private void ReadEntries()
    {
        long start = _bytes.Length < 8 ? _bytes.Length : UInt32(4);
        int count = start + 2 > _bytes.Length ? 0 : UInt16((int)start);
        if (count == 0 || start + 2 + (EntryBytes * (long)count) > _bytes.Length)
        {
            throw Damaged();
        }

        for (int i = 0; i < count; i++)
        {
            int at = (int)start + 2 + (EntryBytes * i);
            int size = SizeOf(UInt16(at + 2));
            long length = size * (long)UInt32(at + 4);
            long values = length <= 4 ? at + 8 : UInt32(at + 8);
            if (size == 0
                || values + length > _bytes.Length
                || !_entries.TryAdd(UInt16(at), new Entry((int)values, (int)(length / size), size)))
            {
                throw Damaged();
            }
        }
    }

    private void CheckStrips()
    {
        if (!_entries.TryGetValue(StripByteCounts, out Entry strips))
        {
            return;
        }

        for (int i = 0; i < strips.Count; i++)
        {
            if (Value(strips, i) > _bytes.Length)
            {
                throw Damaged();
            }
        }
    }

    private uint First(ushort tag, uint absent) =>
        _entries.TryGetValue(tag, out Entry entry) && entry.Count > 0 ? Value(entry, 0) : absent;

    private uint Value(Entry entry, int index)
    {
        int at = entry.Values + (index * entry.Size);
        return entry.Size switch
        {
            1 => _bytes[at],
            2 => UInt16(at),
            4 => UInt32(at),
            _ => throw Damaged(),
        };
    }

    private ushort UInt16(int at) => _isLittleEndian
        ? BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(at))
        : BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(at));

    private uint UInt32(int at) => _isLittleEndian
        ? BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(at))
        : BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(at));

    private FormatException Damaged() => _file.Wrong("the TIFF directory is damaged; save the file again");

    /// <summary>Bytes of the twelve types of TIFF 6.0; 0 for others.</summary>
    private static int SizeOf(ushort type) => type switch
    {
        1 or 2 or 6 or 7 => 1,
        3 or 8 => 2,
        4 or 9 or 11 => 4,
        5 or 10 or 12 => 8,
        _ => 0,
    };

    private readonly record struct Entry(int Values, int Count, int Size);
}
