using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.Files;

/// <summary>Two-dimensional arrays of NumPy's <c>.npy</c> format.</summary>
internal static class NpyImage
{
    /// <summary>The bytes that every such file begins with.</summary>
    internal static ReadOnlySpan<byte> Magic => NpyHeader.Magic;

    /// <summary>Reads on after the magic bytes.</summary>
    internal static NumberArray Read(ImageStream stream, ImageShape? expected)
    {
        NpyHeader header = NpyHeader.Read(stream);
        if (header.Sides is not [long rows, long columns])
        {
            throw stream.Wrong($"the array has the shape ({string.Join(", ", header.Sides)}), but an image has two dimensions");
        }

        ImageShape image = stream.CheckShape(rows, columns, expected);
        byte[] bytes = stream.ReadExactly(checked(image.PixelCount * NumberArray.SizeOf(header.Format)));
        return new NumberArray(image, header.Format, bytes, header.IsLittleEndian);
    }
}
