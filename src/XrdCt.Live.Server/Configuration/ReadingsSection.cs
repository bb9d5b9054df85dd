using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary><c>readings:</c> positions and monitor values that come on a stream of their own, beside the frames.</summary>
public sealed class ReadingsSection
{
    /// <summary>
    /// ZeroMQ endpoint, <c>tcp://host:port</c>; several, separated by commas, are taken from in turn. Absent where <c>tango:</c> names the attributes.
    /// </summary>
    [YamlMember(Alias = "endpoint")]
    public string? Endpoint { get; set; }

    /// <summary><c>connect</c> (the sender listens; default) or <c>bind</c>.</summary>
    [YamlMember(Alias = "attach")]
    public string Attach { get; set; } = "connect";

    /// <summary><c>pull</c> (default) or <c>sub</c>.</summary>
    [YamlMember(Alias = "socket")]
    public string Socket { get; set; } = "pull";

    /// <summary>By what readings find their frames: <c>index</c> (of the trigger; default) or <c>time</c>.</summary>
    [YamlMember(Alias = "key")]
    public string Key { get; set; } = "index";

    /// <summary>What a frame waits for: <c>translation</c>, <c>rotation</c>, <c>monitor</c>, <c>transmission</c>, any of them.</summary>
    [YamlMember(Alias = "needs")]
    public string[] Needs { get; set; } = [];

    /// <summary>How long late readings are waited for after the last frame, s.</summary>
    [YamlMember(Alias = "grace_s")]
    public double Grace_s { get; set; } = 10;

    /// <summary>With <c>key: time</c>: readings farther apart than this say nothing of the time between them, s.</summary>
    [YamlMember(Alias = "largest_gap_s")]
    public double LargestGap_s { get; set; } = 1;

    /// <summary>With <c>key: time</c>: exposure of a frame, whose time is its end, ms.</summary>
    [YamlMember(Alias = "exposure_ms")]
    public double Exposure_ms { get; set; }

    /// <summary>Translation at which the motor has the plan's zero, the rotation axis, mm.</summary>
    [YamlMember(Alias = "translation_zero_mm")]
    public double TranslationZero_mm { get; set; }

    /// <summary>Rotation at which the motor has the plan's zero, degrees.</summary>
    [YamlMember(Alias = "rotation_zero_deg")]
    public double RotationZero_deg { get; set; }

    /// <summary>Number that the stream gives to the first frame of a series.</summary>
    [YamlMember(Alias = "first_frame")]
    public int FirstFrame { get; set; }
}
