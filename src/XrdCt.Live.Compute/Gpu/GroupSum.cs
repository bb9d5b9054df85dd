using ILGPU;

namespace XrdCt.Live.Compute.Gpu;

/// <summary>Sums over the threads of a group: by exchanges inside each warp, then over the warps' sums in shared memory.</summary>
internal static class GroupSum
{
    /// <summary>Warps that a group may have: 256 threads in warps of 8, the narrowest that devices have.</summary>
    public const int MostWarps = 32;

    /// <summary>Adds a value over the threads of a warp; its first lane gets the sum and writes it down for <see cref="Total(ArrayView{double}, int)"/>.</summary>
    public static void Add(ArrayView<double> sums, int slot, double value)
    {
        for (int distance = Warp.WarpSize >> 1; distance > 0; distance >>= 1)
        {
            value += Warp.ShuffleXor(value, distance);
        }

        if (Warp.IsFirstLane)
        {
            sums[(slot * MostWarps) + Warp.WarpIdx] = value;
        }
    }

    /// <summary>As for doubles.</summary>
    public static void Add(ArrayView<int> sums, int slot, int value)
    {
        for (int distance = Warp.WarpSize >> 1; distance > 0; distance >>= 1)
        {
            value += Warp.ShuffleXor(value, distance);
        }

        if (Warp.IsFirstLane)
        {
            sums[(slot * MostWarps) + Warp.WarpIdx] = value;
        }
    }

    /// <summary>The sum over the group, for every thread that asks; a barrier must lie between adding and asking.</summary>
    public static double Total(ArrayView<double> sums, int slot)
    {
        double total = 0;
        for (int warp = 0; warp < Group.DimX / Warp.WarpSize; warp++)
        {
            total += sums[(slot * MostWarps) + warp];
        }

        return total;
    }

    /// <summary>As for doubles.</summary>
    public static int Total(ArrayView<int> sums, int slot)
    {
        int total = 0;
        for (int warp = 0; warp < Group.DimX / Warp.WarpSize; warp++)
        {
            total += sums[(slot * MostWarps) + warp];
        }

        return total;
    }
}
