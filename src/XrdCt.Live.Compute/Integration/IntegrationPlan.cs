using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Compute.Integration;

/// <summary>
/// Everything about an integration that does not change from frame to frame: which bin each pixel falls into, with which share, and its
/// normalisation. Built once per geometry, immutable, shared by all workers.
/// </summary>
/// <remarks>
/// Bins as pyFAI: <c>bin = ⌊(x − lower) / step⌋</c>; without a given range the ends are those of the unmasked pixels' centres
/// (splitting none), centres ± the largest distance of a corner (bounding box) or corners (full), and the upper end is raised by a factor
/// 1 + 2⁻²³ so that the largest falls inside. Entries are kept in bin order, ascending by pixel inside a bin; each pixel comes at most
/// once in a bin, and none without weight.
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

    /// <summary>Builds the plan.</summary>
    /// <param name="geometry">Detector geometry.</param>
    /// <param name="mask">Pixels that never count; same shape as the geometry.</param>
    /// <param name="options">What is wanted.</param>
    /// <param name="corrections">Flat field and dark current; null for none.</param>
    /// <exception cref="ArgumentException">A correction or the mask has another shape, an option is out of range, or no pixel is left.</exception>
    /// <exception cref="InvalidOperationException">The geometry lacks the wavelength or the sensor that the options need.</exception>
    public IntegrationPlan(
        DetectorGeometry geometry, PixelMask mask, IntegrationOptions options, FrameCorrections? corrections = null)
    {
        ArgumentNullException.ThrowIfNull(geometry);
        ArgumentNullException.ThrowIfNull(mask);
        ArgumentNullException.ThrowIfNull(options);
        corrections ??= FrameCorrections.None;
        if (mask.Shape != geometry.Shape)
        {
            throw new ArgumentException($"the mask is {mask.Shape} (rows × columns), the detector {geometry.Shape}", nameof(mask));
        }

        OptionRanges.Check(options);
        mask = Usable(corrections.Dark.Span, "dark current", float.IsFinite, mask);
        mask = Usable(corrections.FlatField.Span, "flat field", f => f > 0 && float.IsFinite(f), mask);
        Geometry = geometry;
        Mask = mask;
        Options = options;
        Corrections = corrections;
        IsCake = options.Filter is IntegrationFilter.Trimmed or IntegrationFilter.Median
            && options.TrimDefinition == TrimDefinition.Cake;
        (DummyLower, DummyUpper) = Dummies(options);

        var pixels = new PixelGeometry(geometry);
        _normalisation = new double[geometry.Shape.PixelCount];
        PixelSurvey limits = PixelSurvey.Run(pixels, mask, options, corrections.FlatField.Span, _normalisation);
        int? sectors = IsCake ? options.CakeSectors : options.AzimuthSectors;
        Axis = limits.RadialAxis(options);
        AzimuthAxis? azimuth = sectors is int count ? limits.AzimuthAxis(options, count) : null;
        var placement = new PixelPlacement(
            Axis,
            azimuth,
            options.AzimuthLower_deg ?? double.NegativeInfinity,
            options.AzimuthUpper_deg ?? double.PositiveInfinity);
        AzimuthAxis = IsCake ? null : azimuth;
        CellCount = placement.CellCount;
        PatternSize = IsCake ? Axis.BinCount : CellCount;

        _matrix = BinMatrix.Build(pixels, mask, options.Splitting, placement);
        _weightScale = new float[CellCount];
        _weight = Weights();
        if (_weight.AsSpan().Contains(0))
        {
            (_matrix, _weight) = WithoutZeros();
        }

        int entryCount = _matrix.Pixel.Length;
        _inverseNormalisation = new float[entryCount];
        _dark = corrections.Dark.IsEmpty ? [] : new float[entryCount];
        for (int e = 0; e < entryCount; e++)
        {
            _inverseNormalisation[e] = (float)(1 / _normalisation[_matrix.Pixel[e]]);
        }

        for (int e = 0; e < _dark.Length; e++)
        {
            _dark[e] = corrections.Dark.Span[_matrix.Pixel[e]];
        }

        _binNormalisation = new double[CellCount];
        _binNormalisationSquared = new double[CellCount];
        for (int b = 0; b < CellCount; b++)
        {
            LargestBin = Math.Max(LargestBin, _matrix.Start[b + 1] - _matrix.Start[b]);
            for (int e = _matrix.Start[b]; e < _matrix.Start[b + 1]; e++)
            {
                double norm = _normalisation[_matrix.Pixel[e]] * Share(e);
                _binNormalisation[b] += norm;
                _binNormalisationSquared[b] += norm * norm;
            }
        }

        ValidPixelCount = _matrix.Share.Length == 0 ? entryCount : CountPixels();
        if (options.CorrectPoissonBias)
        {
            PoissonBias.Check(options, hasDark: _dark.Length > 0, CellCount);
            PoissonBias = new PoissonBias(this);
        }
    }

    /// <summary>Detector geometry.</summary>
    public DetectorGeometry Geometry { get; }

    /// <summary>Pixels that never count.</summary>
    public PixelMask Mask { get; }

    /// <summary>What was asked for.</summary>
    public IntegrationOptions Options { get; }

    /// <summary>Flat field and dark current.</summary>
    public FrameCorrections Corrections { get; }

    /// <summary>The radial axis.</summary>
    public RadialAxis Axis { get; }

    /// <summary>The azimuthal axis of a 2D pattern; null for a 1D pattern.</summary>
    public AzimuthAxis? AzimuthAxis { get; }

    /// <summary>Values that a pattern has: radial bins, times azimuthal sectors in 2D.</summary>
    public int PatternSize { get; }

    /// <summary>Pixels that fall into a bin.</summary>
    public int ValidPixelCount { get; }

    /// <summary>Most entries that a cell holds.</summary>
    public int LargestBin { get; }

    /// <summary>Whether sectors of a cake are summed first, and then averaged by <see cref="CakeTrim"/>.</summary>
    internal bool IsCake { get; }

    /// <summary>Smallest count that stands for "no value", besides the negative ones; −1 where there is none.</summary>
    internal int DummyLower { get; }

    /// <summary>Largest count that stands for "no value".</summary>
    internal int DummyUpper { get; }

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

    /// <summary>What <see cref="IntegrationOptions.CorrectPoissonBias"/> asks for; null where it does not.</summary>
    internal PoissonBias? PoissonBias { get; }

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

    private static (int Lower, int Upper) Dummies(IntegrationOptions options)
    {
        if (options.Dummy is not double dummy)
        {
            return (-1, -1);
        }

        double lower = Math.Ceiling(dummy - options.DummyDelta);
        double upper = Math.Floor(dummy + options.DummyDelta);
        return lower <= upper && upper >= 0 && lower <= int.MaxValue
            ? ((int)Math.Max(lower, 0), (int)Math.Min(upper, int.MaxValue))
            : (-1, -1);
    }

    /// <summary>Integer weights, and the scale of each cell.</summary>
    private int[] Weights()
    {
        int[] weights = new int[_matrix.Pixel.Length];
        Parallel.For(0, CellCount, b =>
        {
            double sum = 0;
            for (int e = _matrix.Start[b]; e < _matrix.Start[b + 1]; e++)
            {
                sum += _normalisation[_matrix.Pixel[e]] * Share(e);
            }

            _weightScale[b] = WeightScale(sum);
            for (int e = _matrix.Start[b]; e < _matrix.Start[b + 1]; e++)
            {
                double norm = _normalisation[_matrix.Pixel[e]];
                weights[e] = norm > 0 ? (int)(((float)Share(e) * _weightScale[b] / (float)(1 / norm)) + 0.5f) : 0;
            }
        });
        return weights;
    }

    /// <summary>Entries too light to have a weight are no entries: less than 2⁻³¹ of their cell, or a normalisation of 0.</summary>
    private (BinMatrix Matrix, int[] Weights) WithoutZeros()
    {
        int[] start = new int[CellCount + 1];
        int count = 0;
        for (int b = 0; b < CellCount; b++)
        {
            for (int e = _matrix.Start[b]; e < _matrix.Start[b + 1]; e++)
            {
                if (_weight[e] > 0)
                {
                    _matrix.Pixel[count] = _matrix.Pixel[e];
                    _weight[count] = _weight[e];
                    if (_matrix.Share.Length > 0)
                    {
                        _matrix.Share[count] = _matrix.Share[e];
                    }

                    count++;
                }
            }

            start[b + 1] = count;
        }

        float[] share = _matrix.Share.Length > 0 ? _matrix.Share[..count] : [];
        return (new BinMatrix(start, _matrix.Pixel[..count], share), _weight[..count]);
    }

    private int CountPixels()
    {
        bool[] seen = new bool[Geometry.Shape.PixelCount];
        foreach (int pixel in _matrix.Pixel)
        {
            seen[pixel] = true;
        }

        return seen.AsSpan().Count(true);
    }
}
