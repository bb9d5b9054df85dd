using System.Buffers;
using System.Numerics.Tensors;

namespace XrdCt.Live.Compute.Sinograms;

/// <summary>Bridges the cells of a projection that were not measured, for the reconstruction only; they stay NaN in the sinogram.</summary>
public static class ProjectionGaps
{
    /// <summary>
    /// Copies a projection, interpolating linearly across NaN and holding the outermost value beyond the measured cells (as
    /// numpy's <c>interp</c> does).
    /// </summary>
    /// <param name="projection">Samples; NaN where unmeasured.</param>
    /// <param name="bridged">Receives the samples; same length.</param>
    /// <returns>How many samples were measured; with none, <paramref name="bridged"/> is left alone.</returns>
    public static int Bridge(ReadOnlySpan<float> projection, Span<float> bridged)
    {
        if (bridged.Length != projection.Length)
        {
            throw new ArgumentException($"expected {projection.Length} samples, not {bridged.Length}", nameof(bridged));
        }

        int measured = 0;
        int previous = -1;
        for (int i = 0; i < projection.Length; i++)
        {
            if (float.IsNaN(projection[i]))
            {
                continue;
            }

            bridged[i] = projection[i];
            if (previous < 0)
            {
                bridged[..i].Fill(projection[i]);
            }
            else
            {
                float slope = (projection[i] - projection[previous]) / (i - previous);
                for (int j = previous + 1; j < i; j++)
                {
                    bridged[j] = projection[previous] + (slope * (j - previous));
                }
            }

            previous = i;
            measured++;
        }

        if (measured > 0)
        {
            bridged[(previous + 1)..].Fill(projection[previous]);
        }

        return measured;
    }

    /// <summary>The same for many bins side by side, in place; a bin that was measured nowhere stays NaN.</summary>
    /// <param name="projection">[sample, bin]; NaN where unmeasured.</param>
    /// <param name="bins">Number of bins.</param>
    /// <returns>In how many samples any bin was measured.</returns>
    /// <exception cref="ArgumentException">The length is not a multiple of the number of bins.</exception>
    public static int Bridge(Span<float> projection, int bins)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        if (projection.Length % bins != 0)
        {
            throw new ArgumentException($"{projection.Length} values are no samples of {bins} bins", nameof(projection));
        }

        int samples = projection.Length / bins;
        if (!TensorPrimitives.IsNaNAny<float>(projection))
        {
            return samples;
        }

        int measured = 0;
        for (int i = 0; i < samples; i++)
        {
            measured += TensorPrimitives.IsNaNAll<float>(projection.Slice(i * bins, bins)) ? 0 : 1;
        }

        float[] buffer = ArrayPool<float>.Shared.Rent(2 * samples);
        Span<float> one = buffer.AsSpan(0, samples);
        Span<float> bridged = buffer.AsSpan(samples, samples);
        for (int b = 0; b < bins && measured > 0; b++)
        {
            for (int i = 0; i < samples; i++)
            {
                one[i] = projection[(i * bins) + b];
            }

            int known = Bridge(one, bridged);
            for (int i = 0; known > 0 && known < samples && i < samples; i++)
            {
                projection[(i * bins) + b] = bridged[i];
            }
        }

        ArrayPool<float>.Shared.Return(buffer);
        return measured;
    }
}
