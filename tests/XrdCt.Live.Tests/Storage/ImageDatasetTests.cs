using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Storage.Images;

namespace XrdCt.Live.Tests.Storage;

public sealed class ImageDatasetTests(H5pyWriter h5py) : IClassFixture<H5pyWriter>, IDisposable
{
    private static readonly ImageShape Shape = new(5, 7);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("f['entry/mask'] = a != 0", "")]
    [InlineData("f['entry/mask'] = (a != 0).astype('u1'); f['entry/other'] = a", "")]
    [InlineData("f['entry/detector/pixel_mask'] = (a * 1024).astype('u4'); f['x'] = a", "")]
    [InlineData("f['only'] = a[None].astype('f8')", "")]
    [InlineData("f['a'] = a; f['b'] = 0 * a", "::/a")]
    [InlineData("f['g/a'] = a; f['g/b'] = 0 * a", "::g/a")]
    [InlineData("f.create_dataset('mask', data=a.astype('i8'), chunks=(2, 3), compression='gzip', shuffle=True)", "")]
    [InlineData("f.create_dataset('mask', data=a.astype('i4'), chunks=(5, 7), **hdf5plugin.Bitshuffle())", "")]
    public void ReadMask_WrittenByH5py_NonZeroIsMasked(string write, string dataset)
    {
        string path = Write(write);

        bool[] masked = ImageDataset.ReadMask(path + dataset, Shape, Decode).Masked.ToArray();

        Assert.Equal(Enumerable.Range(0, 35).Select(i => i % 3 == 1), masked);
    }

    [Theory]
    [InlineData("f['flatfield'] = (a + 0.25).astype('f4'); f['mask'] = a")]
    [InlineData("f['data'] = (a + 0.25).astype('f8'); f['mask'] = a")]
    [InlineData("f['x'] = (a + 0.25).astype('f4')")]
    public void ReadSingle_WrittenByH5py_IsTheImage(string write)
    {
        float[] image = ImageDataset.ReadSingle(Write(write), Shape, Decode);

        Assert.Equal(Enumerable.Range(0, 35).Select(i => i % 3 == 1 ? 1.25f : 0.25f), image);
    }

    [Theory]
    [InlineData("f['a'] = a; f['b'] = a", "", "/a, /b")]
    [InlineData("f['a'] = a", "::/c", "no dataset /c")]
    [InlineData("f['a'] = a.T", "", "swapped")]
    [InlineData("f['a'] = a[:3]", "", "[3, 7]")]
    [InlineData("f['a'] = 3", "", "no image")]
    [InlineData("f['only'] = a.astype('>i2')", "", "Byte order")]
    [InlineData("f['mask'] = a.astype('c8')", "", "not numbers")]
    [InlineData("f['mask'] = numpy.array([[b'x'] * 7] * 5)", "", "not numbers")]
    [InlineData("f.create_dataset('mask', (60000, 60000), 'f8', chunks=(100, 100))", "", "[60000, 60000]")]
    public void ReadMask_ThatIsNone_NamesFileAndRemedy(string write, string dataset, string expected)
    {
        string path = Write(write);

        InvalidDataException e = Assert.Throws<InvalidDataException>(() => ImageDataset.ReadMask(path + dataset, Shape, Decode));

        Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadMask_OtherFile_SaysThatItIsNoHdf5()
    {
        string path = _folder.File("text.h5");
        File.WriteAllText(path, "not HDF5");

        Assert.StartsWith(path, Assert.Throws<InvalidDataException>(() => ImageDataset.ReadMask(path, Shape, Decode)).Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => ImageDataset.ReadMask(_folder.File("missing.h5"), Shape, Decode));
    }

    [Theory]
    [InlineData("a.h5", true, "a.h5")]
    [InlineData("a.H5::/b/c", true, "a.H5")]
    [InlineData("strange.dat::/b", true, "strange.dat")]
    [InlineData("a.edf", false, "a.edf")]
    public void IsHdf5_Location_IsToldByItsName(string location, bool expected, string file)
    {
        Assert.Equal(expected, ImageDataset.IsHdf5(location));
        Assert.Equal(file, ImageDataset.FileOf(location));
    }

    private static bool Decode(ReadOnlySpan<byte> packed, int elementSize, Span<byte> plain)
    {
        int needed = BitshuffleLz4.ScratchLength(packed, elementSize, plain.Length);
        return needed >= 0 && BitshuffleLz4.TryDecode(packed, elementSize, new byte[needed], plain);
    }

    private string Write(string script)
    {
        string path = _folder.File("image.h5");
        h5py.Write(path, script);
        return path;
    }
}
