using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary><c>source:</c> where the frames come from.</summary>
public sealed class SourceSection
{
    /// <summary>ZeroMQ endpoint, <c>tcp://host:port</c>.</summary>
    [YamlMember(Alias = "endpoint")]
    public string? Endpoint { get; set; }

    /// <summary>What the messages look like: <c>dectris-stream-2</c>.</summary>
    [YamlMember(Alias = "dialect")]
    public string Dialect { get; set; } = "dectris-stream-2";

    /// <summary><c>connect</c> (the detector listens; default) or <c>bind</c>.</summary>
    [YamlMember(Alias = "attach")]
    public string Attach { get; set; } = "connect";

    /// <summary><c>pull</c> (default) or <c>sub</c>.</summary>
    [YamlMember(Alias = "socket")]
    public string Socket { get; set; } = "pull";

    /// <summary>Threshold channel to take; the first one when absent.</summary>
    [YamlMember(Alias = "threshold_channel")]
    public string? ThresholdChannel { get; set; }

    /// <summary>Messages that may wait in the socket.</summary>
    [YamlMember(Alias = "watermark")]
    public int Watermark { get; set; } = 32;

    /// <summary>A running scan ends when nothing has come for this long, s.</summary>
    [YamlMember(Alias = "silence_limit_s")]
    public double SilenceLimit_s { get; set; } = 30;

    /// <summary>How long late frames are waited for after the end of the series, s.</summary>
    [YamlMember(Alias = "end_grace_s")]
    public double EndGrace_s { get; set; } = 2;
}
