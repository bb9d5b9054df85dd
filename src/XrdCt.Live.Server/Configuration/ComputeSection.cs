using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary><c>compute:</c> what it may use of the machine.</summary>
public sealed class ComputeSection
{
    /// <summary>Frames that are decoded and integrated at the same time; one per core when absent.</summary>
    [YamlMember(Alias = "workers")]
    public int? Workers { get; set; }
}
