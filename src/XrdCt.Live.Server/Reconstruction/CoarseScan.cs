using XrdCt.Live.Compute.Roi;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Server.Conversion;
using XrdCt.Live.Storage.Sinograms;

namespace XrdCt.Live.Server.Reconstruction;

/// <summary>
/// The coarse scan of an ROI scan, read from its file: its patterns on the ROI scan's radial axis.
/// </summary>
internal sealed class CoarseScan
{
    private const double SameBin = 1e-6;

    private readonly int _bins;

    /// <summary>Reads it.</summary>
    /// <param name="file">The coarse scan.</param>
    /// <param name="roi">Axes of the ROI scan.</param>
    /// <param name="range">Which bins of the ROI scan are reconstructed.</param>
    /// <param name="stop">Asks for the end.</param>
    /// <exception cref="UserException">It has no radial axis that can be brought onto that of the ROI scan, or does not fit into memory.</exception>
    public CoarseScan(SinogramFile file, SinogramHeader roi, (int First, int Count) range, CancellationToken stop)
    {
        PreparedSinogram sinogram = new(file);
        SinogramHeader header = file.Header;
        _bins = range.Count;
        Origin = header.Origin;
        (double axis_px, AxisStatus) = sinogram.FindAxis(fromData: false, stop);
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
        float[] onAxis = rebinning is null ? values : Rebinned(rebinning, values, header, (roi.BinCount, range.First));
        float[] air = file.Air is not { } known ? []
            : rebinning is null ? known.AsSpan(range.First, _bins).ToArray()
            : Rebinned(rebinning, known, header, (roi.BinCount, range.First));
        ScanRays rays = new(sinogram.Angles_rad, sinogram.SampleCount, sinogram.Step_um, axis_px);
        Patterns = new CoarsePatterns(rays, sinogram.PrepareAll(onAxis, _bins), _bins, air);
    }

    /// <summary>File and dataset, for people.</summary>
    public string Origin { get; }

    /// <summary>On what its rotation axis rests.</summary>
    public string AxisStatus { get; }

    /// <summary>Whether its patterns had to be brought onto another radial axis.</summary>
    public bool IsRebinned { get; }

    /// <summary>Its patterns.</summary>
    public CoarsePatterns Patterns { get; }

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
        int cells = values.Length / header.BinCount;
        float[] rebinned = new float[cells * _bins];
        float[] pattern = new float[roi.Count];
        for (int cell = 0; cell < cells; cell++)
        {
            rebinning.Apply(values.AsSpan(cell * header.BinCount, header.BinCount), pattern);
            pattern.AsSpan(roi.First, _bins).CopyTo(rebinned.AsSpan(cell * _bins));
        }

        return rebinned;
    }
}
