using BitMiracle.LibTiff.Classic;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.Files;

/// <summary>The first page of a grey TIFF file in strips, 8, 16 or 32 bits, integer or float.</summary>
internal static class TiffImage
{
    // A mask of the largest detectors (16 million pixels of 32 bits) has 64 MB.
    private const int LargestFile = 512 << 20;

    static TiffImage()
    {
        // The library prints to the console by itself; what is wrong is said by the exceptions below.
        Tiff.SetErrorHandler(new SilentHandler());
    }

    /// <summary>Reads on after <paramref name="begun"/>, the first bytes of the file.</summary>
    internal static NumberArray Read(ImageStream file, ReadOnlySpan<byte> begun, ImageShape? expected)
    {
        byte[] bytes = file.ReadToEnd(begun, LargestFile);
        ImageShape shape = TiffDirectory.Check(bytes, file, expected);
        try
        {
            using MemoryStream memory = new(bytes);
            using Tiff tiff = Tiff.ClientOpen(file.Name, "r", memory, new TiffStream())
                ?? throw file.Wrong("the TIFF header is damaged");
            return Read(tiff, file, shape);
        }
        catch (Exception e) when (e is not FormatException || !e.Message.StartsWith(file.Name, StringComparison.Ordinal))
        {
            // The library is not written against hostile files: whatever it throws means that the file is damaged. What
            // begins with the name of the file is ours; the library's own FormatException says nothing to a user.
            throw file.Wrong("the TIFF file is damaged; save it again", e);
        }
    }

    private static NumberArray Read(Tiff tiff, ImageStream file, ImageShape shape)
    {
        int bits = Field(tiff, TiffTag.BITSPERSAMPLE, 1);
        SampleFormat kind = (SampleFormat)Field(tiff, TiffTag.SAMPLEFORMAT, (int)SampleFormat.UINT);
        NumberFormat format = (bits, kind) switch
        {
            (8, SampleFormat.INT) => NumberFormat.Int8,
            (8, _) => NumberFormat.UInt8,
            (16, SampleFormat.INT) => NumberFormat.Int16,
            (16, SampleFormat.UINT) => NumberFormat.UInt16,
            (32, SampleFormat.INT) => NumberFormat.Int32,
            (32, SampleFormat.IEEEFP) => NumberFormat.Single,
            (32, SampleFormat.UINT) => NumberFormat.UInt32,
            _ => throw file.Wrong($"a TIFF of {bits} bits ({kind}) is not supported; save it with 8, 16 or 32 bits"),
        };
        int rowLength = shape.Columns * NumberArray.SizeOf(format);
        if (tiff.ScanlineSize() != rowLength)
        {
            throw file.Wrong($"a row of the TIFF has {tiff.ScanlineSize()} bytes instead of {rowLength}");
        }

        byte[] row = new byte[rowLength];
        byte[] bytes = new byte[checked(rowLength * shape.Rows)];
        for (int r = 0; r < shape.Rows; r++)
        {
            if (!tiff.ReadScanline(row, r))
            {
                throw file.Wrong($"row {r} of the TIFF cannot be read; the file is cut short or damaged");
            }

            row.CopyTo(bytes, r * rowLength);
        }

        // The library has turned the numbers to the byte order of this machine.
        return new NumberArray(shape, format, bytes, BitConverter.IsLittleEndian);
    }

    private static int Field(Tiff tiff, TiffTag tag, int absent) =>
        tiff.GetFieldDefaulted(tag) is [var value, ..] ? value.ToInt() : absent;

    private sealed class SilentHandler : TiffErrorHandler
    {
        public override void ErrorHandler(Tiff tif, string method, string format, params object[] args)
        {
        }

        public override void ErrorHandlerExt(
            Tiff tif,
            object clientData,
            string method,
            string format,
            params object[] args)
        {
        }

        public override void WarningHandler(Tiff tif, string method, string format, params object[] args)
        {
        }

        public override void WarningHandlerExt(
            Tiff tif,
            object clientData,
            string method,
            string format,
            params object[] args)
        {
        }
    }
}
