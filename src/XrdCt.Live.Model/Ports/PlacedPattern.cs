using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Model.Ports;

/// <summary>
/// A pattern that has just been put into its cell, with the numbers of it as the scan then stood: what is saved may be divided by another
/// power of two, and lie in another cell, where data that came later say so. The spans are lent for the time of a call;
/// they all have one value per radial bin, but for <see cref="ChannelValues"/>.
/// </summary>
public readonly ref struct PlacedPattern
{
    /// <summary>Identity and time of the frame, positions where the stream told them, and the monitor as it came.</summary>
    public required FrameHeader Header { get; init; }

    /// <summary>Cell of the scan.</summary>
    public required ScanCell Cell { get; init; }

    /// <summary>What intensity and sigma were divided by: monitor over its reference; 1 where nothing was divided.</summary>
    public required double MonitorDivisor { get; init; }

    /// <summary>Intensity, counts (per unit of relative monitor); NaN in empty bins.</summary>
    public required ReadOnlySpan<float> Intensity { get; init; }

    /// <summary>Standard error of the intensity, in its unit; NaN in empty bins.</summary>
    public required ReadOnlySpan<float> Sigma { get; init; }

    /// <summary>Pixels kept.</summary>
    public required ReadOnlySpan<int> Count { get; init; }

    /// <summary>Values of the live channels, in the order of <see cref="ScanDescription.Channels"/>; NaN where there is none.</summary>
    public required ReadOnlySpan<float> ChannelValues { get; init; }
}
