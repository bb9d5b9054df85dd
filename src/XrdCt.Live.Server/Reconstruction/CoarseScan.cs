using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Compute.Roi;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Server.Conversion;
using XrdCt.Live.Storage.Sinograms;

namespace XrdCt.Live.Server.Reconstruction;

/// <summary>
/// The coarse scan of an ROI scan: all its patterns on the ROI scan's radial axis, and where the ROI scan's rays lie in it. Thread-safe once it
/// is aligned.
/// </summary>
internal sealed class CoarseScan
{
    private const double SameBin = 1e-6;

    private readonly PreparedSinogram _sinogram;
    private readonly int _bins;
    private readonly float[] _values;
    private readonly ScanRays _rays;
    private readonly double[] _angles_rad;
    private readonly double _axis_px;
    private readonly Lock _lock = new();
    private RoiCompletion? _first;

    /// <summary>Reads it.</summary>
    /// <param name="file">The coarse scan.</param>
    /// <param name="roi">Axes of the ROI scan.</param>
    /// <param name="range">Which bins of the ROI scan are reconstructed.</param>
    /// <param name="stop">Asks for the end.</param>
    /// <exception cref="UserException">It has no radial axis that can be brought onto that of the ROI scan, or does not fit into memory.</exception>
    public CoarseScan(SinogramFile file, SinogramHeader roi, (int First, int Count) range, CancellationToken stop)
    {
        _sinogram = new PreparedSinogram(file);
        SinogramHeader header = file.Header;
        _bins = range.Count;
        Origin = header.Origin;
        (_axis_px, AxisStatus) = _sinogram.FindAxis(fromData: false, stop);
        _angles_rad = _sinogram.Angles_rad;
        _rays = new ScanRays(_angles_rad, _sinogram.SampleCount, _sinogram.Step_um, _axis_px);
        RadialRebinning? rebinning = IsSame(header, roi) ? null : Rebinning(header, roi);
        IsRebinned = rebinning is not null;
        int read = rebinning is null ? _bins : header.BinCount;
        if ((long)header.CellCount * Math.Max(read, _bins) > Array.MaxLength)
        {
            throw new UserException($"{Origin} has {header.CellCount} cells of {read} bins, too many to be held in memory: reconstruct fewer at a time with --bins A:B");
        }

        int start = rebinning is null ? range.First : 0;
        float[] values = new float[header.CellCount * read];
        SinogramPass.Run(
            file,
            "reading the coarse scan",
            (first, count, some) =>
            {
                for (int cell = 0; cell < header.CellCount; cell++)
                {
                    some.Span.Slice(cell * count, count).CopyTo(values.AsSpan((cell * read) + first - start));
                }
            },
            stop,
            start..(start + read));
        _values = rebinning is null ? values : Rebinned(rebinning, values, header, (roi.BinCount, range.First));
    }

    /// <summary>File and dataset, for people.</summary>
    public string Origin { get; }

    /// <summary>On what its rotation axis rests.</summary>
    public string AxisStatus { get; }

    /// <summary>Whether its patterns had to be brought onto another radial axis.</summary>
    public bool IsRebinned { get; }

    /// <summary>Where the rays of the ROI scan lie; nominal before <see cref="Align"/>.</summary>
    public RoiAlignment Alignment { get; private set; } = new() { X_um = 0, Y_um = 0, Centre_px = 0 };

    /// <summary>Finds where the rays of the ROI scan lie in it.</summary>
    /// <param name="roi">The ROI scan.</param>
    /// <param name="axis_px">Its nominal rotation axis, offset from sample N/2, steps.</param>
    /// <param name="request">Nominal centre, and how the coarse scan counted.</param>
    /// <param name="stop">Asks for the end.</param>
    public void Align(PreparedSinogram roi, double axis_px, ReconstructionRequest request, CancellationToken stop)
    {
        float[] total = new float[_sinogram.Header.CellCount];
        for (int cell = 0; cell < total.Length; cell++)
        {
            double sum = 0;
            int count = 0;
            foreach (float value in _values.AsSpan(cell * _bins, _bins))
            {
                if (!float.IsNaN(value))
                {
                    sum += value;
                    count++;
                }
            }

            total[cell] = count > 0 ? (float)(sum / count) : float.NaN;
        }

        float[] prepared = _sinogram.PrepareMap(total);
        Alignment = RoiRegistration.Fit(
            _rays,
            prepared,
            new ScanRays(roi.Angles_rad, roi.SampleCount, roi.Step_um, axis_px),
            roi.Total(stop),
            new RoiRegistrationOptions
            {
                X_um = request.RoiCentre_um.X_um,
                Y_um = request.RoiCentre_um.Y_um,
                IsCoarseSmeared = request.IsCoarseSmeared,
            });
    }

    /// <summary>The filter of a block of bins.</summary>
    /// <param name="block">Number of the block, from 0 for the first bin that is reconstructed.</param>
    /// <param name="mode">Completion or subtraction.</param>
    /// <param name="samples">Samples of a projection of the ROI scan.</param>
    /// <param name="step_um">Their distance, µm.</param>
    /// <param name="filter">Apodisation.</param>
    public RowFilter FilterOf(int block, RoiMode mode, int samples, double step_um, RampFilter filter)
    {
        float[] prepared = new float[_sinogram.Header.CellCount * BinBlock.Width];
        _sinogram.Prepare(_values, _bins, block, new float[prepared.Length], prepared);
        if (mode == RoiMode.Subtraction)
        {
            bool[] isPresent = new bool[_angles_rad.Length];
            PreparedSinogram.Bridge(prepared, _sinogram.SampleCount, isPresent);
            BlockProjectionFilter plain = new(new ProjectionFilter(_sinogram.SampleCount, filter));
            FbpMaker maker = new(_angles_rad, _sinogram.SampleCount, _axis_px, hasEvenWeights: false, _ => (_, row, filtered) => plain.Apply(row, filtered));
            float[] slice = new float[_sinogram.SampleCount * _sinogram.SampleCount * BinBlock.Width];
            maker.Make(block, prepared, isPresent, slice);
            return new RoiSubtraction(samples, step_um, Alignment, slice, _sinogram.SampleCount, _sinogram.Step_um, filter).Apply;
        }

        CoarseSinogram coarse = new(_rays, prepared, BinBlock.Width);
        lock (_lock)
        {
            // The matrices of each angle are made once for all blocks.
            _first ??= new RoiCompletion(samples, step_um, Alignment, coarse, filter);
            return _first.For(coarse).Apply;
        }
    }

    private static bool IsSame(SinogramHeader one, SinogramHeader other) => one.Unit == other.Unit && one.BinCount == other.BinCount
        && one.Radial.Zip(other.Radial).All(r => Math.Abs(r.First - r.Second) <= SameBin * Math.Abs(other.Radial[^1] - other.Radial[0]) / Math.Max(1, other.BinCount - 1))
        && (one.Unit is not (RadialUnit.TwoTheta_deg or RadialUnit.TwoTheta_rad) || one.Energy_keV is null || other.Energy_keV is null || Math.Abs(one.Energy_keV.Value / other.Energy_keV.Value - 1) < SameBin);

    private static RadialRebinning Rebinning(SinogramHeader from, SinogramHeader to)
    {
        try
        {
            return new RadialRebinning(AxisOf(from), AxisOf(to), Wavelength_A(from), Wavelength_A(to));
        }
        catch (ArgumentException e)
        {
            throw new UserException($"the radial axis of {from.Origin} cannot be brought onto that of {to.Origin}: {e.Message.Split(" (Parameter", StringSplitOptions.None)[0]}", e);
        }
    }

    private static double? Wavelength_A(SinogramHeader header) => header.Energy_keV is { } energy_keV ? PhotonEnergy.Hc_keV_A / energy_keV : null;

    private static RadialAxis AxisOf(SinogramHeader header)
    {
        const double Tolerance_bin = 0.01;
        double[] centres = header.Radial;
        double step = centres.Length > 1 ? (centres[^1] - centres[0]) / (centres.Length - 1) : 0;
        bool isEven = step > 0 && Enumerable.Range(0, centres.Length).All(k => Math.Abs(centres[k] - centres[0] - (k * step)) < Tolerance_bin * step);
        return header.Unit is { } unit && isEven
            ? new RadialAxis(unit, centres[0] - (0.5 * step), centres[^1] + (0.5 * step), centres.Length)
            : throw new UserException($"the radial axis of {header.Origin} is not even, or of unknown unit, and not that of the other scan: say it with --radial and --unit");
    }

    private float[] Rebinned(RadialRebinning rebinning, float[] values, SinogramHeader header, (int Count, int First) roi)
    {
        float[] rebinned = new float[header.CellCount * _bins];
        float[] pattern = new float[roi.Count];
        for (int cell = 0; cell < header.CellCount; cell++)
        {
            rebinning.Apply(values.AsSpan(cell * header.BinCount, header.BinCount), pattern);
            pattern.AsSpan(roi.First, _bins).CopyTo(rebinned.AsSpan(cell * _bins));
        }

        return rebinned;
    }
}
