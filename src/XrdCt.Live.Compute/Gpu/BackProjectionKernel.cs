using ILGPU;
using XrdCt.Live.Compute.Reconstruction;

namespace XrdCt.Live.Compute.Gpu;

/// <summary>
/// Back-projection on a device: a thread per bin of a pixel sums over the projections in a register. The threads of a warp have one pixel and
/// neighbouring bins, hence read neighbouring samples and agree on which.
/// </summary>
internal static class BackProjectionKernel
{
    /// <summary>
    /// Binary digits of t behind the point: half a unit of the last of them, times the 2¹² pixels that a slice may be wide, is 2e-9 samples.
    /// </summary>
    public const int FractionBits = 40;

    private const int FloatBits = 24;

    /// <summary>Launched with a thread for each value of the slices, in any groups.</summary>
    /// <param name="shape">Lengths.</param>
    /// <param name="terms">Projections.</param>
    /// <param name="filtered">[block, row, sample, bin].</param>
    /// <param name="slices">[block, y, x, bin], added to.</param>
    public static void Run(BlockShape shape, ArrayView<RayTerm> terms, ArrayView<float> filtered, ArrayView<float> slices)
    {
        long value = ((long)Grid.IdxX * Group.DimX) + Group.IdxX;
        if (value >= slices.Length)
        {
            return;
        }

        int bin = (int)(value % BinBlock.Width);
        long pixel = value / BinBlock.Width;
        int x = (int)(pixel % shape.Size) - (shape.Size / 2);
        pixel /= shape.Size;
        int y = (int)(pixel % shape.Size) - (shape.Size / 2);
        long block = pixel / shape.Size;
        if ((x * x) + (y * y) > shape.RadiusSquared)
        {
            return;
        }

        float sum = slices[value];
        for (int k = 0; k < terms.Length; k++)
        {
            RayTerm term = terms[k];
            long t = term.Axis + (x * term.Column) + (y * term.Row);

            // At the rim a rounding may lead out by one unit.
            int sample = (int)(t >> FractionBits);
            sample = sample < 0 ? 0 : sample > shape.Size ? shape.Size : sample;
            float part = (int)((t - ((long)sample << FractionBits)) >> (FractionBits - FloatBits)) * (1f / (1 << FloatBits));
            long at = ((((((block * shape.RowCount) + term.Projection) * (shape.Size + 2)) + sample) * BinBlock.Width)) + bin;
            float near = filtered[at];
            sum += term.Weight * (near + (part * (filtered[at + BinBlock.Width] - near)));
        }

        slices[value] = sum;
    }
}
