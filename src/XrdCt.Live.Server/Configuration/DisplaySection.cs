using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary><c>display:</c> the live page, served on the loopback address.</summary>
public sealed class DisplaySection
{
    /// <summary>TCP port; 0 for any free one.</summary>
    [YamlMember(Alias = "port")]
    public int Port { get; set; } = 8050;

    /// <summary>Open the page in the browser of this machine.</summary>
    [YamlMember(Alias = "open_browser")]
    public bool OpenBrowser { get; set; }

    /// <summary>Whether the page may change the reconstruction and the forbidden zones while a scan runs, and take places; yes when left out, because the page is served on this machine only.</summary>
    [YamlMember(Alias = "control")]
    public bool? Control { get; set; }
}
