using System.Text.Json;

namespace XrdCt.Live.Tests.Storage;

/// <summary>
/// What the package nxxrdct 0.1 reads of a file (https://github.com/nexuscontributions/nxxrdct: get_valid_entries, load, get_data and
/// get_quantity), written again with h5py and silx: it needs the package pint, which turns units into numbers here in a table.
/// </summary>
internal static class NxxrdctReader
{
    public const string Script = """
        import sys, json, h5py, numpy
        from silx.io.utils import open as hdf5_open, h5py_read_dataset
        from silx.io import nxdata
        units = {'degree': 1, 'deg': 1, 'rad': 180 / numpy.pi, 'm': 1, 'mm': 1e-3, 'um': 1e-6, 'nm': 1e-9, 'angstrom': 1e-10, 'Å': 1e-10, 'keV': 1, 'eV': 1e-3, 's': 1}
        def browse(group):
            found = []
            for name in group.keys():
                node = group.get(name)
                if isinstance(node, h5py.Group):
                    ok = str(node.attrs.get('definition', '')).lower() == 'nxxrdct' or (
                        'NX_class' in node.attrs and 'instrument' in node and node['instrument'].attrs.get('NX_class') in ('NXinstrument', b'NXinstrument')
                        and 'detector' in node['instrument'])
                    found.extend([node.name] if ok else browse(node))
            return found
        with hdf5_open(sys.argv[1]) as f:
            entries = browse(f)
            e = f[entries[0]]
            def data(path):
                return h5py_read_dataset(e[path]) if path in e else None
            def quantity(path):
                if path not in e or not isinstance(e[path], h5py.Dataset): return None
                a = e[path].attrs
                return numpy.asarray(h5py_read_dataset(e[path])) * units[str(a['unit'] if 'unit' in a else a['units'])]
            d = nxdata.get_default(f)
            volume = nxdata.NXdata(e['data'])
            intensity = data('data/intensity')
            print(json.dumps({
                'entries': entries, 'version': float(e.attrs['version']), 'title': data('title'), 'sample': data('sample/name'),
                'rotation_angle': quantity('sample/rotation_angle').tolist(), 'translation_m': quantity('sample/translation_values').tolist(),
                'energy_keV': float(quantity('beam/incident_energy')), 'wavelength_m': float(quantity('instrument/monochromator/wavelength')),
                'polar_angle': len(quantity('instrument/detector/polar_angle')), 'channels': len(data('instrument/detector/diffraction_channel')),
                'probe': data('instrument/source/probe'), 'mode': data('control/mode'), 'monitor': data('control/data').shape,
                'integral': float(data('control/integral')), 'intensity': intensity.shape,
                'same': bool(numpy.array_equal(intensity, data('instrument/detector/data'), equal_nan=True)),
                'valid': nxdata.is_valid_nxdata(e['data']), 'volume_axes': [len(a) for a in volume.axes], 'volume_names': volume.axes_dataset_names,
                'default': d.group.name, 'default_signal': d.signal_dataset_name}))
        """;

    /// <summary>Asserts that everything was found.</summary>
    public static void AssertRead(JsonElement seen, int[] shape, string plot, string signal)
    {
        Assert.Equal(["/entry"], seen.GetProperty("entries").EnumerateArray().Select(e => e.GetString()));
        Assert.Equal(1, seen.GetProperty("version").GetDouble());
        Assert.Equal(shape, Integers("intensity"));
        Assert.Equal(shape, Integers("volume_axes"));
        Assert.Equal(["translation_values", "rotation_angles", "diffraction_channel"], seen.GetProperty("volume_names").EnumerateArray().Select(n => n.GetString()));
        Assert.Equal(shape[..2], Integers("monitor"));
        Assert.Equal((shape[2], shape[2]), (seen.GetProperty("polar_angle").GetInt32(), seen.GetProperty("channels").GetInt32()));
        Assert.Equal(seen.GetProperty("title").GetString(), seen.GetProperty("sample").GetString());
        Assert.Equal(("x-ray", "monitor"), (seen.GetProperty("probe").GetString(), seen.GetProperty("mode").GetString()));
        Assert.True(seen.GetProperty("same").GetBoolean());
        Assert.True(seen.GetProperty("valid").GetBoolean());
        Assert.Equal((plot, signal), (seen.GetProperty("default").GetString(), seen.GetProperty("default_signal").GetString()));
        Assert.Equal(12.398419843320026e-10 / seen.GetProperty("energy_keV").GetDouble(), seen.GetProperty("wavelength_m").GetDouble(), 1e-19);

        IEnumerable<int> Integers(string name) => seen.GetProperty(name).EnumerateArray().Select(v => v.GetInt32());
    }
}
