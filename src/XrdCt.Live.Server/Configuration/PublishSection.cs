using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary><c>publish:</c> results for other programs, over ZeroMQ; nothing is published without it.</summary>
public sealed class PublishSection
{
    /// <summary>ZeroMQ endpoint of the newest results, <c>tcp://host:port</c>: an address of this machine.</summary>
    [YamlMember(Alias = "endpoint")]
    public string Endpoint { get; set; } = "tcp://127.0.0.1:31010";

    /// <summary>Endpoint that answers requests; the port after <see cref="Endpoint"/> when absent.</summary>
    [YamlMember(Alias = "request_endpoint")]
    public string? RequestEndpoint { get; set; }

    /// <summary>Endpoint of every single pattern; the second port after <see cref="Endpoint"/> when absent.</summary>
    [YamlMember(Alias = "every_endpoint")]
    public string? EveryEndpoint { get; set; }

    /// <summary>Memory of the patterns that can be asked for again, MB (10⁶ bytes).</summary>
    [YamlMember(Alias = "memory_limit_mb")]
    public double MemoryLimit_mb { get; set; } = 256;

    /// <summary>How long subscribers are served after the end of the scan, where the program ends with it, s.</summary>
    [YamlMember(Alias = "linger_s")]
    public double Linger_s { get; set; } = 5;
}
