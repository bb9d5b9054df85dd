using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Tests.Integration;

/// <summary>Sigma clipping, in every way that pixels are shared and corrected.</summary>
public abstract class SigmaClipContract : FilterContract
{
    [Theory]
    [MemberData(nameof(Cases))]
    public void SigmaClip_AnySplittingLayoutAndCorrection_IsTheReference(
        PixelSplitting splitting, string layout, string corrections, ErrorModel model) =>
        AssertKeepsTheReferencesPixels(SmallDetector.Options(IntegrationFilter.SigmaClip), splitting, layout, corrections, model);

    [Theory]
    [InlineData(ErrorModel.Poisson, 3, 1)]
    [InlineData(ErrorModel.Azimuthal, 3, 20)]
    [InlineData(ErrorModel.Hybrid, 2.5, 3)]
    [InlineData(ErrorModel.Azimuthal, 5, 0)]
    public void SigmaClip_AnyThresholdAndRounds_IsTheReference(ErrorModel model, double threshold_sigma, int rounds) =>
        AssertKeepsTheReferencesPixels(
            SmallDetector.Options(IntegrationFilter.SigmaClip) with { ClipThreshold_sigma = threshold_sigma, ClipIterations = rounds },
            PixelSplitting.None,
            "1D",
            "none",
            model);
}
