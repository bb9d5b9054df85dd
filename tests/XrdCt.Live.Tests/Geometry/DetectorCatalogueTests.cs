using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;

namespace XrdCt.Live.Tests.Geometry;

public class DetectorCatalogueTests
{
    private static readonly JsonElement[] PyFai = [.. GoldenGeometry.Read("detectors.json").GetProperty("detectors").EnumerateArray()];

    public static TheoryData<string> Names { get; } = [.. PyFai.Select(d => d.GetProperty("name").GetString()!)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Find_DetectorOfPyFai_HasItsSizePixelsAndMask(string name)
    {
        JsonElement expected = PyFai.Single(d => d.GetProperty("name").GetString() == name);

        DetectorModel model = DetectorCatalogue.Find(name)!;

        Assert.Equal(name, model.Name);
        Assert.Equal(expected.GetProperty("aliases").EnumerateArray().Select(a => a.GetString()), model.Aliases);
        Assert.Equal([model.Shape.Rows, model.Shape.Columns], expected.GetProperty("shape").EnumerateArray().Select(side => side.GetInt32()));
        Assert.Equal(expected.GetProperty("pixel1").GetDouble(), model.PixelSize_m);
        Assert.Equal(expected.GetProperty("pixel2").GetDouble(), model.PixelSize_m);
        PixelMask mask = ModuleGaps.Of(Geometry(name, model.Shape));
        Assert.Equal(expected.GetProperty("masked").GetInt32(), mask.MaskedCount);
        Assert.Equal(expected.GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(mask.Masked))));
    }

    [Fact]
    public void Find_EveryNameThatPyFaiRegisters_IsTheSameDetector() => Assert.All(
        PyFai,
        d => Assert.All(
            d.GetProperty("registered").EnumerateArray().Concat(d.GetProperty("aliases").EnumerateArray()),
            alias => Assert.Equal(d.GetProperty("name").GetString(), DetectorCatalogue.Find(alias.GetString()!)?.Name)));

    [Theory]
    [InlineData("PILATUS3 X CdTe 2M", "PilatusCdTe2M")]
    [InlineData("Dectris PILATUS3 6M, S/N 60-0001", "Pilatus6M")]
    [InlineData("PILATUS3 X 300K-W", "Pilatus300kw")]
    [InlineData("pilatus300k", "Pilatus300k")]
    [InlineData("EIGER2 X CdTe 9M", "Eiger2CdTe_9M")]
    [InlineData("Dectris EIGER2 Si 1M-W", "Eiger2_1MW")]
    [InlineData("EIGER X 16M", "Eiger16M")]
    [InlineData("Pilatus 900k", "Pilatus900k")]
    public void Find_NameAsItsMakerWritesIt_IsUnderstood(string name, string expected) =>
        Assert.Equal(expected, DetectorCatalogue.Find(name)?.Name);

    [Theory]
    [InlineData("PilatusCdTe2M", -2.0, 1.5)]
    [InlineData("Pilatus 6M", -2.0, 1.5)]
    [InlineData("Eiger2 4M", null, 0.0)]
    public void Find_Detector_SaysWhichValueIsNone(string name, double? dummy, double delta)
    {
        DetectorModel model = DetectorCatalogue.Find(name)!;

        Assert.Equal((dummy, delta), (model.Dummy, model.DummyDelta));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Detector")]
    [InlineData("Pilatus")]
    [InlineData("Pilatus 3M")]
    [InlineData("Frelon")]
    public void Find_OtherName_IsUnknown(string name) => Assert.Null(DetectorCatalogue.Find(name));

    [Theory]
    [InlineData("PilatusCdTe2N", "PilatusCdTe2M")]
    [InlineData("Eigr4M", "Eiger4M")]
    public void Near_MisspeltName_NamesWhatWasMeantFirst(string name, string expected)
    {
        IReadOnlyList<string> near = DetectorCatalogue.Near(name);

        Assert.Equal(3, near.Count);
        Assert.Equal(expected, near[0]);
    }

    [Fact]
    public void Of_ImageThatIsNotMadeOfWholeModules_MasksNothing() =>
        Assert.Equal(0, ModuleGaps.Of(Geometry("PilatusCdTe2M", new ImageShape(1475, 1679))).MaskedCount);

    [Fact]
    public void Of_TwoModulesOfAnUnusualDetector_MasksTheGapBetweenThem() =>
        Assert.Equal(17 * 487, ModuleGaps.Of(Geometry("Pilatus2M", new ImageShape(407, 487))).MaskedCount);

    private static DetectorGeometry Geometry(string name, ImageShape shape) => new()
    {
        Detector = name,
        Shape = shape,
        PixelSize1_m = 172e-6,
        PixelSize2_m = 172e-6,
        Distance_m = 1,
        Poni1_m = 0,
        Poni2_m = 0,
    };
}
