using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary><c>compute:</c> what it may use of the machine.</summary>
public sealed class ComputeSection
{
    /// <summary>What integrates: <c>auto</c> (a CUDA device where there is one, else the CPU), <c>cpu</c>, <c>cuda</c> or <c>opencl</c>.</summary>
    [YamlMember(Alias = "backend")]
    public string Backend { get; set; } = "auto";

    /// <summary>Which device of that kind, from 0.</summary>
    [YamlMember(Alias = "device")]
    public int Device { get; set; }

    /// <summary>Frames (on a device: batches) that are decoded and integrated at the same time; one per core, on a device 4, when absent.</summary>
    [YamlMember(Alias = "workers")]
    public int? Workers { get; set; }
}
