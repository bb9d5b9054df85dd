using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Tests.Integration;

/// <summary>The mean, in every way that pixels are shared and corrected.</summary>
public abstract class MeanContract : FilterContract
{
    [Theory]
    [MemberData(nameof(Cases))]
    public void Mean_AnySplittingLayoutAndCorrection_IsTheReference(
        PixelSplitting splitting, string layout, string corrections, ErrorModel model) =>
        AssertKeepsTheReferencesPixels(SmallDetector.Options(IntegrationFilter.Mean), splitting, layout, corrections, model);
}
