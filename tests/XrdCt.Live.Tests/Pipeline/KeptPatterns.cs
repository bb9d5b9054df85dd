using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Tests.Pipeline;

/// <summary>A publisher that remembers, or fails when it is given a certain frame.</summary>
internal sealed class KeptPatterns(int? failsAt = null) : IPatternPublisher
{
    public List<Kept> Patterns { get; } = [];

    public void Publish(in PlacedPattern pattern)
    {
        Patterns.Add(new Kept(
            pattern.Header,
            pattern.Cell,
            pattern.MonitorDivisor,
            [.. pattern.Intensity],
            [.. pattern.Sigma],
            [.. pattern.Count],
            [.. pattern.ChannelValues]));
        if (pattern.Header.Index == failsAt)
        {
            throw new InvalidOperationException("the line is dead");
        }
    }

    public sealed record Kept(
        FrameHeader Header, ScanCell Cell, double MonitorDivisor, float[] Intensity, float[] Sigma, int[] Count, float[] ChannelValues);
}
