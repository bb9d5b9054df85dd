using System.Runtime.InteropServices;
using XrdCt.Live.Ingest.Files;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Tests.Ingest;

public class EdfImageTests
{
    [Fact]
    public void Read_FloatImageOfFabio_GivesItsPixels()
    {
        EdfImage image = EdfImage.Read(GoldenFiles.PathOf("image_float32.edf"));
        byte[] plain = File.ReadAllBytes(GoldenFiles.PathOf("image.npy"))[^(120 * 160 * 4)..];
        int[] expected = MemoryMarshal.Cast<byte, int>(plain.AsSpan()).ToArray();

        Assert.Equal(new ImageShape(120, 160), image.Shape);
        Assert.Equal("FloatValue", image.Header["datatype"], ignoreCase: true);
        Assert.Equal(Array.ConvertAll(expected, x => (float)x), image.ToSingle());
        Assert.Equal(expected, image.ToInt32());
    }

    [Fact]
    public void ToInt32_Fractions_AreRefused()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write(
            "half.edf",
            MaskFileTests.Edf("DataType = FloatValue ;\nDim_1 = 1 ;\nDim_2 = 1 ;", BitConverter.GetBytes(0.5f)));

        EdfImage image = EdfImage.Read(path);

        Assert.Equal([0.5f], image.ToSingle());
        Assert.StartsWith(path, Assert.Throws<FormatException>(image.ToInt32).Message);
    }

    [Fact]
    public void Read_BraceInAValueAndLongHeader_FindsThePixels()
    {
        using TemporaryFolder folder = new();
        string comment = "title = {not the end} of it ;\n" + string.Concat(Enumerable.Repeat("k = v ;\n", 200));
        byte[] file = MaskFileTests.Edf(
            $"{comment}DataType = SignedInteger ;\nDim_1 = 1 ;\nDim_2 = 2 ;",
            [1, 0, 0, 0, 254, 255, 255, 255]);

        EdfImage image = EdfImage.Read(folder.Write("long.edf", file));

        Assert.Equal([1, -2], image.ToInt32());
    }
}
