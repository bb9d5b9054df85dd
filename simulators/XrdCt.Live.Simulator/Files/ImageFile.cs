using System.Runtime.InteropServices;
using System.Text;

namespace XrdCt.Live.Simulator.Files;

/// <summary>
/// Writes 2D arrays as <c>.npy</c> (version 1.0) or <c>.edf</c>, by the ending of the name; little endian, row-major.
/// </summary>
internal static class ImageFile
{
    private const int NpyAlignment = 64;
    private const int EdfHeaderBytes = 512;

    public static void Write<T>(string path, int rows, int columns, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        byte[] header = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".npy" => NpyHeader<T>(rows, columns),
            ".edf" => EdfHeader<T>(rows, columns),
            string other =>
                throw new InvalidDataException($"{path}: cannot write '{other}' files; name it .npy or .edf"),
        };
        using FileStream file = File.Create(path);
        file.Write(header);
        file.Write(MemoryMarshal.AsBytes(values));
    }

    private static byte[] NpyHeader<T>(int rows, int columns)
    {
        const int Preamble = 10;
        string type = typeof(T) == typeof(float) ? "<f4" : typeof(T) == typeof(int) ? "<i4" : "|u1";
        string text = $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({rows}, {columns}), }}";
        int length = (((Preamble + text.Length + 1 + NpyAlignment - 1) / NpyAlignment) * NpyAlignment) - Preamble;
        byte[] header = new byte[Preamble + length];
        Encoding.Latin1.GetBytes("\u0093NUMPY\u0001\0").CopyTo(header, 0);
        header[8] = (byte)length;
        header[9] = (byte)(length >> 8);
        Encoding.Latin1.GetBytes(text.PadRight(length - 1) + "\n").CopyTo(header, Preamble);
        return header;
    }

    private static byte[] EdfHeader<T>(int rows, int columns)
        where T : unmanaged
    {
        string type =
            typeof(T) == typeof(float) ? "FloatValue" : typeof(T) == typeof(int) ? "SignedInteger" : "UnsignedByte";
        int size = rows * columns * Marshal.SizeOf<T>();
        string text =
            $"{{\nEDF_DataBlockID = 0.Image.Psd ;\nEDF_BinarySize = {size} ;\nEDF_HeaderSize = {EdfHeaderBytes} ;\n"
            + $"ByteOrder = LowByteFirst ;\nDataType = {type} ;\nDim_1 = {columns} ;\nDim_2 = {rows} ;\nImage = 0 ;\n"
            + $"HeaderID = EH:000000:000000:000000 ;\nSize = {size} ;\n";
        return Encoding.ASCII.GetBytes(text.PadRight(EdfHeaderBytes - 2) + "}\n");
    }
}
