using XrdCt.Live.Compute.Reconstruction;

namespace XrdCt.Live.Tests.Reconstruction;

public sealed class BlockForwardProjectorTests
{
    [Theory]
    [InlineData(33, 0, 1)]
    [InlineData(33, 1.3, 8)]
    [InlineData(34, 0, 11)]
    [InlineData(34, -2.7, 16)]
    [InlineData(64, 0.5, 19)]
    public void Project_AnyAngle_IsTheTransposeOfTheBackProjection(int size, double centre_px, int width)
    {
        var forward = new BlockForwardProjector(size, centre_px);
        var back = new BackProjector(size, centre_px);
        var random = new Random(3);
        float[] x = Noise(random, size * size * width);
        float[] y = Noise(random, forward.ProjectionLength * width);
        float[] projected = new float[y.Length];
        foreach (double angle_deg in new[] { 0, 7.3, 45, 90, 133.7, 179.9, 180, 271, -30 })
        {
            double angle_rad = angle_deg * Math.PI / 180;
            forward.Project(x, angle_rad, projected);
            for (int bin = 0; bin < width; bin++)
            {
                double[] slice = new double[size * size];
                back.Add(Bin(y, width, bin), angle_rad, 1, slice);
                double left = Dot(Bin(projected, width, bin), Bin(y, width, bin));
                double right = slice.Zip(Bin(x, width, bin)).Sum(p => p.First * p.Second);
                double scale = Math.Sqrt(Dot(Bin(projected, width, bin), Bin(projected, width, bin)) * Dot(Bin(y, width, bin), Bin(y, width, bin)));
                Assert.Equal(left, right, 1e-6 * scale);
            }
        }
    }

    [Fact]
    public void Project_SmallSlice_IsTheMatrixOfTheDefinition()
    {
        float[] slice = Golden.Floats("slice");
        float[] expected = Golden.Floats("slice_projected");
        var projector = new BlockForwardProjector(33);
        float[] projection = new float[35];
        for (int rotation = 0; rotation < 20; rotation++)
        {
            projector.Project(slice, rotation * Math.PI / 20, projection);
            for (int sample = 0; sample < 33; sample++)
            {
                Assert.Equal(expected[(rotation * 33) + sample], projection[sample + 1], 1e-4);
            }
        }
    }

    [Fact]
    public void Project_WarmedUp_AllocatesNothing()
    {
        var projector = new BlockForwardProjector(33);
        float[] slices = new float[33 * 33 * 8];
        float[] projections = new float[35 * 8];
        Assert.Equal(0, Allocation.OfRound_bytes(() => projector.Project(slices, 1, projections)));
    }

    [Theory]
    [InlineData(33 * 33, 34)]
    [InlineData(33 * 33, 0)]
    [InlineData(33 * 33, 70)]
    public void Project_LengthsOfNoWidth_Throws(int slices, int projections) => Assert.Throws<ArgumentException>(
        () => new BlockForwardProjector(33).Project(new float[slices], 0, new float[projections]));

    private static float[] Noise(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (2 * random.NextSingle()) - 1)];

    private static float[] Bin(float[] values, int width, int bin) => [.. Enumerable.Range(0, values.Length / width).Select(i => values[(i * width) + bin])];

    private static double Dot(float[] a, float[] b) => a.Zip(b).Sum(p => (double)p.First * p.Second);

    private static class Golden
    {
        private static readonly string Archive = Path.Combine(AppContext.BaseDirectory, "Golden", "reconstruction", "solvers_33x20.npz");

        public static float[] Floats(string name) => [.. Npy.Read(Archive, name).Select(v => (float)v)];
    }
}
