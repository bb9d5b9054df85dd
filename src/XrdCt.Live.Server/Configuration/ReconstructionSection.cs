using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary><c>reconstruction:</c> how slices are made.</summary>
public sealed class ReconstructionSection
{
    /// <summary><c>ramp</c>, <c>shepp-logan</c>, <c>cosine</c>, <c>hamming</c> or <c>hann</c>.</summary>
    [YamlMember(Alias = "filter")]
    public string Filter { get; set; } = "shepp-logan";
}
