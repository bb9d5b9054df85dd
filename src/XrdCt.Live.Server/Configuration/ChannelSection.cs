using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary>An entry of <c>channels:</c>, a number per frame that is followed live.</summary>
public sealed class ChannelSection
{
    /// <summary>Name on screen and in the file.</summary>
    [YamlMember(Alias = "name")]
    public string? Name { get; set; }

    /// <summary><c>total</c>, <c>peak</c> or <c>spottiness</c>.</summary>
    [YamlMember(Alias = "kind")]
    public string? Kind { get; set; }

    /// <summary>Lower edge of the window, in the unit of the axis.</summary>
    [YamlMember(Alias = "lower")]
    public double? Lower { get; set; }

    /// <summary>Upper edge of the window, in the unit of the axis.</summary>
    [YamlMember(Alias = "upper")]
    public double? Upper { get; set; }
}
