using XrdCt.Live.Compute.Roi;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Phantoms;

namespace XrdCt.Live.Tests.Roi;

public sealed class CoarseSinogramTests
{
    private const double Width_um = 30;

    // Off the axis in both directions: no turn and no reflection leaves them where they are.
    private static readonly (double X_um, double Y_um, double Height)[] Spots = [(110, 40, 1), (-60, 130, 2), (20, -90, 3)];

    private static double Exact(double angle_rad, double t_um) => Spots.Sum(s =>
        s.Height * Math.Exp(-Math.Pow((t_um - (s.X_um * Math.Cos(angle_rad)) + (s.Y_um * Math.Sin(angle_rad))) / Width_um, 2)));

    private static float[] Sinogram(ScanRays rays)
    {
        float[] values = new float[rays.RotationCount * rays.TranslationCount];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)Exact(rays.Angles_rad[i / rays.TranslationCount], rays.Position_um(i % rays.TranslationCount));
        }

        return values;
    }

    private static double At(CoarseSinogram sinogram, double angle_rad, double t_um)
    {
        float[] value = new float[1];
        sinogram.Sample(angle_rad, t_um, 1, value);
        return value[0];
    }

    [Theory]
    [InlineData(180, 250, false)]
    [InlineData(180, 180, true)]
    [InlineData(360, 361, false)]
    [InlineData(360, 360, true)]
    public void Sample_AnyRay_IsThatOfTheSample(double range_deg, int rotations, bool isUneven)
    {
        var random = new SeededRandom(3);
        double[] angles = [.. Enumerable.Range(0, rotations)
            .Select(r => (r + (isUneven ? random.NextBetween(-0.4, 0.4) : 0)) * range_deg / rotations * Math.PI / 180)];
        var rays = new ScanRays(angles, 121, 4, 1.3);
        var sinogram = new CoarseSinogram(rays, Sinogram(rays));
        for (int k = 0; k < 2000; k++)
        {
            double angle = random.NextBetween(-10, 10), t = random.NextBetween(-200, 200);
            Assert.Equal(Exact(angle, t), At(sinogram, angle, t), 0.05);
        }
    }

    [Fact]
    public void Sample_MeasuredRay_IsWhatWasMeasured()
    {
        ScanRays rays = ScanRays.Of(new ScanPlan(9, 5, 10));
        float[] values = Sinogram(rays);
        var sinogram = new CoarseSinogram(rays, values);
        for (int i = 0; i < values.Length; i++)
        {
            double angle = rays.Angles_rad[i / 9], t = rays.Position_um(i % 9);
            Assert.Equal(values[i], At(sinogram, angle, t), 1e-6);
            Assert.Equal(values[i], At(sinogram, angle + Math.PI, -t), 1e-6);
        }
    }

    [Fact]
    public void Sample_BetweenTheLastAngleAndTheFirstFromBehind_IsTheirMean()
    {
        var rays = new ScanRays([0, Math.PI / 2], 3, 1);
        var sinogram = new CoarseSinogram(rays, [1, 2, 4, 10, 20, 40]);

        // At 135°: half of 90° as it is, half of 0° from behind.
        Assert.Equal(0.5 * (40 + 1), At(sinogram, 0.75 * Math.PI, 1), 1e-6);
        Assert.Equal(0.5 * (30 + 1.5), At(sinogram, 0.75 * Math.PI, 0.5), 1e-6);
    }

    [Fact]
    public void Sample_BeyondTheFieldOfView_FallsToZeroWithinAStep()
    {
        var sinogram = new CoarseSinogram(new ScanRays([0, 1], 3, 2), [6, 6, 6, 6, 6, 6]);
        Assert.Equal(6, At(sinogram, 0, 2), 1e-6);
        Assert.Equal(3, At(sinogram, 0, 3), 1e-6);
        Assert.Equal(0, At(sinogram, 0, 4));
        Assert.Equal(0, At(sinogram, 0, -1e9));
    }

    [Fact]
    public void Sample_UnmeasuredCellsAndRotations_AreBridged()
    {
        float n = float.NaN;
        var rays = new ScanRays([0, 0.5, 1], 3, 1);
        var sinogram = new CoarseSinogram(rays, [1, n, 3, n, n, n, 5, 6, 7]);
        Assert.Equal(2, sinogram.Rays.RotationCount);
        Assert.Equal(2, At(sinogram, 0, 0), 1e-6);
        Assert.Equal(4, At(sinogram, 0.5, 0), 1e-6);
    }

    [Fact]
    public void Sample_RepeatedEnd_IsTheMeanOfBoth()
    {
        var rays = new ScanRays([0, Math.PI / 2, Math.PI], 3, 1);
        var sinogram = new CoarseSinogram(rays, [1, 2, 3, 9, 9, 9, 5, 4, 1]);
        Assert.Equal(0.5 * (3 + 5), At(sinogram, 0, 1), 1e-6);
    }

    [Fact]
    public void Sinogram_NothingMeasured_SaysSo()
    {
        var rays = new ScanRays([0, 1], 2, 1);
        Assert.Throws<ArgumentException>(() => new CoarseSinogram(rays, [float.NaN, float.NaN, float.NaN, float.NaN]));
        Assert.Throws<ArgumentException>(() => new CoarseSinogram(rays, [1, 2, 3]));
        Assert.Throws<ArgumentException>(() => new ScanRays([], 2, 1));
        Assert.Throws<ArgumentException>(() => new ScanRays([double.NaN], 2, 1));
    }
}
