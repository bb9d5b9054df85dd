using ILGPU;
using XrdCt.Live.Compute.Reconstruction;

namespace XrdCt.Live.Compute.Gpu;

/// <summary>The filter on a device: a thread per filtered sample and bin convolves the projection with the kernel.</summary>
internal static class FilterKernel
{
    /// <summary>Launched with a thread for each filtered sample of each block, in any groups.</summary>
    /// <param name="shape">Lengths.</param>
    /// <param name="row">Row among the filtered projections.</param>
    /// <param name="kernel">h by lag, −N to N.</param>
    /// <param name="projections">[block, sample, bin].</param>
    /// <param name="filtered">[block, row, sample, bin]; receives one row of each block.</param>
    public static void Run(BlockShape shape, int row, ArrayView<float> kernel, ArrayView<float> projections, ArrayView<float> filtered)
    {
        int samples = shape.Size + 2;
        long value = ((long)Grid.IdxX * Group.DimX) + Group.IdxX;
        if (value >= (long)shape.BlockCount * samples * BinBlock.Width)
        {
            return;
        }

        int bin = (int)(value % BinBlock.Width);
        long sample = value / BinBlock.Width;
        long block = sample / samples;
        int i = (int)(sample % samples);
        float sum = 0;
        for (int j = 0; j < shape.Size; j++)
        {
            sum += kernel[shape.Size + i - 1 - j] * projections[(((block * shape.Size) + j) * BinBlock.Width) + bin];
        }

        filtered[((((block * shape.RowCount) + row) * samples) + i) * BinBlock.Width + bin] = sum;
    }
}
