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
        ArrayView<double> doubles = SharedMemory.Allocate<double>(4 * GroupSum.MostWarps);
        ArrayView<int> integers = SharedMemory.Allocate<int>(GroupSum.MostWarps);
        int bin = Grid.IdxX / frameCount;
        int frame = Grid.IdxX % frameCount;
        int start = plan.BinStart[bin];
        int end = plan.BinStart[bin + 1];
        long image = (long)frame * plan.PixelCount;
        double signal = 0;
        double variance = 0;
        double normalisation = 0;
        double normalisationSquared = 0;
        int count = 0;
        for (int entry = start + Group.IdxX; entry < end; entry += Group.DimX)
        {
            int counts = pixels[image + plan.PixelOfEntry[entry]];
            if (plan.IsValid(counts))
            {
                double own = plan.Normalisation(entry);
                signal += plan.Signal(entry, counts);
                variance += plan.Variance(entry, counts);
                normalisation += own;
                normalisationSquared += own * own;
                count++;
            }
        }

        GroupSum.Add(doubles, 0, signal);
        GroupSum.Add(doubles, 1, variance);
        GroupSum.Add(doubles, 2, normalisation);
        GroupSum.Add(doubles, 3, normalisationSquared);
        GroupSum.Add(integers, 0, count);
        Group.Barrier();
        if (Group.IdxX == 0)
        {
            // The plan knows the sums of all entries to the last digit.
            count = GroupSum.Total(integers, 0);
            bool isWhole = count == end - start;
            BinSums all = default;
            all.Signal = GroupSum.Total(doubles, 0);
            all.Variance = GroupSum.Total(doubles, 1);
            all.Normalisation = isWhole ? plan.BinNormalisation[bin] : GroupSum.Total(doubles, 2);
            all.NormalisationSquared = isWhole ? plan.BinNormalisationSquared[bin] : GroupSum.Total(doubles, 3);
            all.Variance = plan.Scatter(all.Variance, all.Signal, all.Normalisation);
            all.Count = count;
            all.Mean = count > 0 ? (float)(all.Signal / all.Normalisation) : float.NaN;
            sums[((long)frame * (plan.BinStart.Length - 1)) + bin] = all;
        }
    }
}
