using System.Runtime.InteropServices;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.Files;

/// <summary>An image file of any kind that is read here, told apart by its first bytes: EDF, NPY, TIFF or CBF, each also as gzip.</summary>
internal static class NumberImage
{
    // The packed pixels of an Eiger 16M: at most 7 bytes each (imgCIF byte offset), and a header.
    private const int LargestCbf = 256 << 20;

    private static ReadOnlySpan<byte> CbfMagic => "###CBF"u8;

    /// <summary>Reads the numbers.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="shape">Size that the image must have.</param>
    /// <param name="what">What messages call it: a mask, an image.</param>
    internal static NumberArray Read(ImageStream stream, ImageShape shape, string what)
    {
        byte[] begun = new byte[NpyImage.Magic.Length];
        Span<byte> magic = begun.AsSpan(0, stream.ReadAtMost(begun));
        if (magic.SequenceEqual(NpyImage.Magic))
        {
            return NpyImage.Read(stream, shape);
        }

        // fabio accepts a line break before the brace, so do we.
        if (magic.TrimStart("\r\n"u8).StartsWith("{"u8))
        {
            return EdfImage.Read(stream, magic, shape).Numbers;
        }

        if (magic.SequenceEqual(CbfMagic))
        {
            return ReadCbf(stream, magic, shape);
        }

        return magic.StartsWith("II*\0"u8) || magic.StartsWith("MM\0*"u8)
            ? TiffImage.Read(stream, magic, shape)
            : throw stream.Wrong($"the {what} is neither EDF, NPY, TIFF nor CBF; save it in one of these");
    }

    private static NumberArray ReadCbf(ImageStream stream, ReadOnlySpan<byte> begun, ImageShape expected)
    {
        CbfFile file = CbfFile.Parse(stream.ReadToEnd(begun, LargestCbf), stream.Name);
        ImageShape shape = stream.CheckShape(file.Shape.Rows, file.Shape.Columns, expected);
        byte[] bytes = MemoryMarshal.AsBytes(file.ReadPixels().AsSpan()).ToArray();
        return new NumberArray(shape, NumberFormat.Int32, bytes, BitConverter.IsLittleEndian);
    }
}
