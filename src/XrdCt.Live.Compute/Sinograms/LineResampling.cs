using System.Buffers;

namespace XrdCt.Live.Compute.Sinograms;

/// <summary>Brings lines that were measured between the cells of the plan onto them.</summary>
public static class LineResampling
{
    /// <summary>
    /// Brings a line onto the plan's grid: cubic convolution (Keys 1981, doi:10.1109/TASSP.1981.1163711, a = −½), which keeps the sharpness
    /// that linear interpolation blurs; linear next to an end or an unmeasured cell.
    /// </summary>
    /// <param name="line">Samples along the fast axis; NaN where unmeasured.</param>
    /// <param name="shift_px">Sample k belongs to k + shift.</param>
    /// <param name="aligned">
    /// Receives the samples, same length; NaN where both neighbours are unmeasured, or one that the sample depends on by half or more, and
    /// farther than half a step beyond the ends.
    /// </param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Shift(ReadOnlySpan<float> line, double shift_px, Span<float> aligned)
    {
        if (line.Length != aligned.Length)
        {
            throw new ArgumentException($"expected {line.Length} samples, not {aligned.Length}", nameof(aligned));
        }

        for (int i = 0; i < line.Length; i++)
        {
            aligned[i] = At(line, i - shift_px);
        }
    }

    /// <summary>The same in place, for many bins side by side.</summary>
    /// <param name="values">The first sample of the first bin is the first value.</param>
    /// <param name="count">Number of samples.</param>
    /// <param name="stride">Values from one sample to the next.</param>
    /// <param name="bins">Bins, one value after the other.</param>
    /// <param name="shift_px">Sample k belongs to k + shift.</param>
    public static void Shift(Span<float> values, int count, int stride, int bins, double shift_px)
    {
        float[] buffer = ArrayPool<float>.Shared.Rent(2 * count);
        Span<float> line = buffer.AsSpan(0, count);
        Span<float> aligned = buffer.AsSpan(count, count);
        for (int b = 0; b < bins; b++)
        {
            for (int i = 0; i < count; i++)
            {
                line[i] = values[(i * stride) + b];
            }

            Shift(line, shift_px, aligned);
            for (int i = 0; i < count; i++)
            {
                values[(i * stride) + b] = aligned[i];
            }
        }

        ArrayPool<float>.Shared.Return(buffer);
    }

    /// <summary>A line between its samples, as <see cref="Shift(ReadOnlySpan{float}, double, Span{float})"/> reads it.</summary>
    internal static float At(ReadOnlySpan<float> line, double position)
    {
        const double Half = 0.5;
        if (!(position >= -Half && position <= line.Length - 1 + Half))
        {
            return float.NaN;
        }

        if (line.Length == 1)
        {
            return line[0];
        }

        position = Math.Clamp(position, 0, line.Length - 1);
        int left = Math.Min((int)position, line.Length - 2);
        double x = position - left;
        float b = line[left];
        float c = line[left + 1];
        if (float.IsNaN(b) || float.IsNaN(c))
        {
            // The nearer of the two stands for both; a sample in the middle of them for nothing.
            return x < Half ? b : x > Half ? c : float.NaN;
        }

        if (left == 0 || left + 2 >= line.Length || float.IsNaN(line[left - 1] + line[left + 2]))
        {
            return (float)(b + ((c - b) * x));
        }

        float a = line[left - 1];
        float d = line[left + 2];
        return (float)(b + (0.5 * x * (c - a + (x * ((2.0 * a) - (5.0 * b) + (4.0 * c) - d + (x * ((3.0 * (b - c)) + d - a)))))));
    }
}
