using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary><c>output:</c> where results go.</summary>
public sealed class OutputSection
{
    /// <summary>Folder, relative to the current directory; made when needed.</summary>
    [YamlMember(Alias = "folder")]
    public string Folder { get; set; } = "xrdct-results";
}
