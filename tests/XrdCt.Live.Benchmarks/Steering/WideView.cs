using XrdCt.Live.Compute.Guidance;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Benchmarks.Steering;

/// <summary>A view on more pixels: the same sample with air around it, as a coarse scan that is wider than need be.</summary>
internal static class WideView
{
    public static PlacementView Of(PlacementView view, int size) => view with
    {
        Phases = [.. view.Phases.Select(p => new PhaseMap(Of(p.Slice, size), Of(p.FirstHalf!, p.Slice.Size, size), Of(p.SecondHalf!, p.Slice.Size, size)))],
        Spottiness = Of(view.Spottiness!, size),
    };

    private static SliceMap Of(SliceMap slice, int size) => slice with { Size = size, Values = Of(slice.Values, slice.Size, size) };

    private static float[] Of(float[] values, int from, int size)
    {
        float[] wide = new float[size * size];
        int border = (size / 2) - (from / 2);
        for (int y = 0; y < from; y++)
        {
            values.AsSpan(y * from, from).CopyTo(wide.AsSpan(((y + border) * size) + border));
        }

        return wide;
    }
}
