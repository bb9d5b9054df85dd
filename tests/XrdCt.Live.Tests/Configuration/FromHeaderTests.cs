using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Server;
using XrdCt.Live.Server.Configuration;

namespace XrdCt.Live.Tests.Configuration;

public sealed class FromHeaderTests
{
    private static readonly ImageShape Shape = new(2, 3);

    private static readonly DetectorGeometry Geometry = new()
    {
        Shape = Shape,
        PixelSize1_m = 1e-4,
        PixelSize2_m = 1e-4,
        Distance_m = 0.3,
        Poni1_m = 0,
        Poni2_m = 0,
        Wavelength_m = 1e-10,
    };

    private static readonly float[] Flat = [1, 2, 0.5f, 1, 1, 0];

    private static SeriesHeader Header => new()
    {
        SeriesId = 9,
        Energy_keV = 50,
        Distance_m = 0.25,
        FlatFieldApplied = false,
        Tables = new Tables(new PixelMask(Shape, [true, false, false, false, false, false]), Flat),
    };

    [Fact]
    public void Of_AllParts_ReplacesGeometryAndAddsTheMask()
    {
        FromHeader taken = FromHeader.Of(["mask", "flat_field", "energy", "distance"], Header);
        PixelMask own = new(Shape, [false, true, false, false, false, false]);

        DetectorGeometry geometry = taken.Apply(Geometry);

        Assert.Equal(0.25, geometry.Distance_m);
        Assert.Equal(12.398419843320026 / 50 * 1e-10, geometry.Wavelength_m!.Value, 1e-24);
        Assert.Equal([true, true, false, false, false, false], taken.Apply(own).Masked.ToArray());
        Assert.Equal(Flat, taken.FlatField(Shape).ToArray());
    }

    [Fact]
    public void Of_OnePart_LeavesTheOthersAsTheFilesSay()
    {
        FromHeader taken = FromHeader.Of(["energy"], Header);

        Assert.Equal(0.3, taken.Apply(Geometry).Distance_m);
        Assert.Equal(0, taken.Apply(PixelMask.None(Shape)).MaskedCount);
        Assert.True(taken.FlatField(Shape).IsEmpty);
    }

    [Fact]
    public void Of_FlatFieldThatTheDetectorApplied_IsNotAppliedAgain() =>
        Assert.True(FromHeader.Of(["flat_field"], Header with { FlatFieldApplied = true }).FlatField(Shape).IsEmpty);

    [Theory]
    [InlineData("mask")]
    [InlineData("flat_field")]
    [InlineData("energy")]
    [InlineData("distance")]
    public void Of_PartThatTheHeaderLacks_NamesItAndTheRemedy(string part)
    {
        UserException e = Assert.Throws<UserException>(() => FromHeader.Of([part], new SeriesHeader { SeriesId = 4 }));

        Assert.Contains("series 4", e.Message);
        Assert.Contains($"'{part}'", e.Message);
        Assert.Contains("header_detail", e.Message);
    }

    [Fact]
    public void FlatField_OfAnotherSize_IsRefused() =>
        Assert.Throws<ArgumentException>(() => FromHeader.Of(["flat_field"], Header).FlatField(new ImageShape(3, 3)).Length);

    [Fact]
    public void Apply_TablesOfAnotherSize_AreRefusedBeforeTheyAreUnpacked()
    {
        FromHeader taken = FromHeader.Of(["mask", "flat_field"], Header with { Tables = new Unreadable(new ImageShape(30_000, 3)) });

        Assert.Contains("30000×3", Assert.Throws<ArgumentException>(() => taken.Apply(PixelMask.None(Shape))).Message);
        Assert.Contains("30000×3", Assert.Throws<ArgumentException>(() => taken.FlatField(Shape).Length).Message);
    }

    [Fact]
    public void Apply_TablesThatCannotBeRead_SaysSo()
    {
        FromHeader taken = FromHeader.Of(["mask", "flat_field"], Header with { Tables = new Unreadable(Shape, fails: false) });

        Assert.Contains("mask cannot be read", Assert.Throws<ArgumentException>(() => taken.Apply(PixelMask.None(Shape))).Message);
        Assert.Contains("flat field cannot be read", Assert.Throws<ArgumentException>(() => taken.FlatField(Shape).Length).Message);
    }

    private sealed class Unreadable(ImageShape shape, bool fails = true) : ISeriesTables
    {
        public ImageShape? MaskShape => shape;

        public ImageShape? FlatFieldShape => shape;

        public PixelMask? ReadMask() => fails ? throw new InvalidOperationException("it was unpacked") : null;

        public float[]? ReadFlatField() => fails ? throw new InvalidOperationException("it was unpacked") : null;
    }

    private sealed class Tables(PixelMask mask, float[] flatField) : ISeriesTables
    {
        public ImageShape? MaskShape => mask.Shape;

        public ImageShape? FlatFieldShape => mask.Shape;

        public PixelMask? ReadMask() => mask;

        public float[]? ReadFlatField() => flatField;
    }
}
