using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Tests.Integration;

/// <summary>The trimmed mean and the median over the sectors of a cake, in every way that pixels are shared and corrected.</summary>
public abstract class CakeContract : FilterContract
{
    [Theory]
    [MemberData(nameof(Cases))]
    public void CakeTrimmed_AnySplittingLayoutAndCorrection_IsTheReference(
        PixelSplitting splitting, string layout, string corrections, ErrorModel model) =>
        AssertKeepsTheReferencesPixels(Options(IntegrationFilter.Trimmed), splitting, layout, corrections, model);

    [Theory]
    [MemberData(nameof(Cases))]
    public void CakeMedian_AnySplittingLayoutAndCorrection_IsTheReference(
        PixelSplitting splitting, string layout, string corrections, ErrorModel model) =>
        AssertKeepsTheReferencesPixels(Options(IntegrationFilter.Median), splitting, layout, corrections, model);

    private static IntegrationOptions Options(IntegrationFilter filter) =>
        SmallDetector.Options(filter) with { TrimDefinition = TrimDefinition.Cake, CakeSectors = 36 };
}
