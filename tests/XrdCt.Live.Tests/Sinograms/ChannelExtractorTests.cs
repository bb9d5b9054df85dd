using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Tests.Sinograms;

public sealed class ChannelExtractorTests
{
    private static readonly RadialAxis Axis = new(RadialUnit.TwoTheta_deg, 0, 10, 100);

    [Fact]
    public void Extract_Total_SumsTheBinsThatHaveAValue()
    {
        float[] intensity = new float[100];
        Array.Fill(intensity, 2);
        intensity[5] = float.NaN;
        Assert.Equal(198, Extract(new LiveChannel("total", LiveChannelKind.Total), intensity), 1e-6);
    }

    [Fact]
    public void Extract_PeakOnASlope_IsThePeakWithoutTheSlope()
    {
        float[] intensity = new float[100];
        for (int i = 0; i < 100; i++)
        {
            intensity[i] = 3 + (0.5f * i) + (i == 50 ? 40 : 0);
        }

        var channel = new LiveChannel("peak", LiveChannelKind.Peak, 4, 6);
        Assert.Equal(40, Extract(channel, intensity), 1e-3);
    }

    [Fact]
    public void Extract_Spottiness_IsWhatTrimmingTookAway()
    {
        float[] intensity = new float[100];
        Array.Fill(intensity, 5);
        float[] mean = [.. intensity];
        mean[20] = 105;
        float[] value = new float[1];
        new ChannelExtractor(Axis, [new LiveChannel("spots", LiveChannelKind.Spottiness)]).Extract(intensity, mean, value);
        Assert.Equal(1, value[0], 1e-5f);
    }

    [Fact]
    public void Extract_EmptyWindow_IsNaN()
    {
        float[] intensity = new float[100];
        Array.Fill(intensity, float.NaN);
        Assert.True(double.IsNaN(Extract(new LiveChannel("peak", LiveChannelKind.Peak, 4, 6), intensity)));
    }

    [Fact]
    public void Channel_WindowOutsideTheAxis_NamesTheChannel()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(
            () => new ChannelExtractor(Axis, [new LiveChannel("NMC 003", LiveChannelKind.Peak, 12, 13)]));
        Assert.Contains("NMC 003", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bridge_Gaps_AreInterpolatedAndEndsHeld()
    {
        float[] bridged = new float[7];
        int measured = ProjectionGaps.Bridge([float.NaN, 1, float.NaN, float.NaN, 4, 2, float.NaN], bridged);
        Assert.Equal(3, measured);
        Assert.Equal([1, 1, 2, 3, 4, 2, 2], bridged);
    }

    [Fact]
    public void Bridge_NothingMeasured_SaysSo() =>
        Assert.Equal(0, ProjectionGaps.Bridge([float.NaN, float.NaN], new float[2]));

    private static double Extract(LiveChannel channel, float[] intensity)
    {
        float[] value = new float[1];
        new ChannelExtractor(Axis, [channel]).Extract(intensity, intensity, value);
        return value[0];
    }
}
