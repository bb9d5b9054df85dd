using XrdCt.Live.Compute.Guidance;

namespace XrdCt.Live.Tests.Guidance;

/// <summary>Against numpy and scipy: Golden/guidance/case.md.</summary>
public sealed class DiscMeansTests
{
    private const int Size = 41;
    private static readonly string Archive = Path.Combine(AppContext.BaseDirectory, "Golden", "guidance", "discs_41.npz");
    private static readonly float[] Map = [.. Npy.Read(Archive, "map").Select(v => (float)v)];

    [Theory]
    [InlineData("0.4", 0.4)]
    [InlineData("1.0", 1)]
    [InlineData("3.0", 3)]
    [InlineData("7.35", 7.35)]
    [InlineData("12.55", 12.55)]
    [InlineData("30.0", 30)]
    public void Compute_Discs_AreScipys(string name, double radius_px)
    {
        double[] means = new double[Size * Size];
        new DiscMeans(Size, radius_px).Compute(Map, means);

        double[] expected = Npy.Read(Archive, $"mean_{name}");
        Assert.All(means.Zip(expected), m => Assert.Equal(m.Second, m.First, 1e-6));
    }

    [Fact]
    public void Compute_SecondMap_ForgetsTheFirst()
    {
        double[] fresh = new double[Size * Size];
        double[] used = new double[Size * Size];
        DiscMeans discs = new(Size, 7.35);
        discs.Compute([.. Enumerable.Repeat(9f, Size * Size)], used);
        discs.Compute(Map, used);
        new DiscMeans(Size, 7.35).Compute(Map, fresh);

        Assert.Equal(fresh, used);
    }

    [Fact]
    public void Compute_Strips_AreTheClosedForm()
    {
        double[] strips = new double[Size * Size];
        new StripMeans(Size).Compute(Map, 7.35, strips);

        double[] expected = Npy.Read(Archive, "strips_7.35");
        for (int y = 8; y < Size - 8; y++)
        {
            for (int x = 8; x < Size - 8; x++)
            {
                Assert.Equal(1, strips[(y * Size) + x] / expected[(y * Size) + x], 0.01);
            }
        }
    }

    [Fact]
    public void Compute_AirDistance_IsScipys()
    {
        float[] distance = AirDistance.Compute([.. Npy.Read(Archive, "material").Select(m => m != 0)], Size);

        Assert.All(distance.Zip(Npy.Read(Archive, "distance")), d => Assert.Equal(d.Second, d.First, 1e-5));
    }

    [Fact]
    public void Compute_EverythingMaterial_EndsAtTheMap()
    {
        float[] distance = AirDistance.Compute([.. Enumerable.Repeat(true, 9)], 3);

        Assert.Equal(0.5f, distance[0]);
        Assert.Equal(1.5f, distance[4]);
    }
}
