using System.Numerics;
using System.Numerics.Tensors;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>
/// Filters a projection with the ramp as scikit-image's <c>iradon</c> discretises it: built in real space
/// (h₀ = ¼, h_odd k = −1/(πk)², 0 elsewhere), apodised in Fourier space, applied to the zero-padded projection.
/// </summary>
/// <remarks>
/// A projection is a few hundred samples long and comes one at a time, so the filter is applied as a convolution in
/// real space: the same numbers without a Fourier transform. The kernel is made once. Immutable and thread-safe.
/// Source: Kak &amp; Slaney, Principles of Computerized Tomographic Imaging (1988), section 3.3.3, eq. 61.
/// </remarks>
public sealed class ProjectionFilter
{
    /// <summary>Samples kept on either side of the projection, so that interpolation at its ends meets filtered values.</summary>
    internal const int Margin = 1;

    private readonly float[] _kernel;

    /// <summary>Makes the kernel.</summary>
    /// <param name="length">Samples of a projection.</param>
    /// <param name="filter">Apodisation.</param>
    public ProjectionFilter(int length, RampFilter filter)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 2);
        Length = length;
        Filter = filter;
        _kernel = MakeKernel(length, filter);
    }

    /// <summary>Samples of a projection.</summary>
    public int Length { get; }

    /// <summary>Samples of a filtered projection: sample i of the projection is at i + <see cref="Margin"/>.</summary>
    public int FilteredLength => Length + (2 * Margin);

    /// <summary>Apodisation.</summary>
    public RampFilter Filter { get; }

    /// <summary>h by lag, from −(<see cref="Length"/> + <see cref="Margin"/> − 1) on: lag 0 is in the middle.</summary>
    internal ReadOnlySpan<float> KernelByLag => _kernel;

    /// <summary>Filters one projection: <c>filtered[i] = Σ_j h[i − j] · projection[j]</c>.</summary>
    /// <param name="projection">Samples, length <see cref="Length"/>, no NaN.</param>
    /// <param name="filtered">Receives the filtered samples, length <see cref="FilteredLength"/>.</param>
    public void Apply(ReadOnlySpan<float> projection, Span<float> filtered)
    {
        if (projection.Length != Length || filtered.Length != FilteredLength)
        {
            throw new ArgumentException(
                $"the filter is for {Length} samples in and {FilteredLength} out, not {projection.Length} and {filtered.Length}");
        }

        // h is even: h[i − j] over j is a window of the kernel that slides backwards with i.
        int centre = Length + Margin - 1;
        for (int i = 0; i < FilteredLength; i++)
        {
            filtered[i] = TensorPrimitives.Dot(projection, _kernel.AsSpan(centre - (i - Margin), Length));
        }
    }

    /// <summary>h at a lag, at most <see cref="Length"/> in magnitude; even.</summary>
    internal float Kernel(int lag) => _kernel[Length + Margin - 1 + lag];

    private static float[] MakeKernel(int length, RampFilter filter)
    {
        // scikit-image pads the square's diagonal to the next power of two; the apodisation is sampled on that grid.
        int diagonal = (int)Math.Ceiling(Math.Sqrt(2) * length);
        int size = Math.Max(64, (int)BitOperations.RoundUpToPowerOf2((uint)(2 * diagonal)));
        double[] cosine = new double[size];
        for (int k = 0; k < size; k++)
        {
            cosine[k] = Math.Cos(2 * Math.PI * k / size);
        }

        double[] response = new double[size];
        for (int f = 0; f <= size / 2; f++)
        {
            // Fourier transform of the real-space ramp: h0 + 2 Σ h_k cos, an even function.
            double sum = 0.25;
            for (int k = 1; k < size / 2; k += 2)
            {
                sum -= 2 / (Math.PI * Math.PI * k * k) * cosine[(int)((long)f * k % size)];
            }

            int behind = (size - f) % size;
            response[f] = 2 * sum * Window(filter, f, size);
            response[behind] = 2 * sum * Window(filter, behind, size);
        }

        float[] kernel = new float[(2 * (length + Margin)) - 1];
        int centre = length + Margin - 1;
        for (int lag = 0; lag <= centre; lag++)
        {
            double value = 0;
            for (int f = 0; f < size; f++)
            {
                value += response[f] * cosine[(int)((long)f * lag % size)];
            }

            kernel[centre + lag] = kernel[centre - lag] = (float)(value / size);
        }

        return kernel;
    }

    private static double Window(RampFilter filter, int f, int size)
    {
        double frequency = (f <= size / 2 ? f : f - size) / (double)size;
        double omega = Math.PI * frequency;
        return filter switch
        {
            RampFilter.Ramp => 1,
            RampFilter.SheppLogan => f == 0 ? 1 : Math.Sin(omega) / omega,
            RampFilter.Cosine => Math.Cos(omega),

            // numpy.hamming(size) and numpy.hanning(size) shifted to start at the centre: symmetric, hence size − 1.
            RampFilter.Hamming => 0.54 - (0.46 * Math.Cos(2 * Math.PI * ((f + (size / 2)) % size) / (size - 1))),
            RampFilter.Hann => 0.5 - (0.5 * Math.Cos(2 * Math.PI * ((f + (size / 2)) % size) / (size - 1))),
            _ => throw new ArgumentOutOfRangeException(nameof(filter), filter, "unknown filter"),
        };
    }
}
