using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace XrdCt.Live.Compute.Sinograms;

/// <summary>
/// Arithmetic on the patterns of cells. Eight lanes whatever the machine has, and multiplications are not fused with additions, so that the
/// result is the same everywhere to the last bit.
/// </summary>
internal static class CellKernels
{
    /// <summary>Sum of the values that are numbers; NaN where there is none.</summary>
    public static float Sum(ReadOnlySpan<float> values)
    {
        ReadOnlySpan<Vector256<float>> lanes = MemoryMarshal.Cast<float, Vector256<float>>(values);
        Vector256<double> low = default;
        Vector256<double> high = default;
        Vector256<float> any = default;
        foreach (Vector256<float> v in lanes)
        {
            Vector256<float> isNumber = Vector256.Equals(v, v);
            (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(v & isNumber);
            low += lower;
            high += upper;
            any |= isNumber;
        }

        double sum = Vector256.Sum(low + high);
        bool isAny = any.AsUInt32() != default;
        foreach (float value in values[(lanes.Length * Vector256<float>.Count)..])
        {
            sum += float.IsNaN(value) ? 0 : value;
            isAny |= !float.IsNaN(value);
        }

        return isAny ? (float)sum : float.NaN;
    }

    /// <summary><c>corrected = factor · values − offset</c>, NaN where either is; all of one length.</summary>
    public static void Scale(ReadOnlySpan<float> values, float factor, ReadOnlySpan<float> offset, Span<float> corrected)
    {
        ReadOnlySpan<Vector256<float>> from = MemoryMarshal.Cast<float, Vector256<float>>(values);
        ReadOnlySpan<Vector256<float>> less = MemoryMarshal.Cast<float, Vector256<float>>(offset);
        Span<Vector256<float>> to = MemoryMarshal.Cast<float, Vector256<float>>(corrected);
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = (from[i] * factor) - less[i];
        }

        for (int i = to.Length * Vector256<float>.Count; i < corrected.Length; i++)
        {
            corrected[i] = (values[i] * factor) - offset[i];
        }
    }

    /// <summary><c>corrected += factor · values</c>, both of one length.</summary>
    public static void Add(ReadOnlySpan<float> values, float factor, Span<float> corrected)
    {
        ReadOnlySpan<Vector256<float>> from = MemoryMarshal.Cast<float, Vector256<float>>(values);
        Span<Vector256<float>> to = MemoryMarshal.Cast<float, Vector256<float>>(corrected);
        for (int i = 0; i < to.Length; i++)
        {
            to[i] += from[i] * factor;
        }

        for (int i = to.Length * Vector256<float>.Count; i < corrected.Length; i++)
        {
            corrected[i] += values[i] * factor;
        }
    }

    /// <summary>
    /// Adds the bins of a pattern that lie between limits to sums: <c>Σ factor · v</c>, <c>Σ factor² · variance</c>, and their count. All of
    /// one length.
    /// </summary>
    public static void Accumulate(
        (float[] Values, float[] Variances, int Start) pattern, float factor, (float[] Low, float[] High) limits, (double[] Value, double[] Variance, int[] Count) sums)
    {
        float[] low = limits.Low;
        float[] high = limits.High;
        int bins = low.Length;
        ReadOnlySpan<float> values = pattern.Values.AsSpan(pattern.Start, bins);
        ReadOnlySpan<float> variances = pattern.Variances.AsSpan(pattern.Start, bins);
        double squared = (double)factor * factor;
        int b = 0;
        for (; b <= bins - Vector256<float>.Count; b += Vector256<float>.Count)
        {
            Vector256<float> v = Vector256.Create(values[b..]) * factor;
            Vector256<float> isIn = Vector256.GreaterThanOrEqual(v, Vector256.Create(low, b)) & Vector256.LessThanOrEqual(v, Vector256.Create(high, b));
            AddWidened(v & isIn, 1, sums.Value, b);
            AddWidened(Vector256.Create(variances[b..]) & isIn, squared, sums.Variance, b);
            (Vector256.Create(sums.Count, b) - isIn.AsInt32()).CopyTo(sums.Count, b);
        }

        for (; b < bins; b++)
        {
            float v = values[b] * factor;
            if (v >= low[b] && v <= high[b])
            {
                sums.Value[b] += v;
                sums.Variance[b] += variances[b] * squared;
                sums.Count[b]++;
            }
        }
    }

    private static void AddWidened(Vector256<float> values, double factor, double[] sums, int b)
    {
        (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(values);
        (Vector256.Create(sums, b) + (lower * factor)).CopyTo(sums, b);
        (Vector256.Create(sums, b + Vector256<double>.Count) + (upper * factor)).CopyTo(sums, b + Vector256<double>.Count);
    }
}
