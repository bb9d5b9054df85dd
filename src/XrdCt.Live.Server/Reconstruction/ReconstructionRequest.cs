using XrdCt.Live.Compute.Gpu;
using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Server.Reconstruction;

/// <summary>What a user asks a reconstruction for.</summary>
internal sealed record ReconstructionRequest
{
    /// <summary>A start from nothing.</summary>
    public const string FromZero = "zero";

    /// <summary>A start from the filtered back projection.</summary>
    public const string FromFbp = "fbp";

    /// <summary>How slices are made.</summary>
    public SolverKind Solver { get; init; }

    /// <summary>Whether there is a filtered back projection in it.</summary>
    public bool HasFbp => Solver == SolverKind.Fbp || Start == FromFbp;

    /// <summary>The file of slices from which a solver starts; null for another start.</summary>
    public string? StartFile => Solver == SolverKind.Fbp || Start is FromZero or FromFbp ? null : Start;

    /// <summary>Apodisation of the ramp.</summary>
    public RampFilter Filter { get; init; } = RampFilter.SheppLogan;

    /// <summary>How an iterative solver goes on.</summary>
    public SolverOptions Options { get; init; } = new();

    /// <summary>Whence an iterative solver starts: <see cref="FromZero"/>, <see cref="FromFbp"/>, or a file of slices.</summary>
    public string Start { get; init; } = FromZero;

    /// <summary>Offset of the rotation axis from sample N/2, steps; null where the file or the data say it.</summary>
    public double? Axis_px { get; init; }

    /// <summary>Whether the data are asked for the axis even where the file says it.</summary>
    public bool AxisFromData { get; init; }

    /// <summary>Whether all projections count alike, whatever their angles, as scikit-image has it; false for the gaps between them.</summary>
    public bool HasEvenWeights { get; init; }

    /// <summary>What is done about what lies outside the field of view.</summary>
    public RoiMode RoiMode { get; init; }

    /// <summary>Nominal place of the ROI scan's axis in the coarse scan, sample coordinates, µm.</summary>
    public (double X_um, double Y_um) RoiCentre_um { get; init; }

    /// <summary>Whether the coarse scan counted while its translation moved.</summary>
    public bool IsCoarseSmeared { get; init; } = true;

    /// <summary>Where filtered back projections are made; never <see cref="ComputeBackend.Auto"/>, since the numbers of a device are others in their last bits.</summary>
    public ComputeBackend Backend { get; init; } = ComputeBackend.Cpu;

    /// <summary>Which bins; the first has the number 0.</summary>
    public Range Bins { get; init; } = Range.All;

    /// <summary>Threads at work.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;
}
