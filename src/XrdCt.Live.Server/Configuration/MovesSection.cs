using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary><c>tango.moves:</c> lets operators move the stages from the page, by <c>stages.first.device</c> and <c>stages.second.device</c>; nothing is moved without it.</summary>
public sealed class MovesSection
{
    /// <summary>File with the operators' tokens, lines <c>NAME TOKEN</c>; nobody but its owner may read it.</summary>
    [YamlMember(Alias = "operators_file")]
    public string? OperatorsFile { get; set; }

    /// <summary>File that every proposal, confirmation and refusal is appended to before anything moves.</summary>
    [YamlMember(Alias = "log_file")]
    public string? LogFile { get; set; }

    /// <summary>How far from its target a motor may stand, µm.</summary>
    [YamlMember(Alias = "tolerance_um")]
    public double Tolerance_um { get; set; } = 0.5;
}
