using System.Text.Json;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Storage.Images;
using XrdCt.Live.Tests.Storage;

namespace XrdCt.Live.Tests.Geometry;

public sealed class NexusDetectorFileTests(H5pyWriter h5py) : IClassFixture<H5pyWriter>
{
    private static readonly JsonElement Golden = GoldenGeometry.Read("nexus_detectors.json");

    [Theory]
    [InlineData("flat")]
    [InlineData("curved")]
    public void At_PixelOfADetectorThatPyFaiSaved_IsWherePyFaiPutsIt(string name)
    {
        NexusDetector detector = Read(name);
        JsonElement expected = Golden.GetProperty(name);
        double[] twoTheta = GoldenGeometry.Numbers(expected.GetProperty("two_theta"));
        double[] chi = GoldenGeometry.Numbers(expected.GetProperty("chi"));
        double[] solidAngle = GoldenGeometry.Numbers(expected.GetProperty("solid_angle"));
        double[] cornerTwoTheta = GoldenGeometry.Numbers(expected.GetProperty("corner_two_theta"));
        double[] cornerChi = GoldenGeometry.Numbers(expected.GetProperty("corner_chi"));
        var pixels = new PixelGeometry(Geometry(detector));
        int compared = 0;
        for (int i = 0; i < detector.Shape.PixelCount; i++)
        {
            if (detector.Mask!.Masked[i])
            {
                continue;
            }

            (int row, int column) = Math.DivRem(i, detector.Shape.Columns);
            PixelPosition centre = pixels.At(row, column);
            Assert.Equal(twoTheta[i], centre.TwoTheta_rad, 1e-6);
            Assert.Equal(chi[i], centre.Azimuth_rad, 1e-5);
            Assert.Equal(solidAngle[i], centre.SolidAngle, 1e-6);
            for (int corner = 0; corner < PixelCorners.PerPixel; corner++)
            {
                PixelPosition position = pixels.Corner(row, column, corner);
                Assert.Equal(cornerTwoTheta[(4 * i) + corner], position.TwoTheta_rad, 1e-6);
                Assert.Equal(cornerChi[(4 * i) + corner], position.Azimuth_rad, 1e-5);
            }

            compared++;
        }

        Assert.Equal(detector.Shape.PixelCount - detector.Mask!.MaskedCount, compared);
    }

    [Theory]
    [InlineData("flat", true, 3)]
    [InlineData("curved", false, 2)]
    public void Read_DetectorThatPyFaiSaved_HasItsImages(string name, bool isFlat, int masked)
    {
        NexusDetector detector = Read(name);
        JsonElement expected = Golden.GetProperty(name);

        Assert.Equal(new ImageShape(9, 13), detector.Shape);
        Assert.Equal("Small detector", detector.Name);
        Assert.Equal((float)1e-4, detector.PixelSize1_m);
        Assert.Equal((float)1.25e-4, detector.PixelSize2_m);
        Assert.Null(detector.Orientation);
        Assert.Equal(isFlat, detector.Corners!.IsFlat);
        Assert.Equal(masked, detector.Mask!.MaskedCount);
        Assert.Equal(GoldenGeometry.Numbers(expected.GetProperty("mask")), detector.Mask.Masked.ToArray().Select(m => m ? 1.0 : 0));
        Assert.Equal(GoldenGeometry.Numbers(expected.GetProperty("flatfield")), detector.FlatField.ToArray().Select(f => (double)f));
        Assert.Equal(GoldenGeometry.Numbers(expected.GetProperty("darkcurrent")).Select(d => (float)d), detector.Dark.ToArray());
    }

    [Theory]
    [InlineData("f.create_group('entry')", "NXdetector")]
    [InlineData("f.create_group('d').attrs['NX_class']='NXdetector'", "pixel_size")]
    [InlineData("g=f.create_group('d'); g.attrs['NX_class']='NXdetector'; g['pixel_size']=[1e-4,1e-4]", "shape")]
    [InlineData(
        "g=f.create_group('d'); g.attrs['NX_class']='NXdetector'; g['pixel_size']=[1e-4,1e-4]; "
        + "g['shape']=[3,4]; g['mask']=[[1,0],[0,1]]",
        "mask is [2, 2]")]
    [InlineData(
        "g=f.create_group('d'); g.attrs['NX_class']='NXdetector'; g['pixel_size']=[1e-4,1e-4]; "
        + "g['shape']=[2,2]; g.create_dataset('pixel_corners',(2,2,6,3),'f4')",
        "corners")]
    [InlineData(
        "g=f.create_group('d'); g.attrs['NX_class']='NXdetector'; g['pixel_size']=[1e-4,1e-4]; "
        + "g['shape']=[60000,60000]; g.create_dataset('pixel_corners',(60000,60000,4,3),'f4',chunks=(10,10,4,3))",
        "shape")]
    [InlineData(
        "g=f.create_group('d'); g.attrs['NX_class']='NXdetector'; g['pixel_size']=[1e-4,1e-4]; "
        + "g['shape']=[2,2]; g['orientation']=7",
        "orientation")]
    public void Read_FileThatIsNoDetector_NamesFileAndField(string script, string expected)
    {
        using TemporaryFolder folder = new();
        string path = folder.File("bad.h5");
        h5py.Write(path, script);

        InvalidDataException e = Assert.Throws<InvalidDataException>(() => NexusDetectorFile.Read(path, (_, _, _) => false));

        Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_FileThatIsCutShort_IsOneSentence()
    {
        using TemporaryFolder folder = new();
        byte[] whole = File.ReadAllBytes(GoldenGeometry.PathOf("curved.h5"));
        foreach (int length in new[] { 0, 7, 100, 900, 4000, 12_000, 20_000, 30_000 })
        {
            string path = folder.File($"cut{length}.h5");
            File.WriteAllBytes(path, whole[..length]);

            InvalidDataException e = Assert.Throws<InvalidDataException>(() => NexusDetectorFile.Read(path, (_, _, _) => false));

            Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Read_FileWithWrongBytes_ReadsOrSaysWhyNot()
    {
        using TemporaryFolder folder = new();
        byte[] whole = File.ReadAllBytes(GoldenGeometry.PathOf("curved.h5"));
        string path = folder.File("damaged.h5");
        Random random = new(20261123);
        for (int i = 0; i < 150; i++)
        {
            byte[] damaged = [.. whole];
            for (int change = random.Next(1, 6); change > 0; change--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(path, damaged);
            try
            {
                Assert.Equal(new ImageShape(9, 13), NexusDetectorFile.Read(path, (_, _, _) => false).Shape);
            }
            catch (InvalidDataException e)
            {
                Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
            }
        }
    }

    private static NexusDetector Read(string name) => NexusDetectorFile.Read(GoldenGeometry.PathOf($"{name}.h5"), (_, _, _) => false);

    private static DetectorGeometry Geometry(NexusDetector detector) => new()
    {
        Shape = detector.Shape,
        PixelSize1_m = detector.PixelSize1_m,
        PixelSize2_m = detector.PixelSize2_m,
        Distance_m = 0.03,
        Poni1_m = 4e-4,
        Poni2_m = 6e-4,
        Rot1_rad = 0.11,
        Rot2_rad = -0.07,
        Rot3_rad = 0.5,
        Wavelength_m = 2e-11,
        Corners = detector.Corners,
    };
}
