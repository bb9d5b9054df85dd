using System.Numerics.Tensors;
using XrdCt.Live.Compute.Reconstruction;

namespace XrdCt.Live.Compute.Roi;

/// <summary>
/// What the noise of the coarse scan does to a slice that is completed by it. A coarse projection c is part (share a) of those projections k of
/// the ROI scan that lie beside it in angle, all of which see the same noise; so they are added before they are squared:
/// <c>S_c[i, j] = Σ_k (w_k/2)·a_kc·K_k[i, j]</c>, K being the matrices of <see cref="RoiCompletion"/>, and
/// <c>σ² = Σ_c Σ_j S_c[i, j]²·σ²_cj</c> along the direction of c. Immutable, thread-safe.
/// </summary>
/// <remarks>
/// Exact for a coarse scan of the same angles. For others one thing is an approximation: the projections that share c are taken at the sample of a pixel that
/// they have along c. What comes from outside the field of view varies slowly inside it, so it matters at the rim only. A scale and a place that are
/// uncertain, and the air that was taken off, are common to all rays: systematic, and not in it.
/// </remarks>
internal sealed class CoarseNoise
{
    private readonly RoiWindow _window;
    private readonly Func<double, bool, float[]> _matrix;
    private readonly float[] _variance;
    private readonly int[] _rowOf;
    private readonly ScanRays _rays;

    /// <summary>Finds which rotations were measured.</summary>
    /// <param name="window">Field of view of the ROI scan.</param>
    /// <param name="rays">Rays of the coarse scan.</param>
    /// <param name="variance">Variances of its cells, [rotation, translation]; NaN where unmeasured.</param>
    /// <param name="matrix">What the coarse row does to the window at an angle of the ROI scan, from the front or from behind, [N + 2, translation].</param>
    /// <exception cref="ArgumentException">The variances are not those of the rays, or there is none.</exception>
    public CoarseNoise(RoiWindow window, ScanRays rays, float[] variance, Func<double, bool, float[]> matrix)
    {
        ArgumentNullException.ThrowIfNull(variance);
        int columns = rays.TranslationCount;
        if (variance.Length != (long)rays.RotationCount * columns)
        {
            throw new ArgumentException($"{rays.RotationCount} × {columns} rays do not have {variance.Length} variances", nameof(variance));
        }

        (_window, _variance, _matrix) = (window, variance, matrix);
        _rowOf = [.. Enumerable.Range(0, rays.RotationCount).Where(r => variance.AsSpan(r * columns, columns).ContainsAnyInRange(0, float.MaxValue))];
        if (_rowOf.Length == 0)
        {
            throw new ArgumentException("no ray of the coarse scan has a variance", nameof(variance));
        }

        // Unmeasured rotations are bridged by their neighbours in angle, as CoarseSinogram does.
        double[] angles_rad = rays.Angles_rad.ToArray();
        _rays = new ScanRays([.. _rowOf.Select(r => angles_rad[r])], columns, rays.Step_um, rays.Centre_px);
    }

    /// <summary>The noise, coarse projection by coarse projection.</summary>
    /// <param name="angles_rad">Angles of the projections of the ROI scan, rad.</param>
    /// <param name="weights">Their factors in the back projection.</param>
    public IEnumerable<FilteredNoise> Of(double[] angles_rad, double[] weights)
    {
        int columns = _rays.TranslationCount;
        List<(int Projection, bool IsMirrored, double Share)>[] seenBy = SeenBy(angles_rad);
        for (int rotation = 0; rotation < seenBy.Length; rotation++)
        {
            if (seenBy[rotation].Count == 0)
            {
                continue;
            }

            // Along the direction in which the first of them sees it.
            bool isFromBehind = seenBy[rotation][0].IsMirrored;
            float[] sum = new float[_window.FilteredLength * columns];
            foreach ((int k, bool isMirrored, double share) in seenBy[rotation])
            {
                float[] matrix = _matrix(angles_rad[k], isMirrored);
                Add(isMirrored == isFromBehind ? matrix : Turned(matrix), isMirrored, (float)(weights[k] * share), sum);
            }

            RowNoise noise = new(sum, columns);
            double angle_rad = _rays.Angles_rad[rotation] - _window.Alignment.Angle_rad + (isFromBehind ? Math.PI : 0);
            FilteredNoise filtered = new(angle_rad, 1, new double[noise.Rows], new double[noise.Rows]);
            noise.Compute(_variance.AsSpan(_rowOf[rotation] * columns, columns), filtered.Power, filtered.Product);
            yield return filtered;
        }
    }

    private List<(int Projection, bool IsMirrored, double Share)>[] SeenBy(double[] angles_rad)
    {
        List<(int, bool, double)>[] seenBy = [.. Enumerable.Range(0, _rays.RotationCount).Select(_ => new List<(int, bool, double)>())];
        Span<RayTerm> terms = stackalloc RayTerm[ScanRays.MostTerms];
        for (int k = 0; k < angles_rad.Length; k++)
        {
            foreach (RayTerm term in terms[.._rays.Between(_window.ToCoarse(angles_rad[k]).Angle_rad, terms)])
            {
                seenBy[term.Rotation].Add((k, term.IsMirrored, term.Weight));
            }
        }

        return seenBy;
    }

    // From behind, t is −t: the coarse row runs backwards.
    private void Add(ReadOnlySpan<float> matrix, bool isMirrored, float factor, Span<float> sum)
    {
        if (!isMirrored)
        {
            TensorPrimitives.MultiplyAdd(matrix, factor, sum, sum);
            return;
        }

        int columns = _rays.TranslationCount;
        float[] row = new float[columns];
        for (int start = 0; start < sum.Length; start += columns)
        {
            matrix.Slice(start, columns).CopyTo(row);
            Array.Reverse(row);
            Span<float> to = sum.Slice(start, columns);
            TensorPrimitives.MultiplyAdd(row, factor, to, to);
        }
    }

    // The filtered samples as they lie seen from the other side, about the axis of the ROI scan.
    private float[] Turned(float[] matrix)
    {
        int columns = _rays.TranslationCount;
        int last = _window.FilteredLength - 1;
        float[] turned = new float[matrix.Length];
        for (int i = 0; i <= last; i++)
        {
            double at = Math.Clamp((2 * ((_window.Length / 2) + _window.Alignment.Centre_px + ProjectionFilter.Margin)) - i, 0, last);
            int left = Math.Min((int)at, last - 1);
            Span<float> to = turned.AsSpan(i * columns, columns);
            TensorPrimitives.Multiply(matrix.AsSpan(left * columns, columns), (float)(left + 1 - at), to);
            TensorPrimitives.MultiplyAdd(matrix.AsSpan((left + 1) * columns, columns), (float)(at - left), to, to);
        }

        return turned;
    }
}
