namespace XrdCt.Live.Phantoms.Samples;

/// <summary>
/// A slice through a punched disc of nominally 0.9 mm, drawn from a seed, to place ROIs in: off the rotation axis, of patchy density with a fuller
/// and an emptier side, and with what a seed brings of a crescent where the cupped disc leaves the slice, tears, holes, a second phase and
/// large crystals. Coarser and quicker than <see cref="ElectrodeDisc"/>, and different every time.
/// </summary>
/// <remarks>Coordinates: micrometres from the rotation axis, x along the columns, y along the rows.</remarks>
public sealed class PunchedDisc
{
    /// <summary>Pixels of the raster along x and y.</summary>
    public const int RasterSize = 277;

    /// <summary>Pixel size of the raster, µm.</summary>
    public const double RasterStep_um = 4;

    // Patches of powder and pores, raster pixels: 88 and 12 µm.
    private const int PatchPitch_px = 22;
    private const int GrainPitch_px = 3;

    private readonly double _x_um;
    private readonly double _y_um;
    private readonly double _radius_um;
    private readonly double _slope;
    private readonly double _slopeAzimuth_rad;
    private readonly (double X_um, double Y_um, double Radius_um)? _gapOuter;
    private readonly (double X_um, double Y_um, double Radius_um) _gapInner;
    private readonly List<(double X_um, double Y_um, double Radius_um)> _holes = [];
    private readonly List<(double X_um, double Y_um, double Radius_um)> _tears = [];
    private readonly List<(double X_um, double Y_um, double Radius_um)> _crystals = [];
    private readonly (double Azimuth_rad, double Offset_um)? _boundary;
    private readonly ValueNoise _patches;
    private readonly ValueNoise _grains;
    private readonly ValueNoise _mixing;

    /// <summary>Draws the disc of a seed.</summary>
    /// <param name="seed">Seed; everything follows from it.</param>
    public PunchedDisc(long seed)
    {
        SeededRandom random = new(seed, 11);
        _radius_um = random.NextBetween(410, 470);
        double off_um = random.NextBetween(0, 60);
        double azimuth_rad = random.NextBetween(0, 2 * Math.PI);
        (_x_um, _y_um) = (off_um * Math.Cos(azimuth_rad), off_um * Math.Sin(azimuth_rad));
        _slope = random.NextBetween(0, 0.35);
        _slopeAzimuth_rad = random.NextBetween(0, 2 * Math.PI);
        if (random.NextUnit() < 0.7)
        {
            // Outside one circle and inside another that is moved: a gap that is wide on one side and closed on the other.
            double outer_um = random.NextBetween(0.72, 0.9) * _radius_um;
            double open_rad = random.NextBetween(0, 2 * Math.PI);
            double width_um = random.NextBetween(60, 150);
            _gapOuter = (_x_um, _y_um, outer_um);
            _gapInner = (_x_um - (0.55 * width_um * Math.Cos(open_rad)), _y_um - (0.55 * width_um * Math.Sin(open_rad)), outer_um - (0.45 * width_um));
        }

        for (int i = random.NextIndex(4); i > 0; i--)
        {
            _holes.Add(Within(ref random, 0.8, random.NextBetween(15, 55)));
        }

        for (int i = random.NextIndex(3); i > 0; i--)
        {
            Tear(ref random);
        }

        _boundary = random.NextUnit() < 0.5 ? (random.NextBetween(0, 2 * Math.PI), random.NextBetween(-120, 120)) : null;
        for (int i = random.NextIndex(4); i > 0; i--)
        {
            _crystals.Add(Within(ref random, 0.85, random.NextBetween(8, 25)));
        }

        _patches = new ValueNoise(seed, 12, RasterSize, PatchPitch_px);
        _grains = new ValueNoise(seed, 13, RasterSize, GrainPitch_px);
        _mixing = new ValueNoise(seed, 14, RasterSize, PatchPitch_px);
        MainPhase = new DensityMap(RasterSize, RasterStep_um);
        SecondPhase = new DensityMap(RasterSize, RasterStep_um);
        Crystals = new DensityMap(RasterSize, RasterStep_um);
        Rasterise();
    }

    /// <summary>Density of the main phase.</summary>
    public DensityMap MainPhase { get; }

    /// <summary>Density of the second phase; empty where <see cref="HasSecondPhase"/> is false.</summary>
    public DensityMap SecondPhase { get; }

    /// <summary>Large crystals, whose spots a trimmed mean takes out of the patterns and puts into the spottiness.</summary>
    public DensityMap Crystals { get; }

    /// <summary>Whether there are two phases.</summary>
    public bool HasSecondPhase => _boundary is not null;

    /// <summary>What the seed brought, for people.</summary>
    public string Description => string.Join(
        ", ",
        new[]
        {
            $"{Math.Sqrt((_x_um * _x_um) + (_y_um * _y_um)):F0} µm off",
            _gapOuter is null ? "" : "cupped",
            Count(_holes.Count, "hole"),
            _tears.Count > 0 ? "torn" : "",
            HasSecondPhase ? "two phases" : "",
            Count(_crystals.Count, "crystal"),
        }.Where(s => s.Length > 0));

    private static string Count(int count, string what) => count == 0 ? "" : $"{count} {what}{(count == 1 ? "" : "s")}";

    private (double X_um, double Y_um, double Radius_um) Within(ref SeededRandom random, double share, double radius_um)
    {
        double r_um = share * _radius_um * Math.Sqrt(random.NextUnit());
        double a_rad = random.NextBetween(0, 2 * Math.PI);
        return (_x_um + (r_um * Math.Cos(a_rad)), _y_um + (r_um * Math.Sin(a_rad)), radius_um);
    }

    // From the edge inwards, ever narrower.
    private void Tear(ref SeededRandom random)
    {
        const double Stride_um = 4;
        double azimuth_rad = random.NextBetween(0, 2 * Math.PI);
        double heading_rad = azimuth_rad + Math.PI + random.NextBetween(-0.6, 0.6);
        double length_um = random.NextBetween(120, 450);
        double width_um = random.NextBetween(15, 45);
        double x_um = _x_um + (_radius_um * Math.Cos(azimuth_rad));
        double y_um = _y_um + (_radius_um * Math.Sin(azimuth_rad));
        for (double along_um = 0; along_um < length_um; along_um += Stride_um)
        {
            _tears.Add((x_um, y_um, width_um * (1 - (along_um / length_um)) / 2));
            heading_rad += 0.12 * random.NextNormal();
            x_um += Stride_um * Math.Cos(heading_rad);
            y_um += Stride_um * Math.Sin(heading_rad);
        }
    }

    private void Rasterise()
    {
        for (int row = 0; row < RasterSize; row++)
        {
            for (int column = 0; column < RasterSize; column++)
            {
                int at = (row * RasterSize) + column;
                double x_um = MainPhase.Position_um(column);
                double y_um = MainPhase.Position_um(row);
                Crystals.Values[at] = Inside(_crystals, x_um, y_um) && Off(x_um, y_um) < _radius_um ? 1 : 0;
                double density = Density(x_um, y_um, row, column);
                double second = density > 0 ? SecondShare(x_um, y_um, row, column) : 0;
                MainPhase.Values[at] = (float)(density * (1 - second));
                SecondPhase.Values[at] = (float)(density * second);
            }
        }
    }

    private double Density(double x_um, double y_um, int row, int column)
    {
        if (Off(x_um, y_um) > _radius_um || Inside(_holes, x_um, y_um) || Inside(_tears, x_um, y_um))
        {
            return 0;
        }

        double along = (((x_um - _x_um) * Math.Cos(_slopeAzimuth_rad)) + ((y_um - _y_um) * Math.Sin(_slopeAzimuth_rad))) / _radius_um;
        double patch = 0.75 + (0.2 * ((2 * _patches.At(column, row)) - 1)) + (0.25 * ((2 * _grains.At(column, row)) - 1));
        return Layer(x_um, y_um) * Math.Max(0, patch) * (1 + (_slope * along)) / (1 + _slope);
    }

    // The bent layer leaves the slice slantwise: its signal falls over 50 µm before the gap.
    private double Layer(double x_um, double y_um)
    {
        if (_gapOuter is not { } outer)
        {
            return 1;
        }

        double inside_um = outer.Radius_um - Distance(x_um - outer.X_um, y_um - outer.Y_um);
        double beyond_um = Distance(x_um - _gapInner.X_um, y_um - _gapInner.Y_um) - _gapInner.Radius_um;
        return inside_um > 0 && beyond_um > 0 ? 0
            : inside_um <= 0 ? 1
            : Math.Clamp(-beyond_um / 50, 0.2, 1);
    }

    private double SecondShare(double x_um, double y_um, int row, int column)
    {
        if (_boundary is not { } boundary)
        {
            return 0;
        }

        double from_um = (x_um * Math.Cos(boundary.Azimuth_rad)) + (y_um * Math.Sin(boundary.Azimuth_rad)) - boundary.Offset_um;
        return Math.Clamp(0.35 + (from_um / 500) + (0.3 * (_mixing.At(column, row) - 0.5)), 0.02, 0.9);
    }

    private double Off(double x_um, double y_um) => Distance(x_um - _x_um, y_um - _y_um);

    private static bool Inside(List<(double X_um, double Y_um, double Radius_um)> discs, double x_um, double y_um) =>
        discs.Exists(d => Distance(x_um - d.X_um, y_um - d.Y_um) < d.Radius_um);

    private static double Distance(double x, double y) => Math.Sqrt((x * x) + (y * y));
}
