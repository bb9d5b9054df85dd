using System.IO.Compression;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.Files;

/// <summary>
/// An image file being read from front to back, unpacked on the way where it is gzip. Every failure is a
/// <see cref="FormatException"/> whose message begins with the name of the file.
/// </summary>
internal sealed class ImageStream : IDisposable
{
    private const int Chunk = 1 << 20;

    // No detector reaches 2²⁷ pixels; a header that claims more is corrupt, and must not cost memory.
    private const long MostPixels = 1L << 27;

    private readonly Stream _stream;

    /// <summary>Takes over <paramref name="stream"/>.</summary>
    internal ImageStream(Stream stream, string name)
    {
        _stream = IsGzip(stream) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
        Name = name;
    }

    /// <summary>Name of the file, for messages.</summary>
    internal string Name { get; }

    internal static ImageStream Open(string path) =>
        new(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, Chunk), path);

    /// <summary>An exception that says what is wrong with this file.</summary>
    internal FormatException Wrong(string what, Exception? inner = null) => new($"{Name}: {what}", inner);

    /// <summary>Reads as many bytes as there are, at most the length of <paramref name="buffer"/>.</summary>
    internal int ReadAtMost(Span<byte> buffer)
    {
        try
        {
            return _stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        }
        catch (InvalidDataException e)
        {
            throw Wrong("the gzip data are damaged; copy the file again", e);
        }
    }

    /// <summary>
    /// Reads exactly <paramref name="length"/> bytes, the first of which are <paramref name="begun"/>.
    /// </summary>
    /// <remarks>Memory grows with what really comes, so that a corrupt header cannot ask for gigabytes.</remarks>
    internal byte[] ReadExactly(int length, ReadOnlySpan<byte> begun = default)
    {
        byte[] bytes = new byte[Math.Min(length, Chunk)];
        int have = Math.Min(begun.Length, length);
        if (have > bytes.Length)
        {
            bytes = new byte[have];
        }

        begun[..have].CopyTo(bytes);
        while (have < length)
        {
            if (have == bytes.Length)
            {
                Array.Resize(ref bytes, (int)Math.Min(length, 2L * bytes.Length));
            }

            int came = ReadAtMost(bytes.AsSpan(have));
            have += came;
            if (came == 0)
            {
                throw Wrong($"the file is cut short: {have} of {length} bytes of pixels are there; copy it again");
            }
        }

        return bytes;
    }

    /// <summary>Reads all that is left; the first bytes are <paramref name="begun"/>.</summary>
    internal byte[] ReadToEnd(ReadOnlySpan<byte> begun, int most)
    {
        byte[] bytes = new byte[1 << 16];
        begun.CopyTo(bytes);
        for (int have = begun.Length; ;)
        {
            int came = ReadAtMost(bytes.AsSpan(have));
            have += came;
            if (have < bytes.Length)
            {
                Array.Resize(ref bytes, have);
                return bytes;
            }

            if (bytes.Length >= most)
            {
                throw Wrong($"the file has more than {most} bytes, too many for an image of its kind");
            }

            Array.Resize(ref bytes, Math.Min(most, 2 * bytes.Length));
        }
    }

    /// <summary>Checks the size that a header claims.</summary>
    internal ImageShape CheckShape(long rows, long columns, ImageShape? expected)
    {
        if (rows < 1 || columns < 1 || rows > MostPixels || columns > MostPixels || rows * columns > MostPixels)
        {
            throw Wrong($"an image of {rows}×{columns} pixels is not possible; the header is damaged");
        }

        ImageShape shape = new((int)rows, (int)columns);
        if (expected is { } wanted && shape != wanted)
        {
            string hint = shape == new ImageShape(wanted.Columns, wanted.Rows)
                ? "rows and columns are swapped: save it transposed"
                : "use one made for this detector";
            throw Wrong($"the image has {shape} pixels, but the detector has {wanted} (rows×columns); {hint}");
        }

        return shape;
    }

    public void Dispose() => _stream.Dispose();

    private static bool IsGzip(Stream stream)
    {
        Span<byte> magic = stackalloc byte[2];
        long start = stream.Position;
        int read = stream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        stream.Position = start;
        return read == 2 && magic[0] == 0x1F && magic[1] == 0x8B;
    }
}
