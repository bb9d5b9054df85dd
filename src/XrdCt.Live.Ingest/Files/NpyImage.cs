using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.Files;

/// <summary>Two-dimensional arrays of NumPy's <c>.npy</c> format, versions 1 to 3, C order.</summary>
/// <remarks>Source: <see href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html"/>.</remarks>
internal static partial class NpyImage
{
    private const int LongestHeader = 1 << 16;

    /// <summary>The bytes that every such file begins with.</summary>
    internal static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads on after the magic bytes.</summary>
    internal static NumberArray Read(ImageStream stream, ImageShape? expected)
    {
        string header = ReadHeader(stream);
        Match descr = DescrPattern().Match(header);
        Match order = OrderPattern().Match(header);
        Match shape = ShapePattern().Match(header);
        if (!descr.Success || !order.Success || !shape.Success)
        {
            throw stream.Wrong("the NPY header is not understood; save a plain 2D array with numpy.save");
        }

        if (order.Groups[1].Value == "True")
        {
            throw stream.Wrong("the array is in Fortran order; save numpy.ascontiguousarray(mask)");
        }

        const StringSplitOptions Clean = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;
        string[] sides = shape.Groups[1].Value.Split(',', Clean);
        if (sides.Length != 2
            || !long.TryParse(sides[0], NumberStyles.None, CultureInfo.InvariantCulture, out long rows)
            || !long.TryParse(sides[1], NumberStyles.None, CultureInfo.InvariantCulture, out long columns))
        {
            throw stream.Wrong($"the array has the shape ({shape.Groups[1].Value}), but an image has two dimensions");
        }

        ImageShape image = stream.CheckShape(rows, columns, expected);
        NumberFormat format = Format(stream, descr.Groups[2].Value);
        byte[] bytes = stream.ReadExactly(checked(image.PixelCount * NumberArray.SizeOf(format)));
        return new NumberArray(image, format, bytes, descr.Groups[1].Value != ">");
    }

    private static string ReadHeader(ImageStream stream)
    {
        byte[] version = stream.ReadExactly(2);
        byte[] size = stream.ReadExactly(version[0] == 1 ? 2 : 4);
        long length = version[0] == 1 ? BitConverter.ToUInt16(size) : BitConverter.ToUInt32(size);
        if (version[0] is 0 or > 3 || length > LongestHeader)
        {
            throw stream.Wrong($"version {version[0]} of NPY with a header of {length} bytes is not supported");
        }

        return Encoding.Latin1.GetString(stream.ReadExactly((int)length));
    }

    private static NumberFormat Format(ImageStream stream, string type) => type switch
    {
        "b1" or "u1" => NumberFormat.UInt8,
        "i1" => NumberFormat.Int8,
        "u2" => NumberFormat.UInt16,
        "i2" => NumberFormat.Int16,
        "u4" => NumberFormat.UInt32,
        "i4" => NumberFormat.Int32,
        "u8" => NumberFormat.UInt64,
        "i8" => NumberFormat.Int64,
        "f4" => NumberFormat.Single,
        "f8" => NumberFormat.Double,
        _ => throw stream.Wrong($"the type '{type}' is not supported; save it as bool, an integer or a float"),
    };

    [GeneratedRegex("""'descr'\s*:\s*'([<>|=]?)(\w+)'""")]
    private static partial Regex DescrPattern();

    [GeneratedRegex("""'fortran_order'\s*:\s*(True|False)""")]
    private static partial Regex OrderPattern();

    [GeneratedRegex("""'shape'\s*:\s*\(([^()]*)\)""")]
    private static partial Regex ShapePattern();
}
