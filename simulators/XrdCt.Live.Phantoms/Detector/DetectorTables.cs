using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Phantoms.Powder;

namespace XrdCt.Live.Phantoms.Detector;

/// <summary>
/// What never changes from frame to frame: the radial bin of every pixel, its relative sensitivity (solid angle,
/// polarisation, beam stop), and which pixels are broken. Immutable and thread-safe.
/// </summary>
public sealed class DetectorTables
{
    /// <summary>Polarisation factor of the simulated beam, (I_h − I_v) / (I_h + I_v).</summary>
    public const double PolarisationFactor = 0.95;

    /// <summary>
    /// Pixels in one block of the tables and of the rendering: 8,192 bytes of int32, one block of the codec.
    /// </summary>
    public const int BlockPixels = 2048;

    /// <summary>Bins of the radial grid.</summary>
    public const int RadialBinCount = 4096;

    internal const int BinBits = 13;
    internal const int DeadBin = RadialBinCount;
    internal const int BadBin = RadialBinCount + 1;
    internal const int GapBin = RadialBinCount + 2;
    internal const int TableLength = RadialBinCount + 3;

    private const int BadPixelCount = 40;
    private const int DeadPixelCount = 30;
    private const int HotPixelCount = 25;

    // Shadow of the beam stop: radius 2.6 mm at 0.5 m; what leaks around it is 2 %.
    private const double BeamStop_deg = 0.30;
    private const double BeamStopTransmission = 0.02;

    private readonly int[] _packed;
    private readonly bool[] _masked;

    /// <summary>Computes the tables (about 0.2 s).</summary>
    /// <param name="geometry">Geometry; the image must be that of the Pilatus CdTe 2M.</param>
    /// <param name="seed">Seed of the places of broken pixels.</param>
    /// <exception cref="ArgumentException">The image size is another one.</exception>
    public DetectorTables(DetectorGeometry geometry, long seed)
    {
        ArgumentNullException.ThrowIfNull(geometry);
        if (geometry.Shape != PilatusCdTe2M.Shape)
        {
            throw new ArgumentException(
                $"the simulated detector has {PilatusCdTe2M.Shape} pixels, the geometry {geometry.Shape}",
                nameof(geometry));
        }

        Geometry = geometry;
        Directions = new PixelGeometry(geometry);
        int pixelCount = geometry.Shape.PixelCount;
        _packed = new int[(pixelCount + BlockPixels - 1) / BlockPixels * BlockPixels];
        _packed.AsSpan(pixelCount).Fill(GapBin);
        _masked = new bool[pixelCount];
        Grid = new RadialGrid(RadialBinCount, Math.Ceiling(10 * LargestTwoTheta_deg(geometry, Directions)) / 10);
        FillPixels();
        HotPixels = BreakPixels(seed);
    }

    /// <summary>Geometry.</summary>
    public DetectorGeometry Geometry { get; }

    /// <summary>Directions of the pixels.</summary>
    public PixelGeometry Directions { get; }

    /// <summary>Radial grid that covers the detector.</summary>
    public RadialGrid Grid { get; }

    /// <summary>
    /// Pixels that a mask should name, row-major: gaps, bad pixels, beam stop. Hot and dead pixels are not in it.
    /// </summary>
    public PixelMask Mask => new(Geometry.Shape, (bool[])_masked.Clone());

    /// <summary>Hot pixels and their mean counts.</summary>
    public IReadOnlyList<(int Pixel, double Mean)> HotPixels { get; }

    /// <summary>
    /// Bin (low 13 bits) and fixed-point log sensitivity (high 16 bits) of every pixel, padded with gaps.
    /// </summary>
    internal ReadOnlySpan<int> Packed => _packed;

    /// <summary>True where the pixel counts photons.</summary>
    internal bool Counts(int pixel) => (_packed[pixel] & ((1 << BinBits) - 1)) < DeadBin;

    private static double LargestTwoTheta_deg(DetectorGeometry geometry, PixelGeometry directions)
    {
        int lastRow = geometry.Shape.Rows - 1;
        int lastColumn = geometry.Shape.Columns - 1;
        double largest = new[] { (0, 0), (0, lastColumn), (lastRow, 0), (lastRow, lastColumn) }
            .Max(corner => directions.At(corner.Item1, corner.Item2).TwoTheta_rad);
        return double.RadiansToDegrees(largest);
    }

    private void FillPixels()
    {
        for (int row = 0; row < Geometry.Shape.Rows; row++)
        {
            for (int column = 0; column < Geometry.Shape.Columns; column++)
            {
                int pixel = (row * Geometry.Shape.Columns) + column;
                if (PilatusCdTe2M.IsGap(row, column))
                {
                    _packed[pixel] = GapBin;
                    _masked[pixel] = true;
                    continue;
                }

                PixelDirection direction = Directions.At(row, column);
                double twoTheta_deg = double.RadiansToDegrees(direction.TwoTheta_rad);
                double sensitivity = direction.SolidAngle * direction.Polarisation(PolarisationFactor);
                if (twoTheta_deg < BeamStop_deg)
                {
                    sensitivity *= BeamStopTransmission;
                    _masked[pixel] = true;
                }

                _packed[pixel] = (PoissonPool.Distance(sensitivity) << 16) | Grid.BinOf(twoTheta_deg);
            }
        }
    }

    private List<(int Pixel, double Mean)> BreakPixels(long seed)
    {
        SeededRandom random = new(seed, 4);
        List<(int Pixel, double Mean)> hot = [];
        int broken = 0;
        while (broken < BadPixelCount + DeadPixelCount + HotPixelCount)
        {
            int pixel = random.NextIndex(_masked.Length);
            if (!Counts(pixel) || _masked[pixel] || hot.Any(h => h.Pixel == pixel))
            {
                continue;
            }

            if (broken < BadPixelCount)
            {
                _packed[pixel] = BadBin;
                _masked[pixel] = true;
            }
            else if (broken < BadPixelCount + DeadPixelCount)
            {
                _packed[pixel] = DeadBin;
            }
            else
            {
                hot.Add((pixel, Math.Pow(10, random.NextBetween(2.5, 5.5))));
            }

            broken++;
        }

        return hot;
    }
}
