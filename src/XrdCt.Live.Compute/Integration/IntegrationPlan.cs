using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Compute.Integration;

/// <summary>
/// Everything about an integration that does not change from frame to frame: which bin each pixel falls into (no
/// pixel splitting) and its normalisation. Built once per geometry, immutable, shared by all workers.
/// </summary>
/// <remarks>
/// Bins as pyFAI: <c>bin = ⌊(x − lower) / step⌋</c> of the pixel centre; the upper end is raised by a factor 1 + 2⁻²³ so that the
/// largest centre falls inside. Pixels are kept twice: in image order (a mean streams the image once) and in bin
/// order (a filter needs a bin's pixels together).
/// </remarks>
public sealed class IntegrationPlan
{
    internal const ushort NoBin = ushort.MaxValue;

    // Weights of a bin are integers whose sum stays below 2³⁰: sums are exact in 32-bit lanes and in any order, so
    // that scalar, SIMD and GPU cut the very same pixels. With 2,000 pixels a bin this resolves a normalisation to 1e-6.
    private const double LargestWeightSum = 1 << 30;

    private readonly ushort[] _binOfPixel;
    private readonly double[] _normalisation;
    private readonly int[] _binStart;
    private readonly int[] _pixelOfEntry;
    private readonly float[] _inverseNormalisation;
    private readonly float[] _weightScale;
    private readonly double[] _binNormalisation;
    private readonly double[] _binNormalisationSquared;

    /// <summary>Builds the plan: about 150 ms for a 2.5-Mpixel detector.</summary>
    /// <param name="geometry">Detector geometry.</param>
    /// <param name="mask">Pixels that never count; same shape as the geometry.</param>
    /// <param name="options">What is wanted.</param>
    /// <param name="flatField">
    /// Flat field per pixel, row-major, a factor of the normalisation as in pyFAI; pixels where it is not above 0 do not count. Empty
    /// for none.
    /// </param>
    /// <exception cref="ArgumentException">The mask or the flat field has another shape, an option is out of range, or no pixel is left.</exception>
    public IntegrationPlan(
        DetectorGeometry geometry, PixelMask mask, IntegrationOptions options, ReadOnlySpan<float> flatField = default)
    {
        ArgumentNullException.ThrowIfNull(geometry);
        ArgumentNullException.ThrowIfNull(mask);
        ArgumentNullException.ThrowIfNull(options);
        Check(geometry, mask, options);
        mask = Apply(flatField, mask);
        Geometry = geometry;
        Mask = mask;
        Options = options;

        int pixelCount = geometry.Shape.PixelCount;
        double[] radial = new double[pixelCount];
        _normalisation = new double[pixelCount];
        Map(geometry, options, radial, _normalisation);
        for (int i = 0; i < flatField.Length; i++)
        {
            _normalisation[i] *= flatField[i];
        }


        Axis = MakeAxis(radial, mask.Masked, options);
        _binOfPixel = new ushort[pixelCount];
        int[] counts = new int[Axis.BinCount];
        for (int i = 0; i < pixelCount; i++)
        {
            double bin = Math.Floor((radial[i] - Axis.Lower) / Axis.Step);
            bool outside = mask.Masked[i] || !(bin >= 0 && bin < Axis.BinCount);
            _binOfPixel[i] = outside ? NoBin : (ushort)bin;
            if (!outside)
            {
                counts[(int)bin]++;
            }
        }

        _binStart = new int[Axis.BinCount + 1];
        for (int b = 0; b < Axis.BinCount; b++)
        {
            _binStart[b + 1] = _binStart[b] + counts[b];
            LargestBin = Math.Max(LargestBin, counts[b]);
        }

        ValidPixelCount = _binStart[^1];
        _pixelOfEntry = new int[ValidPixelCount];
        _inverseNormalisation = new float[ValidPixelCount];
        _binNormalisation = new double[Axis.BinCount];
        _binNormalisationSquared = new double[Axis.BinCount];
        int[] next = _binStart[..^1];
        for (int i = 0; i < pixelCount; i++)
        {
            if (_binOfPixel[i] is not NoBin and var b)
            {
                double norm = _normalisation[i];
                int entry = next[b]++;
                _pixelOfEntry[entry] = i;
                _inverseNormalisation[entry] = (float)(1 / norm);
                _binNormalisation[b] += norm;
                _binNormalisationSquared[b] += norm * norm;
            }
        }

        _weightScale = new float[Axis.BinCount];
        for (int b = 0; b < Axis.BinCount; b++)
        {
            _weightScale[b] = WeightScale(_binNormalisation[b]);
        }
    }

    private static PixelMask Apply(ReadOnlySpan<float> flatField, PixelMask mask)
    {
        if (flatField.IsEmpty)
        {
            return mask;
        }

        if (flatField.Length != mask.Shape.PixelCount)
        {
            throw new ArgumentException(
                $"the flat field has {flatField.Length} pixels, the geometry has {mask.Shape.PixelCount}", nameof(flatField));
        }

        bool[] unusable = new bool[flatField.Length];
        for (int i = 0; i < unusable.Length; i++)
        {
            unusable[i] = !(flatField[i] > 0 && float.IsFinite(flatField[i]));
        }

        return mask.Or(new PixelMask(mask.Shape, unusable));
    }

    /// <summary>Detector geometry.</summary>
    public DetectorGeometry Geometry { get; }

    /// <summary>Pixels that never count.</summary>
    public PixelMask Mask { get; }

    /// <summary>What was asked for.</summary>
    public IntegrationOptions Options { get; }

    /// <summary>The radial axis.</summary>
    public RadialAxis Axis { get; }

    /// <summary>Pixels that fall into a bin.</summary>
    public int ValidPixelCount { get; }

    /// <summary>Most pixels that a bin holds.</summary>
    public int LargestBin { get; }

    /// <summary>Bin of each pixel in image order; <see cref="NoBin"/> where it counts nowhere.</summary>
    internal ReadOnlySpan<ushort> BinOfPixel => _binOfPixel;

    /// <summary>Normalisation (flat field · solid angle · polarisation) of each pixel in image order.</summary>
    internal ReadOnlySpan<double> Normalisation => _normalisation;

    /// <summary>First entry of each bin in bin order, and the end of the last.</summary>
    internal ReadOnlySpan<int> BinStart => _binStart;

    /// <summary>Pixel of each entry in bin order; ascending inside a bin.</summary>
    internal ReadOnlySpan<int> PixelOfEntry => _pixelOfEntry;

    /// <summary>1 / normalisation of each entry in bin order.</summary>
    internal ReadOnlySpan<float> InverseNormalisation => _inverseNormalisation;

    /// <summary>Power of two by which a bin's normalisations are multiplied to become integer weights.</summary>
    internal ReadOnlySpan<float> WeightScaleOfBin => _weightScale;

    /// <summary>Σ normalisation over all valid pixels of a bin.</summary>
    internal ReadOnlySpan<double> BinNormalisation => _binNormalisation;

    /// <summary>Σ normalisation² over all valid pixels of a bin.</summary>
    internal ReadOnlySpan<double> BinNormalisationSquared => _binNormalisationSquared;

    /// <summary>Makes an integrator for one worker.</summary>
    public IFrameIntegrator CreateIntegrator() => Options.Filter switch
    {
        IntegrationFilter.Mean => new MeanIntegrator(this),
        IntegrationFilter.Trimmed => new TrimmedIntegrator(this),
        _ => throw new InvalidOperationException($"no integrator for {Options.Filter}"),
    };

    /// <summary>The integer weight of a pixel: the formula that every backend shares.</summary>
    /// <param name="inverseNormalisation">1 / normalisation of the pixel.</param>
    /// <param name="scale">The bin's <see cref="WeightScaleOfBin"/>.</param>
    internal static int Weight(float inverseNormalisation, float scale) =>
        (int)((scale / inverseNormalisation) + 0.5f);

    private static float WeightScale(double sum) =>
        sum > 0 ? (float)Math.Pow(2, Math.Floor(Math.Log2(LargestWeightSum / sum))) : 1;

    private static void Check(DetectorGeometry geometry, PixelMask mask, IntegrationOptions options)
    {
        if (mask.Shape != geometry.Shape)
        {
            throw new ArgumentException($"the mask is {mask.Shape} (rows × columns), the detector {geometry.Shape}", nameof(mask));
        }

        if (options.BinCount is < 1 or >= NoBin)
        {
            throw new ArgumentException($"the number of bins must be 1 to 65534, not {options.BinCount}", nameof(options));
        }

        if (!(options.TrimLower is >= 0 and < 0.5) || !(options.TrimUpper is >= 0 and < 0.5))
        {
            throw new ArgumentException(
                $"trim fractions must be from 0 to below 0.5, not {options.TrimLower} and {options.TrimUpper}", nameof(options));
        }

        if (options.PolarisationFactor is double factor && !(Math.Abs(factor) <= 1))
        {
            throw new ArgumentException($"the polarisation factor must be −1 to 1, not {factor}", nameof(options));
        }
    }

    private static void Map(DetectorGeometry geometry, IntegrationOptions options, double[] radial, double[] normalisation)
    {
        var pixels = new PixelGeometry(geometry);
        int columns = geometry.Shape.Columns;

        // The wavelength may be missing: find out here, on the caller's thread, with the plain sentence.
        _ = pixels.Radial(pixels.At(0, 0), options.Unit);
        Parallel.For(0, geometry.Shape.Rows, row =>
        {
            for (int column = 0; column < columns; column++)
            {
                PixelPosition position = pixels.At(row, column);
                int i = (row * columns) + column;
                radial[i] = pixels.Radial(position, options.Unit);
                normalisation[i] = (options.SolidAngle ? position.SolidAngle : 1)
                    * (options.PolarisationFactor is double factor ? position.Polarisation(factor) : 1);
            }
        });
    }

    private static RadialAxis MakeAxis(double[] radial, ReadOnlySpan<bool> masked, IntegrationOptions options)
    {
        double smallest = double.PositiveInfinity;
        double largest = double.NegativeInfinity;
        for (int i = 0; i < radial.Length; i++)
        {
            if (!masked[i])
            {
                smallest = Math.Min(smallest, radial[i]);
                largest = Math.Max(largest, radial[i]);
            }
        }

        double lower = options.Lower ?? smallest;
        double upper = (options.Upper ?? largest) * (1 + Math.Pow(2, -23));
        return lower < upper && double.IsFinite(lower) && double.IsFinite(upper)
            ? new RadialAxis(options.Unit, lower, upper, options.BinCount)
            : throw new ArgumentException(
                double.IsFinite(smallest)
                    ? $"the radial range {lower} to {upper} is empty"
                    : "the mask leaves no pixel of the detector",
                nameof(options));
    }
}
