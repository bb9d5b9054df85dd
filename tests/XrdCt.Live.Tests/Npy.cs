using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace XrdCt.Live.Tests;

/// <summary>Reads the NumPy files of the golden data: C order, little endian, any numeric type, as doubles.</summary>
internal static partial class Npy
{
    public static (int[] Shape, double[] Values) Read(string path) => Parse(File.ReadAllBytes(path), path);

    /// <summary>Reads an array of an .npz archive.</summary>
    public static double[] Read(string path, string name)
    {
        using ZipArchive archive = ZipFile.OpenRead(path);
        using Stream entry = archive.GetEntry($"{name}.npy")!.Open();
        using var bytes = new MemoryStream();
        entry.CopyTo(bytes);
        return Parse(bytes.ToArray(), $"{path}/{name}").Values;
    }

    private static (int[] Shape, double[] Values) Parse(byte[] bytes, string path)
    {
        int headerLength = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8));
        string header = Encoding.ASCII.GetString(bytes, 10, headerLength);
        string type = TypePattern().Match(header).Groups[1].Value;
        int[] shape = [.. ShapePattern().Match(header).Groups[1].Value
            .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(s => int.Parse(s, CultureInfo.InvariantCulture))];
        int count = shape.Aggregate(1, (a, b) => a * b);
        ReadOnlySpan<byte> data = bytes.AsSpan(10 + headerLength);
        double[] values = new double[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = type switch
            {
                "<f8" => BinaryPrimitives.ReadDoubleLittleEndian(data[(8 * i)..]),
                "<f4" => BinaryPrimitives.ReadSingleLittleEndian(data[(4 * i)..]),
                "<i4" => BinaryPrimitives.ReadInt32LittleEndian(data[(4 * i)..]),
                "<i8" => BinaryPrimitives.ReadInt64LittleEndian(data[(8 * i)..]),
                "<u4" => BinaryPrimitives.ReadUInt32LittleEndian(data[(4 * i)..]),
                "|u1" or "|b1" => data[i],
                "|i1" => (sbyte)data[i],
                _ => throw new NotSupportedException($"{path}: NumPy type {type}"),
            };
        }

        return (shape, values);
    }

    public static int[] ReadInts(string path) => [.. Read(path).Values.Select(v => (int)v)];

    [GeneratedRegex("'descr': '([^']+)'")]
    private static partial Regex TypePattern();

    [GeneratedRegex(@"'shape': \(([^)]*)\)")]
    private static partial Regex ShapePattern();
}
