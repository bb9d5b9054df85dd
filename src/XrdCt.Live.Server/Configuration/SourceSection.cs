using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary><c>source:</c> where the frames come from.</summary>
public sealed class SourceSection
{
    /// <summary>ZeroMQ endpoint, <c>tcp://host:port</c>; several, separated by commas, are taken from in turn.</summary>
    [YamlMember(Alias = "endpoint")]
    public string? Endpoint { get; set; }

    /// <summary>What the messages look like: one of the names of <see cref="Ingest.Streams.StreamDialects"/>.</summary>
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

    /// <summary>Number that the stream gives to the first frame of a series.</summary>
    [YamlMember(Alias = "first_frame")]
    public int FirstFrame { get; set; }

    /// <summary>What is taken from the detector's header instead of the files: <c>mask</c>, <c>flat_field</c>, <c>energy</c>, <c>distance</c>.</summary>
    [YamlMember(Alias = "from_header")]
    public string[] FromHeader { get; set; } = [];

    /// <summary>Check the digests that a dialect carries; for diagnosis, it takes longer than decoding.</summary>
    [YamlMember(Alias = "check_digests")]
    public bool CheckDigests { get; set; }

    /// <summary><c>auto</c> (libzmq where installed, else NetMQ; default), <c>managed</c> (NetMQ) or <c>native</c> (libzmq).</summary>
    [YamlMember(Alias = "zeromq")]
    public string ZeroMq { get; set; } = "auto";

    /// <summary>Messages that may wait in the socket, at most.</summary>
    [YamlMember(Alias = "watermark")]
    public int Watermark { get; set; } = 32;

    /// <summary>Most memory that received messages may take, in the socket and behind it, MB; lowers the watermark where needed.</summary>
    [YamlMember(Alias = "memory_limit_mb")]
    public double MemoryLimit_MB { get; set; } = 2048;

    /// <summary>
    /// Largest part of a message that is taken, MB; 8 bytes per pixel and 2 MB when absent, which is a header with all tables. A header
    /// with the tables of several thresholds has 8 bytes per pixel for each.
    /// </summary>
    [YamlMember(Alias = "largest_message_mb")]
    public double? LargestMessage_MB { get; set; }

    /// <summary>A running scan ends when nothing has come for this long, s.</summary>
    [YamlMember(Alias = "silence_limit_s")]
    public double SilenceLimit_s { get; set; } = 30;

    /// <summary>How long late frames are waited for after the end of the series, s.</summary>
    [YamlMember(Alias = "end_grace_s")]
    public double EndGrace_s { get; set; } = 2;
}
