using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;

namespace XrdCt.Live.Ingest.Files;

/// <summary>
/// Masks of a detector in EDF (also gzip), NumPy NPY or grey TIFF files, told apart by their first bytes. A pixel is
/// masked where the number is not zero, as in pyFAI.
/// </summary>
public static class MaskFile
{
    /// <summary>Reads a mask.</summary>
    /// <param name="path">The file.</param>
    /// <param name="shape">Size of the detector, which the mask must have.</param>
    /// <exception cref="FormatException">
    /// The file is no such image, is damaged, or has another size; the message names the file and the remedy.
    /// </exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static PixelMask Read(string path, ImageShape shape)
    {
        using ImageStream stream = ImageStream.Open(path);
        return new PixelMask(shape, ReadNumbers(stream, shape).NonZero());
    }

    /// <summary>The numbers of a mask file of any kind.</summary>
    internal static NumberArray ReadNumbers(ImageStream stream, ImageShape shape)
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

        return magic.StartsWith("II*\0"u8) || magic.StartsWith("MM\0*"u8)
            ? TiffImage.Read(stream, magic, shape)
            : throw stream.Wrong("the mask is neither EDF, NPY nor TIFF; save it in one of these");
    }
}
