using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary><c>tango:</c> the gateway to the Tango devices of the beamline; nothing is asked of Tango without it.</summary>
public sealed class TangoSection
{
    /// <summary>Address of the gateway: <c>http://127.0.0.1:PORT</c> on this machine, <c>https://HOST:PORT</c> on another.</summary>
    [YamlMember(Alias = "gateway")]
    public string Gateway { get; set; } = "http://127.0.0.1:50061";

    /// <summary>File with the token that the gateway knows us by, <c>NAME TOKEN</c>; nobody but its owner may read it.</summary>
    [YamlMember(Alias = "token_file")]
    public string? TokenFile { get; set; }

    /// <summary>PEM file with the certificates that the gateway's is trusted by; those of the machine when absent.</summary>
    [YamlMember(Alias = "trusted_certificates")]
    public string? TrustedCertificates { get; set; }

    /// <summary>Attribute of the translation, <c>DEVICE/ATTRIBUTE</c>.</summary>
    [YamlMember(Alias = "translation")]
    public string? Translation { get; set; }

    /// <summary>What the translation's attribute is multiplied by to be mm.</summary>
    [YamlMember(Alias = "translation_scale")]
    public double TranslationScale { get; set; } = 1;

    /// <summary>Attribute of the rotation.</summary>
    [YamlMember(Alias = "rotation")]
    public string? Rotation { get; set; }

    /// <summary>What the rotation's attribute is multiplied by to be degrees.</summary>
    [YamlMember(Alias = "rotation_scale")]
    public double RotationScale { get; set; } = 1;

    /// <summary>Attribute of the beam monitor.</summary>
    [YamlMember(Alias = "monitor")]
    public string? Monitor { get; set; }

    /// <summary>Attribute of the sample's transmission, 0 to 1.</summary>
    [YamlMember(Alias = "transmission")]
    public string? Transmission { get; set; }

    /// <summary>An attribute that told nothing for so long is read, ms.</summary>
    [YamlMember(Alias = "period_ms")]
    public double Period_ms { get; set; } = 200;

    /// <summary>Whether the gateway's own device shows how the scan stands.</summary>
    [YamlMember(Alias = "show_results")]
    public bool ShowResults { get; set; } = true;

    /// <summary>Who may move the stages from the page; nothing is moved when absent.</summary>
    [YamlMember(Alias = "moves")]
    public MovesSection? Moves { get; set; }
}
