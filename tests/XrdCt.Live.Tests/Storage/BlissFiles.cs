using System.Text.Json;

namespace XrdCt.Live.Tests.Storage;

/// <summary>A scan in files as BLISS and LImA shape them, written by h5py once for each version of the format, and what h5py reads there.</summary>
public sealed class BlissFiles : IDisposable
{
    public const int Rows = 6;
    public const int Columns = 7;

    // top.h5 -> data/scan.h5 -> data/scan0001/pilatus_000N.h5, four frames in each; every pixel of every frame has a value of its own.
    private const string Script = """
        import sys, os, json, hashlib, numpy, h5py, hdf5plugin
        from h5py import h5s, h5p, h5d, h5t
        folder, version = sys.argv[1:]
        libver = {'earliest': ('earliest', 'v110'), 'latest': 'latest'}[version]
        R, C, N = 6, 7, 4
        shape = (N, R, C)
        os.makedirs(os.path.join(folder, 'data', 'scan0001'))
        at = lambda *names: os.path.join(folder, *names)
        frames = lambda first, n=N: (numpy.arange(n * R * C).reshape(n, R, C) + first * 1000).astype('i4')
        lz4 = hdf5plugin.Bitshuffle(nelems=0, cname='lz4')
        lima = '/entry_0000/measurement/data'
        for i in range(3):
            with h5py.File(at('data', 'scan0001', f'pilatus_{i:04}.h5'), 'w', libver=libver) as f:
                f.create_dataset('/entry_0000/instrument/Pilatus/data', data=frames(i), chunks=(1, R, C), maxshape=(None, R, C), **lz4)
                f[lima] = h5py.SoftLink('/entry_0000/instrument/Pilatus/data')
        for i in range(3):
            with h5py.File(at('data', 'scan0001', f'one_{i:04}.h5'), 'w', libver=libver) as f:
                f.create_dataset('/image', data=frames(10 + i)[0], chunks=(R, C), **lz4)
        with h5py.File(at('data', 'scan0001', 'swapped.h5'), 'w', libver=libver) as f:
            f.create_dataset(lima, data=frames(20).astype('>i4'), chunks=(1, R, C), **lz4)
        with h5py.File(at('data', 'scan0001', 'short.h5'), 'w', libver=libver) as f:
            f.create_dataset(lima, data=frames(30).astype('u2'), chunks=(1, R, C), **lz4)

        def source(i, **more):
            return h5py.VirtualSource(f'scan0001/pilatus_{i:04}.h5', lima, shape=shape, **more)
        def virtual(group, name, n, fill):
            layout = h5py.VirtualLayout(shape=(n, R, C), dtype='i4')
            fill(layout)
            group.create_virtual_dataset(name, layout, fillvalue=-7)
        def three(layout):
            for i in range(3):
                layout[i * N:(i + 1) * N] = source(i)
        def holes(layout):
            three(layout)
            layout[12:16] = h5py.VirtualSource('scan0001/gone.h5', lima, shape=shape)
        def turns(layout):
            layout[0::2], layout[1::2] = source(0), source(1)
        def parts(layout):
            layout[0:2], layout[2:3], layout[3:7] = source(2)[1:3], source(0)[3:4], source(1)
        def strided(layout):
            layout[0:2], layout[2:4] = source(2)[0::2], source(2)[1::2]
        def single(layout):
            for i in range(3):
                layout[i] = h5py.VirtualSource(f'scan0001/one_{i:04}.h5', '/image', shape=(R, C))
        def tiled(layout):
            layout[:, :3], layout[:, 3:] = source(0)[:, :3], source(1)[:, 3:]
        def absolute(layout):
            layout[:] = h5py.VirtualSource('/gpfs/moved/away/pilatus_0001.h5', lima, shape=shape)
        def percent(layout):
            layout[:] = h5py.VirtualSource('scan0001/100%%.h5', lima, shape=shape)
        def whole(name):
            return lambda layout: layout.__setitem__(slice(None), h5py.VirtualSource(name, lima, shape=shape))
        def over(layout):
            layout[:] = h5py.VirtualSource('scan0001/pilatus_0001.h5', lima, shape=(2 * N, R, C))
        def itself(layout):
            layout[:] = h5py.VirtualSource('.', '/1.1/odd/itself', shape=shape)

        os.link(at('data', 'scan0001', 'pilatus_0002.h5'), at('data', 'scan0001', '100%.h5'))
        os.link(at('data', 'scan0001', 'pilatus_0001.h5'), at('data', 'pilatus_0001.h5'))
        with h5py.File(at('data', 'scan.h5'), 'w', libver=libver) as f:
            e = f.create_group('1.1')
            m = e.create_group('measurement', track_order=version == 'latest')
            virtual(e.require_group('instrument/pilatus'), 'data', 3 * N, three)
            m['pilatus'] = h5py.SoftLink('/1.1/instrument/pilatus/data')
            m['direct'] = h5py.ExternalLink('scan0001/pilatus_0001.h5', lima)
            odd = e.create_group('odd')
            for name, n, fill in [('holes', 17, holes), ('turns', 2 * N, turns), ('parts', 7, parts), ('strided', N, strided), ('single', 3, single),
                                  ('tiled', N, tiled), ('absolute', N, absolute), ('percent', N, percent), ('itself', N, itself),
                                  ('swapped', N, whole('scan0001/swapped.h5')), ('short', N, whole('scan0001/short.h5')), ('long', 2 * N, lambda l: l.__setitem__(slice(0, N), source(0))), ('over', 2 * N, over)]:
                virtual(odd, name, n, fill)
            grows = h5py.VirtualLayout(shape=(1, R, C), maxshape=(None, R, C), dtype='i4')
            growing = h5py.VirtualSource('scan0001/pilatus_0000.h5', lima, shape=(1, R, C), maxshape=(None, R, C))
            grows[0:h5s.UNLIMITED] = growing[0:h5s.UNLIMITED]
            odd.create_virtual_dataset('grows', grows)
            here = h5s.create_simple((2 * N, R, C), (h5s.UNLIMITED, R, C))
            here.select_hyperslab((0, 0, 0), (h5s.UNLIMITED, 1, 1), (N, 1, 1), (N, R, C))
            there = h5s.create_simple(shape)
            plist = h5p.create(h5p.DATASET_CREATE)
            plist.set_virtual(here, b'scan0001/pilatus_000%b.h5', lima.encode(), there)
            h5d.create(odd.id, b'numbered', h5t.STD_I32LE, h5s.create_simple((2 * N, R, C), (h5s.UNLIMITED, R, C)), plist)
            odd['circle'] = h5py.SoftLink('/1.1/odd/circle2'); odd['circle2'] = h5py.SoftLink('circle')
            odd['lost'] = h5py.ExternalLink('scan0001/gone.h5', lima)
            odd['around'] = h5py.ExternalLink('scan.h5', '/1.1/odd/around')
            odd['nowhere'] = h5py.SoftLink('/1.1/odd/never')
            m['index'] = numpy.arange(3 * N) * 2
            m.create_dataset('stored', data=frames(5), chunks=(1, R, C), **lz4)
            # More than fit one node, so that all kinds of groups get their index: leaves below nodes below a root.
            for i in range(700):
                m[f'counter_{i:03}_with_a_long_name'] = h5py.SoftLink('/1.1/title')
        with h5py.File(at('top.h5'), 'w', libver=libver) as f:
            f['scan_1.1'] = h5py.ExternalLink('data/scan.h5', '/1.1')
            virtual(f, 'again', 3 * N, lambda layout: layout.__setitem__(slice(None), h5py.VirtualSource('data/scan.h5', '/1.1/measurement/pilatus', shape=(3 * N, R, C))))

        read = {}
        names = ['measurement/pilatus', 'measurement/direct', 'measurement/stored', 'instrument/pilatus/data'] + ['odd/' + n for n in ('turns', 'parts', 'strided', 'single', 'percent', 'absolute', 'grows', 'tiled')]
        with h5py.File(at('top.h5'), 'r') as f:
            for name in ['/again'] + ['/scan_1.1/' + n for n in names]:
                read[name] = [hashlib.sha256(frame.astype('<i4').tobytes()).hexdigest() for frame in f[name][()]]
        print(json.dumps(read))
        """;

    private readonly Dictionary<string, (string Folder, JsonElement Read)> _written = [];

    /// <summary>The folder, and the SHA-256 of the pixels of each frame that h5py reads, by dataset of top.h5.</summary>
    /// <param name="version">earliest or latest.</param>
    public (string Folder, JsonElement Read) Of(string version)
    {
        if (!_written.TryGetValue(version, out (string, JsonElement) written))
        {
            string folder = Directory.CreateTempSubdirectory("xrdct-bliss").FullName;
            _written[version] = written = (folder, default);
            _written[version] = written = (folder, ForeignPython.Run("h5py, hdf5plugin, numpy", Script, folder, version));
        }

        return written;
    }

    public void Dispose()
    {
        foreach ((string folder, _) in _written.Values)
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
