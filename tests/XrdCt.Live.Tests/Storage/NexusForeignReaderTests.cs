using System.Text.Json;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Storage;

namespace XrdCt.Live.Tests.Storage;

/// <summary>What h5py (libhdf5) and silx make of our files.</summary>
public class NexusForeignReaderTests
{
    [Fact]
    public void Save_AsymmetricStack_IsReadByH5pyByTranslationRotationBin()
    {
        using TemporaryFolder folder = new();
        string path = new NexusScanStore(folder.Path).Save(ScanSamples.Scan(33, 19, 70));

        JsonElement seen = ForeignPython.Run("h5py", """
            import sys, json, h5py, numpy
            f = h5py.File(sys.argv[1], 'r')
            d = f['entry/data/intensity']
            v = d[()]
            t, r, b = numpy.indices(v.shape)
            expected = (r * 100000 + t * 1000 + b).astype('f4')
            measured = (r * v.shape[0] + t) % 7 != 3
            print(json.dumps({
                'shape': v.shape, 'dtype': str(d.dtype), 'chunks': d.chunks, 'compression': d.compression,
                'shuffle': bool(d.shuffle),
                'same': bool((v[measured] == expected[measured]).all()),
                'nan': bool(numpy.isnan(v[~measured]).all()),
                'coverage': bool((f['entry/data/coverage'][()] == measured[:, :, 0]).all()),
                'detector': f['entry/instrument/detector/data'] == d,
                'links': [f['entry/data/translation_values'] == f['entry/sample/translation_values'],
                          f['entry/data/rotation_angles'] == f['entry/sample/rotation_angle'],
                          f['entry/data/diffraction_channel'] == f['entry/instrument/detector/diffraction_channel']],
                'one': float(d[5, 2, 65])}))
            """, path);

        Assert.Equal("[33, 19, 70]", seen.GetProperty("shape").ToString());
        Assert.Equal("float32", seen.GetProperty("dtype").GetString());
        Assert.Equal("[16, 16, 64]", seen.GetProperty("chunks").ToString());
        Assert.Equal("gzip", seen.GetProperty("compression").GetString());
        Assert.True(seen.GetProperty("shuffle").GetBoolean());
        Assert.True(seen.GetProperty("same").GetBoolean());
        Assert.True(seen.GetProperty("nan").GetBoolean());
        Assert.True(seen.GetProperty("coverage").GetBoolean());
        Assert.True(seen.GetProperty("detector").GetBoolean());
        Assert.All(seen.GetProperty("links").EnumerateArray(), link => Assert.True(link.GetBoolean()));
        Assert.Equal(ScanSamples.Value(2, 5, 65), seen.GetProperty("one").GetSingle());
    }

    [Fact]
    public void Save_Scan_HasTheFieldsOfNXxrdctAndOurs()
    {
        using TemporaryFolder folder = new();
        string path = new NexusScanStore(folder.Path).Save(ScanSamples.Scan(title: "Prüfling µ"));

        JsonElement seen = ForeignPython.Run("h5py", """
            import sys, json, h5py
            f = h5py.File(sys.argv[1], 'r')
            seen = {}
            def look(name, node):
                if isinstance(node, h5py.Group):
                    for key in node:
                        look(f'{name}/{key}'.lstrip('/'), node[key])
                for key, value in node.attrs.items():
                    seen[name + '@' + key] = value.tolist() if hasattr(value, 'tolist') else value
                if isinstance(node, h5py.Dataset) and node.size <= 4:
                    value = node.asstr()[()] if h5py.check_string_dtype(node.dtype) else node[()]
                    seen[name] = value.tolist() if hasattr(value, 'tolist') else value
            look('', f)
            print(json.dumps({k: v if isinstance(v, str) else json.dumps(v) for k, v in seen.items()}))
            """, path);

        (string Where, string What)[] expected =
        [
            ("@default", "entry"),
            ("@NX_class", "NXroot"),
            ("entry@NX_class", "NXentry"),
            ("entry@definition", "NXxrdct"),
            ("entry@version", "1.0"),
            ("entry@default", "live"),
            ("entry/definition", "NXxrdct"),
            ("entry/title", "Prüfling µ"),
            ("entry/start_time", "2026-11-22T09:08:07.000+01:00"),
            ("entry/end_time", "2026-11-22T09:11:12.345+01:00"),
            ("entry/ending", "complete"),
            ("entry/program_name", "XrdCt.Live"),
            ("entry/program_name@version", "0.1.0"),
            ("entry/beam@NX_class", "NXbeam"),
            ("entry/beam/incident_energy", "50.0"),
            ("entry/beam/incident_energy@units", "keV"),
            ("entry/sample@NX_class", "NXsample"),
            ("entry/sample/name", "Prüfling µ"),
            ("entry/sample/rotation_angle@units", "degree"),
            ("entry/sample/translation_values@units", "um"),
            ("entry/instrument@NX_class", "NXinstrument"),
            ("entry/instrument/detector@NX_class", "NXdetector"),
            ("entry/instrument/detector/distance", "0.9"),
            ("entry/instrument/detector/distance@units", "m"),
            ("entry/instrument/detector/x_pixel_size", "0.000173"),
            ("entry/instrument/detector/y_pixel_size", "0.000172"),
            ("entry/instrument/detector/polar_angle@units", "degree"),
            ("entry/instrument/detector/diffraction_channel@units", "degree"),
            ("entry/instrument/detector/diffraction_channel@long_name", "2theta"),
            ("entry/control@NX_class", "NXmonitor"),
            ("entry/control/mode", "monitor"),
            ("entry/data@NX_class", "NXdata"),
            ("entry/data@signal", "intensity"),
            ("entry/data@axes", "[\"translation_values\", \"rotation_angles\", \"diffraction_channel\"]"),
            ("entry/mean_pattern@signal", "intensity"),
            ("entry/mean_pattern/x@units", "degree"),
            ("entry/live@default", "total"),
            ("entry/live/total@signal", "slice"),
            ("entry/live/total@axes", "[\"y\", \"x\"]"),
            ("entry/live/total/x@units", "um"),
            ("entry/live/total/y@units", "um"),
            ("entry/live/_003__peak@channel", "(003) peak"),
            ("entry/live/_003__peak@signal", "sinogram"),
            ("entry/live/_003__peak@window_lower", "2.9"),
            ("entry/process@NX_class", "NXprocess"),
            ("entry/process/filter", "Trimmed"),
            ("entry/process/trim_lower", "0.1"),
            ("entry/process/trim_upper", "0.2"),
            ("entry/process/trim_definition", "Cake"),
            ("entry/process/cake_sectors", "128"),
            ("entry/process/poisson_bias_corrected", "1"),
            ("entry/process/error_model", "Hybrid"),
            ("entry/process/pixel_splitting", "Full"),
            ("entry/process/unit", "TwoTheta_deg"),
            ("entry/process/bin_count", "2048"),
            ("entry/process/radial_lower", "1.0"),
            ("entry/process/radial_lower@units", "degree"),
            ("entry/process/azimuth_lower", "-90.0"),
            ("entry/process/azimuth_upper", "45.0"),
            ("entry/process/azimuth_upper@units", "degree"),
            ("entry/process/dummy", "65535.0"),
            ("entry/process/dummy_delta", "0.5"),
            ("entry/process/sensor_absorption_corrected", "0"),
            ("entry/process/solid_angle_corrected", "1"),
            ("entry/process/geometry/orientation", "2"),
            ("entry/process/geometry/orientation@value", "TopRight"),
            ("entry/process/geometry/pixel_positions", "regular grid"),
            ("entry/process/geometry/sensor_material", "CdTe"),
            ("entry/process/geometry/sensor_thickness", "0.001"),
            ("entry/process/geometry/sensor_thickness@units", "m"),
            ("entry/instrument/detector/sensor_material", "CdTe"),
            ("entry/instrument/detector/sensor_thickness", "0.001"),
            ("entry/process/polarisation_factor", "0.97"),
            ("entry/process/geometry/poni1", "0.14"),
            ("entry/process/geometry/poni1@units", "m"),
            ("entry/process/geometry/rot2", "-0.02"),
            ("entry/process/geometry/rot2@units", "rad"),
            ("entry/process/geometry/shape", "[4, 3]"),
            ("entry/process/configuration/data", "scan:\n  step_um: 10\n"),
            ("entry/scan_plan/order", "translation-fast"),
            ("entry/scan_plan/step", "10.0"),
            ("entry/scan_plan/step@units", "um"),
            ("entry/counters/received", "40"),
            ("entry/counters/missing", "5"),
            ("entry/roi_candidates/x_um", "[10.0, 30.0]"),
            ("entry/roi_candidates/y_um", "[-20.0, 40.0]"),
            ("entry/roi_candidates/y_um@units", "um"),
            ("entry/roi_candidates/score", "[0.9, 0.5]"),
            ("entry/roi_candidates/score_sigma", "[0.045, 0.025]"),
            ("entry/roi_candidates/term", """["material total", "edge"]"""),
            ("entry/roi_candidates/term_value", "[[0.8, 1.0], [0.7, 1.0]]"),
            ("entry/roi_candidates/term_weight", "[[0.75, 0.25], [0.75, 0.25]]"),
            ("entry/roi_candidates/explanation", "the first lies well inside"),
        ];
        foreach ((string where, string what) in expected)
        {
            Assert.True(seen.TryGetProperty(where, out JsonElement value), $"{where} is missing");
            Assert.True(value.GetString() == what, $"{where} is {value.GetString()}, expected {what}");
        }

        // What did not apply is not there.
        foreach (string absent in new[] { "radial_upper", "azimuth_sectors", "clip_threshold", "clip_iterations" })
        {
            Assert.False(seen.TryGetProperty($"entry/process/{absent}", out _), absent);
        }
    }

    [Theory]
    [InlineData(true, "/entry/live/total", "slice", 2)]
    [InlineData(false, "/entry/mean_pattern", "intensity", 1)]
    public void Save_DefaultPlot_IsFoundBySilxWithItsAxes(bool withSlices, string group, string signal, int rank)
    {
        using TemporaryFolder folder = new();
        ScanRecord scan = ScanSamples.Scan();
        scan = withSlices ? scan : scan with { Slices = [], ChannelSinograms = [] };
        string path = new NexusScanStore(folder.Path).Save(scan);

        JsonElement seen = ForeignPython.Run("silx", """
            import sys, json, h5py
            from silx.io import nxdata
            f = h5py.File(sys.argv[1], 'r')
            plots = []
            f.visititems(lambda n, o: plots.append(n) if o.attrs.get('NX_class') == 'NXdata' else None)
            d = nxdata.get_default(f)
            print(json.dumps({
                'group': d.group.name, 'signal': d.signal_dataset_name, 'rank': d.signal.ndim,
                'axes': [len(a) for a in d.axes], 'shape': d.signal.shape, 'title': d.title,
                'errors': d.errors is not None,
                'invalid': [n for n in plots if not nxdata.is_valid_nxdata(f[n])],
                'volume': nxdata.NXdata(f['entry/data']).axes_dataset_names}))
            """, path);

        Assert.Equal(group, seen.GetProperty("group").GetString());
        Assert.Equal(signal, seen.GetProperty("signal").GetString());
        Assert.Equal(rank, seen.GetProperty("rank").GetInt32());
        Assert.Equal(seen.GetProperty("shape").ToString(), seen.GetProperty("axes").ToString());
        Assert.Equal(!withSlices, seen.GetProperty("errors").GetBoolean());
        Assert.Empty(seen.GetProperty("invalid").EnumerateArray());
        Assert.Equal(
            ["translation_values", "rotation_angles", "diffraction_channel"],
            seen.GetProperty("volume").EnumerateArray().Select(a => a.GetString()));
    }

    [Fact]
    public void Save_SlicesAndSinograms_KeepTheirOrientationInH5py()
    {
        using TemporaryFolder folder = new();
        string path = new NexusScanStore(folder.Path).Save(ScanSamples.Scan());

        JsonElement seen = ForeignPython.Run("h5py", """
            import sys, json, h5py, numpy
            f = h5py.File(sys.argv[1], 'r')
            s, p = f['entry/live/total/slice'], f['entry/live/total_sinogram']
            m = f['entry/control/data']
            print(json.dumps({
                'slice': float(s[2, 5]), 'slice_nan': bool(numpy.isnan(s[0, 0])),
                'x5': float(f['entry/live/total/x'][5]), 'y2': float(f['entry/live/total/y'][2]),
                'sinogram_shape': p['sinogram'].shape, 'sinogram': float(p['sinogram'][4, 2]),
                'angle4': float(p['rotation_angles'][4]), 'position2': float(p['translation_values'][2]),
                'monitor': float(m[2, 4]),
                'positions': [float(f['entry/positions/translation'][2, 4]), float(f['entry/positions/rotation'][2, 4])]}))
            """, path);

        Assert.Equal(205, seen.GetProperty("slice").GetDouble());
        Assert.True(seen.GetProperty("slice_nan").GetBoolean());
        Assert.Equal(20, seen.GetProperty("x5").GetDouble());
        Assert.Equal(-10, seen.GetProperty("y2").GetDouble());
        Assert.Equal("[5, 7]", seen.GetProperty("sinogram_shape").ToString());
        Assert.Equal(4002, seen.GetProperty("sinogram").GetDouble());
        Assert.Equal(144, seen.GetProperty("angle4").GetDouble());
        Assert.Equal(-10, seen.GetProperty("position2").GetDouble());
        float monitor = 1 + (4 / 100f) + (2 / 10_000f);
        Assert.Equal(monitor, seen.GetProperty("monitor").GetSingle());
        Assert.Equal([2.0 * monitor, 3.0 * monitor], seen.GetProperty("positions").EnumerateArray().Select(p => p.GetDouble()));
    }
}
