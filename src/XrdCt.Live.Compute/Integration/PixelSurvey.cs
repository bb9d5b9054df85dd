using System.Collections.Concurrent;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Compute.Integration;

/// <summary>How far the unmasked pixels reach, which is what axes without a given range span.</summary>
/// <param name="Lower">Smallest radius and azimuth (degrees).</param>
/// <param name="Upper">Largest radius and azimuth (degrees).</param>
internal readonly record struct PixelSurvey(PolarPoint Lower, PolarPoint Upper)
{
    // pyFAI raises an upper end to the next float32, so that the pixel that lies on it falls inside.
    private const double Raise = 1 + (1.0 / (1 << 23));

    private static readonly PixelSurvey Nothing = new(
        new PolarPoint(double.PositiveInfinity, double.PositiveInfinity),
        new PolarPoint(double.NegativeInfinity, double.NegativeInfinity));

    /// <summary>Surveys a detector, and writes the normalisation of its pixels on the way.</summary>
    /// <param name="pixels">The detector.</param>
    /// <param name="mask">Pixels that do not count.</param>
    /// <param name="options">Unit, splitting and corrections.</param>
    /// <param name="flatField">Flat field, or empty.</param>
    /// <param name="normalisation">Receives solid angle · polarisation · flat field of each pixel, those that are wanted.</param>
    /// <exception cref="InvalidOperationException">The geometry lacks the wavelength that the unit needs.</exception>
    public static PixelSurvey Run(
        PixelGeometry pixels, PixelMask mask, IntegrationOptions options, ReadOnlySpan<float> flatField, double[] normalisation)
    {
        // The wavelength may be missing: find out here, on the caller's thread, with the plain sentence.
        _ = pixels.Radial(pixels.At(0, 0), options.Unit);
        (int rows, int columns) = (mask.Shape.Rows, mask.Shape.Columns);
        PixelSurvey all = Nothing;
        var together = new Lock();
        Parallel.ForEach(
            Partitioner.Create(0, rows, 32),
            () => (Outlines: new PixelOutlines(pixels, options.Unit, options.Splitting), Reach: Nothing),
            (range, _, worker) =>
            {
                Span<PolarPoint> outline = stackalloc PolarPoint[PixelOutlines.MostCorners];
                for (int row = range.Item1; row < range.Item2; row++)
                {
                    worker.Outlines.MoveTo(row);
                    for (int column = 0; column < columns; column++)
                    {
                        int pixel = (row * columns) + column;
                        PixelPosition centre = worker.Outlines.Centres[column];
                        normalisation[pixel] = (options.SolidAngle ? centre.SolidAngle : 1)
                            * (options.PolarisationFactor is double factor ? centre.Polarisation(factor) : 1);
                        int corners = mask.Masked[pixel] ? 0 : worker.Outlines.Write(column, outline);
                        if (corners > 0)
                        {
                            (PolarPoint lower, PolarPoint upper) = PolarPolygon.Bounds(outline[..corners]);
                            worker.Reach = worker.Reach.And(new PixelSurvey(lower, upper));
                        }
                    }
                }

                return worker;
            },
            worker =>
            {
                lock (together)
                {
                    all = all.And(worker.Reach);
                }
            });
        for (int i = 0; i < flatField.Length; i++)
        {
            normalisation[i] *= flatField[i];
        }

        return all;
    }

    /// <summary>The radial axis that the options ask for.</summary>
    /// <exception cref="ArgumentException">No pixel is left, or the range is empty.</exception>
    public RadialAxis RadialAxis(IntegrationOptions options)
    {
        double lower = options.Lower ?? Lower.Radial;
        double upper = Raised(options.Upper ?? Upper.Radial);
        return lower < upper && double.IsFinite(lower) && double.IsFinite(upper)
            ? new RadialAxis(options.Unit, lower, upper, options.BinCount)
            : throw new ArgumentException(
                double.IsFinite(Lower.Radial) ? $"the radial range {lower} to {upper} is empty" : "the mask leaves no pixel of the detector",
                nameof(options));
    }

    /// <summary>The azimuthal axis that the options ask for; without a range it ends at ±180° at the farthest.</summary>
    public AzimuthAxis AzimuthAxis(IntegrationOptions options, int sectors) =>
        options is { AzimuthLower_deg: double lower, AzimuthUpper_deg: double upper }
            ? new AzimuthAxis(lower, upper, sectors)
            : Lower.Azimuth < -180 || Upper.Azimuth > 180
                ? new AzimuthAxis(-180, 180, sectors)
                : new AzimuthAxis(Lower.Azimuth, Math.Max(Raised(Upper.Azimuth), Math.BitIncrement(Lower.Azimuth)), sectors);

    private static double Raised(double upper) => upper > 0 ? upper * Raise : upper / Raise;

    private PixelSurvey And(PixelSurvey other) => new(
        new PolarPoint(Math.Min(Lower.Radial, other.Lower.Radial), Math.Min(Lower.Azimuth, other.Lower.Azimuth)),
        new PolarPoint(Math.Max(Upper.Radial, other.Upper.Radial), Math.Max(Upper.Azimuth, other.Upper.Azimuth)));
}
