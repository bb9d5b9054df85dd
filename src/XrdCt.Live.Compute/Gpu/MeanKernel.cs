using ILGPU;

namespace XrdCt.Live.Compute.Gpu;

/// <summary>Plain mean on the device: a group of threads per bin and frame gathers the bin's pixels and adds them up.</summary>
internal static class MeanKernel
{
    /// <summary>
    /// Launched with bins × frames groups, the frames of a bin side by side, so that they find its entries in the cache.
    /// </summary>
    /// <param name="plan">The plan.</param>
    /// <param name="frameCount">Frames of the batch.</param>
    /// <param name="pixels">Counts, frame after frame.</param>
    /// <param name="sums">Receives the sums, [frame, bin].</param>
    public static void Run(PlanViews plan, int frameCount, ArrayView<int> pixels, ArrayView<BinSums> sums)
    {
        ArrayView<double> doubles = SharedMemory.Allocate<double>(3 * GroupSum.MostWarps);
        ArrayView<int> integers = SharedMemory.Allocate<int>(2 * GroupSum.MostWarps);
        int bin = Grid.IdxX / frameCount;
        int frame = Grid.IdxX % frameCount;
        int start = plan.BinStart[bin];
        int end = plan.BinStart[bin + 1];
        long image = (long)frame * plan.PixelCount;
        double signal = 0;
        double variance = 0;
        double weightSquared = 0;
        int weight = 0;
        int count = 0;
        for (int entry = start + Group.IdxX; entry < end; entry += Group.DimX)
        {
            int counts = pixels[image + plan.PixelOfEntry[entry]];
            if (plan.IsValid(counts))
            {
                int own = plan.WeightOfEntry[entry];
                signal += plan.Signal(entry, counts);
                variance += plan.Variance(entry, counts);
                weightSquared += (double)own * own;
                weight += own;
                count++;
            }
        }

        GroupSum.Add(doubles, 0, signal);
        GroupSum.Add(doubles, 1, variance);
        GroupSum.Add(doubles, 2, weightSquared);
        GroupSum.Add(integers, 0, weight);
        GroupSum.Add(integers, 1, count);
        Group.Barrier();
        if (Group.IdxX == 0)
        {
            // The plan knows the sums of all entries to the last digit, the integer weights those of any others to 1e-6.
            count = GroupSum.Total(integers, 1);
            bool isWhole = count == end - start;
            double scale = plan.WeightScaleOfBin[bin];
            BinSums all = default;
            all.Signal = GroupSum.Total(doubles, 0);
            all.Variance = GroupSum.Total(doubles, 1);
            all.Normalisation = isWhole ? plan.BinNormalisation[bin] : GroupSum.Total(integers, 0) / scale;
            all.NormalisationSquared = isWhole ? plan.BinNormalisationSquared[bin] : GroupSum.Total(doubles, 2) / (scale * scale);
            all.Variance = plan.Scatter(all.Variance, all.Signal, all.Normalisation);
            all.Count = count;
            all.Mean = count > 0 ? (float)(all.Signal / all.Normalisation) : float.NaN;
            sums[((long)frame * (plan.BinStart.Length - 1)) + bin] = all;
        }
    }
}
