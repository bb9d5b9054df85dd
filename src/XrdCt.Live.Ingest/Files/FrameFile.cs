using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.Files;

/// <summary>
/// A file with one frame, told apart by its first bytes: CBF, whose pixels stay packed; EDF and TIFF (each also as gzip), plain. An EDF
/// file with several images is refused, because all but the first would be lost; of a TIFF file the first page is read.
/// </summary>
public static class FrameFile
{
    private static ReadOnlySpan<byte> CbfMagic => "###CBF"u8;

    /// <summary>Reads a frame; it owns nothing to give back.</summary>
    /// <param name="path">The file.</param>
    /// <param name="shape">Size of the detector, which the frame must have.</param>
    /// <param name="header">Identity of the frame.</param>
    /// <exception cref="FormatException">The file is no such frame, damaged, or of another size; the message names it and the remedy.</exception>
    /// <exception cref="IOException">It is missing or cannot be read.</exception>
    public static RawFrame Read(string path, ImageShape shape, FrameHeader header)
    {
        if (IsCbf(path))
        {
            CbfFile file = CbfFile.Read(path);
            return file.Shape == shape
                ? file.ToRawFrame(header)
                : throw new FormatException($"{path}: the frame is {file.Shape} (rows × columns), the geometry says {shape}");
        }

        using ImageStream stream = ImageStream.Open(path);
        NumberArray numbers = NumberImage.Read(stream, shape, "frame");
        if (HasMore(stream))
        {
            throw stream.Wrong("the file holds several images; save one per file, or all as HDF5");
        }

        return new RawFrame
        {
            Header = header,
            Shape = numbers.Shape,
            Type = NumberArray.PixelTypeOf(numbers.Format),
            Encoding = PixelEncoding.None,
            IsBigEndian = !BitConverter.IsLittleEndian,
            Lease = new MemoryLease(numbers.Bytes),
            PayloadOffset = 0,
            PayloadLength = numbers.Bytes.Length,
        };
    }

    private static bool IsCbf(string path)
    {
        Span<byte> magic = stackalloc byte[CbfMagic.Length];
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        return file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) == magic.Length && magic.SequenceEqual(CbfMagic);
    }

    // What follows the pixels of an EDF image is the header of the next one, in braces; TIFF files are read to their end.
    private static bool HasMore(ImageStream stream)
    {
        byte[] next = new byte[512];
        return next.AsSpan(0, stream.ReadAtMost(next)).TrimStart("\r\n\0"u8).StartsWith("{"u8);
    }
}
