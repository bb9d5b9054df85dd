using XrdCt.Live.Model.Stages;

namespace XrdCt.Live.Server.Steering;

/// <summary>How the steering stands: what the page shows of it.</summary>
/// <param name="Phase">How far it is.</param>
/// <param name="Sentence">What there is to say, one sentence; empty for nothing.</param>
/// <param name="Places">The places that can be taken, best first, with the scans that they would be.</param>
internal sealed record SteeringState(SteeringPhase Phase, string Sentence, IReadOnlyList<RoiScanPlan> Places)
{
    /// <summary>The place that was taken; null before.</summary>
    public RoiScanPlan? Taken { get; init; }

    /// <summary>Who took it; empty before.</summary>
    public string By { get; init; } = "";

    /// <summary>Until when its moves can be confirmed; null where nothing waits for that.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Where the motors stood when the moves were judged, mm; empty before, and where nothing is moved from here.</summary>
    public IReadOnlyList<double> From_mm { get; init; } = [];

    /// <summary>Where the motors are, mm, as far as that is known; empty where it is not.</summary>
    public IReadOnlyList<double> Positions_mm { get; init; } = [];

    /// <summary>Folder with configuration and macros of the scan that was taken; null before.</summary>
    public string? Folder { get; init; }
}
