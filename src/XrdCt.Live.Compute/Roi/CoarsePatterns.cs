using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Compute.Roi;

/// <summary>
/// A coarse scan with patterns on the radial axis of an ROI scan: finds where the rays of the ROI scan lie in it, and makes the filters that take out
/// what lies outside the ROI scan's field of view, for blocks of bins and for live channels. Thread-safe.
/// </summary>
/// <remarks>
/// The coarse patterns are without air scatter; those of an ROI scan, which has no positions outside the sample, are with it. Where the coarse
/// scan knows its air, <c>scale · air</c> is taken off each ROI projection before anything else.
/// </remarks>
public sealed class CoarsePatterns
{
    // The first says the scale but for the air, which tells the scale of both: where the air is as much as the sample, the second is 1e-4 off at most.
    private const int AirRounds = 2;

    private readonly float[] _values;
    private readonly float[] _air;
    private readonly Lock _lock = new();
    private bool[]? _bins;
    private (RoiAlignment Alignment, int Samples, RampFilter Filter, RoiCompletion Made)? _first;

    /// <summary>Takes the patterns over.</summary>
    /// <param name="rays">Rays of the coarse scan.</param>
    /// <param name="values">[rotation, translation, bin] on the ROI scan's radial axis, bins fastest; NaN where unmeasured. Kept, not copied.</param>
    /// <param name="binCount">Radial bins.</param>
    /// <param name="air">What the air scatters, which is in the ROI scan and not in the values, one number per bin; empty where it is not known.</param>
    /// <exception cref="ArgumentException">The lengths do not belong together.</exception>
    public CoarsePatterns(ScanRays rays, float[] values, int binCount, ReadOnlySpan<float> air)
    {
        ArgumentNullException.ThrowIfNull(rays);
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfLessThan(binCount, 1);
        if (values.Length != (long)rays.RotationCount * rays.TranslationCount * binCount || (!air.IsEmpty && air.Length != binCount))
        {
            throw new ArgumentException(
                $"{rays.RotationCount} × {rays.TranslationCount} rays of {binCount} bins are not {values.Length} values and an air of {air.Length}", nameof(values));
        }

        (Rays, _values, BinCount) = (rays, values, binCount);
        _air = new float[binCount];
        HasAir = !air.IsEmpty;
        for (int b = 0; b < air.Length; b++)
        {
            _air[b] = float.IsFinite(air[b]) ? air[b] : 0;
        }
    }

    /// <summary>Rays of the coarse scan.</summary>
    public ScanRays Rays { get; }

    /// <summary>Radial bins.</summary>
    public int BinCount { get; }

    /// <summary>Variances of the sums over all bins of a cell, [rotation, translation]; NaN where unmeasured. Null where they are not known.</summary>
    public float[]? SumVariance { get; init; }

    /// <summary>What the filters of all blocks keep of the coarse scan, bytes.</summary>
    public long FilterSize_bytes => (long)Rays.RotationCount * Rays.TranslationCount * BinBlock.Count(BinCount) * BinBlock.Width * sizeof(float);

    /// <summary>Which bins the coarse scan has any value of.</summary>
    public IReadOnlyList<bool> Bins => _bins ??= FindBins();

    /// <summary>Whether there is any intensity on the radial axis.</summary>
    public bool HasBins => Array.Exists(_values, float.IsFinite);

    /// <summary>Whether the air is taken off the ROI scan's projections.</summary>
    public bool HasAir { get; }

    /// <summary>Finds where the rays of the ROI scan lie, by one number per cell.</summary>
    /// <param name="roi">Rays of the ROI scan with the nominal axis.</param>
    /// <param name="roiMap">The number for the ROI scan's cells, [rotation, translation]; NaN where unmeasured.</param>
    /// <param name="options">Nominal values.</param>
    /// <param name="channel">The number, of a pattern; the mean over the bins where absent.</param>
    /// <returns>The alignment; <see cref="RoiAlignment.IsFitted"/> is false where the nominal geometry stayed.</returns>
    /// <exception cref="ArgumentException">The sinogram is not that of the rays, or the coarse step is below that of the ROI scan.</exception>
    public RoiAlignment Align(ScanRays roi, ReadOnlySpan<float> roiMap, RoiRegistrationOptions options, Func<float[], float>? channel = null)
    {
        ArgumentNullException.ThrowIfNull(roi);
        return Align(roi, roiMap, options, Map(channel ?? Mean), (channel ?? Mean)(AirOfBins()));
    }

    /// <summary>The same by a number per cell that the caller made of both scans, of bins beyond those that are held.</summary>
    /// <param name="roi">Rays of the ROI scan with the nominal axis.</param>
    /// <param name="roiMap">The number for the ROI scan's cells, [rotation, translation]; NaN where unmeasured.</param>
    /// <param name="options">Nominal values.</param>
    /// <param name="coarseMap">The number for the coarse scan's cells, of the same bins.</param>
    /// <param name="air">The number for the air; not looked at where that is not known.</param>
    /// <inheritdoc cref="Align(ScanRays, ReadOnlySpan{float}, RoiRegistrationOptions, Func{float[], float})"/>
    public RoiAlignment Align(ScanRays roi, ReadOnlySpan<float> roiMap, RoiRegistrationOptions options, ReadOnlySpan<float> coarseMap, double air)
    {
        ArgumentNullException.ThrowIfNull(roi);
        if (!(HasAir && double.IsFinite(air)))
        {
            return RoiRegistration.Fit(Rays, coarseMap, roi, roiMap, options);
        }

        double level = Mean(roiMap);
        double scale = 1;
        float[] airless = new float[roiMap.Length];
        for (int round = 1; ; round++)
        {
            for (int i = 0; i < airless.Length; i++)
            {
                airless[i] = (float)(roiMap[i] - (scale * air));
            }

            RoiAlignment found = RoiRegistration.Fit(Rays, coarseMap, roi, airless, options);

            // level − scale · air = found.Scale · sample, and level = (the scale looked for) · (sample + air).
            scale = level / (((level - (scale * air)) / found.Scale) + air);
            if (round == AirRounds || !double.IsFinite(scale))
            {
                return found;
            }
        }
    }

    /// <summary>The filter of a block of bins. A bin that the coarse scan does not have becomes NaN.</summary>
    /// <param name="block">Number of the block.</param>
    /// <param name="mode">What is done about the outside; not <see cref="RoiMode.None"/>.</param>
    /// <param name="alignment">Where the rays lie.</param>
    /// <param name="samples">Samples of a projection of the ROI scan.</param>
    /// <param name="step_um">Their distance, µm.</param>
    /// <param name="filter">Apodisation.</param>
    public RowFilter ForBlock(int block, RoiMode mode, RoiAlignment alignment, int samples, double step_um, RampFilter filter)
    {
        ArgumentNullException.ThrowIfNull(alignment);
        float[] cells = new float[Rays.RotationCount * Rays.TranslationCount * BinBlock.Width];
        BinBlock.Copy(_values, BinCount, block, cells);
        int own = BinBlock.BinsOf(BinCount, block);
        for (int cell = 0; own < BinBlock.Width && cell < cells.Length; cell += BinBlock.Width)
        {
            BinBlock.Pad(cells.AsSpan(cell, BinBlock.Width), own);
        }

        float[] air = new float[BinBlock.Width];
        _air.AsSpan(block * BinBlock.Width, own).CopyTo(air);
        return Applied(cells, air, mode, alignment, samples, step_um, filter);
    }

    /// <summary>The filter of a channel. One that the coarse scan has no bin of becomes NaN.</summary>
    /// <param name="channel">The channel: linear in the intensities, of which it gets one pattern.</param>
    /// <param name="mode">What is done about the outside; not <see cref="RoiMode.None"/>.</param>
    /// <param name="alignment">Where the rays lie.</param>
    /// <param name="samples">Samples of a projection of the ROI scan.</param>
    /// <param name="step_um">Their distance, µm.</param>
    /// <param name="filter">Apodisation.</param>
    public RowFilter ForChannel(Func<float[], float> channel, RoiMode mode, RoiAlignment alignment, int samples, double step_um, RampFilter filter)
    {
        ArgumentNullException.ThrowIfNull(channel);
        ArgumentNullException.ThrowIfNull(alignment);
        float air = channel(_air);
        return Applied(Map(channel), [air], mode, alignment, samples, step_um, filter);
    }

    /// <summary>
    /// The noise of the sum over the bins in slices through these filters: that of the ROI scan's rays and that of the coarse scan's outside its field of view.
    /// Null where <see cref="SumVariance"/> is not known.
    /// </summary>
    /// <remarks>
    /// <see cref="RoiMode.Subtraction"/> brings in the same rays by way of a slice, and has the noise that <see cref="RoiMode.Completion"/> has: what lies
    /// outside a disc is told by the rays that miss it.
    /// </remarks>
    /// <param name="alignment">Where the rays lie.</param>
    /// <param name="samples">Samples of a projection of the ROI scan.</param>
    /// <param name="step_um">Their distance, µm.</param>
    /// <param name="filter">Apodisation.</param>
    public NoiseMap? Noise(RoiAlignment alignment, int samples, double step_um, RampFilter filter)
    {
        ArgumentNullException.ThrowIfNull(alignment);
        return SumVariance is { } variance && Array.Exists(variance, RowNoise.IsMeasured)
            ? Completion(new CoarseSinogram(Rays, variance), alignment, samples, step_um, filter).Noise(Rays, variance)
            : null;
    }

    // Of bins that the coarse scan does not have nothing is known, nor anything asked.
    private float[] AirOfBins() => [.. _air.Select((air, b) => Bins[b] ? air : float.NaN)];

    private bool[] FindBins()
    {
        bool[] bins = new bool[BinCount];
        for (int cell = 0; cell < _values.Length; cell += BinCount)
        {
            for (int b = 0; b < BinCount; b++)
            {
                bins[b] |= float.IsFinite(_values[cell + b]);
            }
        }

        return bins;
    }

    private static float Mean(float[] pattern) => Mean(pattern.AsSpan());

    private static float Mean(ReadOnlySpan<float> pattern)
    {
        double sum = 0;
        int count = 0;
        foreach (float value in pattern)
        {
            if (!float.IsNaN(value))
            {
                sum += value;
                count++;
            }
        }

        return count > 0 ? (float)(sum / count) : float.NaN;
    }

    private float[] Map(Func<float[], float> channel)
    {
        float[] map = new float[Rays.RotationCount * Rays.TranslationCount];
        float[] pattern = new float[BinCount];
        for (int cell = 0; cell < map.Length; cell++)
        {
            _values.AsSpan(cell * BinCount, BinCount).CopyTo(pattern);
            map[cell] = channel(pattern);
        }

        return map;
    }

    private IRoiFilter Filter(float[] cells, int width, RoiMode mode, RoiAlignment alignment, int samples, double step_um, RampFilter filter)
    {
        switch (mode)
        {
            case RoiMode.Completion:
                return Completion(new CoarseSinogram(Rays, cells, width), alignment, samples, step_um, filter);
            case RoiMode.Subtraction:
                return new RoiSubtraction(samples, step_um, alignment, Slice(cells, width, filter), Rays.TranslationCount, Rays.Step_um, filter);
            case RoiMode.Extension:
                return new RoiExtension(samples, filter, fade_px: 3 * samples, width: width);
            default:
                throw new ArgumentOutOfRangeException(nameof(mode), mode, "there is nothing to be done");
        }
    }

    // The matrices of the angles are large, and the same for all bins.
    private RoiCompletion Completion(CoarseSinogram coarse, RoiAlignment alignment, int samples, double step_um, RampFilter filter)
    {
        lock (_lock)
        {
            if (_first is not { } first || first.Alignment != alignment || first.Samples != samples || first.Filter != filter)
            {
                _first = first = (alignment, samples, filter, new RoiCompletion(samples, step_um, alignment, coarse, filter));
            }

            return first.Made.For(coarse);
        }
    }

    // The coarse slices of the bins that lie side by side.
    private float[] Slice(float[] cells, int width, RampFilter filter)
    {
        ProjectionFilter ramp = new(Rays.TranslationCount, filter);
        List<int> measured = [];
        int length = Rays.TranslationCount * width;
        for (int rotation = 0; rotation < Rays.RotationCount; rotation++)
        {
            if (ProjectionGaps.Bridge(cells.AsSpan(rotation * length, length), width) > 0)
            {
                measured.Add(rotation);
            }
        }

        float[] slices = new float[Rays.TranslationCount * Rays.TranslationCount * width];
        if (width == BinBlock.Width)
        {
            using BlockFbp fbp = new(ramp, measured.Count, Rays.Centre_px);
            foreach (int rotation in measured)
            {
                fbp.Put(Rays.Angles_rad[rotation], cells.AsSpan(rotation * length, length));
            }

            fbp.Make(slices);
            return slices;
        }

        double[] angles_rad = [.. measured.Select(rotation => Rays.Angles_rad[rotation])];
        double[] weights = new double[angles_rad.Length];
        AngularWeights.Compute(angles_rad, weights);
        BackProjector single = new(Rays.TranslationCount, Rays.Centre_px);
        double[] slice = new double[slices.Length];
        float[] one = new float[ramp.FilteredLength];
        for (int row = 0; row < measured.Count; row++)
        {
            ramp.Apply(cells.AsSpan(measured[row] * length, length), one);
            single.Add(one, angles_rad[row], 0.5 * weights[row], slice);
        }

        for (int i = 0; i < slices.Length; i++)
        {
            slices[i] = (float)slice[i];
        }

        return slices;
    }

    private RowFilter Applied(float[] cells, float[] air, RoiMode mode, RoiAlignment alignment, int samples, double step_um, RampFilter filter) =>
        mode != RoiMode.Extension && Array.TrueForAll(cells, float.IsNaN)
            ? (_, _, filtered) => filtered.Fill(float.NaN)
            : Airless(Filter(cells, air.Length, mode, alignment, samples, step_um, filter), air, alignment.Scale, samples);

    private RowFilter Airless(IRoiFilter filter, float[] air, double scale, int samples)
    {
        if (!HasAir)
        {
            return filter.Apply;
        }

        float[] airless = new float[samples * air.Length];
        return (angle_rad, projection, filtered) =>
        {
            for (int i = 0; i < airless.Length; i += air.Length)
            {
                for (int b = 0; b < air.Length; b++)
                {
                    airless[i + b] = (float)(projection[i + b] - (scale * air[b]));
                }
            }

            filter.Apply(angle_rad, airless, filtered);
        };
    }
}
