using System.Numerics;
using System.Runtime.InteropServices;

namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>Vector algebra on interleaved bins, [item, bin]: each bin has its own scalar.</summary>
internal static class BlockLanes
{
    // Partial sums of so many products stay in single precision before they go into a double.
    private const int Run = 256;

    /// <summary><c>sums[bin] = Σ_item a·b</c>.</summary>
    public static void Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<double> sums)
    {
        int width = sums.Length;
        int items = a.Length / width;
        sums.Clear();
        ref float left = ref MemoryMarshal.GetReference(a);
        ref float right = ref MemoryMarshal.GetReference(b);
        int bin = 0;
        for (; bin <= width - Vector<float>.Count; bin += Vector<float>.Count)
        {
            for (int from = 0; from < items; from += Run)
            {
                Vector<float> partial = default;
                int to = Math.Min(from + Run, items);
                for (int item = from; item < to; item++)
                {
                    nuint at = (nuint)((item * width) + bin);
                    partial += Vector.LoadUnsafe(ref left, at) * Vector.LoadUnsafe(ref right, at);
                }

                for (int lane = 0; lane < Vector<float>.Count; lane++)
                {
                    sums[bin + lane] += partial[lane];
                }
            }
        }

        for (; bin < width; bin++)
        {
            for (int at = bin; at < a.Length; at += width)
            {
                sums[bin] += (double)a[at] * b[at];
            }
        }
    }

    /// <summary><c>y = x·xScale[bin] + y·yScale[bin]</c>.</summary>
    public static void Combine(ReadOnlySpan<float> x, ReadOnlySpan<float> xScale, Span<float> y, ReadOnlySpan<float> yScale)
    {
        int width = xScale.Length;
        ref float from = ref MemoryMarshal.GetReference(x);
        ref float into = ref MemoryMarshal.GetReference(y);
        int bin = 0;
        for (; bin <= width - Vector<float>.Count; bin += Vector<float>.Count)
        {
            var scale = new Vector<float>(xScale[bin..]);
            var keep = new Vector<float>(yScale[bin..]);
            for (int i = bin; i < x.Length; i += width)
            {
                ((Vector.LoadUnsafe(ref from, (nuint)i) * scale) + (Vector.LoadUnsafe(ref into, (nuint)i) * keep)).StoreUnsafe(ref into, (nuint)i);
            }
        }

        for (; bin < width; bin++)
        {
            for (int i = bin; i < x.Length; i += width)
            {
                y[i] = (x[i] * xScale[bin]) + (y[i] * yScale[bin]);
            }
        }
    }

    /// <summary>Fills one bin.</summary>
    public static void Fill(Span<float> values, int width, int bin, float value)
    {
        for (int i = bin; i < values.Length; i += width)
        {
            values[i] = value;
        }
    }
}
