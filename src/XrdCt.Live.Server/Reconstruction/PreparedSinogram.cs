using XrdCt.Live.Compute.Centring;
using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Server.Conversion;
using XrdCt.Live.Storage.Sinograms;

namespace XrdCt.Live.Server.Reconstruction;

/// <summary>
/// A sinogram from a file as slices are made of it: backward lines where they belong, translations ascending on even steps, gaps bridged, and the
/// rotation axis known.
/// </summary>
internal sealed class PreparedSinogram
{
    // Beyond this a set of angles is none that a scan plan makes.
    private const double AngleTolerance_step = 0.01;

    // One measured cell is no projection: its value would be held over the whole width.
    private const int LeastMeasured = 2;

    private readonly SinogramFile _file;
    private readonly bool _isShown;
    private readonly RecordedScan? _recorded;
    private readonly TranslationGrid _grid;
    private readonly double[] _sum;
    private readonly int[] _count;
    private readonly bool[] _hasValues;
    private int _taken;
    private float[]? _total;

    /// <summary>Looks at the axes.</summary>
    /// <param name="file">The sinogram.</param>
    /// <param name="isShown">Whether a bar is shown on a terminal where it must be read for its total.</param>
    /// <exception cref="UserException">The translations cannot be brought onto even steps.</exception>
    public PreparedSinogram(SinogramFile file, bool isShown)
    {
        (_file, _isShown) = (file, isShown);
        (_sum, _count, _hasValues) = (new double[file.Header.CellCount], new int[file.Header.CellCount], new bool[file.Header.BinCount]);
        _recorded = file.Scan;
        try
        {
            _grid = new TranslationGrid(file.Header.Translations_um);
        }
        catch (ArgumentException e)
        {
            throw new UserException($"{file.Header.Origin}: {SentenceOf(e)}", e);
        }

        Angles_rad = [.. file.Header.Angles_deg.Select(a => a * (Math.PI / 180))];
    }

    /// <summary>Axes of the sinogram.</summary>
    public SinogramHeader Header => _file.Header;

    /// <summary>Angle of each rotation, rad, as the file has them.</summary>
    public double[] Angles_rad { get; }

    /// <summary>Distance of two translations, µm.</summary>
    public double Step_um => _grid.Step_um;

    /// <summary>Samples of a projection.</summary>
    public int SampleCount => _grid.Count;

    /// <summary>What a reader should know of how the axes were treated, as sentences.</summary>
    public IReadOnlyList<string> Remarks =>
    [
        .. _grid.IsEven ? [] : (string[])["the translations are not on even steps: projections are interpolated onto such"],
        .. _recorded is { UnmatchedCells.Count: > 0 and var left } ? [$"frames that never got the position or monitor value they needed are left out: {left}"] : (string[])[],
        .. _recorded is { LineShift_px: not 0 } ? [$"backward lines are moved by {_recorded.LineShift_px:F2} steps, as the file says"] : (string[])[],
    ];

    /// <summary>The rotation axis as the file has it, or as the data do.</summary>
    /// <param name="fromData">Whether the data are asked even where the file says it.</param>
    /// <param name="stop">Asks for the end.</param>
    /// <returns>Offset from sample SampleCount / 2, steps, and on what that rests.</returns>
    public (double Offset_px, string Status) FindAxis(bool fromData, CancellationToken stop)
    {
        if (_recorded is { } recorded && !fromData)
        {
            return (recorded.AxisOffset_px, recorded.AxisStatus.Length > 0 ? $"as the file says: {recorded.AxisStatus}" : "as the file says");
        }

        int[] order = [.. Enumerable.Range(0, Angles_rad.Length)];
        if (_recorded is null)
        {
            Array.Sort((double[])Angles_rad.Clone(), order);
        }

        if (Plan(order) is not { } plan)
        {
            return (0, "assumed, since the angles are not even over 180° or 360° and the data cannot be asked: say it with --cor");
        }

        float[] measured = Total(stop);
        float[] total = [.. order.SelectMany(rotation => measured.Skip(rotation * SampleCount).Take(SampleCount))];
        double range_px = Math.Min(SweepCentre.UsualRange_px, plan.TranslationCount / 4.0);
        var found = CentreOfRotation.Combine(
            plan,
            PairCentre.Find(plan, total),
            MassCentre.Find(plan, total),
            range_px > 1 ? SweepCentre.Find(plan, total, range_px) : CentreEstimate.Undetermined(CentreMethod.Sweep, "too few translations"));
        return found.IsDetermined && Math.Abs(found.Offset_px) < plan.TranslationCount / 4.0
            ? (found.Offset_px, found.Status)
            : (0, $"assumed, since the data do not say: {found.Status}");
    }

    /// <summary>Prepares a block of bins.</summary>
    /// <param name="values">[rotation, translation, bin] as they are in the file.</param>
    /// <param name="bins">How many bins those are.</param>
    /// <param name="block">Number of the block among them.</param>
    /// <param name="scratch">Memory for <paramref name="prepared"/> once more.</param>
    /// <param name="prepared">Receives [rotation, sample, <see cref="BinBlock.Width"/>], zeros in the padding of what was measured; NaN where unmeasured.</param>
    public void Prepare(ReadOnlySpan<float> values, int bins, int block, Span<float> scratch, Span<float> prepared)
    {
        BinBlock.Copy(values, bins, block, scratch);
        int own = BinBlock.BinsOf(bins, block);
        for (int cell = 0; own < BinBlock.Width && cell < Header.CellCount; cell++)
        {
            BinBlock.Pad(scratch.Slice(cell * BinBlock.Width, BinBlock.Width), own);
        }

        LeaveUnmatched(scratch, BinBlock.Width);
        if (_recorded is { LineShift_px: not 0 } scan)
        {
            LineAlignment.Align(scan.Plan, scratch, scan.LineShift_px, BinBlock.Width);
        }

        int length = SampleCount * BinBlock.Width;
        for (int rotation = 0; rotation < Header.RotationCount; rotation++)
        {
            _grid.Apply(scratch.Slice(rotation * length, length), BinBlock.Width, prepared.Slice(rotation * length, length));
        }
    }

    /// <summary>Bridges the cells that were not measured.</summary>
    /// <param name="projections">[rotation, sample, <see cref="BinBlock.Width"/>].</param>
    /// <param name="samples">Samples of a projection.</param>
    /// <param name="isThere">Receives which rotations were measured.</param>
    public static void Bridge(Span<float> projections, int samples, bool[] isThere)
    {
        int length = samples * BinBlock.Width;
        for (int rotation = 0; rotation * length < projections.Length; rotation++)
        {
            isThere[rotation] = ProjectionGaps.Bridge(projections.Slice(rotation * length, length), BinBlock.Width) >= LeastMeasured;
        }
    }

    /// <summary>Finds which rotations were measured, where nothing is bridged.</summary>
    /// <param name="projections">[rotation, sample, <see cref="BinBlock.Width"/>].</param>
    /// <param name="isThere">Receives which.</param>
    public static void FindMeasured(ReadOnlySpan<float> projections, bool[] isThere)
    {
        int length = projections.Length / isThere.Length;
        for (int rotation = 0; rotation < isThere.Length; rotation++)
        {
            isThere[rotation] = projections.Slice(rotation * length, length).ContainsAnyExcept(float.NaN);
        }
    }

    /// <summary>The mean of all bins in each cell, prepared but for the bridges, [rotation, sample]; NaN where unmeasured.</summary>
    /// <param name="stop">Asks for the end.</param>
    public float[] Total(CancellationToken stop)
    {
        if (_total is not null)
        {
            return _total;
        }

        if (_taken < Header.BinCount)
        {
            SinogramPass.Run(_file, _isShown ? "reading" : null, (first, bins, values) => Take(first, bins, values.Span), stop, _taken..);
        }

        return _total = PrepareAll([.. _sum.Select((s, i) => _count[i] > 0 ? (float)(s / _count[i]) : float.NaN)], bins: 1);
    }

    /// <summary>The mean of some bins in each cell, as <see cref="Total"/>.</summary>
    /// <param name="counts">Whether a bin counts, one for each.</param>
    /// <param name="stop">Asks for the end.</param>
    public float[] MeanOf(bool[] counts, CancellationToken stop)
    {
        float[] total = Total(stop);
        if (_hasValues.Zip(counts).All(b => b.Second || !b.First))
        {
            return total;
        }

        double[] sum = new double[Header.CellCount];
        int[] count = new int[Header.CellCount];
        SinogramPass.Run(
            _file,
            _isShown ? "reading" : null,
            (first, bins, values) =>
            {
                for (int i = 0; i < values.Length; i++)
                {
                    if (counts[first + (i % bins)] && !float.IsNaN(values.Span[i]))
                    {
                        sum[i / bins] += values.Span[i];
                        count[i / bins]++;
                    }
                }
            },
            stop);
        return PrepareAll([.. sum.Select((s, i) => count[i] > 0 ? (float)(s / count[i]) : float.NaN)], bins: 1);
    }

    /// <summary>Whether a bin was measured in any cell; known once there is a <see cref="Total"/>.</summary>
    public ReadOnlySpan<bool> HasValues => _hasValues;

    /// <summary>Adds bins to the total that are read for something else, so that they need not be read again. Others than the next ones are left alone.</summary>
    /// <param name="first">The first bin.</param>
    /// <param name="bins">How many.</param>
    /// <param name="values">[rotation, translation, bin] as they are in the file.</param>
    public void Take(int first, int bins, ReadOnlySpan<float> values)
    {
        if (first != _taken)
        {
            return;
        }

        Span<bool> hasValues = _hasValues.AsSpan(first, bins);
        for (int i = 0; i < _sum.Length; i++)
        {
            ReadOnlySpan<float> pattern = values.Slice(i * bins, bins);
            for (int b = 0; b < bins; b++)
            {
                if (!float.IsNaN(pattern[b]))
                {
                    _sum[i] += pattern[b];
                    _count[i]++;
                    hasValues[b] = true;
                }
            }
        }

        _taken += bins;
    }

    /// <summary>Prepares patterns, but for the bridges.</summary>
    /// <param name="values">[rotation, translation, bin] as in the file; used as scratch.</param>
    /// <param name="bins">Number of bins.</param>
    /// <returns>[rotation, sample, bin]; NaN where unmeasured. In the memory of the values.</returns>
    public float[] PrepareAll(float[] values, int bins)
    {
        LeaveUnmatched(values, bins);
        if (_recorded is { LineShift_px: not 0 } scan)
        {
            LineAlignment.Align(scan.Plan, values, scan.LineShift_px, bins);
        }

        return OnGrid(values, bins);
    }

    /// <summary>Prepares variances of a number per cell.</summary>
    /// <param name="variance">[rotation, translation] as in the file; used as scratch.</param>
    /// <returns>[rotation, sample]; NaN where unmeasured.</returns>
    public float[] PrepareVariance(float[] variance)
    {
        LeaveUnmatched(variance, bins: 1);
        if (_recorded is { LineShift_px: not 0 } scan)
        {
            LineAlignment.AlignVariance(scan.Plan, variance, scan.LineShift_px);
        }

        return OnGrid(variance, bins: 1);
    }

    /// <summary>The same where a map of the noise is to be made of them, which knows more of the lines that are moved.</summary>
    /// <param name="map">The map.</param>
    /// <param name="variance">[rotation, translation] as in the file; used as scratch.</param>
    public (NoiseMap Map, float[] Variance) PrepareNoise(NoiseMap map, float[] variance)
    {
        LeaveUnmatched(variance, bins: 1);
        NoiseMap moving = _recorded is { LineShift_px: not 0 } scan ? map.WithLinesMoved(scan.Plan, scan.LineShift_px, variance) : map;
        return (moving, OnGrid(variance, bins: 1));
    }

    /// <summary>Angles that a scan plan would make, so that the methods that ask for one can be used; null where they are others.</summary>
    private ScanPlan? Plan(int[] order)
    {
        if (_recorded is { } recorded)
        {
            return recorded.Plan;
        }

        double[] angles_deg = [.. order.Select(rotation => Header.Angles_deg[rotation])];
        if (angles_deg.Length < 2)
        {
            return null;
        }

        double step_deg = (angles_deg[^1] - angles_deg[0]) / (angles_deg.Length - 1);
        foreach (double range_deg in (double[])[180, 360])
        {
            foreach (bool includesEnd in (bool[])[false, true])
            {
                double expected_deg = range_deg / (angles_deg.Length - (includesEnd ? 1 : 0));
                bool fits = Math.Abs(step_deg - expected_deg) * angles_deg.Length < AngleTolerance_step * expected_deg * angles_deg.Length
                    && angles_deg.Select((a, i) => Math.Abs(a - angles_deg[0] - (i * step_deg))).Max() < AngleTolerance_step * expected_deg;
                if (fits)
                {
                    return new ScanPlan(SampleCount, angles_deg.Length, Step_um, range_deg: range_deg) { IncludesEnd = includesEnd };
                }
            }
        }

        return null;
    }

    // The corrected sinogram of a scan file lacks them already.
    private void LeaveUnmatched(Span<float> values, int bins)
    {
        foreach (int cell in _recorded?.UnmatchedCells ?? [])
        {
            values.Slice(cell * bins, bins).Fill(float.NaN);
        }
    }

    private float[] OnGrid(float[] values, int bins)
    {
        int length = SampleCount * bins;
        float[] row = new float[length];
        for (int rotation = 0; rotation < Header.RotationCount; rotation++)
        {
            Span<float> projection = values.AsSpan(rotation * length, length);
            _grid.Apply(projection, bins, row);
            row.CopyTo(projection);
        }

        return values;
    }

    private static string SentenceOf(ArgumentException e) => e.Message.Split(" (Parameter", StringSplitOptions.None)[0];
}
