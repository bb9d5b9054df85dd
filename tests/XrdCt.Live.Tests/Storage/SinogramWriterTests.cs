using System.Text.Json;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Storage;
using XrdCt.Live.Storage.Sinograms;

namespace XrdCt.Live.Tests.Storage;

public sealed class SinogramWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_ScanOfOurs_HasEveryValueAndAxisOfTheScan()
    {
        ScanRecord scan = ScanSamples.Scan(33, 19, 70);
        using SinogramFile file = Open(new NexusScanStore(_folder.Path).Save(scan));

        Assert.Equal(Bits(scan.Sinogram.Values), Bits(Read(file)));
        Assert.Equal(Enumerable.Range(0, 19).Select(scan.Sinogram.Plan.Angle_deg), file.Header.Angles_deg);
        Assert.Equal(Enumerable.Range(0, 33).Select(scan.Sinogram.Plan.Position_um), file.Header.Translations_um);
        Assert.Equal(scan.Description.Axis.Centres.ToArray(), file.Header.Radial);
        Assert.Equal((RadialUnit.TwoTheta_deg, "coarse", "XrdCt.Live 0.1.0"), (file.Header.Unit!.Value, file.Header.Title, file.Header.Program));
        Assert.Equal(Bits(scan.Monitor), Bits(file.Header.Monitor!));
        Assert.Equal(50, file.Header.Energy_keV);
        Assert.Equal("Cake", file.Parameters["process/trim_definition"]);
        Assert.Equal("0.14 m", file.Parameters["process/geometry/poni1"]);
        Assert.Equal("10 um", file.Parameters["scan_plan/step"]);
    }

    [Theory]
    [InlineData(SinogramLayout.NDTomo, RadialUnit.TwoTheta_deg, 33, 19, 70, 64)]
    [InlineData(SinogramLayout.NDTomo, RadialUnit.Q_invA, 7, 5, 130, 128)]
    [InlineData(SinogramLayout.NDTomo, RadialUnit.D_A, 2, 1, 1, 1)]
    [InlineData(SinogramLayout.NDTomo, RadialUnit.R_mm, 5, 5, 5, 5)]
    [InlineData(SinogramLayout.NDTomo, null, 6, 3, 64, 64)]
    [InlineData(SinogramLayout.Nxxrdct, RadialUnit.Q_invnm, 33, 19, 70, 64)]
    [InlineData(SinogramLayout.Nxxrdct, RadialUnit.TwoTheta_rad, 4, 4, 4, 4)]
    [InlineData(SinogramLayout.Nxxrdct, null, 6, 3, 1, 1)]
    public void Write_ThenRead_IsTheSameToTheBit(SinogramLayout layout, RadialUnit? unit, int translations, int rotations, int bins, int step)
    {
        SinogramHeader header = Header(translations, rotations, bins, unit);
        float[] values = Values(header);

        using SinogramFile file = Open(Write(layout, header, values, step));

        Assert.Equal(layout, file.Layout);
        Assert.Equal(Bits(values), Bits(Read(file)));
        Assert.Equal((unit, header.Title), (file.Header.Unit, file.Header.Title));
        Assert.Equal(header.Radial, file.Header.Radial);
        Assert.Equal(header.Angles_deg, file.Header.Angles_deg);
        Assert.Equal(header.Translations_um, file.Header.Translations_um.Select(t => Math.Round(t, 9)));
        Assert.Equal(Bits(header.Monitor!), Bits(file.Header.Monitor!));
        Assert.Equal(unit is RadialUnit.R_mm or null && layout == SinogramLayout.NDTomo ? null : 60.0, file.Header.Energy_keV);
    }

    [Fact]
    public void Write_NDTomo_UnitsItDoesNotKnowAreConverted()
    {
        SinogramHeader header = Header(3, 3, 4, RadialUnit.Q_invnm);
        using SinogramFile q = Open(Write(SinogramLayout.NDTomo, header, Values(header), 4, "q.h5"));
        Assert.Equal(RadialUnit.Q_invA, q.Header.Unit);
        Assert.Equal(header.Radial.Select(r => r / 10), q.Header.Radial.Select(r => Math.Round(r, 12)));

        header = Header(3, 3, 4, RadialUnit.TwoTheta_rad);
        using SinogramFile tth = Open(Write(SinogramLayout.NDTomo, header, Values(header), 4, "tth.h5"));
        Assert.Equal(RadialUnit.TwoTheta_deg, tth.Header.Unit);
        Assert.Equal(180 / Math.PI * header.Radial[3], tth.Header.Radial[3], 12);
    }

    // The loaders of nDTomoGUI.load_data (volume, axis, transposing by size) and of MultiTool.loadxrdct, written again in a few lines.
    [Fact]
    public void Write_NDTomo_IsReadAsNDTomoReadsIt()
    {
        SinogramHeader header = Header(9, 6, 70, RadialUnit.TwoTheta_deg);
        string path = Write(SinogramLayout.NDTomo, header, Values(header), 64);

        JsonElement seen = ForeignPython.Run("h5py", """
            import sys, json, h5py, numpy
            with h5py.File(sys.argv[1], 'r') as f:
                volume = f['/data'][:]
                s = volume.shape
                if s[0] != s[1] and s[0] == s[2]: volume = numpy.transpose(volume, (0, 2, 1))
                elif s[0] != s[1] and s[1] == s[2]: volume = numpy.transpose(volume, (1, 2, 0))
                label = None
                for name in ['/d', '/q', '/twotheta', '/Energy', '/tth', '/energy']:
                    if name in f and len(f[name][:]) == volume.shape[2]:
                        xaxis, label = f[name][:], name
                        break
                na, nt, omega, y = f['/slow_axis_steps'][()], f['/fast_axis_steps'][()], f['/omega'][:], f['/translations'][:]
                t, r, b = numpy.indices(volume.shape)
                measured = (r * nt + t) % 7 != 3
                print(json.dumps({
                    'shape': volume.shape, 'label': label, 'x': [xaxis[0], xaxis[-1]], 'steps': [int(na), int(nt)], 'dtype': str(volume.dtype),
                    'same': bool((volume[measured] == (r * 1000 + t * 10 + b / 128).astype('f4')[measured]).all()),
                    'nan': bool(numpy.isnan(volume[~measured]).all()), 'coverage': bool((f['coverage'][()] == measured[:, :, 0]).all()),
                    'omega': omega.tolist(), 'y': y.tolist(), 'monitor': float(f['monitor'][4, 2]), 'diode': 'diode' in f,
                    'filters': [f['data'].compression, f['data'].shuffle], 'energy': float(f['energy'][()]), 'title': f['title'].asstr()[()]}))
            """, path);

        Assert.Equal("[9, 6, 70]", seen.GetProperty("shape").ToString());
        Assert.Equal("/twotheta", seen.GetProperty("label").GetString());
        Assert.Equal([header.Radial[0], header.Radial[^1]], Numbers(seen, "x"));
        Assert.Equal([6, 9], Numbers(seen, "steps"));
        Assert.Equal("float32", seen.GetProperty("dtype").GetString());
        Assert.All(["same", "nan", "coverage"], name => Assert.True(seen.GetProperty(name).GetBoolean(), name));
        Assert.Equal(header.Angles_deg, Numbers(seen, "omega"));
        Assert.Equal(header.Translations_um.Select(t => t / 1000), Numbers(seen, "y").Select(t => Math.Round(t, 12)));
        Assert.Equal(header.Monitor![(2 * 9) + 4], seen.GetProperty("monitor").GetSingle());
        Assert.False(seen.GetProperty("diode").GetBoolean());
        Assert.Equal("[\"gzip\", true]", seen.GetProperty("filters").GetRawText());
        Assert.Equal((60, "imported"), (seen.GetProperty("energy").GetDouble(), seen.GetProperty("title").GetString()));
    }

    [Fact]
    public void Write_Nxxrdct_IsAPlotOfSilxAndAnEntryOfItsReader()
    {
        SinogramHeader header = Header(9, 6, 70, RadialUnit.TwoTheta_deg);
        string path = Write(SinogramLayout.Nxxrdct, header, Values(header), 64);

        JsonElement seen = ForeignPython.Run("silx", NxxrdctReader.Script, path);

        NxxrdctReader.AssertRead(seen, [9, 6, 70], "/entry/data", "intensity");
        Assert.Equal(header.Angles_deg, Numbers(seen, "rotation_angle"));
        Assert.Equal(header.Translations_um, Numbers(seen, "translation_m").Select(t => Math.Round(t * 1e6, 9)));
        Assert.Equal(60, seen.GetProperty("energy_keV").GetDouble());
        Assert.DoesNotContain(NxxrdctCheck.Read(path, NoDecoder), f => f.IsDefect);
    }

    [Fact]
    public void Save_ScanOfOurs_IsAnEntryOfThePublishedReader()
    {
        string path = new NexusScanStore(_folder.Path).Save(ScanSamples.Scan(33, 19, 70));

        JsonElement seen = ForeignPython.Run("silx", NxxrdctReader.Script, path);

        NxxrdctReader.AssertRead(seen, [33, 19, 70], "/entry/live/total", "slice");
        Assert.Equal(50, seen.GetProperty("energy_keV").GetDouble());
    }

    [Theory]
    [InlineData(63)]
    [InlineData(0)]
    [InlineData(71)]
    public void Write_OtherThanWholeChunks_IsRefused(int bins)
    {
        SinogramHeader header = Header(3, 3, 70, null);
        using SinogramWriter writer = new(_folder.File("x.h5"), SinogramLayout.NDTomo, header, "test", overwrite: false);

        Assert.Throws<ArgumentException>(() => writer.Write(new float[9 * 71], bins));
    }

    [Fact]
    public void Dispose_Unfinished_LeavesNothing()
    {
        SinogramHeader header = Header(3, 3, 70, null);
        using (SinogramWriter writer = new(_folder.File("x.h5"), SinogramLayout.Nxxrdct, header, "test", overwrite: false))
        {
            writer.Write(new float[9 * 64], 64);
            Assert.Equal(["x.h5.part"], _folder.Names);
            Assert.Throws<InvalidOperationException>(writer.Finish);
        }

        Assert.Empty(_folder.Names);
    }

    [Fact]
    public void New_FullDisk_IsOneSentenceAndLeavesNothing()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "no /dev/full here");
        File.CreateSymbolicLink(_folder.File("x.h5.part"), "/dev/full");
        SinogramHeader header = Header(3, 300, 20000, RadialUnit.Q_invA);

        IOException e = Assert.Throws<IOException>(() => new SinogramWriter(_folder.File("x.h5"), SinogramLayout.NDTomo, header, "test", overwrite: false));

        Assert.Contains($"the sinogram cannot be saved to '{_folder.File("x.h5")}'", e.Message, StringComparison.Ordinal);
        Assert.Empty(_folder.Names);
    }

    [Fact]
    public void Write_OverAFile_OnlyWhereAllowed()
    {
        File.WriteAllText(_folder.File("x.h5"), "mine");
        SinogramHeader header = Header(3, 3, 4, null);

        IOException e = Assert.Throws<IOException>(() => new SinogramWriter(_folder.File("x.h5"), SinogramLayout.NDTomo, header, "test", overwrite: false));

        Assert.Contains("exists", e.Message, StringComparison.Ordinal);
        Write(SinogramLayout.NDTomo, header, Values(header), 4, overwrite: true);
        using SinogramFile file = Open(_folder.File("x.h5"));
        Assert.Equal(4, file.Header.BinCount);
    }

    private static IEnumerable<int> Bits(float[] values) => values.Select(BitConverter.SingleToInt32Bits);

    private static IEnumerable<double> Numbers(JsonElement seen, string name) => seen.GetProperty(name).EnumerateArray().Select(v => v.GetDouble());

    private static bool NoDecoder(ReadOnlySpan<byte> packed, int elementSize, Span<byte> plain) => false;

    private static SinogramFile Open(string path) => new(path, new SinogramReading(), NoDecoder);

    private static float[] Read(SinogramFile file)
    {
        float[] values = new float[file.Header.CellCount * file.Header.BinCount];
        file.ReadBins(0, file.Header.BinCount, values);
        return values;
    }

    private static SinogramHeader Header(int translations, int rotations, int bins, RadialUnit? unit) => new()
    {
        Angles_deg = [.. Enumerable.Range(0, rotations).Select(r => r * 1.75)],
        Translations_um = [.. Enumerable.Range(0, translations).Select(t => (t * 11.5) - 3)],
        Radial = [.. Enumerable.Range(0, bins).Select(b => unit is null ? b : 0.25 + (b / 16.0))],
        Unit = unit,
        Energy_keV = 60,
        Title = "imported",
        Monitor = [.. Enumerable.Range(0, rotations * translations).Select(c => c % 5 == 4 ? float.NaN : 1 + (c / 7f))],
    };

    // Every seventh cell is unmeasured, as in ScanSamples.
    private static float[] Values(SinogramHeader header)
    {
        float[] values = new float[header.CellCount * header.BinCount];
        for (int cell = 0; cell < header.CellCount; cell++)
        {
            for (int bin = 0; bin < header.BinCount; bin++)
            {
                values[(cell * header.BinCount) + bin] = cell % 7 == 3
                    ? float.NaN
                    : (cell / header.TranslationCount * 1000) + (cell % header.TranslationCount * 10) + (bin / 128f);
            }
        }

        return values;
    }

    private string Write(SinogramLayout layout, SinogramHeader header, float[] values, int step, string name = "x.h5", bool overwrite = false)
    {
        using SinogramWriter writer = new(_folder.File(name), layout, header, "XrdCt.Live test", overwrite);
        for (int first = 0; first < header.BinCount; first += step)
        {
            int count = Math.Min(step, header.BinCount - first);
            float[] some = new float[header.CellCount * count];
            for (int cell = 0; cell < header.CellCount; cell++)
            {
                values.AsSpan((cell * header.BinCount) + first, count).CopyTo(some.AsSpan(cell * count));
            }

            writer.Write(some, count);
        }

        writer.Finish();
        return _folder.File(name);
    }
}
