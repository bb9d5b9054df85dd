namespace XrdCt.Live.Phantoms.Samples;

/// <summary>
/// Slice through a punched electrode disc of nominally 1 mm: NMC particles of 3–10 µm radius, NMC fines (fragments
/// below the raster, which calendering leaves) and a carbon/binder matrix between them, a crescent without material
/// where the cupped (bent) disc leaves the slice, a torn edge with a crack, and a strip of the aluminium foil that the
/// slice crosses inside the crescent. No symmetry is left, so a flipped or turned map is seen at once, and the packing
/// is densest around one place, where a region-of-interest scan belongs.
/// </summary>
/// <remarks>
/// Everything follows from the seed. Coordinates: micrometres from the rotation axis, x along the slice columns, y
/// along the rows. The disc reaches 500 µm from the axis, so that 101 translations of 10 µm hold it. Sample after
/// Daemi et al., Phys. Chem. Chem. Phys. 22 (2020) 17814: 1 mm discs of NMC 111 that cup when punched.
/// </remarks>
public sealed class ElectrodeDisc
{
    /// <summary>Pixels of the raster along x and along y.</summary>
    public const int RasterSize = 1101;

    /// <summary>Pixel size of the raster, µm.</summary>
    public const double RasterStep_um = 1;

    /// <summary>Smallest and largest particle radius, µm.</summary>
    public const double SmallestRadius_um = 3;

    /// <summary>Largest particle radius, µm.</summary>
    public const double LargestRadius_um = 10;

    private const double DiscRadius_um = 480;
    private const double DiscX_um = 9;
    private const double DiscY_um = -7;

    // The crescent: inside circle A, outside circle B. Their offset of 101 µm makes it 131 µm wide on one side and
    // closes it on the other.
    private const double OuterX_um = -40;
    private const double OuterY_um = 30;
    private const double OuterRadius_um = 390;
    private const double InnerX_um = 45;
    private const double InnerY_um = -25;
    private const double InnerRadius_um = 360;

    // The densest place; the nearest edge (the crescent) is 210 µm away, a 251 µm field of view fits.
    private const double DenseX_um = 130;
    private const double DenseY_um = 55;
    private const double DenseWidth_um = 130;
    private const double SparsePacking = 0.30;
    private const double DensePacking = 0.52;

    private const double TearAzimuth_rad = -1.25;
    private const double TearHalfAngle_rad = 0.20;
    private const double TearDepth_um = 95;
    private const double FoilThickness_um = 14;
    private const double FoilRadius_um = 376;
    private const double FoilAzimuth_rad = 2.57;
    private const double FoilHalfAngle_rad = 1.05;

    // Volume share of NMC fines between the particles: 0.22 to 0.58 in patches of 48 µm, and more at the densest place.
    private const double FinesLeast = 0.22;
    private const double FinesSpread = 0.36;
    private const double FinesAtDensest = 0.14;
    private const int FinesPatch_px = 48;
    private const int PoresPatch_px = 24;

    private const double ParticleGap_um = 0.4;
    private const int SuperSampling = 4;

    private readonly long _seed;
    private readonly double[] _edgePhases_rad = new double[12];
    private readonly List<(double X_um, double Y_um, double Width_um)> _crack = [];

    /// <summary>Makes and rasterises the disc of a seed (about half a second).</summary>
    /// <param name="seed">Seed of particles, edge and grains.</param>
    /// <param name="z_um">Height of the slice, µm: the particles are cut there (<see cref="Particle.At"/>), the rest is the same at any.</param>
    public ElectrodeDisc(long seed = 1, double z_um = 0)
    {
        _seed = seed;
        SeededRandom random = new(seed, 1);
        for (int i = 0; i < _edgePhases_rad.Length; i++)
        {
            _edgePhases_rad[i] = random.NextBetween(0, 2 * Math.PI);
        }

        GrowCrack(ref random);
        Particles = [.. Pack(ref random).Select(p => z_um == 0 ? p : p.At(z_um)).OfType<Particle>()];
        Grains = CrystallizeFoil();
        Components = Rasterise();
        NmcDensity = Sum(Density(SampleComponent.NmcCore), Density(SampleComponent.NmcRim));
    }

    /// <summary>Seed.</summary>
    public long Seed => _seed;

    /// <summary>All particles.</summary>
    public IReadOnlyList<Particle> Particles { get; }

    /// <summary>The crystals of the foil.</summary>
    public IReadOnlyList<AluminiumGrain> Grains { get; }

    /// <summary>Density of every component in the order of <see cref="SampleComponent"/>.</summary>
    public IReadOnlyList<DensityMap> Components { get; }

    /// <summary>Density of all NMC, both populations.</summary>
    public DensityMap NmcDensity { get; }

    /// <summary>Density of one component.</summary>
    public DensityMap Density(SampleComponent component) => Components[(int)component];

    /// <summary>Share of the volume that particles should fill at a point; 0 where there is no coating.</summary>
    private static double PackingTarget(double x_um, double y_um) =>
        SparsePacking + ((DensePacking - SparsePacking) * Denseness(x_um, y_um));

    /// <summary>1 at the densest place, falling off around it.</summary>
    private static double Denseness(double x_um, double y_um)
    {
        double dx = (x_um - DenseX_um) / DenseWidth_um;
        double dy = (y_um - DenseY_um) / DenseWidth_um;
        return Math.Exp(-0.5 * ((dx * dx) + (dy * dy)));
    }

    private static double Distance(double x_um, double y_um, double centreX_um, double centreY_um) =>
        Math.Sqrt(((x_um - centreX_um) * (x_um - centreX_um)) + ((y_um - centreY_um) * (y_um - centreY_um)));

    private static double AngleBetween(double a_rad, double b_rad) =>
        Math.Abs(Math.IEEERemainder(a_rad - b_rad, 2 * Math.PI));

    private static bool InFoil(double x_um, double y_um)
    {
        double off = Distance(x_um, y_um, InnerX_um, InnerY_um) - FoilRadius_um;
        double azimuth_rad = Math.Atan2(y_um - InnerY_um, x_um - InnerX_um);
        return Math.Abs(off) <= FoilThickness_um / 2 && AngleBetween(azimuth_rad, FoilAzimuth_rad) <= FoilHalfAngle_rad;
    }

    private static double RimFraction(double x_um, double y_um)
    {
        double u = Math.Clamp((Distance(x_um, y_um, DiscX_um, DiscY_um) / DiscRadius_um - 0.55) / 0.40, 0, 1);
        return u * u * (3 - (2 * u));
    }

    private static DensityMap Sum(DensityMap a, DensityMap b)
    {
        float[] values = new float[a.Values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = a.Values[i] + b.Values[i];
        }

        return a with { Values = values };
    }

    private bool InCoating(double x_um, double y_um)
    {
        double radius_um = Distance(x_um, y_um, DiscX_um, DiscY_um);
        double azimuth_rad = Math.Atan2(y_um - DiscY_um, x_um - DiscX_um);
        if (radius_um > EdgeRadius_um(azimuth_rad))
        {
            return false;
        }

        double wobble_um = 7 * Math.Sin((5 * azimuth_rad) + _edgePhases_rad[10]);
        bool inCrescent = Distance(x_um, y_um, OuterX_um, OuterY_um) < OuterRadius_um + wobble_um
            && Distance(x_um, y_um, InnerX_um, InnerY_um) > InnerRadius_um - wobble_um;
        return !inCrescent && !InFoil(x_um, y_um) && !InCrack(x_um, y_um);
    }

    /// <summary>
    /// Edge of the disc: a few per mille of waviness from punching, and one torn place with a jagged rim.
    /// </summary>
    private double EdgeRadius_um(double azimuth_rad)
    {
        double edge = DiscRadius_um;
        for (int k = 2; k < 8; k++)
        {
            edge += 5.0 / k * Math.Cos((k * azimuth_rad) + _edgePhases_rad[k]);
        }

        double off = AngleBetween(azimuth_rad, TearAzimuth_rad) / TearHalfAngle_rad;
        if (off >= 1)
        {
            return edge;
        }

        double jagged = 1 + (0.25 * Math.Sin((31 * azimuth_rad) + _edgePhases_rad[8]))
            + (0.15 * Math.Sin((67 * azimuth_rad) + _edgePhases_rad[9]));
        return edge - (TearDepth_um * Math.Sqrt(1 - off) * jagged);
    }

    private void GrowCrack(ref SeededRandom random)
    {
        const double Length_um = 260;
        const double Stride_um = 1.5;
        double start_um = DiscRadius_um - TearDepth_um + 12;
        double x_um = DiscX_um + (start_um * Math.Cos(TearAzimuth_rad));
        double y_um = DiscY_um + (start_um * Math.Sin(TearAzimuth_rad));
        double heading_rad = TearAzimuth_rad + Math.PI + 0.30;
        for (double along_um = 0; along_um < Length_um; along_um += Stride_um)
        {
            _crack.Add((x_um, y_um, 13 * (1 - (along_um / Length_um)) + 3));
            heading_rad += 0.09 * random.NextNormal();
            x_um += Stride_um * Math.Cos(heading_rad);
            y_um += Stride_um * Math.Sin(heading_rad);
        }
    }

    private bool InCrack(double x_um, double y_um)
    {
        foreach ((double crackX_um, double crackY_um, double width_um) in _crack)
        {
            if (Distance(x_um, y_um, crackX_um, crackY_um) < width_um / 2)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Random sequential packing, large particles first (that reaches a higher filling), without overlap.
    /// </summary>
    private List<Particle> Pack(ref SeededRandom random)
    {
        const int Attempts = 120_000;
        const double Reach_um = 520;
        ParticleGrid grid = new(RasterSize * RasterStep_um, 2 * LargestRadius_um * 1.2);
        List<Particle> particles = [];
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            double progress = attempt / (double)Attempts;
            double largest_um = LargestRadius_um - (progress * (LargestRadius_um - SmallestRadius_um - 2));
            double radius_um = SmallestRadius_um + ((largest_um - SmallestRadius_um) * Math.Sqrt(random.NextUnit()));
            Particle candidate = Candidate(ref random, radius_um, Reach_um);
            double wanted = PackingTarget(candidate.X_um, candidate.Y_um);
            if (Fits(candidate) && !grid.Overlaps(candidate, ParticleGap_um)
                && grid.FillAround(candidate.X_um, candidate.Y_um) < wanted)
            {
                grid.Add(candidate);
                particles.Add(candidate);
            }
        }

        return particles;
    }

    private static Particle Candidate(ref SeededRandom random, double radius_um, double reach_um)
    {
        double x_um = random.NextBetween(-reach_um, reach_um);
        double y_um = random.NextBetween(-reach_um, reach_um);
        double ripple = random.NextBetween(0.02, 0.10);
        int lobes = 2 + random.NextIndex(4);
        return new Particle(
            x_um, y_um, radius_um, ripple, lobes, random.NextBetween(0, 2 * Math.PI), RimFraction(x_um, y_um));
    }

    private bool Fits(Particle particle)
    {
        const int Spokes = 8;
        if (!InCoating(particle.X_um, particle.Y_um))
        {
            return false;
        }

        for (int i = 0; i < Spokes; i++)
        {
            (double sin, double cos) = Math.SinCos(i * 2 * Math.PI / Spokes);
            if (!InCoating(particle.X_um + (particle.Reach_um * cos), particle.Y_um + (particle.Reach_um * sin)))
            {
                return false;
            }
        }

        return true;
    }

    private List<AluminiumGrain> CrystallizeFoil()
    {
        const double Spacing_um = 11;
        SeededRandom random = new(_seed, 2);
        List<AluminiumGrain> grains = [];
        double pitch_rad = Spacing_um / FoilRadius_um;
        for (double a = FoilAzimuth_rad - FoilHalfAngle_rad; a < FoilAzimuth_rad + FoilHalfAngle_rad; a += pitch_rad)
        {
            double azimuth_rad = a + (random.NextBetween(-0.3, 0.3) * pitch_rad);
            double radius_um = FoilRadius_um + random.NextBetween(-3, 3);
            grains.Add(new AluminiumGrain(
                InnerX_um + (radius_um * Math.Cos(azimuth_rad)),
                InnerY_um + (radius_um * Math.Sin(azimuth_rad)),
                random.NextBetween(8, 16),
                AluminiumCrystal.Reflections(ref random)));
        }

        return grains;
    }

    private DensityMap[] Rasterise()
    {
        DensityMap[] maps =
            [.. Enum.GetValues<SampleComponent>().Select(_ => new DensityMap(RasterSize, RasterStep_um))];
        foreach (Particle particle in Particles)
        {
            Paint(particle, maps[(int)SampleComponent.NmcCore], maps[(int)SampleComponent.NmcRim]);
        }

        ValueNoise pores = new(_seed, 3, RasterSize, PoresPatch_px);
        ValueNoise patches = new(_seed, 6, RasterSize, FinesPatch_px);
        for (int row = 0; row < RasterSize; row++)
        {
            for (int column = 0; column < RasterSize; column++)
            {
                int at = (row * RasterSize) + column;
                double x_um = maps[0].Position_um(column);
                double y_um = maps[0].Position_um(row);
                if (InFoil(x_um, y_um))
                {
                    maps[(int)SampleComponent.Aluminium].Values[at] = 1;
                }
                else if (InCoating(x_um, y_um))
                {
                    FillBetween(maps, at, x_um, y_um, pores.At(column, row), patches.At(column, row));
                }
            }
        }

        return maps;
    }

    /// <summary>Fines, then carbon and binder in 45 to 85 % of what is left; the rest are pores.</summary>
    private static void FillBetween(
        DensityMap[] maps, int at, double x_um, double y_um, double poreNoise, double finesNoise)
    {
        ref float core = ref maps[(int)SampleComponent.NmcCore].Values[at];
        ref float rim = ref maps[(int)SampleComponent.NmcRim].Values[at];
        double between = Math.Max(0, 1 - core - rim);
        double fines = between
            * (FinesLeast + (FinesSpread * finesNoise) + (FinesAtDensest * Denseness(x_um, y_um)));
        double rimFraction = RimFraction(x_um, y_um);
        core += (float)(fines * (1 - rimFraction));
        rim += (float)(fines * rimFraction);
        maps[(int)SampleComponent.Matrix].Values[at] = (float)((0.45 + (0.40 * poreNoise)) * (between - fines));
    }

    private static void Paint(Particle particle, DensityMap core, DensityMap rim)
    {
        int half = core.Size / 2;
        int firstColumn = (int)Math.Floor(particle.X_um - particle.Reach_um) + half;
        int firstRow = (int)Math.Floor(particle.Y_um - particle.Reach_um) + half;
        int extent = (int)Math.Ceiling(2 * particle.Reach_um) + 2;
        for (int row = firstRow; row < firstRow + extent; row++)
        {
            for (int column = firstColumn; column < firstColumn + extent; column++)
            {
                float inside = Coverage(particle, core.Position_um(column), core.Position_um(row));
                int at = (row * core.Size) + column;
                core.Values[at] += inside * (float)(1 - particle.RimFraction);
                rim.Values[at] += inside * (float)particle.RimFraction;
            }
        }
    }

    private static float Coverage(Particle particle, double x_um, double y_um)
    {
        int inside = 0;
        for (int i = 0; i < SuperSampling * SuperSampling; i++)
        {
            double dx = ((i % SuperSampling) + 0.5) / SuperSampling - 0.5;
            double dy = ((i / SuperSampling) + 0.5) / SuperSampling - 0.5;
            inside += particle.Contains(x_um + (dx * RasterStep_um), y_um + (dy * RasterStep_um)) ? 1 : 0;
        }

        return inside / (float)(SuperSampling * SuperSampling);
    }
}
