using ILGPU;
using XrdCt.Live.Compute.Integration;

namespace XrdCt.Live.Compute.Gpu;

/// <summary>
/// Sigma clipping on the device: a group of threads per bin and frame gathers the bin's pixels and passes over them once per round, or twice
/// where their scatter clips, with the limits that <see cref="SigmaClip"/> gave for the last round.
/// </summary>
/// <remarks>
/// All threads pass the same barriers: each takes the sums from shared memory and adds the warps' parts in the same order, so all find the
/// same limits and end with the same round.
/// </remarks>
internal static class ClipKernel
{
    /// <summary>Words of shared memory per entry: its counts. All else is read in order, and by the frames of the bin side by side.</summary>
    public const int CacheWords = 1;

    /// <summary>
    /// Launched with bins × frames groups, the frames of a bin side by side, so that they find its entries in the cache; dynamic shared
    /// memory for <see cref="ClipRule.CacheLength"/> entries.
    /// </summary>
    /// <param name="plan">The plan.</param>
    /// <param name="rule">What is clipped.</param>
    /// <param name="frameCount">Frames of the batch.</param>
    /// <param name="pixels">Counts, frame after frame.</param>
    /// <param name="sums">Receives the sums, [frame, bin].</param>
    public static void Run(PlanViews plan, ClipRule rule, int frameCount, ArrayView<int> pixels, ArrayView<BinSums> sums)
    {
        ArrayView<int> cache = SharedMemory.GetDynamic<int>();
        ArrayView<double> doubles = SharedMemory.Allocate<double>(4 * GroupSum.MostWarps);
        ArrayView<int> integers = SharedMemory.Allocate<int>(GroupSum.MostWarps);
        int bin = Grid.IdxX / frameCount;
        int frame = Grid.IdxX % frameCount;
        int start = plan.BinStart[bin];
        int length = plan.BinStart[bin + 1] - start;
        ArrayView<int> image = pixels.SubView((long)frame * plan.PixelCount, plan.PixelCount);

        // A thread reads what it wrote itself: no barrier.
        for (int i = Group.IdxX; i < length && i < rule.CacheLength; i += Group.DimX)
        {
            cache[i] = image[plan.PixelOfEntry[start + i]];
        }

        Interval kept = default;
        kept.Low = float.NegativeInfinity;
        kept.High = float.PositiveInfinity;
        Left left = Sum(plan, rule, image, cache, doubles, integers, start, length, kept);
        float mean = left.Count > 0 ? (float)(left.Signal / left.Normalisation) : float.NaN;
        bool isSettled = false;
        for (int round = 0; round < rule.Rounds && left.Count > 0 && !isSettled; round++)
        {
            double variance = rule.ClipsByScatter != 0
                ? Spread(plan, rule, image, cache, doubles, start, length, kept, left.Mean).Scatter
                : left.Variance;
            int before = left.Count;
            kept = Narrow(kept, left, variance, rule.Threshold_sigma);
            left = Sum(plan, rule, image, cache, doubles, integers, start, length, kept);
            isSettled = left.Count == before;
        }

        Spreads spreads = Spread(plan, rule, image, cache, doubles, start, length, kept, left.Mean);
        if (Group.IdxX == 0)
        {
            BinSums result = default;
            result.Signal = left.Signal;
            result.Variance = plan.IsAzimuthal != 0 ? spreads.Scatter : left.Variance;
            result.Normalisation = left.Normalisation;
            result.NormalisationSquared = spreads.NormalisationSquared;
            result.Count = left.Count;
            result.Mean = mean;
            sums[((long)frame * (plan.BinStart.Length - 1)) + bin] = result;
        }
    }

    private static Interval Narrow(Interval kept, Left left, double variance, double threshold_sigma)
    {
        double logCount = NaturalLog.Of(Math.Max(left.Share, SigmaClip.FewestPixels));
        (float low, float high) = SigmaClip.LimitsByLog(left.Signal, left.Normalisation, variance, logCount, threshold_sigma);
        kept.Low = Math.Max(kept.Low, low);
        kept.High = Math.Min(kept.High, high);
        return kept;
    }

    /// <summary>Sums over the pixels that are left, for every thread.</summary>
    private static Left Sum(
        PlanViews plan,
        ClipRule rule,
        ArrayView<int> image,
        ArrayView<int> cache,
        ArrayView<double> doubles,
        ArrayView<int> integers,
        int start,
        int length,
        Interval kept)
    {
        Left own = default;
        for (int i = Group.IdxX; i < length; i += Group.DimX)
        {
            int counts = Counts(plan, rule, image, cache, start, i);
            int entry = start + i;
            if (IsKept(plan, entry, counts, kept))
            {
                own.Signal += plan.Signal(entry, counts);
                own.Normalisation += plan.Normalisation(entry);
                own.Variance += plan.PoissonVariance(entry, counts);
                own.Share += plan.Share(entry);
                own.Count++;
            }
        }

        // The sums before may still be read by a slower warp.
        Group.Barrier();
        GroupSum.Add(doubles, 0, own.Signal);
        GroupSum.Add(doubles, 1, own.Normalisation);
        GroupSum.Add(doubles, 2, own.Variance);
        GroupSum.Add(doubles, 3, own.Share);
        GroupSum.Add(integers, 0, own.Count);
        Group.Barrier();
        Left all = default;
        all.Signal = GroupSum.Total(doubles, 0);
        all.Normalisation = GroupSum.Total(doubles, 1);
        all.Variance = GroupSum.Total(doubles, 2);
        all.Share = GroupSum.Total(doubles, 3);
        all.Count = GroupSum.Total(integers, 0);
        all.Mean = all.Count > 0 ? all.Signal / all.Normalisation : 0;
        return all;
    }

    /// <summary>
    /// What needs the mean of the pixels that are left, or is needed once. The scatter comes in a pass of its own: as a difference of two sums
    /// it would be lost where a spot is 10⁶ times as bright as the rest.
    /// </summary>
    private static Spreads Spread(
        PlanViews plan,
        ClipRule rule,
        ArrayView<int> image,
        ArrayView<int> cache,
        ArrayView<double> doubles,
        int start,
        int length,
        Interval kept,
        double mean)
    {
        Spreads own = default;
        for (int i = Group.IdxX; i < length; i += Group.DimX)
        {
            int counts = Counts(plan, rule, image, cache, start, i);
            int entry = start + i;
            if (IsKept(plan, entry, counts, kept))
            {
                double normalisation = plan.Normalisation(entry);
                own.Scatter += PixelVariance.Azimuthal(normalisation, plan.Value(entry, counts), mean);
                own.NormalisationSquared += normalisation * normalisation;
            }
        }

        Group.Barrier();
        GroupSum.Add(doubles, 0, own.Scatter);
        GroupSum.Add(doubles, 1, own.NormalisationSquared);
        Group.Barrier();
        Spreads all = default;
        all.Scatter = GroupSum.Total(doubles, 0);
        all.NormalisationSquared = GroupSum.Total(doubles, 1);
        return all;
    }

    /// <summary>Counts from shared memory, or from the frame where the bin is larger than that.</summary>
    private static int Counts(PlanViews plan, ClipRule rule, ArrayView<int> image, ArrayView<int> cache, int start, int place) =>
        place < rule.CacheLength ? cache[place] : image[plan.PixelOfEntry[start + place]];

    private static bool IsKept(PlanViews plan, int entry, int counts, Interval kept)
    {
        float key = TrimmedMean.Key(counts, plan.Dark(entry), plan.InverseNormalisation[entry]);
        return plan.IsValid(counts) && key >= kept.Low && key <= kept.High;
    }

    private struct Interval
    {
        public float Low;
        public float High;
    }

    private struct Left
    {
        public double Signal;
        public double Normalisation;
        public double Variance;
        public double Share;
        public double Mean;
        public int Count;
    }

    private struct Spreads
    {
        public double Scatter;
        public double NormalisationSquared;
    }
}
