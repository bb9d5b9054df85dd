using XrdCt.Live.Compute.Sinograms;

namespace XrdCt.Live.Compute.Roi;

/// <summary>
/// The sinogram of the coarse scan, at any ray: interpolated linearly in angle (modulo 180° with t → −t) and in translation, 0 from one
/// step beyond its field of view on. A block of bins lies interleaved, [rotation, translation, bin].
/// </summary>
/// <remarks>
/// Unmeasured cells are bridged along their projection (<see cref="ProjectionGaps"/>), unmeasured rotations by their neighbours in angle.
/// A bin that is NaN throughout a projection which has other bins stays NaN there. Beyond its field of view the sinogram counts as 0, so
/// the air scatter should be taken off before. Immutable and thread-safe.
/// </remarks>
public sealed class CoarseSinogram
{
    private readonly float[] _values;
    private readonly int[] _rowOf;

    /// <summary>Copies the values and bridges what is missing.</summary>
    /// <param name="rays">Rays of the coarse scan.</param>
    /// <param name="values">[rotation, translation, bin], bins fastest; NaN where unmeasured. Rotations beyond those of the rays are not looked at.</param>
    /// <param name="width">Bins that lie interleaved, at least 1.</param>
    /// <exception cref="ArgumentException">Fewer values than rays, or nothing was measured.</exception>
    public CoarseSinogram(ScanRays rays, ReadOnlySpan<float> values, int width = 1)
    {
        ArgumentNullException.ThrowIfNull(rays);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        int row = rays.TranslationCount * width;
        if (values.Length < (long)rays.RotationCount * row)
        {
            throw new ArgumentException(
                $"{rays.RotationCount} × {rays.TranslationCount} rays of {width} bins are more than {values.Length} values", nameof(values));
        }

        Width = width;
        _values = new float[rays.RotationCount * row];
        var measured = new List<int>();
        for (int rotation = 0; rotation < rays.RotationCount; rotation++)
        {
            ReadOnlySpan<float> from = values.Slice(rotation * row, row);
            if (!AllNaN(from))
            {
                Bridge(from, _values.AsSpan(rotation * row, row), width);
                measured.Add(rotation);
            }
        }

        if (measured.Count == 0)
        {
            throw new ArgumentException("no ray of the coarse scan was measured", nameof(values));
        }

        _rowOf = [.. measured];
        double[] angles_rad = [.. measured.Select(r => rays.Angles_rad[r])];
        Rays = measured.Count == rays.RotationCount
            ? rays
            : new ScanRays(angles_rad, rays.TranslationCount, rays.Step_um, rays.Centre_px);
    }

    /// <summary>The rays of those rotations that were measured.</summary>
    public ScanRays Rays { get; }

    /// <summary>Bins that lie interleaved.</summary>
    public int Width { get; }

    /// <summary>The sinogram along evenly spaced rays of one angle.</summary>
    /// <param name="angle_rad">Angle in the coarse scan, rad.</param>
    /// <param name="first_um">Translation of the first ray, µm from the rotation axis.</param>
    /// <param name="step_um">Distance of the rays, µm.</param>
    /// <param name="samples">Receives [ray, bin].</param>
    public void Sample(double angle_rad, double first_um, double step_um, Span<float> samples)
    {
        int count = samples.Length / Width;
        if (count * Width != samples.Length)
        {
            throw new ArgumentException($"{samples.Length} values are no whole number of rays of {Width} bins", nameof(samples));
        }

        samples.Clear();
        Span<RayTerm> terms = stackalloc RayTerm[ScanRays.MostTerms];
        foreach (RayTerm term in terms[..Rays.Between(angle_rad, terms)])
        {
            ReadOnlySpan<float> row = Row(term.Rotation);
            for (int i = 0; i < count; i++)
            {
                double t_um = first_um + (i * step_um);
                double at = ((term.IsMirrored ? -t_um : t_um) / Rays.Step_um) + (Rays.TranslationCount / 2) + Rays.Centre_px;
                if (!(at > -1 && at < Rays.TranslationCount))
                {
                    continue;
                }

                int left = (int)Math.Floor(at);
                double share = at - left;
                for (int b = 0; b < Width; b++)
                {
                    double value = left >= 0 ? (1 - share) * row[(left * Width) + b] : 0;
                    value += left + 1 < Rays.TranslationCount ? share * row[((left + 1) * Width) + b] : 0;
                    samples[(i * Width) + b] += (float)(term.Weight * value);
                }
            }
        }
    }

    /// <summary>
    /// The projection at an angle on the coarse translations: what is seen from the front in <paramref name="direct"/>, what from behind in
    /// <paramref name="mirrored"/>, turned round so that t grows along it too; both together are the projection.
    /// </summary>
    /// <returns>Whether there is anything in each.</returns>
    internal (bool HasDirect, bool HasMirrored) Mix(double angle_rad, Span<float> direct, Span<float> mirrored)
    {
        direct.Clear();
        mirrored.Clear();
        bool hasDirect = false;
        bool hasMirrored = false;
        Span<RayTerm> terms = stackalloc RayTerm[ScanRays.MostTerms];
        foreach (RayTerm term in terms[..Rays.Between(angle_rad, terms)])
        {
            ReadOnlySpan<float> row = Row(term.Rotation);
            float weight = (float)term.Weight;
            if (!term.IsMirrored)
            {
                hasDirect = true;
                for (int i = 0; i < row.Length; i++)
                {
                    direct[i] += weight * row[i];
                }

                continue;
            }

            hasMirrored = true;
            for (int j = 0; j < Rays.TranslationCount; j++)
            {
                ReadOnlySpan<float> from = row.Slice((Rays.TranslationCount - 1 - j) * Width, Width);
                Span<float> to = mirrored.Slice(j * Width, Width);
                for (int b = 0; b < from.Length; b++)
                {
                    to[b] += weight * from[b];
                }
            }
        }

        return (hasDirect, hasMirrored);
    }

    private static bool AllNaN(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if (!float.IsNaN(value))
            {
                return false;
            }
        }

        return true;
    }

    private static void Bridge(ReadOnlySpan<float> row, Span<float> bridged, int width)
    {
        int count = row.Length / width;
        float[] one = new float[count];
        float[] whole = new float[count];
        for (int b = 0; b < width; b++)
        {
            for (int j = 0; j < count; j++)
            {
                one[j] = row[(j * width) + b];
            }

            bool isMeasured = ProjectionGaps.Bridge(one, whole) > 0;
            for (int j = 0; j < count; j++)
            {
                bridged[(j * width) + b] = isMeasured ? whole[j] : float.NaN;
            }
        }
    }

    private ReadOnlySpan<float> Row(int rotation) =>
        _values.AsSpan(_rowOf[rotation] * Rays.TranslationCount * Width, Rays.TranslationCount * Width);
}
