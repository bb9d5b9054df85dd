using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Compute.Guidance;

/// <summary>
/// Where the region-of-interest scan could go: for every pixel as a centre, the share of material in the field of view and
/// the distance to the sample's edge. <c>score = materialFraction · min(1, edgeDistance / radius)</c>: a field of view full
/// of material, wholly inside the sample, scores 1.
/// </summary>
public static class RoiFinder
{
    private const int CandidateCount = 3;

    // With fewer projections the slice is a star of streaks and any threshold on it would be chance.
    private const int LeastProjections = 8;

    /// <summary>Finds the best places, best first, not overlapping.</summary>
    /// <param name="slice">Slice of the channel that stands for the material.</param>
    /// <param name="radius_um">Radius of the field of view, µm.</param>
    public static RoiSuggestion Find(SliceMap slice, double radius_um)
    {
        ArgumentNullException.ThrowIfNull(slice);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(radius_um);
        if (slice.ProjectionCount < LeastProjections)
        {
            return new RoiSuggestion([], $"a suggestion needs {LeastProjections} projections; {slice.ProjectionCount} so far");
        }

        MaterialMask? mask = MaterialMask.Segment(slice);
        if (mask is null)
        {
            return new RoiSuggestion([], $"the slice of '{slice.Channel}' shows no contrast yet");
        }

        List<RoiCandidate> best = Pick(Score(mask, slice, radius_um), radius_um);
        return best.Count == 0
            ? new RoiSuggestion([], $"no place in the slice of '{slice.Channel}' holds material")
            : new RoiSuggestion(
                best,
                $"best centre x = {best[0].X_um:F0} µm, y = {best[0].Y_um:F0} µm: {100 * best[0].MaterialFraction:F0} % of the field of "
                + $"view is material, {best[0].EdgeDistance_um:F0} µm from the edge ({slice.ProjectionCount} projections of '{slice.Channel}')");
    }

    private static List<RoiCandidate> Score(MaterialMask mask, SliceMap slice, double radius_um)
    {
        int size = mask.Size;
        double radius_px = radius_um / mask.PixelSize_um;
        int[] runs = RunningCount(mask);
        var candidates = new List<RoiCandidate>();
        for (int y = 0; y < size; y++)
        {
            for (int x = 0; x < size; x++)
            {
                double edge_um = mask.EdgeDistance_um[(y * size) + x];
                if (edge_um <= 0)
                {
                    continue;
                }

                double fraction = FractionInDisc(runs, size, x, y, radius_px);
                double score = fraction * Math.Min(1, edge_um / radius_um);
                candidates.Add(new RoiCandidate(
                    slice.Position_um(x), slice.Position_um(y), radius_um, fraction, edge_um, score));
            }
        }

        return candidates;
    }

    /// <summary>Material pixels of each row up to (not including) a column: [y, x] of size N × (N + 1).</summary>
    private static int[] RunningCount(MaterialMask mask)
    {
        int size = mask.Size;
        int[] runs = new int[size * (size + 1)];
        for (int y = 0; y < size; y++)
        {
            for (int x = 0; x < size; x++)
            {
                int here = (y * (size + 1)) + x;
                runs[here + 1] = runs[here] + (mask.Material[(y * size) + x] ? 1 : 0);
            }
        }

        return runs;
    }

    // Pixels of the disc that lie beyond the slice count as air.
    private static double FractionInDisc(int[] runs, int size, int x, int y, double radius_px)
    {
        int reach = (int)radius_px;
        int material = 0;
        int pixels = 0;
        for (int dy = -reach; dy <= reach; dy++)
        {
            int half = (int)Math.Sqrt((radius_px * radius_px) - ((double)dy * dy));
            pixels += (2 * half) + 1;
            int row = y + dy;
            if (row >= 0 && row < size)
            {
                int start = row * (size + 1);
                material += runs[start + Math.Min(size, x + half + 1)] - runs[start + Math.Max(0, x - half)];
            }
        }

        return (double)material / pixels;
    }

    private static List<RoiCandidate> Pick(List<RoiCandidate> candidates, double radius_um)
    {
        var picked = new List<RoiCandidate>();

        // Among equals the place farthest from the edge wins: it forgives a misplaced stage most.
        foreach (RoiCandidate c in candidates.OrderByDescending(c => c.Score).ThenByDescending(c => c.EdgeDistance_um))
        {
            if (picked.Count == CandidateCount || c.Score <= 0)
            {
                break;
            }

            if (picked.TrueForAll(p => Distance(p, c) >= 2 * radius_um))
            {
                picked.Add(c);
            }
        }

        return picked;
    }

    private static double Distance(RoiCandidate a, RoiCandidate b) =>
        Math.Sqrt(Math.Pow(a.X_um - b.X_um, 2) + Math.Pow(a.Y_um - b.Y_um, 2));
}
