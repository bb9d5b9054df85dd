using XrdCt.Live.Model.Roi;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Server.Reconstruction;

/// <summary>What became of a reconstruction.</summary>
internal sealed record ReconstructionSummary
{
    /// <summary>Where the slices are.</summary>
    public required string Output { get; init; }

    /// <summary>Bins that were reconstructed.</summary>
    public required int Bins { get; init; }

    /// <summary>Pixels along x and y.</summary>
    public required int Size { get; init; }

    /// <summary>Pixel size, µm.</summary>
    public required double PixelSize_um { get; init; }

    /// <summary>Projections that took part.</summary>
    public required int Projections { get; init; }

    /// <summary>Offset of the rotation axis from sample N/2, steps.</summary>
    public required double Axis_px { get; init; }

    /// <summary>On what that rests.</summary>
    public required string AxisStatus { get; init; }

    /// <summary>How far the slices can be trusted, by the mean over all bins.</summary>
    public required SliceConfidence Confidence { get; init; }

    /// <summary>Where the rays lie in the coarse scan; null without one.</summary>
    public RoiAlignment? Alignment { get; init; }

    /// <summary>Iterations of the bin that took most; null for a direct solver.</summary>
    public int? Iterations { get; init; }

    /// <summary>What a reader should know besides, as sentences.</summary>
    public required IReadOnlyList<string> Remarks { get; init; }

    /// <summary>Time that it took, s.</summary>
    public required double Elapsed_s { get; init; }
}
