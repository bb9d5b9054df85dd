using Microsoft.Win32.SafeHandles;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.Files;

/// <summary>Frames in a <c>.npy</c> file of NumPy: an array [row, column] or [frame, row, column], read frame by frame.</summary>
public sealed class NpyStack : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly string _path;
    private readonly NpyHeader _header;

    private NpyStack(string path, SafeFileHandle file, NpyHeader header, int frameCount, ImageShape shape)
    {
        _path = path;
        _file = file;
        _header = header;
        FrameCount = frameCount;
        Shape = shape;
    }

    /// <summary>Number of frames.</summary>
    public int FrameCount { get; }

    /// <summary>Image size.</summary>
    public ImageShape Shape { get; }

    /// <summary>Element type.</summary>
    public PixelType Type => NumberArray.PixelTypeOf(_header.Format);

    /// <summary>Whether the bytes of a pixel come highest first.</summary>
    public bool IsBigEndian => !_header.IsLittleEndian;

    /// <summary>Bytes of a frame.</summary>
    public int FrameLength => Shape.PixelCount * PixelTypes.SizeOf(Type);

    /// <summary>Opens a file.</summary>
    /// <exception cref="FormatException">It is no such file; the message names it and the remedy.</exception>
    /// <exception cref="IOException">It is missing or cannot be read.</exception>
    public static NpyStack Open(string path)
    {
        NpyHeader header;
        using (ImageStream stream = ImageStream.Open(path))
        {
            byte[] magic = stream.ReadExactly(NpyHeader.Magic.Length);
            header = magic.AsSpan().SequenceEqual(NpyHeader.Magic) ? NpyHeader.Read(stream) : throw stream.Wrong("this is no NPY file");
            (long count, long rows, long columns) = header.Sides switch
            {
                [long r, long c] => (1, r, c),
                [long n, long r, long c] => (n, r, c),
                _ => throw stream.Wrong(
                    $"the array has the shape ({string.Join(", ", header.Sides)}), but frames are [row, column] or [frame, row, column]"),
            };
            ImageShape shape = stream.CheckShape(rows, columns, null);
            if (count is < 1 or > int.MaxValue || (long)shape.PixelCount * NumberArray.SizeOf(header.Format) > Array.MaxLength)
            {
                throw stream.Wrong($"the array has the shape ({string.Join(", ", header.Sides)}), which holds no frames of a detector");
            }

            return new NpyStack(path, File.OpenHandle(path), header, (int)count, shape);
        }
    }

    /// <summary>Reads one frame.</summary>
    /// <param name="index">Which, from 0.</param>
    /// <param name="bytes">Receives the pixels, as they stand in the file.</param>
    /// <exception cref="FormatException">The file is cut short.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public void Read(int index, Span<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)FrameCount, nameof(index));
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, FrameLength);
        long at = _header.Length + ((long)index * FrameLength);
        while (!bytes.IsEmpty)
        {
            int came = RandomAccess.Read(_file, bytes, at);
            if (came == 0)
            {
                throw new FormatException($"{_path}: the file is cut short: frame {index} is not whole; copy it again");
            }

            bytes = bytes[came..];
            at += came;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
