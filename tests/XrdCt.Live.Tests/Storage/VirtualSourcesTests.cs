using XrdCt.Live.Storage.Stacks;

namespace XrdCt.Live.Tests.Storage;

/// <summary>Virtual lists of numbers, written by h5py: source.h5 has /n = 0 … 9, big-endian in /swapped, float in /real.</summary>
public sealed class VirtualSourcesTests(H5pyWriter h5py) : IClassFixture<H5pyWriter>, IDisposable
{
    private const string Source = "f['n'] = numpy.arange(10); f['real'] = numpy.arange(10.); f['swapped'] = numpy.arange(10, dtype='>i8'); f['s'] = h5py.SoftLink('/n'); f.create_dataset('huge', (1 << 28,), 'i8', chunks=(1 << 28,))";

    // join(path, parts): one after the other.
    private const string Join = """
        def join(path, *parts, n=10):
            layout = h5py.VirtualLayout(shape=(n * len(parts),), dtype='i8')
            for i, (name, dataset) in enumerate(parts): layout[i * n:(i + 1) * n] = h5py.VirtualSource(name, dataset, shape=(n,))
            f.create_virtual_dataset(path, layout, fillvalue=-7)

        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("join('v', ('source.h5', '/n'), ('source.h5', '/n'))", 2)]
    [InlineData("join('v', ('source.h5', '/s'))", 1)]
    [InlineData("join('w', ('source.h5', '/n')); join('v', ('virtual.h5', '/w'), ('source.h5', '/n'))", 2)]
    [InlineData("f['here'] = numpy.arange(10); join('v', ('.', '/here'))", 1)]
    public void Read_SourcesThatAreThere_GivesTheirNumbers(string write, int times) =>
        Assert.Equal(Enumerable.Range(0, 10 * times).Select(i => i % 10.0), Read(write));

    [Theory]
    [InlineData("join('v', ('source.h5', '/n'), ('gone.h5', '/n'))", "v takes numbers from gone.h5, which is not there: copy it to its place, or name the file itself")]
    [InlineData("join('v', ('/gpfs/moved/away/source.h5', '/n'))", "takes numbers from /gpfs/moved/away/source.h5, which is not there")]
    [InlineData("join('v', ('source.h5', '/none'))", "takes numbers from source.h5, which has no dataset /none")]
    [InlineData("join('v', ('source.h5', '/real'))", "v has Int64 numbers, but its source source.h5:/real has Float64")]
    [InlineData("join('v', ('source.h5', '/swapped'))", "but its source source.h5:/swapped has Int64, big-endian")]
    [InlineData("join('v', ('source.h5', '/huge'))", "source.h5:/huge, whose chunks are larger than 1024 MiB")]
    [InlineData("join('v', ('.', '/v'))", "behind 4 others, or in a circle")]
    [InlineData("join('v', ('virtual.h5', '/w')); join('w', ('virtual.h5', '/v'))", "behind 4 others, or in a circle")]
    [InlineData("join('w', ('gone.h5', '/n')); join('v', ('virtual.h5', '/w'))", "takes numbers from gone.h5, which is not there")]
    [InlineData("f['c'] = h5py.SoftLink('/d'); f['d'] = h5py.SoftLink('/c'); join('v', ('virtual.h5', '/c'))", "goes in a circle")]
    [InlineData("join('v', *[('virtual.h5', f'/{i}') for i in range(1001)], n=1); [f.create_dataset(str(i), data=[i]) for i in range(1001)]", "more than 1000 datasets")]
    public void Read_SourcesThatAreNone_SaysWhich(string write, string gist)
    {
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => Read(write));

        Assert.StartsWith(_folder.File("virtual.h5"), e.Message, StringComparison.Ordinal);
        Assert.Contains(gist, e.Message, StringComparison.Ordinal);
    }

    private double[] Read(string write)
    {
        h5py.Write(_folder.File("source.h5"), Source);
        h5py.Write(_folder.File("virtual.h5"), Join + write);
        return NumberDataset.Read(_folder.File("virtual.h5"), "/v", (packed, elementSize, plain) => false);
    }
}
