using XrdCt.Live.Storage;
using XrdCt.Live.Storage.Sinograms;

namespace XrdCt.Live.Tests.Storage;

public sealed class NxxrdctCheckTests(H5pyWriter h5py) : IClassFixture<H5pyWriter>, IDisposable
{
    // What a scan does not tell us of, and the definition leaves open.
    private static readonly string[] Unknown =
    [
        "/entry/instrument/source/name", "/entry/instrument/source/type", "/entry/control/preset", "/entry/sample/x_translation",
        "/entry/sample/y_translation", "/entry/sample/z_translation", "/entry/instrument/detector/count_time",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_ScanOfOurs_HasNoDefectAndLacksOnlyWhatNobodyTold()
    {
        IReadOnlyList<LayoutFinding> findings = Check(new NexusScanStore(_folder.Path).Save(ScanSamples.Scan()));

        Assert.DoesNotContain(findings, f => f.IsDefect);
        Assert.Equal(Unknown.Order(), findings.Select(f => f.Path).Order());
    }

    [Theory]
    [InlineData("del g['entry/data/intensity']", "/entry/data/intensity")]
    [InlineData("del g['entry'].attrs['definition']; del g['entry/definition']", "/")]
    [InlineData("del g['entry'].attrs['definition']", "/entry@definition")]
    [InlineData("del g['entry/definition']", "/entry/definition")]
    [InlineData("g['entry/sample/rotation_angle'].attrs['units'] = 'furlong'", "/entry/sample/rotation_angle@units")]
    [InlineData("g['entry/beam/incident_energy'].attrs['units'] = 'm'", "/entry/beam/incident_energy@units")]
    [InlineData("g['entry/instrument/detector/distance'].attrs['units'] = 'degree'", "/entry/instrument/detector/distance@units")]
    [InlineData("del g['entry/sample/translation_values']", "/entry/sample/translation_values")]
    [InlineData("g['entry/instrument'].attrs['NX_class'] = 'NXcollection'", "/entry/instrument@NX_class")]
    [InlineData("del g['entry/data'].attrs['signal']", "/entry/data@signal")]
    [InlineData("del g['entry/data'].attrs['axes']", "/entry/data@axes")]
    [InlineData("g['entry/data'].attrs['axes'] = ['a', 'b']", "/entry/data@axes")]
    [InlineData("del g['entry/data/rotation_angles']; g['entry/data/rotation_angles'] = [1., 2.]", "/entry/data/rotation_angles")]
    [InlineData("del g['entry/data/diffraction_channel']", "/entry/data/diffraction_channel")]
    [InlineData("g['entry'].attrs['default'] = 'nothing'", "/entry/nothing")]
    [InlineData("del g['entry/title']", "/entry/title")]
    public void Read_Defect_IsNamedAlone(string damage, string path)
    {
        string file = Damaged(damage);

        LayoutFinding defect = Assert.Single(Check(file), f => f.IsDefect);

        Assert.Equal(path, defect.Path);
    }

    [Theory]
    [InlineData("del g['entry/start_time']", "/entry/start_time")]
    [InlineData("del g['entry'].attrs['version']", "/entry@version")]
    [InlineData("del g['entry/control']", "/entry/control/data")]
    [InlineData("del g['entry/sample/translation_values'].attrs['units']", "/entry/sample/translation_values@units")]
    [InlineData("del g.attrs['default']", "/@default")]
    [InlineData("g['entry/data'].attrs['axes'] = 'translation_values:rotation_angles:diffraction_channel'", "/entry/data@axes")]
    public void Read_SomethingOptional_IsANote(string damage, string path)
    {
        IReadOnlyList<LayoutFinding> findings = Check(Damaged(damage));

        Assert.DoesNotContain(findings, f => f.IsDefect);
        Assert.Contains(findings, f => f.Path == path);
    }

    [Fact]
    public void Read_PublishedExample_NamesTheAxisThatDoesNotFit()
    {
        LayoutFinding defect = Assert.Single(Check(ReferenceData.Require("example_nxxrdct.nxs")), f => f.IsDefect);

        Assert.Equal("/entry/data/rotation_angles", defect.Path);
        Assert.Contains("[181]", defect.What, StringComparison.Ordinal);
    }

    private static IReadOnlyList<LayoutFinding> Check(string path) => NxxrdctCheck.Read(path, (packed, elementSize, plain) => false);

    private string Damaged(string how)
    {
        string path = new NexusScanStore(_folder.Path).Save(ScanSamples.Scan());
        h5py.Write(_folder.File("unused.h5"), $"g = h5py.File('{path}', 'r+')\n{how}\ng.close()");
        return path;
    }
}
