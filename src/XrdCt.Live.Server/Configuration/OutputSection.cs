using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary><c>output:</c> where results go.</summary>
public sealed class OutputSection
{
    /// <summary>Folder, relative to the current directory; made when needed.</summary>
    [YamlMember(Alias = "folder")]
    public string Folder { get; set; } = "xrdct-results";

    /// <summary>Whether the corrected intensities are saved beside the raw ones, where any correction changes them.</summary>
    [YamlMember(Alias = "corrected")]
    public bool Corrected { get; set; } = true;

    /// <summary>Whether every pattern is made durable while the scan runs, in a journal beside the results.</summary>
    [YamlMember(Alias = "journal")]
    public bool Journal { get; set; } = true;

    /// <summary>Whether the journal stays when the result is saved.</summary>
    [YamlMember(Alias = "keep_journal")]
    public bool KeepJournal { get; set; }

    /// <summary>
    /// Whether a file of the result's layout, uncompressed, can be opened beside the results while the scan runs; it makes way for the result.
    /// </summary>
    [YamlMember(Alias = "growing_file")]
    public bool GrowingFile { get; set; } = true;
}
