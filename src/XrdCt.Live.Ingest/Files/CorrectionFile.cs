using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.Files;

/// <summary>
/// Flat fields and dark images of a detector in EDF, NumPy NPY, grey TIFF or CBF files (each also gzip), told apart by their first bytes.
/// </summary>
public static class CorrectionFile
{
    /// <summary>Reads an image, row-major; NaN and infinities stay what they are.</summary>
    /// <param name="path">The file.</param>
    /// <param name="shape">Size of the detector, which the image must have.</param>
    /// <exception cref="FormatException">
    /// The file is no such image, is damaged, or has another size; the message names the file and the remedy.
    /// </exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static float[] Read(string path, ImageShape shape)
    {
        using ImageStream stream = ImageStream.Open(path);
        return NumberImage.Read(stream, shape, "image").ToSingle();
    }
}
