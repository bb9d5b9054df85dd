using System.IO.Compression;
using System.Text;
using XrdCt.Live.Ingest.Files;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Fuzzing.Targets;

/// <summary>A reader of files: it reads, or says why not in a <see cref="FormatException"/> that names the file.</summary>
internal sealed class FileTarget : IFuzzTarget
{
    private const string File = "fuzz.file";
    private static readonly ImageShape Tiny = new(2, 3);
    private readonly Action<GuardedBytes> _read;

    private FileTarget(string name, Action<GuardedBytes> read, params byte[][] seeds)
    {
        Name = name;
        _read = read;
        Seeds = seeds;
    }

    public string Name { get; }

    public IReadOnlyList<byte[]> Seeds { get; }

    // A gzip of a few kB can honestly hold a header of 1 MiB, which is then a text of 2 MiB and its pieces.
    public long Ceiling_bytes => 16 << 20;

    public int CasesPerRound => 8;

    internal static IEnumerable<IFuzzTarget> All()
    {
        byte[] edf = Edf("DataType = UnsignedShort ;\nDim_1 = 3 ;\nDim_2 = 2 ;", 12);
        byte[] npy = Npy("<i4", 24);
        byte[] tiff = Tiff();
        yield return new FileTarget("cbf", b => CbfFile.Parse(b.Memory, File).ReadPixels(), Cbf(SampleImage.Counts, SampleImage.Shape));
        yield return new FileTarget("poni", b => PoniFile.Parse(Encoding.UTF8.GetString(b.Span), File), Poni());
        yield return new FileTarget("edf", b => EdfImage.Read(Open(b), [], null).ToSingle(), edf, Edf("DataType = FloatValue ;\nByteOrder = HighByteFirst ;\nDim_1 = 3 ;\nDim_2 = 2 ;", 24), Gzip(edf));
        yield return new FileTarget("npy", ReadMask, npy, Npy(">f8", 48), Gzip(npy));
        yield return new FileTarget("tiff", ReadMask, tiff);
        yield return new FileTarget("mask", ReadMask, edf, npy, tiff, Gzip(edf), Cbf([1, 0, 2, 0, 0, 300], Tiny));
    }

    public void Run(GuardedBytes input, FuzzArena arena)
    {
        try
        {
            _read(input);
        }
        catch (FormatException e) when (e.Message.StartsWith(File, StringComparison.Ordinal))
        {
            // This is how a file is refused.
        }
    }

    private static void ReadMask(GuardedBytes bytes) => MaskFile.ReadNumbers(Open(bytes), Tiny).NonZero();

    private static unsafe ImageStream Open(GuardedBytes bytes)
    {
        fixed (byte* start = bytes.Span)
        {
            // The memory does not move; an empty span has no address, but then there is nothing to read.
            Stream stream = start is null ? Stream.Null : new UnmanagedMemoryStream(start, bytes.Span.Length);
            return new ImageStream(stream, File);
        }
    }

    private static byte[] Edf(string header, int length) =>
        [.. Encoding.Latin1.GetBytes($"{{\n{header}\n".PadRight(510) + "}\n"), .. SampleImage.Noise(length)];

    private static byte[] Npy(string type, int length)
    {
        string header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': (2, 3), }}".PadRight(117) + "\n";
        return [.. NpyImage.Magic, 1, 0, (byte)header.Length, 0, .. Encoding.Latin1.GetBytes(header), .. new byte[length]];
    }

    private static byte[] Gzip(byte[] plain)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Optimal))
        {
            gzip.Write(plain);
        }

        return packed.ToArray();
    }

    private static byte[] Cbf(int[] counts, ImageShape shape)
    {
        byte[] payload = PackedFrames.CbfByteOffset(counts);
        string header = $"""
            ###CBF: VERSION 1.5
            data_frame
            _array_data.header_contents
            ;
            # Detector: PILATUS3 X CdTe 2M
            # Exposure_time 0.004 s
            ;
            _array_data.data
            ;
            --CIF-BINARY-FORMAT-SECTION--
            Content-Type: application/octet-stream;
                 conversions="x-CBF_BYTE_OFFSET"
            X-Binary-Size: {payload.Length}
            X-Binary-Element-Type: "signed 32-bit integer"
            X-Binary-Element-Byte-Order: LITTLE_ENDIAN
            X-Binary-Size-Fastest-Dimension: {shape.Columns}
            X-Binary-Size-Second-Dimension: {shape.Rows}


            """.ReplaceLineEndings("\r\n");
        return [.. Encoding.Latin1.GetBytes(header), 0x0C, 0x1A, 0x04, 0xD5, .. payload];
    }

    private static byte[] Poni() => Encoding.UTF8.GetBytes("""
        # Calibration done at Sat Jan  1 00:00:00 2022
        poni_version: 2.1
        Detector: Detector
        Detector_config: {"pixel1": 0.0001, "pixel2": 0.00012, "max_shape": [120, 160], "orientation": 3}
        Distance: 0.08
        Poni1: 0.0071
        Poni2: 0.0083
        Rot1: 0.2
        Rot2: -0.15
        Rot3: 0.3
        Wavelength: 2.48e-11
        """);

    /// <summary>Two rows of three 8-bit pixels in two strips, little endian.</summary>
    private static byte[] Tiff()
    {
        // Tag, type (3: 16 bits, 4: 32 bits), count, value or offset.
        (ushort Tag, ushort Type, uint Count, uint Value)[] entries =
        [
            (256, 3, 1, 3), (257, 3, 1, 2), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 2, 134), (277, 3, 1, 1),
            (278, 3, 1, 1), (279, 4, 2, 142), (339, 3, 1, 1),
        ];
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        writer.Write("II*\0"u8);
        writer.Write(8u);
        writer.Write((ushort)entries.Length);
        foreach ((ushort tag, ushort type, uint count, uint value) in entries)
        {
            writer.Write(tag);
            writer.Write(type);
            writer.Write(count);
            writer.Write(value);
        }

        // The directory ends at 8 + 2 + 10 · 12 = 130 with the offset of the next one: none.
        foreach (uint value in new uint[] { 0, 150, 153, 3, 3 })
        {
            writer.Write(value);
        }

        writer.Write([1, 0, 0, 0, 0, 1]);
        return stream.ToArray();
    }
}
