using XrdCt.Live.Compute.Guidance;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Tests.Guidance;

public sealed class RoiFinderTests
{
    private const int Size = 101;
    private const double Pixel_um = 10;

    [Fact]
    public void Find_DiscWithAHole_AvoidsHoleAndEdge()
    {
        // A 1 mm disc whose left half is cupped away: the best 100 µm field of view is in the right half.
        RoiSuggestion suggestion = RoiFinder.Find(Slice((x, y) => Math.Sqrt((x * x) + (y * y)) < 450 && x > -50), 100);
        RoiCandidate best = suggestion.Candidates[0];
        Assert.Equal(1, best.MaterialFraction, 1e-12);
        Assert.Equal(1, best.Score, 1e-12);
        Assert.InRange(best.X_um, 100, 300);
        Assert.InRange(best.EdgeDistance_um, 150, 300);
        Assert.InRange(Math.Abs(best.Y_um), 0, 60);
    }

    [Fact]
    public void Find_AsymmetricSample_GivesCoordinatesInXAndYNotSwapped()
    {
        RoiSuggestion suggestion = RoiFinder.Find(Slice((x, y) => Math.Abs(x - 200) < 90 && Math.Abs(y + 300) < 90), 60);
        Assert.Equal(200, suggestion.Candidates[0].X_um, 1e-9);
        Assert.Equal(-300, suggestion.Candidates[0].Y_um, 1e-9);
    }

    [Fact]
    public void Find_SeveralPlaces_DoNotOverlap()
    {
        RoiSuggestion suggestion = RoiFinder.Find(Slice((x, y) => Math.Sqrt((x * x) + (y * y)) < 450), 100);
        Assert.Equal(3, suggestion.Candidates.Count);
        for (int i = 0; i < 3; i++)
        {
            for (int j = 0; j < i; j++)
            {
                RoiCandidate a = suggestion.Candidates[i], b = suggestion.Candidates[j];
                Assert.True(Math.Sqrt(Math.Pow(a.X_um - b.X_um, 2) + Math.Pow(a.Y_um - b.Y_um, 2)) >= 200);
            }
        }
    }

    [Fact]
    public void Find_EdgeDistance_IsEuclidean()
    {
        MaterialMask mask = MaterialMask.Segment(Slice((x, y) => Math.Sqrt((x * x) + (y * y)) < 400))!;
        double centre_um = mask.EdgeDistance_um[(50 * Size) + 50];
        Assert.InRange(centre_um, 390, 420);
        Assert.Equal(0, mask.EdgeDistance_um[0]);
        double off_um = mask.EdgeDistance_um[((50 + 15) * Size) + 50 + 20];
        Assert.InRange(off_um, 140, 165);
    }

    [Fact]
    public void Find_TooFewProjections_SaysWhatItWaitsFor()
    {
        SliceMap slice = Slice((x, y) => x > 0) with { ProjectionCount = 3 };
        RoiSuggestion suggestion = RoiFinder.Find(slice, 100);
        Assert.Empty(suggestion.Candidates);
        Assert.Contains("8 projections; 3 so far", suggestion.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_FlatSlice_SuggestsNothing()
    {
        RoiSuggestion suggestion = RoiFinder.Find(Slice((_, _) => true), 100);
        Assert.Empty(suggestion.Candidates);
    }

    private static SliceMap Slice(Func<double, double, bool> material)
    {
        float[] values = new float[Size * Size];
        for (int row = 0; row < Size; row++)
        {
            for (int column = 0; column < Size; column++)
            {
                values[(row * Size) + column] = material((column - 50) * Pixel_um, (row - 50) * Pixel_um) ? 10 : 0;
            }
        }

        return new SliceMap("material", Size, Pixel_um, values, 90);
    }
}
