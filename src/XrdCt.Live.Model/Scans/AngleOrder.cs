using System.Numerics;

namespace XrdCt.Live.Model.Scans;

/// <summary>Orders in which the rotations of a scan are visited so that few of them spread over the whole range.</summary>
public static class AngleOrder
{
    /// <summary>0 to <paramref name="count"/> − 1 in bit-reversed order: 0, 4, 2, 6, 1, 5, 3, 7 for eight. Other counts leave gaps out.</summary>
    public static int[] BitReversed(int count)
    {
        int bits = BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)count));
        return [.. Enumerable.Range(0, 1 << bits).Select(i => Reverse(i, bits)).Where(i => i < count)];
    }

    /// <summary>Every K-th rotation from 0, then every K-th from another one, and so on.</summary>
    /// <param name="count">Number of rotations.</param>
    /// <param name="subsets">First rotations of the K subsets in their order in time: a permutation of 0 to K − 1.</param>
    public static int[] Interlaced(int count, IReadOnlyList<int> subsets)
    {
        ArgumentNullException.ThrowIfNull(subsets);
        var order = new List<int>(count);
        foreach (int first in subsets)
        {
            for (int i = first; i < count; i += subsets.Count)
            {
                order.Add(i);
            }
        }

        return [.. order];
    }

    /// <summary>
    /// Multiples of the golden section of the range, modulo the range, each at the nearest rotation that is still free (of two equally near
    /// ones, the lower). Kohler, IEEE Symp. Conf. Rec. Nucl. Sci. 2004 (doi:10.1109/NSSMIC.2004.1466745).
    /// </summary>
    public static int[] Golden(int count)
    {
        double section = (Math.Sqrt(5) - 1) / 2;
        var free = new SortedSet<int>(Enumerable.Range(0, count));
        int[] order = new int[count];
        for (int k = 0; k < count; k++)
        {
            double wanted = k * section % 1 * count;
            order[k] = Nearest(free, wanted, count);
            free.Remove(order[k]);
        }

        return order;
    }

    // The range closes on itself: before the first rotation comes the last.
    private static int Nearest(SortedSet<int> free, double wanted, int count)
    {
        int near = (int)wanted;
        SortedSet<int> below = free.GetViewBetween(int.MinValue, near);
        SortedSet<int> above = free.GetViewBetween(near + 1, int.MaxValue);
        int[] candidates = [below.Count > 0 ? below.Max : free.Max, above.Count > 0 ? above.Min : free.Min];
        return candidates.MinBy(c => (Distance(c), c));

        double Distance(int rotation)
        {
            double straight = Math.Abs(rotation - wanted);
            return Math.Min(straight, count - straight);
        }
    }

    private static int Reverse(int value, int bits)
    {
        int reversed = 0;
        for (int i = 0; i < bits; i++)
        {
            reversed = (reversed << 1) | ((value >> i) & 1);
        }

        return reversed;
    }
}
