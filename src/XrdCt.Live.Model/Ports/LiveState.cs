using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Model.Ports;

/// <summary>How a scan stands.</summary>
public sealed record LiveState
{
    /// <summary>Phase.</summary>
    public required ScanPhase Phase { get; init; }

    /// <summary>One sentence for people; empty when all is well.</summary>
    public required string Message { get; init; }

    /// <summary>Counters.</summary>
    public required FrameCounters Counters { get; init; }

    /// <summary>Cells of the plan.</summary>
    public required int CellCount { get; init; }

    /// <summary>Frames placed per second over the last seconds, Hz.</summary>
    public required double Rate_Hz { get; init; }

    /// <summary>Median time from the end of an exposure to its cell in the sinogram, over the last frames, ms; NaN before the first.</summary>
    public required double Latency_ms { get; init; }

    /// <summary>95th percentile of the same, ms.</summary>
    public required double Latency95_ms { get; init; }

    /// <summary>Time since the last frame arrived, s; NaN before the first.</summary>
    public required double LastFrameAge_s { get; init; }

    /// <summary>Time since the first frame, s.</summary>
    public required double Elapsed_s { get; init; }

    /// <summary>Estimated time to the end at the present rate, s; NaN when unknown.</summary>
    public required double Remaining_s { get; init; }

    /// <summary>Compressed frames waiting to be decoded.</summary>
    public required int FramesQueued { get; init; }

    /// <summary>Patterns waiting to be placed.</summary>
    public required int PatternsQueued { get; init; }

    /// <summary>Projections in the reconstruction.</summary>
    public required int ProjectionCount { get; init; }

    /// <summary>Widest angle between neighbouring measured projections, degrees: the missing wedge.</summary>
    public required double LargestGap_deg { get; init; }

    /// <summary>How far the slice of the total can be trusted; null before the first projection.</summary>
    public SliceConfidence? Confidence { get; init; }

    /// <summary>How it converged.</summary>
    public IReadOnlyList<ConvergencePoint> Convergence { get; init; } = [];

    /// <summary>How well an ROI scan agrees with its coarse scan where both measured, see <see cref="Roi.RoiAlignment.OverlapResidual"/>; NaN without one.</summary>
    public double OverlapResidual { get; init; } = double.NaN;

    /// <summary>Projections in the slices of every bin; null where only the live channels are reconstructed.</summary>
    public int? VolumeProjectionCount { get; init; }

    /// <summary>How far those slices are behind the live channels, s; NaN before the first projection, and where there are none.</summary>
    public double VolumeLag_s { get; init; } = double.NaN;

    /// <summary>How slices are made, as it was chosen last; null where nobody says.</summary>
    public ReconstructionSettings? Reconstruction { get; init; }

    /// <summary>Where the data have the rotation axis, steps from translation TranslationCount/2; NaN where they do not say.</summary>
    public double AxisFromData_px { get; init; } = double.NaN;

    /// <summary>For how long slices, those of every bin too, have not been what <see cref="Reconstruction"/> says, s; 0 where they are.</summary>
    public double ReconstructionLag_s { get; init; }

    /// <summary>Where the result was saved; null until then.</summary>
    public string? SavedPath { get; init; }
}
