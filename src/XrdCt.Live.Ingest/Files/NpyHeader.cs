using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace XrdCt.Live.Ingest.Files;

/// <summary>What stands before the numbers of NumPy's <c>.npy</c> format, versions 1 to 3, C order.</summary>
/// <param name="Sides">Length of each dimension, slowest first; each below 2⁴⁰.</param>
/// <param name="Format">Format of the numbers.</param>
/// <param name="IsLittleEndian">Whether their lowest byte comes first.</param>
/// <param name="Length">Bytes before the first number.</param>
/// <remarks>Source: <see href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html"/>.</remarks>
internal sealed partial record NpyHeader(IReadOnlyList<long> Sides, NumberFormat Format, bool IsLittleEndian, int Length)
{
    private const int LongestHeader = 1 << 16;

    // 2¹³ frames of the largest detector; products of three such sides must be checked by whoever multiplies.
    private const long LongestSide = 1L << 40;

    /// <summary>The bytes that every such file begins with.</summary>
    internal static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads on after the magic bytes.</summary>
    internal static NpyHeader Read(ImageStream stream)
    {
        string header = ReadText(stream, out int length);
        Match descr = DescrPattern().Match(header);
        Match order = OrderPattern().Match(header);
        Match shape = ShapePattern().Match(header);
        if (!descr.Success || !order.Success || !shape.Success)
        {
            throw stream.Wrong("the NPY header is not understood; save a plain array with numpy.save");
        }

        if (order.Groups[1].Value == "True")
        {
            throw stream.Wrong("the array is in Fortran order; save numpy.ascontiguousarray(array)");
        }

        return new NpyHeader(
            Parse(stream, shape.Groups[1].Value), FormatOf(stream, descr.Groups[2].Value), descr.Groups[1].Value != ">", Magic.Length + length);
    }

    private static string ReadText(ImageStream stream, out int length)
    {
        byte[] version = stream.ReadExactly(2);
        byte[] size = stream.ReadExactly(version[0] == 1 ? 2 : 4);
        long text = version[0] == 1 ? BitConverter.ToUInt16(size) : BitConverter.ToUInt32(size);
        if (version[0] is 0 or > 3 || text > LongestHeader)
        {
            throw stream.Wrong($"version {version[0]} of NPY with a header of {text} bytes is not supported");
        }

        length = version.Length + size.Length + (int)text;
        return Encoding.Latin1.GetString(stream.ReadExactly((int)text));
    }

    private static long[] Parse(ImageStream stream, string text)
    {
        string[] sides = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        long[] numbers = new long[sides.Length];
        for (int i = 0; i < sides.Length; i++)
        {
            if (!long.TryParse(sides[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]) || numbers[i] > LongestSide)
            {
                throw stream.Wrong($"the array has the shape ({text}), which is not possible");
            }
        }

        return numbers;
    }

    private static NumberFormat FormatOf(ImageStream stream, string type) => type switch
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
