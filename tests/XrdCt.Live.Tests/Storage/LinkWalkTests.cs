using System.Text.Json;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Storage.Hdf5;
using XrdCt.Live.Storage.Images;
using XrdCt.Live.Storage.Sinograms;
using XrdCt.Live.Storage.Stacks;

namespace XrdCt.Live.Tests.Storage;

/// <summary>Groups of many links and long names, written by h5py in both forms of the format.</summary>
public sealed class LinkWalkTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("earliest")]
    [InlineData("latest")]
    public void Search_GroupOfThousands_FindsWhatIsBehindIt(string version)
    {
        string path = Write(version, """
                g = f.create_group('g')
                for i in range(3000): g[f'counter_{i:05}'] = i
                f['z/frames'] = numpy.zeros((2, 3, 4), 'u2')
            """);

        using FrameStackReader frames = new(path, null, NoDecoder);

        Assert.Equal("/z/frames", frames.DatasetPath);
        Assert.Contains("/z/frames [2, 3, 4]", Refusal(() => new SinogramFile(path, new SinogramReading(), NoDecoder)), StringComparison.Ordinal);
        Assert.Contains("no image", Refusal(() => ImageDataset.ReadMask(path, new ImageShape(3, 4), NoDecoder)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("earliest")]
    [InlineData("latest")]
    public void Search_HundredsOfScans_FindsTheFramesOfTheLast(string version)
    {
        string path = Write(version, """
                for s in range(300):
                    m = f.create_group(f'{s + 100}.1/measurement')
                    for i in range(25): m[f'counter_{i:02}'] = i
                f['399.1/measurement/pilatus'] = numpy.zeros((2, 3, 4), 'u2')
            """);

        using FrameStackReader frames = new(path, null, NoDecoder);

        Assert.Equal("/399.1/measurement/pilatus", frames.DatasetPath);
        Assert.Contains("/399.1/measurement/pilatus [2, 3, 4]", Refusal(() => new SinogramFile(path, new SinogramReading(), NoDecoder)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("earliest")]
    [InlineData("latest")]
    public void Nodes_MoreThanAreLookedAt_AreTenThousandWithTheRoot(string version)
    {
        string path = Write(version, """
                d = f.create_dataset('0', data=1)
                for i in range(20):
                    g = f.create_group(f'g{i:02}')
                    for k in range(600): g.create_group(f'{k:03}')
                    g['again'] = d
            """);
        using LinkWalk walk = new();

        Assert.Equal(10_000 - 1, walk.Nodes(walk.Open(path), []).Count());
    }

    /// <summary>3000 entries that all name the same text of a megabyte: 6 GB of names in a file of little more than that megabyte.</summary>
    [Fact]
    public void Search_EntriesThatShareALongName_CostNoMoreThanTheFileMay()
    {
        string path = Write("earliest", """
                g = f.create_group('g'); d = g.create_dataset('a' * 1000000, data=1)
                for i in range(3000): g[f'n{i:04}'] = d
            """, """
            import struct
            b = bytearray(open(path, 'rb').read())
            def all(letters):
                at = b.find(letters)
                while at >= 0:
                    yield at
                    at = b.find(letters, at + 1)
            text = b.find(b'a' * 1000)
            heaps = [struct.unpack_from('<QQQ', b, at + 8) for at in all(b'HEAP')]
            (offset,) = [text - first for (length, _, first) in heaps if first <= text < first + length]
            for at in all(b'SNOD'):
                count = struct.unpack_from('<H', b, at + 6)[0]
                for i in range(count if count > 1 else 0): struct.pack_into('<Q', b, at + 8 + 40 * i, offset)
            open(path, 'wb').write(b)
            """);
        Assert.InRange(new FileInfo(path).Length, 1_000_000, 4_000_000);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Contains("more than 256 MiB", Refusal(() => new FrameStackReader(path, null, NoDecoder)), StringComparison.Ordinal);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1L << 29);
    }

    [Fact]
    public void Attribute_BesideOneOfTenKilobytes_IsRead()
    {
        string path = Write("latest", """
                for i in range(12): f.attrs[f'note_{i}'] = numpy.bytes_(f'text {i}')
                f.attrs['long'] = numpy.bytes_('x' * 10000)
                f['frames'] = numpy.zeros((2, 3, 4), 'u2')
            """);
        using Hdf5Metadata file = new(path);
        ObjectHeader root = new(file, file.Root);

        Assert.Equal(Enumerable.Range(0, 12).Select(i => $"text {i}"), Enumerable.Range(0, 12).Select(i => NodeText.Attribute(root, $"note_{i}")));
        Assert.Null(NodeText.Attribute(root, "long"));
    }

    [Fact]
    public void Search_LinkWithANameOfTenKilobytes_SaysSo()
    {
        string path = Write("latest", """
                for i in range(12): f[f'note_{i}'] = i
                f['x' * 10000] = 1
            """);

        Assert.Contains("a link with a name too long", Refusal(() => new FrameStackReader(path, null, NoDecoder)), StringComparison.Ordinal);
    }

    private static string Refusal(Func<object> act) => Assert.Throws<InvalidDataException>(() => (act() as IDisposable)?.Dispose()).Message;

    private static bool NoDecoder(ReadOnlySpan<byte> packed, int elementSize, Span<byte> plain) => false;

    private string Write(string version, string script, string after = "")
    {
        string path = _folder.File($"{version}.h5");
        JsonElement written = ForeignPython.Run("h5py, numpy", $$"""
            import sys, h5py, numpy
            path = sys.argv[1]
            with h5py.File(path, 'w', libver='{{version}}') as f:
            {{script}}
            {{after}}
            print(1)
            """, path);
        Assert.Equal(1, written.GetInt32());
        return path;
    }
}
