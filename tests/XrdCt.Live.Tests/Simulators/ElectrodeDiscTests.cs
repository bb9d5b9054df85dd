using XrdCt.Live.Phantoms.Samples;

namespace XrdCt.Live.Tests.Simulators;

public class ElectrodeDiscTests
{
    [Fact]
    public void ElectrodeDisc_SameSeed_SameDisc()
    {
        ElectrodeDisc again = new(SimulatedScan.Seed);
        Assert.Equal(SimulatedScan.Disc.NmcDensity.Values, again.NmcDensity.Values);
        Assert.NotEqual(
            SimulatedScan.Disc.NmcDensity.Values, new ElectrodeDisc(SimulatedScan.Seed + 1).NmcDensity.Values);
    }

    [Fact]
    public void Particles_AllRadii_AreBetween3And10Micrometres()
    {
        IReadOnlyList<Particle> particles = SimulatedScan.Disc.Particles;
        Assert.InRange(particles.Count, 800, 5000);
        Assert.All(
            particles,
            p => Assert.InRange(p.Radius_um, ElectrodeDisc.SmallestRadius_um, ElectrodeDisc.LargestRadius_um));
        Assert.Contains(particles, p => p.Radius_um > 9);
    }

    [Fact]
    public void Components_EveryPixel_FillNoMoreThanTheVolume()
    {
        IReadOnlyList<DensityMap> maps = SimulatedScan.Disc.Components;
        for (int i = 0; i < maps[0].Values.Length; i++)
        {
            float sum = 0;
            foreach (DensityMap map in maps)
            {
                Assert.True(map.Values[i] >= 0);
                sum += map.Values[i];
            }

            Assert.True(sum <= 1.0001f, $"pixel {i} holds {sum}");
        }
    }

    [Fact]
    public void Components_Disc_LiesInsideCoarseFieldOfView()
    {
        DensityMap nmc = SimulatedScan.Disc.NmcDensity;
        const double HalfField_um = 505;
        double farthest = 0;
        for (int i = 0; i < nmc.Values.Length; i++)
        {
            if (nmc.Values[i] > 0)
            {
                double x = nmc.Position_um(i % nmc.Size);
                double y = nmc.Position_um(i / nmc.Size);
                farthest = Math.Max(farthest, Math.Sqrt((x * x) + (y * y)));
            }
        }

        Assert.InRange(farthest, 460, HalfField_um);
    }

    [Fact]
    public void NmcDensity_CrescentIsEmpty_AndBestPlaceIsDensest()
    {
        DensityMap nmc = SimulatedScan.Disc.NmcDensity;
        Assert.Equal(0, MeanAround(nmc, -365, 0, 25));
        double best = MeanAround(nmc, 130, 55, 125);
        Assert.InRange(best, 0.6, 0.85);
        Assert.True(best > MeanAround(nmc, -100, -150, 125) + 0.05);
        Assert.True(best > MeanAround(nmc, 200, -250, 125) + 0.05);
    }

    [Fact]
    public void NmcDensity_FlippedOrTurned_DiffersFromItself()
    {
        DensityMap nmc = SimulatedScan.Disc.NmcDensity;
        int n = nmc.Size;
        Func<int, int, int>[] changes =
        [
            (y, x) => (y * n) + n - 1 - x,
            (y, x) => ((n - 1 - y) * n) + x,
            (y, x) => (x * n) + y,
            (y, x) => ((n - 1 - y) * n) + n - 1 - x,
        ];
        Assert.All(changes, change => Assert.InRange(Correlation(nmc, change), -1, 0.8));
    }

    private static double MeanAround(DensityMap map, double x_um, double y_um, double radius_um)
    {
        double sum = 0;
        int count = 0;
        for (int i = 0; i < map.Values.Length; i++)
        {
            double dx = map.Position_um(i % map.Size) - x_um;
            double dy = map.Position_um(i / map.Size) - y_um;
            if ((dx * dx) + (dy * dy) < radius_um * radius_um)
            {
                sum += map.Values[i];
                count++;
            }
        }

        return sum / count;
    }

    private static double Correlation(DensityMap map, Func<int, int, int> change)
    {
        double mean = map.Values.Average();
        double cross = 0;
        double square = 0;
        for (int y = 0; y < map.Size; y++)
        {
            for (int x = 0; x < map.Size; x++)
            {
                double value = map.Values[(y * map.Size) + x] - mean;
                cross += value * (map.Values[change(y, x)] - mean);
                square += value * value;
            }
        }

        return cross / square;
    }

    [Fact]
    public void At_AnotherHeight_CutsEachParticleAsASphereAndKeepsTheRest()
    {
        const double Z_um = 13;
        ElectrodeDisc other = new(SimulatedScan.Seed, Z_um);
        Particle[] here = [.. SimulatedScan.Disc.Particles];
        Particle ball = here[0] with { Radius_um = 5 };

        Assert.Equal(4, ball.At(3)!.Radius_um, 1e-12);
        Assert.Equal(4, ball.At(-3)!.Radius_um, 1e-12);
        Assert.Equal(4, ball.At(13)!.Radius_um, 1e-12);
        Assert.Null(ball.At(5));
        Assert.Equal(here.Select(p => p.At(Z_um)).OfType<Particle>(), other.Particles);
        Assert.NotEqual(SimulatedScan.Disc.NmcDensity.Values, other.NmcDensity.Values);
        Assert.Equal(SimulatedScan.Disc.Density(SampleComponent.Aluminium).Values, other.Density(SampleComponent.Aluminium).Values);

        // The mean of √(1 − u²), squared, over a sphere's height is two thirds of the widest cut.
        double area = other.Particles.Sum(p => p.Radius_um * p.Radius_um) / here.Sum(p => p.Radius_um * p.Radius_um);
        Assert.Equal(2.0 / 3, area, 0.12);
    }
}
