using System.Text.Json;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;

namespace XrdCt.Live.Tests.Geometry;

public class OrientationTests
{
    private static readonly JsonElement Golden = GoldenGeometry.Read("orientations.json");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void At_AnyOrientation_IsWhereNumpyPutsIt(int orientation)
    {
        DetectorGeometry geometry = Geometry((DetectorOrientation)orientation);
        var pixels = new PixelGeometry(geometry);
        JsonElement expected = Golden.GetProperty("orientations").GetProperty($"{orientation}");
        double[] twoTheta = GoldenGeometry.Numbers(expected.GetProperty("centre").GetProperty("two_theta"));
        double[] chi = GoldenGeometry.Numbers(expected.GetProperty("centre").GetProperty("chi"));
        double[] cornerTwoTheta = GoldenGeometry.Numbers(expected.GetProperty("corner").GetProperty("two_theta"));
        double[] cornerChi = GoldenGeometry.Numbers(expected.GetProperty("corner").GetProperty("chi"));
        for (int i = 0; i < geometry.Shape.PixelCount; i++)
        {
            (int row, int column) = Math.DivRem(i, geometry.Shape.Columns);
            Same(twoTheta[i], chi[i], pixels.At(row, column));
            for (int corner = 0; corner < PixelCorners.PerPixel; corner++)
            {
                Same(cornerTwoTheta[(4 * i) + corner], cornerChi[(4 * i) + corner], pixels.Corner(row, column, corner));
            }
        }
    }

    [Theory]
    [InlineData(1, true, true)]
    [InlineData(2, true, false)]
    [InlineData(4, false, true)]
    public void At_FlippedImageOfOneDetector_IsTheSamePlaceInSpace(int orientation, bool rowsFlipped, bool columnsFlipped)
    {
        DetectorGeometry geometry = Geometry(DetectorOrientation.BottomRight);
        var upright = new PixelGeometry(geometry);
        var flipped = new PixelGeometry(geometry with { Orientation = (DetectorOrientation)orientation });
        (int lastRow, int lastColumn) = (geometry.Shape.Rows - 1, geometry.Shape.Columns - 1);
        for (int row = 0; row <= lastRow; row++)
        {
            for (int column = 0; column <= lastColumn; column++)
            {
                PixelPosition there = flipped.At(rowsFlipped ? lastRow - row : row, columnsFlipped ? lastColumn - column : column);
                PixelPosition here = upright.At(row, column);
                Same(here.TwoTheta_rad, here.Azimuth_rad, there);
                Assert.Equal(here.CosIncidence, there.CosIncidence, 1e-14);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void Geometry_OrientationThatIsNone_IsRefused(int orientation) =>
        Assert.Throws<ArgumentException>(() => new PixelGeometry(Geometry((DetectorOrientation)orientation)));

    [Fact]
    public void Geometry_CornersWithAnotherOrientation_AreRefused()
    {
        DetectorGeometry geometry = Geometry(DetectorOrientation.TopRight);
        geometry = geometry with { Corners = new PixelCorners(geometry.Shape, new float[12 * geometry.Shape.PixelCount]) };

        Assert.Contains("orientation 3", Assert.Throws<ArgumentException>(() => new PixelGeometry(geometry)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Geometry_CornersOfAnotherSize_AreRefused()
    {
        DetectorGeometry geometry = Geometry(DetectorOrientation.BottomRight) with { Corners = new PixelCorners(new ImageShape(2, 2), new float[48]) };

        Assert.Contains("2×2", Assert.Throws<ArgumentException>(() => new PixelGeometry(geometry)).Message, StringComparison.Ordinal);
    }

    private static void Same(double twoTheta_rad, double chi_rad, PixelPosition position)
    {
        Assert.Equal(twoTheta_rad, position.TwoTheta_rad, 1e-13);
        Assert.Equal(chi_rad, position.Azimuth_rad, 1e-11);
    }

    private static DetectorGeometry Geometry(DetectorOrientation orientation)
    {
        JsonElement geometry = Golden.GetProperty("geometry");
        double Value(string key) => geometry.GetProperty(key).GetDouble();
        int[] shape = [.. Golden.GetProperty("shape").EnumerateArray().Select(side => side.GetInt32())];
        return new DetectorGeometry
        {
            Shape = new ImageShape(shape[0], shape[1]),
            PixelSize1_m = Value("pixel1"),
            PixelSize2_m = Value("pixel2"),
            Distance_m = Value("dist"),
            Poni1_m = Value("poni1"),
            Poni2_m = Value("poni2"),
            Rot1_rad = Value("rot1"),
            Rot2_rad = Value("rot2"),
            Rot3_rad = Value("rot3"),
            Orientation = orientation,
        };
    }
}
