using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary><c>reconstruction:</c> how slices are made.</summary>
public sealed class ReconstructionSection
{
    /// <summary><c>ramp</c>, <c>shepp-logan</c>, <c>cosine</c>, <c>hamming</c> or <c>hann</c>.</summary>
    [YamlMember(Alias = "filter")]
    public string Filter { get; set; } = "shepp-logan";

    /// <summary>Whether every radial bin is reconstructed while the scan runs, not only the live channels.</summary>
    [YamlMember(Alias = "every_bin")]
    public bool EveryBin { get; set; } = true;

    /// <summary>What is done about the sample beyond the field of view.</summary>
    [YamlMember(Alias = "outside")]
    public OutsideSection Outside { get; set; } = new();
}
