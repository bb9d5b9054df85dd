using XrdCt.Live.Model.Stages;
using XrdCt.Live.Server.Configuration;

namespace XrdCt.Live.Server.Steering;

/// <summary>The region-of-interest scan that comes next.</summary>
/// <param name="Plan">Where it is and what it is.</param>
/// <param name="Configuration">Its configuration.</param>
/// <param name="File">The file that holds it.</param>
internal sealed record AcceptedRoi(RoiScanPlan Plan, BeamlineConfiguration Configuration, string File)
{
    /// <summary>What is to be known of it; empty where all is well.</summary>
    public string Note { get; init; } = "";
}
