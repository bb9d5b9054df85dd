using System.Text;
using BitMiracle.LibTiff.Classic;
using XrdCt.Live.Ingest.Files;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;

namespace XrdCt.Live.Tests.Ingest;

public class MaskFileTests
{
    private static readonly ImageShape Small = new(120, 160);
    private static readonly ImageShape Tiny = new(2, 3);
    private static readonly bool[] TinyMask = [false, true, false, true, false, true];

    [Fact]
    public void Read_EdfAndNpyOfOneMask_AreTheSame()
    {
        PixelMask edf = MaskFile.Read(GoldenFiles.PathOf("mask.edf"), Small);
        PixelMask npy = MaskFile.Read(GoldenFiles.PathOf("mask.npy"), Small);

        Assert.InRange(edf.MaskedCount, 1, Small.PixelCount - 1);
        Assert.True(edf.Masked.SequenceEqual(npy.Masked));

        // Plain NPY of 1-byte numbers: the pixels are the last 19 200 bytes.
        byte[] plain = File.ReadAllBytes(GoldenFiles.PathOf("mask.npy"))[^Small.PixelCount..];
        Assert.True(edf.Masked.SequenceEqual(Array.ConvertAll(plain, x => x != 0)));
    }

    [Fact]
    public void Read_RealMask_Masks261152Pixels()
    {
        PixelMask mask = MaskFile.Read(ReferenceData.Require("mask.edf"), ImageShape.Pilatus2M);

        Assert.Equal(261_152, mask.MaskedCount);
    }

    [Fact]
    public void Read_GzipOfFullSize_EqualsItsPackedBits()
    {
        PixelMask mask = MaskFile.Read(ReferenceData.Require("golden/mask/user_mask.edf.gz"), ImageShape.Pilatus2M);
        byte[] bits = File.ReadAllBytes(ReferenceData.Require("golden/mask/user_mask_packbits.npy"))[^309566..];

        for (int i = 0; i < mask.Masked.Length; i++)
        {
            Assert.Equal((bits[i / 8] >> (7 - (i % 8))) & 1, mask.Masked[i] ? 1 : 0);
        }
    }

    [Theory]
    [InlineData("SignedByte", "LowByteFirst", "00 01 00 FF 00 80")]
    [InlineData("UnsignedShort", "LowByteFirst", "0000 0001 0000 0100 0000 FFFF")]
    [InlineData("UnsignedShort", "HighByteFirst", "0000 0001 0000 0100 0000 FFFF")]
    [InlineData("SignedInteger", "LowByteFirst", "00000000 01000000 00000000 00000080 00000000 FFFFFFFF")]
    [InlineData("FloatValue", "HighByteFirst", "00000000 3F800000 80000000 7FC00000 00000000 00000001")]
    [InlineData("Signed64", "HighByteFirst", "00000000 00000000 00000001 00000000 00000000 00000000", 3)]
    public void Read_EdfOfAnyType_NonZeroIsMasked(string type, string order, string numbers, int pixelCount = 6)
    {
        using TemporaryFolder folder = new();
        byte[] pixels = Convert.FromHexString(numbers.Replace(" ", ""));
        ImageShape shape = new(pixelCount / 3, 3);
        string header = $"DataType = {type} ;\nByteOrder = {order} ;\nDim_1 = 3 ;\nDim_2 = {shape.Rows} ;";
        string path = folder.Write("mask.edf", Edf(header, pixels));

        Assert.Equal(TinyMask[..pixelCount], MaskFile.Read(path, shape).Masked.ToArray());
    }

    [Theory]
    [InlineData("|b1", 1, "000100010001")]
    [InlineData("<i2", 1, "0000 0100 0000 0001 0000 FFFF")]
    [InlineData(">i2", 2, "0000 0100 0000 0001 0000 FFFF")]
    [InlineData("<f4", 3, "00000000 0000803F 00000080 0000C07F 00000000 01000000")]
    public void Read_NpyOfAnyType_NonZeroIsMasked(string type, int version, string numbers)
    {
        using TemporaryFolder folder = new();
        byte[] pixels = Convert.FromHexString(numbers.Replace(" ", ""));
        string path = folder.Write("mask.npy", Npy(type, "False", "2, 3", pixels, version));

        Assert.Equal(TinyMask, MaskFile.Read(path, Tiny).Masked.ToArray());
    }

    [Theory]
    [InlineData(8, SampleFormat.UINT, Compression.NONE)]
    [InlineData(16, SampleFormat.UINT, Compression.LZW)]
    [InlineData(32, SampleFormat.INT, Compression.ADOBE_DEFLATE)]
    [InlineData(32, SampleFormat.IEEEFP, Compression.PACKBITS)]
    public void Read_GreyTiff_NonZeroIsMasked(int bits, SampleFormat format, Compression compression)
    {
        using TemporaryFolder folder = new();
        string path = folder.PathOf("mask.tif");
        WriteTiff(path, bits, format, compression);

        Assert.Equal(TinyMask, MaskFile.Read(path, Tiny).Masked.ToArray());
    }

    [Theory]
    [InlineData("cbfimage.CbfImage", "mask.cbf")]
    [InlineData("edfimage.EdfImage", "mask.edf")]
    [InlineData("edfimage.EdfImage", "mask.edf.gz")]
    [InlineData("tifimage.TifImage", "mask.tif")]
    public void Read_WrittenByFabio_NonZeroIsMasked(string type, string name)
    {
        using TemporaryFolder folder = new();
        string path = folder.PathOf(name);
        Storage.ForeignPython.Run("fabio", $"""
            import sys, numpy, fabio.{type.Split('.')[0]} as module
            module.{type.Split('.')[1]}(data=(numpy.arange(35) % 3 == 1).astype('int32').reshape(5, 7)).write(sys.argv[1])
            print('null')
            """, path);

        bool[] masked = MaskFile.Read(path, new ImageShape(5, 7)).Masked.ToArray();

        Assert.Equal(Enumerable.Range(0, 35).Select(i => i % 3 == 1), masked);
    }

    [Theory]
    [InlineData("image.cbf")]
    [InlineData("image.npy")]
    [InlineData("image_float32.edf")]
    public void ReadCorrection_OneImageInAnyFormat_IsTheSame(string name)
    {
        float[] image = CorrectionFile.Read(GoldenFiles.PathOf(name), Small);

        Assert.Equal(Tests.Npy.ReadInts(GoldenFiles.PathOf("image.npy")).Select(p => (float)p), image);
    }

    [Fact]
    public void ReadCorrection_FloatTiff_KeepsItsNumbers()
    {
        using TemporaryFolder folder = new();
        string path = folder.PathOf("flat.tif");
        WriteTiff(path, 32, SampleFormat.IEEEFP, Compression.ADOBE_DEFLATE);

        // 3F000000 where the mask has a pixel, big end last.
        Assert.Equal([0, 0.5f, 0, 0.5f, 0, 0.5f], CorrectionFile.Read(path, Tiny));
    }

    [Fact]
    public void ReadCorrection_OtherShape_IsRefused()
    {
        FormatException e = Assert.Throws<FormatException>(() => CorrectionFile.Read(GoldenFiles.PathOf("image.cbf"), ImageShape.Pilatus2M));

        Assert.Contains("120×160", e.Message);
        Assert.Contains("1679×1475", e.Message);
    }

    [Fact]
    public void Read_OtherShape_NamesBothShapes()
    {
        FormatException e = Assert.Throws<FormatException>(
            () => MaskFile.Read(GoldenFiles.PathOf("mask.edf"), ImageShape.Pilatus2M));

        Assert.Contains("mask.edf", e.Message);
        Assert.Contains("120×160", e.Message);
        Assert.Contains("1679×1475", e.Message);
    }

    [Fact]
    public void Read_TransposedShape_SaysSo()
    {
        FormatException e = Assert.Throws<FormatException>(
            () => MaskFile.Read(GoldenFiles.PathOf("mask.npy"), new ImageShape(160, 120)));

        Assert.Contains("swapped", e.Message);
    }

    [Theory]
    [InlineData("Dim_1 = 3 ;\nDim_2 = 2 ;", "DataType")]
    [InlineData("DataType = UnsignedByte ;\nDim_2 = 2 ;", "Dim_1")]
    [InlineData("DataType = UnsignedByte ;\nDim_1 = three ;\nDim_2 = 2 ;", "Dim_1 = three")]
    [InlineData("DataType = Strange ;\nDim_1 = 3 ;\nDim_2 = 2 ;", "Strange")]
    [InlineData("DataType = UnsignedByte ;\nDim_1 = 3 ;\nDim_2 = 2 ;\nDim_3 = 4 ;", "Dim_3")]
    [InlineData("DataType = UnsignedByte ;\nDim_1 = 3 ;\nDim_2 = 2 ;\nByteOrder = Middle ;", "Middle")]
    [InlineData("DataType = UnsignedByte ;\nDim_1 = 3 ;\nDim_2 = 2 ;\nCompression = GzipCompression ;", "Compression")]
    [InlineData("DataType = SignedInteger ;\nDim_1 = 3 ;\nDim_2 = 2 ;", "cut short")]
    [InlineData("DataType = UnsignedByte ;\nDim_1 = 3 ;\nDim_2 = 2 ;\nEDF_BinarySize = 5 ;", "EDF_BinarySize")]
    [InlineData("DataType = UnsignedByte ;\nDim_1 = 3000000000 ;\nDim_2 = 3000000000 ;", "not possible")]
    public void Read_BadEdf_NamesFileAndKey(string header, string expected)
    {
        using TemporaryFolder folder = new();
        AssertRefused(folder.Write("bad.edf", Edf(header, new byte[6])), expected);
    }

    [Theory]
    [InlineData("<f4", "True", "2, 3", "Fortran")]
    [InlineData("<f4", "False", "6,", "two dimensions")]
    [InlineData("<c8", "False", "2, 3", "c8")]
    [InlineData("<f8", "False", "2, 3", "cut short")]
    public void Read_BadNpy_SaysWhy(string type, string fortran, string shape, string expected)
    {
        using TemporaryFolder folder = new();
        AssertRefused(folder.Write("bad.npy", Npy(type, fortran, shape, new byte[24], 1)), expected);
    }

    [Fact]
    public void Read_OtherFile_SaysWhatIsPossible()
    {
        using TemporaryFolder folder = new();
        AssertRefused(folder.Write("bad.txt", "PNG it is not"u8), "EDF, NPY, TIFF nor CBF");
        AssertRefused(folder.Write("bad.tif", "II*\0 and nothing more"u8), "TIFF");
        AssertRefused(folder.Write("bad.empty", []), "EDF, NPY, TIFF nor CBF");
        AssertRefused(folder.Write("bad.gz", [0x1F, 0x8B, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), "gzip");
    }

    internal static byte[] Edf(string header, byte[] pixels) =>
        [.. Encoding.Latin1.GetBytes($"{{\n{header}\n".PadRight(510) + "}\n"), .. pixels];

    internal static byte[] Npy(string type, string fortran, string shape, byte[] pixels, int version)
    {
        string header = $"{{'descr': '{type}', 'fortran_order': {fortran}, 'shape': ({shape}), }}".PadRight(117) + "\n";
        byte[] length = version == 1 ? BitConverter.GetBytes((ushort)118) : BitConverter.GetBytes(118u);
        return [0x93, .. "NUMPY"u8, (byte)version, 0, .. length, .. Encoding.Latin1.GetBytes(header), .. pixels];
    }

    internal static void WriteTiff(string path, int bits, SampleFormat format, Compression compression)
    {
        using Tiff tiff = Tiff.Open(path, "w");
        tiff.SetField(TiffTag.IMAGEWIDTH, 3);
        tiff.SetField(TiffTag.IMAGELENGTH, 2);
        tiff.SetField(TiffTag.BITSPERSAMPLE, bits);
        tiff.SetField(TiffTag.SAMPLEFORMAT, format);
        tiff.SetField(TiffTag.COMPRESSION, compression);
        tiff.SetField(TiffTag.SAMPLESPERPIXEL, 1);
        tiff.SetField(TiffTag.ROWSPERSTRIP, 1);
        tiff.SetField(TiffTag.PHOTOMETRIC, Photometric.MINISBLACK);
        for (int r = 0; r < 2; r++)
        {
            byte[] row = new byte[3 * bits / 8];
            for (int c = 0; c < 3; c++)
            {
                row[(c * bits / 8) + (bits / 8) - 1] = TinyMask[(3 * r) + c] ? (byte)0x3F : (byte)0;
            }

            tiff.WriteScanline(row, r);
        }
    }

    private static void AssertRefused(string path, string expected)
    {
        FormatException e = Assert.Throws<FormatException>(() => MaskFile.Read(path, Tiny));

        Assert.StartsWith(path, e.Message);
        Assert.Contains(expected, e.Message);
    }
}
