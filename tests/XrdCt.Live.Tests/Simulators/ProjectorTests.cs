using XrdCt.Live.Phantoms.Projection;
using XrdCt.Live.Phantoms.Samples;

namespace XrdCt.Live.Tests.Simulators;

public class ProjectorTests
{
    // Pixels are flat squares, so the rim, where the chord has an infinite slope, is smeared over a pixel (0.1 in 10
    // µm).
    private const double ChordTolerance_um = 0.12;

    // Centroid over bins of 1 µm of a shadow that is about as wide.
    private const double PositionTolerance_um = 0.05;

    // 0.1 % of the longest chord: pixel positions are rounded to 1/1024 pixel.
    private const double FlatnessTolerance_um = 0.5;

    [Theory]
    [InlineData(0)]
    [InlineData(26.565)]
    [InlineData(45)]
    [InlineData(101.3)]
    [InlineData(180)]
    public void Path_OfCircle_IsMeanChord(double rotation_deg)
    {
        const double Radius_um = 150;
        const double X_um = 40;
        const double Y_um = -25;
        ProjectionProfile profile = new Projector([Circle(501, X_um, Y_um, Radius_um)]).Project(rotation_deg);
        double centre_um = Hit(X_um, Y_um, rotation_deg);


        // Beam edges on bin edges: what is between them is interpolated, which rounds the steep rim of a circle.
        for (double t = Math.Floor(centre_um) - 200.5; t <= centre_um + 200; t += 7)
        {
            const double Width_um = 10;
            double expected = (ChordArea(t + (Width_um / 2) - centre_um, Radius_um)
                - ChordArea(t - (Width_um / 2) - centre_um, Radius_um)) / Width_um;
            Assert.Equal(expected, profile.Path_um(0, t, Width_um), ChordTolerance_um);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    [InlineData(90)]
    [InlineData(135)]
    public void Project_OffCentrePoint_IsHitAtXCosMinusYSin(double rotation_deg)
    {
        DensityMap map = new(301, 1);
        const int X = 100;
        const int Y = 37;
        map.Values[((Y + 150) * map.Size) + X + 150] = 1;
        ProjectionProfile profile = new Projector([map]).Project(rotation_deg);

        double mass = 0;
        double moment = 0;
        for (int t = -160; t <= 160; t++)
        {
            double path = profile.Path_um(0, t, 1);
            mass += path;
            moment += path * t;
        }

        Assert.Equal(1, mass, 1e-6);
        Assert.Equal(Hit(X, Y, rotation_deg), moment / mass, PositionTolerance_um);
    }

    [Fact]
    public void Project_FlatSquareAtAnyAngle_HasNoMoire()
    {
        DensityMap map = new(401, 1);
        Array.Fill(map.Values, 1f);
        ProjectionProfile profile = new Projector([map]).Project(45);
        for (int t = -50; t <= 50; t++)
        {
            // Mean over the bin, in which the tip of the rhombus lies at t = 0.
            double chord = (2 * 401 * Math.Sqrt(0.5)) - (t == 0 ? 0.5 : 2 * Math.Abs(t));
            Assert.Equal(chord, profile.Path_um(0, t, 1), FlatnessTolerance_um);
        }
    }

    [Fact]
    public void Path_WideBeam_IsMeanOfNarrowBeams()
    {
        ProjectionProfile profile = new Projector([Circle(301, 20, 10, 80)]).Project(17);
        double mean = Enumerable.Range(-5, 11).Average(i => profile.Path_um(0, 33 + i, 1));
        Assert.Equal(mean, profile.Path_um(0, 33, 11), 1e-6);
    }

    [Fact]
    public void Path_OutsideMap_IsZero() =>
        Assert.Equal(0, new Projector([Circle(301, 0, 0, 80)]).Project(17).Path_um(0, 5000, 10));

    [Fact]
    public void Projector_MapsOfDifferentSize_Throws() =>
        Assert.Throws<ArgumentException>(() => new Projector([new DensityMap(11, 1), new DensityMap(12, 1)]));

    private static double Hit(double x, double y, double rotation_deg) =>
        (x * Math.Cos(rotation_deg * Math.PI / 180)) - (y * Math.Sin(rotation_deg * Math.PI / 180));

    /// <summary>Integral of the chord from −R to t.</summary>
    private static double ChordArea(double t, double radius)
    {
        double u = Math.Clamp(t / radius, -1, 1);
        return radius * radius * (Math.Asin(u) + (u * Math.Sqrt(1 - (u * u))) + (Math.PI / 2));
    }

    private static DensityMap Circle(int size, double x_um, double y_um, double radius_um)
    {
        const int Sub = 16;
        DensityMap map = new(size, 1);
        for (int row = 0; row < size; row++)
        {
            for (int column = 0; column < size; column++)
            {
                int inside = 0;
                for (int i = 0; i < Sub * Sub; i++)
                {
                    double dx = map.Position_um(column) + (((i % Sub) + 0.5) / Sub) - 0.5 - x_um;
                    double dy = map.Position_um(row) + (((i / Sub) + 0.5) / Sub) - 0.5 - y_um;
                    inside += (dx * dx) + (dy * dy) < radius_um * radius_um ? 1 : 0;
                }

                map.Values[(row * size) + column] = inside / (float)(Sub * Sub);
            }
        }

        return map;
    }
}
