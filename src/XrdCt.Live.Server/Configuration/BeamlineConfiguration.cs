using YamlDotNet.Serialization;

namespace XrdCt.Live.Server.Configuration;

/// <summary>
/// One beamline set-up, as the YAML file says it. Keys carry their units; there is no default for physics (geometry, scan plan):
/// a wrong guess would give a wrong axis without an error.
/// </summary>
public sealed class BeamlineConfiguration
{
    /// <summary>Name of the scan, for people and for the file.</summary>
    [YamlMember(Alias = "title")]
    public string Title { get; set; } = "scan";

    /// <summary>Where the frames come from.</summary>
    [YamlMember(Alias = "source")]
    public SourceSection? Source { get; set; }

    /// <summary>Where the detector stands.</summary>
    [YamlMember(Alias = "geometry")]
    public GeometrySection? Geometry { get; set; }

    /// <summary>How frames become patterns.</summary>
    [YamlMember(Alias = "integration")]
    public IntegrationSection Integration { get; set; } = new();

    /// <summary>Which frame is which position.</summary>
    [YamlMember(Alias = "scan")]
    public ScanSection? Scan { get; set; }

    /// <summary>Positions and monitor values from a stream of their own; none when absent.</summary>
    [YamlMember(Alias = "readings")]
    public ReadingsSection? Readings { get; set; }

    /// <summary>The gateway to Tango; nothing is asked of Tango when absent.</summary>
    [YamlMember(Alias = "tango")]
    public TangoSection? Tango { get; set; }

    /// <summary>What is corrected in the sinogram.</summary>
    [YamlMember(Alias = "corrections")]
    public CorrectionsSection Corrections { get; set; } = new();

    /// <summary>What is followed live.</summary>
    [YamlMember(Alias = "channels")]
    public List<ChannelSection> Channels { get; set; } = [];

    /// <summary>How slices are made.</summary>
    [YamlMember(Alias = "reconstruction")]
    public ReconstructionSection Reconstruction { get; set; } = new();

    /// <summary>The region-of-interest scan to come.</summary>
    [YamlMember(Alias = "roi")]
    public RoiSection? Roi { get; set; }

    /// <summary>The stages that bring an ROI onto the rotation axis.</summary>
    [YamlMember(Alias = "stages")]
    public StagesSection? Stages { get; set; }

    /// <summary>What a good place for that scan is.</summary>
    [YamlMember(Alias = "guidance")]
    public GuidanceSection Guidance { get; set; } = new();

    /// <summary>The live page.</summary>
    [YamlMember(Alias = "display")]
    public DisplaySection Display { get; set; } = new();

    /// <summary>Results for other programs; nothing is published when absent.</summary>
    [YamlMember(Alias = "publish")]
    public PublishSection? Publish { get; set; }

    /// <summary>Where results go.</summary>
    [YamlMember(Alias = "output")]
    public OutputSection Output { get; set; } = new();

    /// <summary>What it may use of the machine.</summary>
    [YamlMember(Alias = "compute")]
    public ComputeSection Compute { get; set; } = new();
}
