using ILGPU;
using XrdCt.Live.Compute.Integration;

namespace XrdCt.Live.Compute.Gpu;

/// <summary>
/// Pixel trimmed mean (and the median, which is one that cuts half off each end) on the device: a group of threads per bin and frame
/// gathers the bin's pixels and finds both limits with a radix select, without sorting.
/// </summary>
/// <remarks>
/// <para>
/// An entry's rank is its key (signal/normalisation as bits that order as the numbers do) followed by its place in the bin, so that no two
/// ranks are equal and ties are broken by the order of entries, as in <see cref="ReferenceIntegrator"/>. With C the cumulated weight in
/// order of rank and T its total, an entry is kept where [C(i−1), C(i)] lies inside [q_low·T, q_high·T]. Let l be the first entry with
/// C ≥ q_low·T and h the first with C > q_high·T: everything between l and h is kept, nothing outside is, and only l and h themselves are
/// looked at one by one.
/// </para>
/// <para>
/// Both are found at once, 8 bits of the rank at a time: a histogram of the weights of the entries that agree with the digits found so far
/// tells the next digit. Weights are integers whose sum stays below 2³⁰, so that the histograms are exact in any order of addition and the
/// very pixels of the other backends are kept.
/// </para>
/// <para>
/// All threads pass the same barriers: the number of digits is decided by values in shared memory that all of them read between the same
/// two barriers.
/// </para>
/// </remarks>
internal static class TrimKernel
{
    /// <summary>Words of shared memory per entry: key, weight, counts.</summary>
    public const int CacheWords = 3;

    private const int DigitBits = 8;
    private const int Digits = 1 << DigitBits;
    private const int KeyDigits = 4;

    // In bins of so few entries it pays to count them with every digit: most are told apart before the last.
    private const int SmallBin = 256;

    // Places in the table of decisions that the group's threads share.
    private const int LowDigit = 0;
    private const int LowBelow = 1;
    private const int LowMembers = 2;
    private const int HighDigit = 3;
    private const int HighBelow = 4;
    private const int HighMembers = 5;
    private const int LowEntry = 6;
    private const int HighEntry = 7;
    private const int Decisions = 8;

    /// <summary>
    /// Launched with bins × frames groups of a power of two of at most 256 threads, the frames of a bin side by side, so that they find its
    /// entries in the cache; dynamic shared memory for <see cref="TrimLimits.CacheLength"/> entries.
    /// </summary>
    /// <param name="plan">The plan.</param>
    /// <param name="limits">What is trimmed.</param>
    /// <param name="frameCount">Frames of the batch.</param>
    /// <param name="pixels">Counts, frame after frame.</param>
    /// <param name="sums">Receives the sums, [frame, bin].</param>
    public static void Run(PlanViews plan, TrimLimits limits, int frameCount, ArrayView<int> pixels, ArrayView<BinSums> sums)
    {
        ArrayView<int> cache = SharedMemory.GetDynamic<int>();
        ArrayView<double> doubles = SharedMemory.Allocate<double>(4 * GroupSum.MostWarps);
        ArrayView<int> integers = SharedMemory.Allocate<int>(2 * GroupSum.MostWarps);
        ArrayView<int> lowWeights = SharedMemory.Allocate<int>(Digits);
        ArrayView<int> highWeights = SharedMemory.Allocate<int>(Digits);
        ArrayView<int> lowMembers = SharedMemory.Allocate<int>(Digits);
        ArrayView<int> highMembers = SharedMemory.Allocate<int>(Digits);
        ArrayView<int> decided = SharedMemory.Allocate<int>(Decisions);

        int bin = Grid.IdxX / frameCount;
        int frame = Grid.IdxX % frameCount;
        int start = plan.BinStart[bin];
        int length = plan.BinStart[bin + 1] - start;
        ArrayView<int> image = pixels.SubView((long)frame * plan.PixelCount, plan.PixelCount);
        for (int digit = Group.IdxX; digit < Digits; digit += Group.DimX)
        {
            lowWeights[digit] = 0;
            highWeights[digit] = 0;
            lowMembers[digit] = 0;
            highMembers[digit] = 0;
        }

        for (int decision = Group.IdxX; decision < Decisions; decision += Group.DimX)
        {
            decided[decision] = -1;
        }

        double allSignal = 0;
        double allNormalisation = 0;
        int allWeight = 0;
        int allCount = 0;
        for (int i = Group.IdxX; i < length; i += Group.DimX)
        {
            int counts = image[plan.PixelOfEntry[start + i]];
            bool isValid = plan.IsValid(counts);
            int weight = isValid ? plan.WeightOfEntry[start + i] : 0;
            if (i < limits.CacheLength)
            {
                cache[i * CacheWords] = (int)Key(plan, start + i, counts);
                cache[(i * CacheWords) + 1] = weight;
                cache[(i * CacheWords) + 2] = isValid ? counts : -1;
            }

            if (isValid)
            {
                allSignal += plan.Signal(start + i, counts);
                allNormalisation += plan.Normalisation(start + i);
                allWeight += weight;
                allCount++;
            }
        }

        GroupSum.Add(doubles, 0, allSignal);
        GroupSum.Add(doubles, 1, allNormalisation);
        GroupSum.Add(integers, 0, allWeight);
        GroupSum.Add(integers, 1, allCount);
        Group.Barrier();
        allSignal = GroupSum.Total(doubles, 0);
        allNormalisation = GroupSum.Total(doubles, 1);
        allWeight = GroupSum.Total(integers, 0);
        allCount = GroupSum.Total(integers, 1);
        double low = limits.Low * allWeight;
        double high = limits.High * allWeight;

        // C is an integer, so C ≥ low means C ≥ ⌈low⌉, and C > high means C > ⌊high⌋.
        int lowTarget = (int)low;
        lowTarget += lowTarget < low ? 1 : 0;
        int highTarget = (int)high;
        Boundary lower = default;
        Boundary upper = default;
        lower.IsCut = lowTarget > 0 ? 1 : 0;
        upper.IsCut = allWeight > highTarget ? 1 : 0;

        // The place takes as many bits as the bin needs, a byte or more.
        int placeBits = length <= 1 << 8 ? 8 : length <= 1 << 16 ? 16 : length <= 1 << 24 ? 24 : 32;
        int digitCount = KeyDigits + (placeBits / DigitBits);
        int shift = 32 + placeBits - DigitBits;
        ulong found = 0;
        bool isFound = (lower.IsCut | upper.IsCut) == 0;
        for (int digit = 0; digit < digitCount && !isFound; digit++)
        {
            bool areTogether = lower.Rank == upper.Rank;
            bool countsMembers = digit >= KeyDigits - 1 || length <= SmallBin;
            for (int i = Group.IdxX; i < length; i += Group.DimX)
            {
                Entry entry = Fetch(plan, limits, image, cache, start, i, placeBits);
                int cell = (int)(entry.Rank >> shift) & (Digits - 1);
                if ((entry.Rank & found) == lower.Rank && entry.Weight > 0)
                {
                    Atomic.Add(ref lowWeights[cell], entry.Weight);
                    if (countsMembers)
                    {
                        Atomic.Add(ref lowMembers[cell], 1);
                    }
                }

                if (!areTogether && (entry.Rank & found) == upper.Rank && entry.Weight > 0)
                {
                    Atomic.Add(ref highWeights[cell], entry.Weight);
                    if (countsMembers)
                    {
                        Atomic.Add(ref highMembers[cell], 1);
                    }
                }
            }

            Group.Barrier();
            Decide(lowWeights, highWeights, lowMembers, highMembers, areTogether, lower, upper, lowTarget, highTarget, integers, decided);
            Group.Barrier();
            found |= (ulong)(Digits - 1) << shift;
            lower = Narrow(lower, decided[LowDigit], decided[LowBelow], shift);
            upper = Narrow(upper, decided[HighDigit], decided[HighBelow], shift);
            isFound = countsMembers
                && (lower.IsCut == 0 || decided[LowMembers] == 1)
                && (upper.IsCut == 0 || decided[HighMembers] == 1);
            shift -= DigitBits;
        }

        double signal = 0;
        double variance = 0;
        double normalisation = 0;
        double normalisationSquared = 0;
        int keptCount = 0;
        for (int i = Group.IdxX; i < length; i += Group.DimX)
        {
            Entry entry = Fetch(plan, limits, image, cache, start, i, placeBits);
            ulong rank = entry.Rank & found;
            bool isLow = lower.IsCut != 0 && rank == lower.Rank;
            bool isHigh = upper.IsCut != 0 && rank == upper.Rank;
            if (entry.Weight > 0 && isLow)
            {
                decided[LowEntry] = i;
            }

            if (entry.Weight > 0 && isHigh)
            {
                decided[HighEntry] = i;
            }

            bool isAbove = lower.IsCut == 0 || rank > lower.Rank;
            bool isBelow = upper.IsCut == 0 || rank < upper.Rank;
            if (entry.Counts >= 0 && isAbove && isBelow)
            {
                double own = plan.Normalisation(start + i);
                signal += plan.Signal(start + i, entry.Counts);
                variance += plan.Variance(start + i, entry.Counts);
                normalisation += own;
                normalisationSquared += own * own;
                keptCount++;
            }
        }

        // The sums may still be read for the totals above by a slower warp.
        Group.Barrier();
        GroupSum.Add(doubles, 0, signal);
        GroupSum.Add(doubles, 1, variance);
        GroupSum.Add(doubles, 2, normalisation);
        GroupSum.Add(doubles, 3, normalisationSquared);
        GroupSum.Add(integers, 0, keptCount);
        Group.Barrier();
        if (Group.IdxX == 0)
        {
            Kept kept = default;
            kept.Signal = GroupSum.Total(doubles, 0);
            kept.Variance = GroupSum.Total(doubles, 1);
            kept.Normalisation = GroupSum.Total(doubles, 2);
            kept.NormalisationSquared = GroupSum.Total(doubles, 3);
            kept.Count = GroupSum.Total(integers, 0);
            int first = decided[LowEntry];
            int last = decided[HighEntry];
            kept = AddBoundaries(kept, plan, limits, image, start, first, last, lower.Below, upper.Below, low, high, limits.IsExact != 0);
            if (kept.Count == 0)
            {
                kept = AddBoundaries(kept, plan, limits, image, start, first, last, lower.Below, upper.Below, low, high, true);
            }

            BinSums result = default;
            result.Signal = kept.Signal;
            result.Normalisation = kept.Normalisation;
            result.NormalisationSquared = kept.NormalisationSquared;
            result.Variance = plan.Scatter(kept.Variance, kept.Signal, kept.Normalisation);
            result.Count = kept.Count;
            result.Mean = allCount > 0 ? (float)(allSignal / allNormalisation) : float.NaN;
            sums[((long)frame * (plan.BinStart.Length - 1)) + bin] = result;
        }
    }

    /// <summary>
    /// Bits that order, as unsigned numbers, as the keys do: a key's own with the sign set, or all of them inverted where it is negative.
    /// </summary>
    private static uint Key(PlanViews plan, int entry, int counts)
    {
        uint bits = Interop.FloatAsInt(TrimmedMean.Key(counts, plan.Dark(entry), plan.InverseNormalisation[entry]));
        return (bits >> 31) != 0 ? ~bits : bits | 0x80000000;
    }

    /// <summary>An entry from shared memory, or from the frame where the bin is larger than that.</summary>
    private static Entry Fetch(
        PlanViews plan, TrimLimits limits, ArrayView<int> image, ArrayView<int> cache, int start, int place, int placeBits)
    {
        Entry entry = default;
        uint key;
        if (place < limits.CacheLength)
        {
            key = (uint)cache[place * CacheWords];
            entry.Weight = cache[(place * CacheWords) + 1];
            entry.Counts = cache[(place * CacheWords) + 2];
        }
        else
        {
            int counts = image[plan.PixelOfEntry[start + place]];
            bool isValid = plan.IsValid(counts);
            key = Key(plan, start + place, counts);
            entry.Weight = isValid ? plan.WeightOfEntry[start + place] : 0;
            entry.Counts = isValid ? counts : -1;
        }

        entry.Rank = ((ulong)key << placeBits) | (uint)place;
        return entry;
    }

    /// <summary>
    /// Finds in both histograms the digit at which the cumulated weight crosses its limit, and empties them for the next round. Threads
    /// own digits side by side; what lies before a thread's digits comes from a scan over its warp and the sums of the warps before.
    /// </summary>
    private static void Decide(
        ArrayView<int> lowWeights,
        ArrayView<int> highWeights,
        ArrayView<int> lowMembers,
        ArrayView<int> highMembers,
        bool areTogether,
        Boundary lower,
        Boundary upper,
        int lowTarget,
        int highTarget,
        ArrayView<int> warpSums,
        ArrayView<int> decided)
    {
        int own = Digits / Group.DimX;
        int first = Group.IdxX * own;
        int lowOwn = 0;
        int highOwn = 0;
        for (int digit = first; digit < first + own; digit++)
        {
            lowOwn += lowWeights[digit];
            highOwn += areTogether ? lowWeights[digit] : highWeights[digit];
        }

        int lowSum = lowOwn;
        int highSum = highOwn;
        for (int distance = 1; distance < Warp.WarpSize; distance <<= 1)
        {
            int lowBefore = Warp.ShuffleUp(lowSum, distance);
            int highBefore = Warp.ShuffleUp(highSum, distance);
            lowSum += Warp.LaneIdx >= distance ? lowBefore : 0;
            highSum += Warp.LaneIdx >= distance ? highBefore : 0;
        }

        if (Warp.IsLastLane)
        {
            warpSums[Warp.WarpIdx] = lowSum;
            warpSums[GroupSum.MostWarps + Warp.WarpIdx] = highSum;
        }

        Group.Barrier();
        int lowAt = lower.Below + lowSum - lowOwn;
        int highAt = upper.Below + highSum - highOwn;
        for (int warp = 0; warp < Warp.WarpIdx; warp++)
        {
            lowAt += warpSums[warp];
            highAt += warpSums[GroupSum.MostWarps + warp];
        }

        for (int digit = first; digit < first + own; digit++)
        {
            int lowWeight = lowWeights[digit];
            int highWeight = areTogether ? lowWeight : highWeights[digit];
            if (lowAt < lowTarget && lowAt + lowWeight >= lowTarget)
            {
                decided[LowDigit] = digit;
                decided[LowBelow] = lowAt;
                decided[LowMembers] = lowMembers[digit];
            }

            if (highAt <= highTarget && highAt + highWeight > highTarget)
            {
                decided[HighDigit] = digit;
                decided[HighBelow] = highAt;
                decided[HighMembers] = areTogether ? lowMembers[digit] : highMembers[digit];
            }

            lowAt += lowWeight;
            highAt += highWeight;
            lowWeights[digit] = 0;
            highWeights[digit] = 0;
            lowMembers[digit] = 0;
            highMembers[digit] = 0;
        }
    }

    private static Boundary Narrow(Boundary boundary, int digit, int below, int shift)
    {
        if (boundary.IsCut != 0)
        {
            boundary.Rank |= (ulong)(uint)digit << shift;
            boundary.Below = below;
        }

        return boundary;
    }

    /// <summary>The two entries at the limits: whole where the rule keeps them, or with the share of them inside the limits.</summary>
    private static Kept AddBoundaries(
        Kept kept,
        PlanViews plan,
        TrimLimits limits,
        ArrayView<int> image,
        int start,
        int first,
        int last,
        int belowFirst,
        int belowLast,
        double low,
        double high,
        bool asShares)
    {
        if (first >= 0)
        {
            kept = AddBoundary(kept, plan, image, start + first, belowFirst, low, high, asShares);
        }

        if (last >= 0 && last != first)
        {
            kept = AddBoundary(kept, plan, image, start + last, belowLast, low, high, asShares);
        }

        return kept;
    }

    private static Kept AddBoundary(
        Kept kept, PlanViews plan, ArrayView<int> image, int entry, int before, double low, double high, bool asShare)
    {
        int counts = image[plan.PixelOfEntry[entry]];
        int weight = plan.WeightOfEntry[entry];
        double share = asShare ? TrimmedMean.ExactShare(before, before + weight, low, high)
            : TrimmedMean.Keeps(before, before + weight, low, high) ? 1
            : 0;
        if (share > 0)
        {
            double normalisation = share * plan.Normalisation(entry);
            kept.Signal += share * plan.Signal(entry, counts);
            kept.Variance += share * (plan.IsAzimuthal != 0 ? 1 : share) * plan.Variance(entry, counts);
            kept.Normalisation += normalisation;
            kept.NormalisationSquared += normalisation * normalisation;
            kept.Count++;
        }

        return kept;
    }

    private struct Entry
    {
        public ulong Rank;
        public int Weight;
        public int Counts;
    }

    private struct Kept
    {
        public double Signal;
        public double Variance;
        public double Normalisation;
        public double NormalisationSquared;
        public int Count;
    }
}
