using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;

namespace XrdCt.Live.Ingest.Files;

/// <summary>
/// Masks of a detector in EDF, NumPy NPY, grey TIFF or CBF files (each also gzip), told apart by their first bytes. A pixel is
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
    internal static NumberArray ReadNumbers(ImageStream stream, ImageShape shape) => NumberImage.Read(stream, shape, "mask");
}
