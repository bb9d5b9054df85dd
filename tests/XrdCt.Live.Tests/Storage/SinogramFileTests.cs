using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Storage.Sinograms;

namespace XrdCt.Live.Tests.Storage;

/// <summary>Sinograms of 4 rotations, 5 translations and 7 bins, written by h5py in every layout; each value tells where it belongs.</summary>
public sealed class SinogramFileTests(H5pyWriter h5py) : IClassFixture<H5pyWriter>, IDisposable
{
    private const int Rotations = 4;
    private const int Translations = 5;
    private const int Bins = 7;

    // v is [rotation, translation, bin]; put(path, axes, **how) writes it in another order.
    private const string Values = """
        v = numpy.fromfunction(lambda r, t, b: r * 1000 + t * 10 + b, (4, 5, 7)).astype('f4'); v[1, 2] = numpy.nan
        om, tr, tth = numpy.arange(4) * 45., (numpy.arange(5) - 2) * 0.01, 1 + 0.5 * numpy.arange(7)
        def put(path, axes, **how): return f.create_dataset(path, data=numpy.ascontiguousarray(v.transpose(['rtb'.index(x) for x in axes])), **how)
        def unit(path, value, units):
            f[path] = value
            f[path].attrs['units'] = units

        """;

    private const string Entry = """
        f.create_group('scan').attrs.update(NX_class='NXentry', definition='NXxrdct', version=1.0); f['scan/definition'] = 'NXxrdct'; f['scan/title'] = 'a title'
        unit('scan/sample/rotation_angle', om, 'degree'); unit('scan/sample/translation_values', tr * 1e-3, 'm'); unit('scan/beam/incident_energy', 60000, 'eV')
        unit('scan/instrument/detector/diffraction_channel', tth, '1/angstrom')

        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("put('data', 'trb'); f['tth'] = tth; f['omega'] = om; f['translations'] = tr")]
    [InlineData("put('data', 'trb', chunks=(2, 3, 4), compression='gzip', shuffle=True); f['twotheta'] = tth; f['q'] = tth; f['d'] = tth; f['omega'] = om; f['y'] = tr")]
    [InlineData("put('data', 'trb', chunks=(5, 4, 7), **hdf5plugin.Bitshuffle()); f['tth'] = tth; f['omega'] = om; f['translations'] = tr")]
    [InlineData("put('data', 'brt'); f['tth'] = tth; f['omega'] = om; f['translations'] = tr")]
    [InlineData("put('data', 'rtb', chunks=(1, 5, 7)); f['tth'] = tth; f['omega'] = om; f['translations'] = tr")]
    [InlineData("put('Sinograms', 'trb'); f['twotheta'] = tth; f['omega'] = om; f['translations'] = tr")]
    [InlineData("put('sinograms_coarse', 'brt'); f['tth'] = tth; f['omega'] = om; f['translations'] = tr")]
    [InlineData("put('I', 'trb'); f['tth'] = tth; f['omega'] = om; f['translations'] = tr")]
    [InlineData("put('data', 'trb'); f['tth'] = tth; unit('omega', numpy.radians(om), 'rad'); unit('translations', tr * 1000, 'um')")]
    [InlineData("g = put('data', 'trb'); v[:] = 0; f['tth'] = tth; f['omega'] = om; f['translations'] = tr")]
    [InlineData("""
        put('data', 'trb'); f['tth'] = tth; f['scantype'] = 'Zigzag'; f['slow_axis_steps'] = 4; f['fast_axis_steps'] = 5
        lines = numpy.tile(tr, (4, 1)); lines[1::2] = lines[1::2, ::-1]
        f['omega'] = numpy.repeat(om, 5); f['translations'] = lines.ravel()
        """)]
    [InlineData("""
        put('data', 'trb'); f['tth'] = tth; f['scantype'] = 'ContRot'; f['slow_axis_steps'] = 4; f['fast_axis_steps'] = 5
        f['omega'] = (om[None] + 180 * numpy.arange(5)[:, None]).ravel(); f['translations'] = numpy.repeat(tr[[0, 4, 1, 3, 2]], 4)
        """)]
    public void Open_NDTomo_HasValuesAndAxes(string write)
    {
        using SinogramFile file = Open(Write("", write));

        Assert.Equal(SinogramLayout.NDTomo, file.Layout);
        Assert.Equal(RadialUnit.TwoTheta_deg, file.Header.Unit);
        AssertAxes(file);
        AssertValues(file, 0, Bins);
        AssertValues(file, 2, 3);
    }

    [Theory]
    [InlineData("put('scan/data/intensity', 'trb'); f['scan/data'].attrs['axes'] = 'translation_values:rotation_angles:diffraction_channel'")]
    [InlineData("put('scan/data/intensity', 'trb', chunks=(2, 2, 3), compression='gzip')")]
    [InlineData("put('scan/data/intensity', 'rbt'); f['scan/data'].attrs['axes'] = ['rotation_angles', 'diffraction_channel', 'translation_values']")]
    [InlineData("put('scan/instrument/detector/data', 'trb')")]
    [InlineData("put('scan/data/intensity', 'trb'); f['first'] = 3; f.move('scan', 'folder/scan')")]
    public void Open_NxxrdctOfOthers_HasValuesAndAxes(string write)
    {
        using SinogramFile file = Open(Write(Entry, write));

        Assert.Equal(SinogramLayout.Nxxrdct, file.Layout);
        Assert.Equal((RadialUnit?)RadialUnit.Q_invA, file.Header.Unit);
        Assert.Equal("a title", file.Header.Title);
        Assert.Equal(60, file.Header.Energy_keV!.Value, 12);
        AssertAxes(file);
        AssertValues(file, 0, Bins);
    }

    [Theory]
    [InlineData("numpy.nan")]
    [InlineData("numpy.inf")]
    [InlineData("0.")]
    [InlineData("-60.")]
    public void Open_EnergyThatIsNone_IsUnknown(string energy)
    {
        string path = Write("", $"put('data', 'trb'); f['tth'] = tth; f['omega'] = om; f['translations'] = tr; f['energy'] = {energy}");
        using (SinogramFile file = Open(path))
        {
            Assert.Null(file.Header.Energy_keV);
        }

        path = Write(Entry, $"put('scan/data/intensity', 'trb'); del f['scan/beam/incident_energy']; unit('scan/beam/incident_energy', {energy}, 'keV')");
        using SinogramFile entry = Open(path);
        Assert.Null(entry.Header.Energy_keV);
    }

    /// <summary>As many rotations as translations: nothing but @axes tells them apart.</summary>
    [Theory]
    [InlineData("['rotation_angles', 'translation_values']", "v[..., 0]")]
    [InlineData("['translation_values', 'rotation_angle']", "v[..., 0].T")]
    [InlineData("['rotation_angle', 'rotation_angles']", "v[..., 0].T")]
    [InlineData("['rotation_angles']", "v[..., 0].T")]
    [InlineData("['rotation_angles', 'diffraction_channel']", "v[..., 0].T")]
    [InlineData("['rotation_angles', 'translation_values', 'diffraction_channel']", "v")]
    [InlineData("['rotation_angles', 'translation_values', 'diffraction_channel']", "v[..., 0]")]
    [InlineData("['rotation_angle', 'rotation_angles', 'diffraction_channel']", "v.transpose(1, 0, 2)")]
    [InlineData("['diffraction_channel', 'rotation_angles', 'translation_values']", "v.transpose(2, 0, 1)")]
    [InlineData("['diffraction_channel', 'rotation_angles', 'translation_values']", "v[..., 0]")]
    public void Open_SquareNxxrdct_HasTheOrderOfItsAxes(string axes, string values)
    {
        string path = Write(Entry, $"""
            v, tr = v[:, :4], tr[:4]; f['scan/sample'].pop('translation_values'); unit('scan/sample/translation_values', tr * 1e-3, 'm')
            f['scan/data/intensity'] = {values}; f['scan/data'].attrs['axes'] = {axes}
            """);

        using SinogramFile file = Open(path);

        Assert.Equal(file.Header.BinCount == 1 ? null : RadialUnit.Q_invA, file.Header.Unit);
        Assert.Equal(file.Header.BinCount == 1 ? [0] : [1, 1.5, 2, 2.5, 3, 3.5, 4], file.Header.Radial);
        float[] first = new float[16];
        file.ReadBins(0, 1, first);
        Assert.Equal(Enumerable.Range(0, 16).Select(i => Value(i / 4, i % 4, 0)), first);
    }

    [Fact]
    public void Open_TextsInAllTheirForms_AreRead()
    {
        string path = _folder.File("latest.h5");
        ForeignPython.Run("h5py", """
            import sys, h5py, numpy
            with h5py.File(sys.argv[1], 'w', libver='latest') as f:
                e = f.create_group('scan')
                for i in range(40): e.attrs[f'note_{i}'] = i
                e.attrs['definition'] = numpy.bytes_('NXxrdct')
                e['title'] = numpy.bytes_('fixed')
                e['program_name'] = 'variable'; e['program_name'].attrs['version'] = ''
                e['data/intensity'] = numpy.zeros((2, 3, 4))
                e['data'].attrs['axes'] = numpy.array([b'diffraction_channel', b'rotation_angles', b'translation_values'])
                e['data/rotation_angles'], e['data/translation_values'] = numpy.arange(3.), numpy.arange(4.)
                e['data/rotation_angles'].attrs['units'] = h5py.Empty('S1')
                e['data/translation_values'].attrs['units'] = numpy.array(['mm'], dtype=h5py.string_dtype())
            print(1)
            """, path);

        using SinogramFile file = Open(path);

        Assert.Equal((3, 4, 2), (file.Header.RotationCount, file.Header.TranslationCount, file.Header.BinCount));
        Assert.Equal(3000, file.Header.Translations_um[3]);
        Assert.Equal(("fixed", "variable"), (file.Header.Title, file.Header.Program));
        Assert.DoesNotContain("note_0", file.Parameters.Keys);
    }

    [Theory]
    [InlineData("put('x/y', 'rtb')", null)]
    [InlineData("put('x/y', 'brt')", "bin,rotation,translation")]
    [InlineData("put('x/y', 'btr', chunks=(3, 2, 2), compression='gzip')", "bin,translation,rotation")]
    [InlineData("put('x/y', 'rbt', chunks=(4, 7, 5))", "rotation,bin,translation")]
    [InlineData("put('x/y', 'tbr')", "translation,bin,rotation")]
    [InlineData("put('x/y', 'trb').attrs['note'] = 'x'", "translation, rotation, bin")]
    [InlineData("f['x/y'] = v.astype('f8')", null)]
    public void Open_PlainDatasetWithAxesTold_HasValues(string write, string? axes)
    {
        using SinogramFile file = Open(Write("", write) + "::x/y", Told(axes));

        Assert.Equal(SinogramLayout.Plain, file.Layout);
        Assert.Null(file.Header.Unit);
        Assert.Equal([0, 45, 90, 135], file.Header.Angles_deg);
        Assert.Equal([0, 1, 2, 3, 4, 5, 6], file.Header.Radial);
        AssertValues(file, 0, Bins);
        AssertValues(file, Bins - 1, 1);
    }

    [Theory]
    [InlineData("u1", 250)]
    [InlineData("i1", 100)]
    [InlineData("u2", 65000)]
    [InlineData("i2", 30000)]
    [InlineData("u4", 4000000000)]
    [InlineData("i4", 2000000000)]
    [InlineData("u8", 10000000000)]
    [InlineData("i8", 10000000000)]
    [InlineData("f8", 1e20)]
    public void ReadBins_OtherElementTypes_AreConverted(string type, double highest)
    {
        string path = Write("", $"n = numpy.zeros((4, 5)); n[2, 3] = {highest:R}; n[3, 4] = {(type[0] == 'u' ? 1 : -1)}; f['s'] = n.astype('{type}')");
        using SinogramFile file = Open(path + "::/s", Told(null));
        float[] values = new float[20];

        file.ReadBins(0, 1, values);

        Assert.Equal((float)highest, values[13]);
        Assert.Equal(type[0] == 'u' ? 1 : -1, values[19]);
        Assert.Equal(18, values.Count(v => v == 0));
    }

    [Fact]
    public void Open_AxesInDatasets_AreTakenWithTheirUnits()
    {
        string path = Write("", "put('s', 'rtb'); unit('m/a', numpy.radians(om), 'rad'); unit('m/t', tr, 'mm'); f['m/q'] = tth");

        using SinogramFile file = Open(path + "::/s", new SinogramReading
        {
            Angles = AxisSource.Parse("/m/a"),
            Translations = AxisSource.Parse("/m/t"),
            Radial = AxisSource.Parse("/m/q"),
            Unit = RadialUnit.Q_invA,
        });

        Assert.Equal(RadialUnit.Q_invA, file.Header.Unit);
        AssertAxes(file);
        AssertValues(file, 0, Bins);
    }

    [Fact]
    public void Open_DatasetBehindAnExternalLink_IsFollowed()
    {
        Write("", "put('deep/s', 'rtb')", "source.h5");
        string path = Write("", "f['s'] = h5py.ExternalLink('source.h5', '/deep/s')");

        using SinogramFile file = Open(path + "::/s", Told(null));

        AssertValues(file, 0, Bins);
    }

    [Fact]
    public void Open_OtherDatasetOfAnEntry_HasTheAxesOfTheEntry()
    {
        string path = Write(Entry, "put('scan/data/intensity', 'trb'); f['scan/data/corrected'] = f['scan/data/intensity'][()] + 1");

        using SinogramFile file = Open(path + "::/scan/data/corrected");

        AssertAxes(file);
        float[] values = new float[Rotations * Translations * Bins];
        file.ReadBins(0, Bins, values);
        Assert.Equal(Value(3, 1, 2) + 1, values[(((3 * Translations) + 1) * Bins) + 2]);
    }

    [Theory]
    [InlineData("rtb", "monitor", "f['monitor'] = numpy.fromfunction(lambda t, r: r + t / 10, (5, 4))")]
    [InlineData("rtb", "diode", "f['diode'] = numpy.fromfunction(lambda r, t: r + t / 10, (4, 5))")]
    public void Open_Monitor_IsByRotationAndTranslation(string axes, string name, string write)
    {
        using SinogramFile file = Open(Write("", $"put('data', '{axes}'); f['tth'] = tth; f['omega'] = om; f['translations'] = tr; {write}"));

        Assert.NotNull(file.Header.Monitor);
        Assert.True(file.Header.Monitor[(3 * Translations) + 2] == 3.2f, name);
    }

    [Theory]
    [InlineData("put('s', 'rtb')", "", "/s [4, 5, 7]")]
    [InlineData("f['a'] = 3", "", "no dataset of two or three axes")]
    [InlineData("put('s', 'rtb')", "::/other", "there is no dataset /other")]
    [InlineData("put('data', 'trb'); f['tth'] = tth; f['translations'] = tr", "", "--angles-deg")]
    [InlineData("put('data', 'trb'); f['tth'] = tth; f['omega'] = om", "", "--translations-um")]
    [InlineData("put('data', 'trb'); f['tth'] = tth; f['omega'] = om[:3]; f['translations'] = tr", "", "[5, 4, 7] does not fit 3 rotations, 5 translations, 7 bins")]
    [InlineData("put('data', 'trb'); unit('omega', om, 'furlong'); f['translations'] = tr", "", "'furlong'")]
    [InlineData("put('data', 'trb'); om[2] = numpy.nan; f['omega'] = om; f['translations'] = tr", "", "number 2 of the angles")]
    [InlineData("f['data'] = v[:1, :0]; f['omega'] = om; f['translations'] = tr", "", "[1, 0, 7]")]
    [InlineData("f.create_dataset('data', (100000, 100000, 9), 'f4', chunks=(9, 9, 9))", "", "at most")]
    [InlineData("f.create_dataset('data', (5, 4, 1 << 30), 'f4', chunks=(5, 4, 9)); f['omega'] = om; f['translations'] = tr", "", "at most")]
    [InlineData("put('data', 'trb').file.move('data', 's'); f['data'] = v.transpose(1, 0, 2).astype('c8'); f['omega'] = om; f['translations'] = tr", "", "not numbers")]
    [InlineData("f.create_dataset('data', (5, 4, 1 << 20), 'f4'); f['omega'] = om; f['translations'] = tr", "", "never written")]
    public void Open_WhatIsNoSinogram_IsOneSentenceWithFileAndRemedy(string write, string dataset, string expected)
    {
        string path = Write("", write);

        InvalidDataException e = Assert.Throws<InvalidDataException>(() =>
        {
            using SinogramFile file = Open(path + dataset);
            file.ReadBins(0, 1, new float[file.Header.CellCount]);
        });

        Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_PublishedExample_SaysThatItsAnglesDoNotFit()
    {
        string path = ReferenceData.Require("example_nxxrdct.nxs");

        Assert.Contains("[181, 8, 8] does not fit 181 rotations", Assert.Throws<InvalidDataException>(() => Open(path)).Message, StringComparison.Ordinal);

        using SinogramFile file = Open(path, new SinogramReading { Angles = AxisSource.Parse("0:175:8") });
        Assert.Equal((8, 181, 8, 60.0), (file.Header.RotationCount, file.Header.TranslationCount, file.Header.BinCount, file.Header.Energy_keV));
        Assert.Equal(1e6, file.Header.Translations_um[^1]);
    }

    [Fact]
    public void Open_MeasuredSinogram_AsPlainHdf5()
    {
        string path = ReferenceData.Require("image1_sinogram.hdf5");

        using SinogramFile file = Open(path + "::/data/sinogram_00000", new SinogramReading
        {
            Axes = [SinogramAxis.Translation, SinogramAxis.Rotation],
            Angles = AxisSource.Parse("0:179:180"),
            Translations = AxisSource.Parse("0:707:708"),
        });
        float[] values = new float[708 * 180];
        file.ReadBins(0, 1, values);

        double[] seen = [.. ForeignPython.Run("h5py", """
            import sys, json, h5py
            d = h5py.File(sys.argv[1], 'r')['data/sinogram_00000'][()]
            print(json.dumps([float(d[300, 17]), float(d[707, 179]), float(d.astype('f8').sum())]))
            """, path).EnumerateArray().Select(v => v.GetDouble())];
        Assert.Equal(seen[0], values[(17 * 708) + 300]);
        Assert.Equal(seen[1], values[^1]);
        Assert.Equal(seen[2], values.Sum(v => (double)v), 1e-9 * seen[2]);
    }

    [Theory]
    [InlineData("0:180")]
    [InlineData("0:180:0")]
    [InlineData("0:nan:3")]
    [InlineData("a:b:3")]
    [InlineData("0:1:99999999")]
    public void Parse_WhatIsNoAxis_SaysWhatIsExpected(string text) =>
        Assert.Contains("START:STOP:COUNT", Assert.Throws<FormatException>(() => AxisSource.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("rotation")]
    [InlineData("rotation,bin")]
    [InlineData("rotation,rotation,bin")]
    [InlineData("rotation,translation,7")]
    public void ParseAxes_WhatAreNone_SaysWhatIsExpected(string text) =>
        Assert.Contains("rotation,translation,bin", Assert.Throws<FormatException>(() => SinogramReading.ParseAxes(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Open_DamagedAnywhere_IsReadOrRefused()
    {
        string whole = Write(Entry, "put('scan/data/intensity', 'trb', chunks=(2, 2, 3), compression='gzip'); f['scan/control/data'] = v[:, :, 0]");
        byte[] bytes = File.ReadAllBytes(whole);
        string path = _folder.File("damaged.h5");
        Random random = new(20261123);
        int refused = 0;
        long before = GC.GetTotalAllocatedBytes();
        for (int round = 0; round < 300; round++)
        {
            byte[] damaged = [.. bytes];
            for (int n = random.Next(1, 8); n > 0; n--)
            {
                damaged[random.Next(damaged.Length)] = random.Next(3) switch { 0 => 0xFF, 1 => 0, _ => (byte)random.Next(256) };
            }

            File.WriteAllBytes(path, round % 10 == 9 ? damaged[..random.Next(damaged.Length)] : damaged);
            try
            {
                using SinogramFile file = Open(path);
                int bins = Math.Min(file.Header.BinCount, 64);
                file.ReadBins(0, bins, new float[file.Header.CellCount * bins]);
                _ = file.Parameters;
                NxxrdctCheck.Read(path, Decode);
            }
            catch (Exception e) when (e is InvalidDataException or IOException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 30, 300);
        Assert.True(GC.GetTotalAllocatedBytes() - before < 4L << 30);
    }

    private static float Value(int rotation, int translation, int bin) =>
        (rotation, translation) == (1, 2) ? float.NaN : (rotation * 1000) + (translation * 10) + bin;

    private static SinogramReading Told(string? axes) => new()
    {
        Axes = axes is null ? null : SinogramReading.ParseAxes(axes),
        Angles = AxisSource.Parse("0:135:4"),
        Translations = AxisSource.Parse("-20:20:5"),
    };

    private static void AssertAxes(SinogramFile file)
    {
        Assert.Equal([0, 45, 90, 135], file.Header.Angles_deg.Select(a => Math.Round(a, 9)));
        Assert.Equal([-20, -10, 0, 10, 20], file.Header.Translations_um.Select(t => Math.Round(t, 9)));
        Assert.Equal([1, 1.5, 2, 2.5, 3, 3.5, 4], file.Header.Radial);
    }

    private static void AssertValues(SinogramFile file, int first, int count)
    {
        float[] values = new float[Rotations * Translations * count];
        file.ReadBins(first, count, values);
        Assert.Equal(
            Enumerable.Range(0, values.Length).Select(i => Value(i / count / Translations, i / count % Translations, first + (i % count))),
            values);
    }

    private static SinogramFile Open(string location, SinogramReading? how = null) => new(location, how ?? new SinogramReading(), Decode);

    private static bool Decode(ReadOnlySpan<byte> packed, int elementSize, Span<byte> plain)
    {
        int needed = BitshuffleLz4.ScratchLength(packed, elementSize, plain.Length);
        return needed >= 0 && BitshuffleLz4.TryDecode(packed, elementSize, new byte[needed], plain);
    }

    private string Write(string entry, string script, string name = "sinogram.h5")
    {
        string path = _folder.File(name);
        h5py.Write(path, Values + entry + script);
        return path;
    }
}
