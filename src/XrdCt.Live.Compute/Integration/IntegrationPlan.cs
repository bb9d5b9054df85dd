using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Compute.Integration;

/// <summary>
/// Everything about an integration that does not change from frame to frame: which bin each pixel falls into, with which share, and its
/// normalisation. Built once per geometry, immutable, shared by all workers.
/// </summary>
/// <remarks>
/// Bins as pyFAI: <c>bin = ⌊(x − lower) / step⌋</c> of the pixel centre; the upper end is raised by a factor 1 + 2⁻²³ so that the
/// largest centre falls inside. Entries are kept in bin order, ascending by pixel inside a bin.
/// </remarks>
public sealed class IntegrationPlan
{
    // Weights of a bin are integers whose sum stays below 2³⁰: sums are exact in 32-bit lanes and in any order, so
    // that scalar, SIMD and GPU cut the very same pixels. With 2,000 pixels a bin this resolves a normalisation to 1e-6.
    private const double LargestWeightSum = 1 << 30;

    private readonly BinMatrix _matrix;
    private readonly double[] _normalisation;
    private readonly float[] _inverseNormalisation;
    private readonly int[] _weight;
    private readonly float[] _dark;
    private readonly float[] _weightScale;
    private readonly double[] _binNormalisation;
    private readonly double[] _binNormalisationSquared;
    private readonly Lazy<PoissonBias>? _poissonBias;

    /// <summary>Builds the plan: about 150 ms for a 2.5-Mpixel detector.</summary>
    /// <param name="geometry">Detector geometry.</param>
    /// <param name="mask">Pixels that never count; same shape as the geometry.</param>
    /// <param name="options">What is wanted.</param>
    /// <param name="corrections">Flat field and dark current; null for none.</param>
    /// <exception cref="ArgumentException">A correction or the mask has another shape, an option is out of range, or no pixel is left.</exception>
    /// <exception cref="InvalidOperationException">The geometry lacks the wavelength that the unit needs.</exception>
    public IntegrationPlan(
        DetectorGeometry geometry, PixelMask mask, IntegrationOptions options, FrameCorrections? corrections = null)
    {
        ArgumentNullException.ThrowIfNull(geometry);
        ArgumentNullException.ThrowIfNull(mask);
        ArgumentNullException.ThrowIfNull(options);
        corrections ??= FrameCorrections.None;
        Check(geometry, mask, options);
        mask = Usable(corrections.Dark.Span, "dark current", float.IsFinite, mask);
        mask = Usable(corrections.FlatField.Span, "flat field", f => f > 0 && float.IsFinite(f), mask);
        Geometry = geometry;
        Mask = mask;
        Options = options;

        int pixelCount = geometry.Shape.PixelCount;
        double[] radial = new double[pixelCount];
        _normalisation = new double[pixelCount];
        Map(geometry, options, radial, _normalisation);
        ReadOnlySpan<float> flatField = corrections.FlatField.Span;
        for (int i = 0; i < flatField.Length; i++)
        {
            _normalisation[i] *= flatField[i];
        }

        Axis = MakeAxis(radial, mask.Masked, options);
        _matrix = Centres(radial, mask.Masked);
        CellCount = Axis.BinCount;
        PatternSize = CellCount;

        int entryCount = _matrix.Pixel.Length;
        _inverseNormalisation = new float[entryCount];
        _weight = new int[entryCount];
        _dark = corrections.Dark.IsEmpty ? [] : new float[entryCount];
        _weightScale = new float[CellCount];
        _binNormalisation = new double[CellCount];
        _binNormalisationSquared = new double[CellCount];
        for (int b = 0; b < CellCount; b++)
        {
            (int start, int end) = (_matrix.Start[b], _matrix.Start[b + 1]);
            LargestBin = Math.Max(LargestBin, end - start);
            for (int e = start; e < end; e++)
            {
                double norm = _normalisation[_matrix.Pixel[e]] * Share(e);
                _binNormalisation[b] += norm;
                _binNormalisationSquared[b] += norm * norm;
            }

            _weightScale[b] = WeightScale(_binNormalisation[b]);
            for (int e = start; e < end; e++)
            {
                int pixel = _matrix.Pixel[e];
                _inverseNormalisation[e] = (float)(1 / _normalisation[pixel]);
                _weight[e] = (int)(((float)Share(e) * _weightScale[b] / _inverseNormalisation[e]) + 0.5f);
                if (_dark.Length > 0)
                {
                    _dark[e] = corrections.Dark.Span[pixel];
                }
            }
        }

        if (options.CorrectPoissonBias)
        {
            PoissonBias.Check(options, hasDark: _dark.Length > 0, CellCount);
            _poissonBias = new Lazy<PoissonBias>(() => new PoissonBias(this));
        }

        ValidPixelCount = _matrix.Share.Length == 0 ? entryCount : _matrix.Pixel.Distinct().Count();
    }

    /// <summary>Detector geometry.</summary>
    public DetectorGeometry Geometry { get; }

    /// <summary>Pixels that never count.</summary>
    public PixelMask Mask { get; }

    /// <summary>What was asked for.</summary>
    public IntegrationOptions Options { get; }

    /// <summary>The radial axis.</summary>
    public RadialAxis Axis { get; }

    /// <summary>Values that a pattern has: radial bins, times azimuthal sectors in 2D.</summary>
    public int PatternSize { get; }

    /// <summary>Pixels that fall into a bin.</summary>
    public int ValidPixelCount { get; }

    /// <summary>Most entries that a cell holds.</summary>
    public int LargestBin { get; }

    /// <summary>
    /// Cells that are summed: <see cref="PatternSize"/>, but for <see cref="TrimDefinition.Cake"/>, whose sectors are averaged afterwards.
    /// </summary>
    internal int CellCount { get; }

    /// <summary>First entry of each cell, and the end of the last.</summary>
    internal ReadOnlySpan<int> BinStart => _matrix.Start;

    /// <summary>Pixel of each entry; ascending inside a cell.</summary>
    internal ReadOnlySpan<int> PixelOfEntry => _matrix.Pixel;

    /// <summary>Share of the pixel that falls into the cell, per entry; empty where every pixel falls whole into one.</summary>
    internal ReadOnlySpan<float> ShareOfEntry => _matrix.Share;

    /// <summary>1 / normalisation of the entry's pixel: counts times this are its sorting key.</summary>
    internal ReadOnlySpan<float> InverseNormalisation => _inverseNormalisation;

    /// <summary>Share · normalisation of each entry as an integer, in units of 1 / <see cref="WeightScaleOfBin"/>.</summary>
    internal ReadOnlySpan<int> WeightOfEntry => _weight;

    /// <summary>Dark current of each entry's pixel, counts; empty for none.</summary>
    internal ReadOnlySpan<float> DarkOfEntry => _dark;

    /// <summary>Normalisation (flat field · solid angle · polarisation · efficiency) of each pixel in image order.</summary>
    internal ReadOnlySpan<double> Normalisation => _normalisation;

    /// <summary>Power of two by which a cell's normalisations are multiplied to become integer weights.</summary>
    internal ReadOnlySpan<float> WeightScaleOfBin => _weightScale;

    /// <summary>Σ share · normalisation over all entries of a cell.</summary>
    internal ReadOnlySpan<double> BinNormalisation => _binNormalisation;

    /// <summary>Σ (share · normalisation)² over all entries of a cell.</summary>
    internal ReadOnlySpan<double> BinNormalisationSquared => _binNormalisationSquared;

    /// <summary>What <see cref="IntegrationOptions.CorrectPoissonBias"/> asks for, made at the first call; null where it does not.</summary>
    internal PoissonBias? PoissonBias => _poissonBias?.Value;

    private double Share(int entry) => _matrix.Share.Length == 0 ? 1 : _matrix.Share[entry];

    private static float WeightScale(double sum) =>
        sum > 0 ? (float)Math.Pow(2, Math.Floor(Math.Log2(LargestWeightSum / sum))) : 1;

    private static PixelMask Usable(ReadOnlySpan<float> image, string what, Func<float, bool> usable, PixelMask mask)
    {
        if (image.IsEmpty)
        {
            return mask;
        }

        if (image.Length != mask.Shape.PixelCount)
        {
            throw new ArgumentException($"the {what} has {image.Length} pixels, the geometry has {mask.Shape.PixelCount}", nameof(image));
        }

        bool[] unusable = new bool[image.Length];
        for (int i = 0; i < unusable.Length; i++)
        {
            unusable[i] = !usable(image[i]);
        }

        return mask.Or(new PixelMask(mask.Shape, unusable));
    }

    private static void Check(DetectorGeometry geometry, PixelMask mask, IntegrationOptions options)
    {
        if (mask.Shape != geometry.Shape)
        {
            throw new ArgumentException($"the mask is {mask.Shape} (rows × columns), the detector {geometry.Shape}", nameof(mask));
        }

        if (options.BinCount is < 1 or >= ushort.MaxValue)
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

    private BinMatrix Centres(double[] radial, ReadOnlySpan<bool> masked)
    {
        int[] binOfPixel = new int[radial.Length];
        int[] start = new int[Axis.BinCount + 1];
        for (int i = 0; i < radial.Length; i++)
        {
            double bin = Math.Floor((radial[i] - Axis.Lower) / Axis.Step);
            binOfPixel[i] = !masked[i] && bin >= 0 && bin < Axis.BinCount ? (int)bin : -1;
            if (binOfPixel[i] >= 0)
            {
                start[binOfPixel[i] + 1]++;
            }
        }

        for (int b = 0; b < Axis.BinCount; b++)
        {
            start[b + 1] += start[b];
        }

        int[] next = start[..^1];
        int[] pixel = new int[start[^1]];
        for (int i = 0; i < radial.Length; i++)
        {
            if (binOfPixel[i] >= 0)
            {
                pixel[next[binOfPixel[i]]++] = i;
            }
        }

        return new BinMatrix(start, pixel, []);
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
