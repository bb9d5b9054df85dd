using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Tests.Integration;

/// <summary>The trimmed means and the median, in every way that pixels are shared and corrected.</summary>
public abstract class TrimmedContract : FilterContract
{
    [Theory]
    [MemberData(nameof(Cases))]
    public void Pixel_AnySplittingLayoutAndCorrection_IsTheReference(
        PixelSplitting splitting, string layout, string corrections, ErrorModel model) =>
        AssertKeepsTheReferencesPixels(SmallDetector.Options(IntegrationFilter.Trimmed), splitting, layout, corrections, model);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Exact_AnySplittingLayoutAndCorrection_IsTheReference(
        PixelSplitting splitting, string layout, string corrections, ErrorModel model) =>
        AssertKeepsTheReferencesPixels(
            SmallDetector.Options(IntegrationFilter.Trimmed) with { TrimDefinition = TrimDefinition.Exact, TrimUpper = 0.25 },
            splitting,
            layout,
            corrections,
            model);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Median_AnySplittingLayoutAndCorrection_IsTheReference(
        PixelSplitting splitting, string layout, string corrections, ErrorModel model) =>
        AssertKeepsTheReferencesPixels(SmallDetector.Options(IntegrationFilter.Median), splitting, layout, corrections, model);
}
