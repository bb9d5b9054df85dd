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
}
