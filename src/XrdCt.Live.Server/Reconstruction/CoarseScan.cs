using XrdCt.Live.Compute.Roi;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Server.Conversion;
using XrdCt.Live.Storage.Sinograms;

namespace XrdCt.Live.Server.Reconstruction;

/// <summary>
/// The coarse scan of an ROI scan, read from its file: its patterns on the ROI scan's radial axis. It is laid over the ROI scan by the mean of all bins
/// that both measured, whichever of them are reconstructed: the scale must not depend on that.
/// </summary>
internal sealed class CoarseScan
{
    private const double SameBin = 1e-6;

    private readonly bool[] _isMeasured;
    private readonly (int First, int Count) _range;
    private readonly float[] _map;
    private readonly double _air;

    /// <summary>Reads it.</summary>
    /// <param name="file">The coarse scan.</param>
    /// <param name="roi">Axes of the ROI scan.</param>
    /// <param name="roiHasValues">Which of its bins were measured.</param>
    /// <param name="roiHasAir">Whether the ROI scan is with the scatter of the air.</param>
    /// <param name="range">Which bins of the ROI scan are reconstructed.</param>
    /// <param name="isShown">Whether a bar is shown on a terminal.</param>
    /// <param name="stop">Asks for the end.</param>
    /// <exception cref="UserException">It has no radial axis that can be brought onto that of the ROI scan, or does not fit
    /// into memory.</exception>
    public CoarseScan(
        SinogramFile file, SinogramHeader roi, ReadOnlySpan<bool> roiHasValues, bool roiHasAir, (int First, int Count) range, bool isShown, CancellationToken stop)
    {
        PreparedSinogram sinogram = new(file, isShown);
        SinogramHeader header = file.Header;
        _range = range;
        Origin = header.Origin;
        RadialRebinning? rebinning = IsSame(header, roi) ? null : Rebinning(header, roi);
        IsRebinned = rebinning is not null;

        // Patterns are rebinned whole; on the same axis only those bins are held that are reconstructed.
        int held = rebinning is null ? range.Count : header.BinCount;
        if ((long)header.CellCount * Math.Max(held, range.Count) > Array.MaxLength)
        {
            throw new UserException($"{Origin} has {header.CellCount} cells of {held} bins, too many to be held in memory: reconstruct fewer at a time with --bins A:B");
        }

        Common common = new(roiHasValues, header.CellCount);
        int start = rebinning is null ? range.First : 0;
        float[] values = new float[header.CellCount * held];
        SinogramPass.Run(
            file,
            isShown ? "reading the coarse scan" : null,
            (first, count, some) =>
            {
                sinogram.Take(first, count, some.Span);
                (int from, int end) = (Math.Max(first, start), Math.Min(first + count, start + held));
                for (int cell = 0; cell < header.CellCount; cell++)
                {
                    ReadOnlySpan<float> pattern = some.Span.Slice(cell * count, count);
                    if (end > from)
                    {
                        pattern[(from - first)..(end - first)].CopyTo(values.AsSpan((cell * held) + from - start));
                    }

                    if (rebinning is null)
                    {
                        common.Add(cell, first, pattern);
                    }
                }
            },
            stop);
        if (rebinning is not null)
        {
            values = Rebinned(rebinning, values, roi.BinCount, common);
        }

        _isMeasured = common.IsMeasured;
        CommonBins = common.Bins;
        (double axis_px, AxisStatus) = sinogram.FindAxis(fromData: false, stop);
        float[] air = [];
        if (roiHasAir && file.Air is { } known)
        {
            float[] onAxis = known;
            if (rebinning is not null)
            {
                onAxis = new float[roi.BinCount];
                rebinning.Apply(known, onAxis);
            }

            _air = onAxis.Where((value, bin) => CommonBins[bin] && float.IsFinite(value)).Select(value => (double)value).DefaultIfEmpty(0).Average();
            air = onAxis[range.First..(range.First + range.Count)];
        }

        ScanRays rays = new(sinogram.Angles_rad, sinogram.SampleCount, sinogram.Step_um, axis_px);
        _map = sinogram.PrepareAll(common.Means(), bins: 1);
        Patterns = new CoarsePatterns(rays, sinogram.PrepareAll(values, range.Count), range.Count, air)
        {
            SumVariance = rebinning is null && file.SumVariance(range.First, range.Count) is { } variance ? sinogram.PrepareVariance(variance) : null,
        };
    }

    /// <summary>File and dataset, for people.</summary>
    public string Origin { get; }

    /// <summary>On what its rotation axis rests.</summary>
    public string AxisStatus { get; }

    /// <summary>Whether its patterns had to be brought onto another radial axis.</summary>
    public bool IsRebinned { get; }

    /// <summary>Bins of the ROI scan that both scans measured.</summary>
    public bool[] CommonBins { get; }

    /// <summary>How many of the bins that are reconstructed it does not have.</summary>
    public int MissingCount => _isMeasured.AsSpan(_range.First, _range.Count).Count(false);

    /// <summary>Its patterns.</summary>
    public CoarsePatterns Patterns { get; }

    /// <summary>Finds where the rays of the ROI scan lie.</summary>
    /// <param name="roi">Rays of the ROI scan with the nominal axis.</param>
    /// <param name="roiMap">Mean of the <see cref="CommonBins"/> of its cells, [rotation, translation]; NaN where unmeasured.</param>
    /// <param name="options">Nominal values.</param>
    /// <exception cref="ArgumentException">The coarse step is below that of the ROI scan.</exception>
    public RoiAlignment Align(ScanRays roi, ReadOnlySpan<float> roiMap, RoiRegistrationOptions options) => Patterns.Align(roi, roiMap, options, _map, _air);

    private static bool IsSame(SinogramHeader one, SinogramHeader other) => one.Unit == other.Unit && one.BinCount == other.BinCount
        && one.Radial.Zip(other.Radial).All(r => Math.Abs(r.First - r.Second) <= SameBin * Math.Abs(other.Radial[^1] - other.Radial[0]) / Math.Max(1, other.BinCount - 1))
        && (one.Unit is not (RadialUnit.TwoTheta_deg or RadialUnit.TwoTheta_rad) || one.Energy_keV is null || other.Energy_keV is null || Math.Abs(one.Energy_keV.Value / other.Energy_keV.Value - 1) < SameBin);

    private static RadialRebinning Rebinning(SinogramHeader from, SinogramHeader to)
    {
        try
        {
            return new RadialRebinning(AxisOf(from, to), AxisOf(to, from), Wavelength_A(from), Wavelength_A(to));
        }
        catch (ArgumentException e)
        {
            throw new UserException($"the radial axis of {from.Origin} cannot be brought onto that of {to.Origin}: {e.Message.Split(" (Parameter", StringSplitOptions.None)[0]}", e);
        }
    }

    private static double? Wavelength_A(SinogramHeader header) => header.Energy_keV is { } energy_keV ? PhotonEnergy.Hc_keV_A / energy_keV : null;

    private static RadialAxis AxisOf(SinogramHeader header, SinogramHeader other)
    {
        const double Tolerance_bin = 0.01;
        double[] centres = header.Radial;
        double step = centres.Length > 1 ? (centres[^1] - centres[0]) / (centres.Length - 1) : 0;
        bool isEven = step > 0 && Enumerable.Range(0, centres.Length).All(k => Math.Abs(centres[k] - centres[0] - (k * step)) < Tolerance_bin * step);
        return header.Unit is { } unit && isEven
            ? new RadialAxis(unit, centres[0] - (0.5 * step), centres[^1] + (0.5 * step), centres.Length)
            : throw new UserException(
                $"the radial axis of {header.Origin} is {(header.Unit is null ? "of unknown unit" : "not even")}, and not that of {other.Origin}: "
                + "--radial and --unit say that of the ROI scan, and 'xrdct convert' writes them into a coarse file");
    }

    // Only the bins that are reconstructed are kept.
    private float[] Rebinned(RadialRebinning rebinning, float[] values, int roiBins, Common common)
    {
        int cells = common.CellCount;
        int bins = values.Length / cells;
        float[] rebinned = new float[cells * _range.Count];
        float[] pattern = new float[roiBins];
        for (int cell = 0; cell < cells; cell++)
        {
            rebinning.Apply(values.AsSpan(cell * bins, bins), pattern);
            common.Add(cell, 0, pattern);
            pattern.AsSpan(_range.First, _range.Count).CopyTo(rebinned.AsSpan(cell * _range.Count));
        }

        return rebinned;
    }

    /// <summary>Gathers the mean over the bins that both scans measured.</summary>
    private sealed class Common(ReadOnlySpan<bool> roiHasValues, int cellCount)
    {
        private readonly bool[] _roiHasValues = [.. roiHasValues];
        private readonly double[] _sum = new double[cellCount];
        private readonly int[] _count = new int[cellCount];

        public int CellCount => cellCount;

        public bool[] IsMeasured { get; } = new bool[roiHasValues.Length];

        public bool[] Bins => [.. IsMeasured.Zip(_roiHasValues, (coarse, roi) => coarse && roi)];

        public void Add(int cell, int first, ReadOnlySpan<float> pattern)
        {
            for (int b = 0; b < pattern.Length; b++)
            {
                if (float.IsNaN(pattern[b]))
                {
                    continue;
                }

                IsMeasured[first + b] = true;
                if (_roiHasValues[first + b])
                {
                    _sum[cell] += pattern[b];
                    _count[cell]++;
                }
            }
        }

        public float[] Means() => [.. _sum.Select((sum, cell) => _count[cell] > 0 ? (float)(sum / _count[cell]) : float.NaN)];
    }
}
