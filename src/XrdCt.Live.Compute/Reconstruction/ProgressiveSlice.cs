using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>
/// Filtered back projection of one channel that grows with the scan. Back projection is linear, so a projection that
/// comes, changes or gains a neighbour is put in, exchanged or re-weighted by adding the difference; after the last
/// one the slice equals <see cref="Batch(ScanPlan, RampFilter, ReadOnlySpan{float}, double)"/>. A new centre of rotation makes all projections be
/// put in again. Not thread-safe.
/// </summary>
public sealed class ProgressiveSlice
{
    private readonly ScanPlan _plan;
    private readonly ProjectionFilter _filter;
    private readonly RowFilter _rows;
    private BackProjector _backProjector;
    private readonly double[] _slice;
    private readonly float[]?[] _filtered;
    private readonly double[] _weights;
    private readonly float[] _fresh;

    /// <summary>Makes an empty slice of TranslationCount² pixels.</summary>
    /// <param name="plan">Scan plan; gives the angles and the samples of a projection.</param>
    /// <param name="filter">Apodisation of the ramp.</param>
    /// <param name="centre_px">Centre of rotation, see <see cref="Centre_px"/>.</param>
    /// <param name="rows">Filters projections in place of the ramp alone, such as that of a scan of a region of interest; null for the ramp.</param>
    public ProgressiveSlice(ScanPlan plan, RampFilter filter, double centre_px = 0, RowFilter? rows = null)
    {
        ArgumentNullException.ThrowIfNull(plan);
        _plan = plan;
        _filter = new ProjectionFilter(plan.TranslationCount, filter);
        _backProjector = new BackProjector(plan.TranslationCount, centre_px);
        _slice = new double[plan.TranslationCount * plan.TranslationCount];
        _filtered = new float[]?[plan.RotationCount];
        _weights = new double[plan.RotationCount];
        _fresh = new float[_filter.FilteredLength];
        _rows = rows ?? ((_, projection, filtered) => _filter.Apply(projection, filtered));
    }

    /// <summary>
    /// Centre of rotation c: the rotation axis is at translation index TranslationCount/2 + c (integer division), steps of the translation.
    /// </summary>
    public double Centre_px => _backProjector.Centre_px;

    /// <summary>Projections in the slice.</summary>
    public int ProjectionCount { get; private set; }

    /// <summary>Widest angle between neighbouring projections, degrees: 180 before the second.</summary>
    public double LargestGap_deg { get; private set; } = 180;

    /// <summary>Puts a projection in, or exchanges it for a better one.</summary>
    /// <param name="rotation">Index of the rotation.</param>
    /// <param name="projection">Samples by translation, no NaN (see <see cref="Sinograms.ProjectionGaps"/>).</param>
    public void Put(int rotation, ReadOnlySpan<float> projection)
    {
        _rows(Angle_rad(rotation), projection, _fresh);
        if (_filtered[rotation] is float[] known)
        {
            for (int i = 0; i < known.Length; i++)
            {
                (known[i], _fresh[i]) = (_fresh[i], _fresh[i] - known[i]);
            }

            BackProject(rotation, _fresh, _weights[rotation]);
            return;
        }

        _filtered[rotation] = _fresh.ToArray();
        ProjectionCount++;
        Reweight();
    }

    /// <summary>Moves the centre of rotation, and puts all projections in again where that differs from the one before.</summary>
    /// <param name="centre_px">Centre of rotation, see <see cref="Centre_px"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The axis is outside the projections.</exception>
    public void SetCentre(double centre_px)
    {
        if (centre_px == Centre_px)
        {
            return;
        }

        _backProjector = new BackProjector(_plan.TranslationCount, centre_px);
        Array.Clear(_slice);
        for (int rotation = 0; rotation < _filtered.Length; rotation++)
        {
            if (_filtered[rotation] is float[] known)
            {
                BackProject(rotation, known, _weights[rotation]);
            }
        }
    }

    /// <summary>Copies the slice out.</summary>
    /// <param name="values">Receives [y, x], TranslationCount² values; NaN outside the circle that all projections see.</param>
    public void CopyTo(Span<float> values)
    {
        int size = _backProjector.Size;
        values.Fill(float.NaN);
        if (ProjectionCount == 0)
        {
            return;
        }

        for (int row = 0; row < size; row++)
        {
            (int first, int last) = _backProjector.Columns(row);
            for (int column = first; column <= last; column++)
            {
                values[(row * size) + column] = (float)_slice[(row * size) + column];
            }
        }
    }

    /// <summary>The slice as a map of its own, with the name of its channel.</summary>
    public SliceMap ToMap(string channel)
    {
        float[] values = new float[_slice.Length];
        CopyTo(values);
        return new SliceMap(channel, _backProjector.Size, _plan.Step_um, values, ProjectionCount);
    }

    /// <summary>Reconstructs a whole sinogram at once, without a last rotation that repeats the first.</summary>
    /// <param name="plan">Scan plan.</param>
    /// <param name="filter">Apodisation.</param>
    /// <param name="sinogram">[rotation, translation], no NaN.</param>
    /// <param name="centre_px">Centre of rotation, see <see cref="Centre_px"/>.</param>
    public static ProgressiveSlice Batch(ScanPlan plan, RampFilter filter, ReadOnlySpan<float> sinogram, double centre_px = 0)
    {
        ArgumentNullException.ThrowIfNull(plan);
        bool[] present = new bool[plan.RotationCount];
        Array.Fill(present, true);
        return Batch(plan, filter, sinogram, present, centre_px);
    }

    /// <summary>
    /// Reconstructs the projections that are there, at once and in the order of the rotations: the same numbers to the last bit, whatever the
    /// order in which they were measured.
    /// </summary>
    /// <param name="plan">Scan plan.</param>
    /// <param name="filter">Apodisation.</param>
    /// <param name="sinogram">[rotation, translation], no NaN where present.</param>
    /// <param name="present">Which rotations take part.</param>
    /// <param name="centre_px">Centre of rotation, see <see cref="Centre_px"/>.</param>
    /// <param name="rows">See the constructor.</param>
    public static ProgressiveSlice Batch(
        ScanPlan plan, RampFilter filter, ReadOnlySpan<float> sinogram, ReadOnlySpan<bool> present, double centre_px = 0, RowFilter? rows = null)
    {
        var slice = new ProgressiveSlice(plan, filter, centre_px, rows);
        for (int rotation = 0; rotation < plan.ReconstructedRotationCount; rotation++)
        {
            if (present[rotation])
            {
                slice._rows(slice.Angle_rad(rotation), sinogram.Slice(rotation * plan.TranslationCount, plan.TranslationCount), slice._fresh);
                slice._filtered[rotation] = slice._fresh.ToArray();
                slice.ProjectionCount++;
            }
        }

        slice.Reweight();
        return slice;
    }

    private void Reweight()
    {
        int[] present = [.. Enumerable.Range(0, _plan.RotationCount).Where(r => _filtered[r] is not null)];
        double[] angles = [.. present.Select(Angle_rad)];
        double[] weights = new double[angles.Length];
        LargestGap_deg = AngularWeights.Compute(angles, weights) * (180 / Math.PI);
        for (int i = 0; i < present.Length; i++)
        {
            double change = weights[i] - _weights[present[i]];
            if (Math.Abs(change) > 1e-12)
            {
                BackProject(present[i], _filtered[present[i]], change);
                _weights[present[i]] = weights[i];
            }
        }
    }

    // The ½ belongs to the filter, whose response is twice the ramp (scikit-image's convention).
    private void BackProject(int rotation, ReadOnlySpan<float> filtered, double weight) =>
        _backProjector.Add(filtered, Angle_rad(rotation), 0.5 * weight, _slice);

    private double Angle_rad(int rotation) => _plan.Angle_deg(rotation) * (Math.PI / 180);
}
