using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Model.Stages;

/// <summary>An ROI scan that is ready to be measured: where the stages go, what is scanned, and how long it takes.</summary>
/// <param name="Number">Number in a list, from 1.</param>
/// <param name="X_um">Place that comes onto the rotation axis, sample coordinate x of the coarse scan, µm.</param>
/// <param name="Y_um">The same, y.</param>
/// <param name="Scan">The scan of a slice.</param>
public sealed record RoiScanPlan(int Number, double X_um, double Y_um, ScanPlan Scan)
{
    /// <summary>Which candidate it is, from 1.</summary>
    public int Rank { get; init; } = 1;

    /// <summary>Height of the (first) slice above that of the coarse scan, µm.</summary>
    public double Z_um { get; init; }

    /// <summary>Moves that bring the place onto the axis; empty where the stages are not told.</summary>
    public IReadOnlyList<MotorMove> Moves { get; init; } = [];

    /// <summary>The stages; null where they are not told.</summary>
    public SampleStages? Stages { get; init; }

    /// <summary>Where the coarse scan found the rotation axis, µm from where its plan has it: the translations of the ROI scan are counted from there.</summary>
    public double Axis_um { get; init; }

    /// <summary>Number of slices.</summary>
    public int Slices { get; init; } = 1;

    /// <summary>Their distance along the rotation axis, µm.</summary>
    public double SliceStep_um { get; init; }

    /// <summary>Time from one frame to the next, s.</summary>
    public required double FrameTime_s { get; init; }

    /// <summary>Time that a line takes besides its frames, s.</summary>
    public double LineOverhead_s { get; init; }

    /// <summary>Frames of all slices.</summary>
    public long FrameCount => (long)Scan.CellCount * Slices;

    /// <summary>Time that it all takes, the way of the stages included, s. Both move at a time.</summary>
    public double Duration_s => (FrameCount * FrameTime_s) + ((long)Scan.LineCount * Slices * LineOverhead_s) + Moves.Select(m => m.Duration_s).DefaultIfEmpty(0).Max();

    /// <summary>Why it cannot be measured, as a sentence; null where nothing is in the way that is known.</summary>
    public string? Obstacle => Moves.Select(m => m.Obstacle).FirstOrDefault(o => o is not null) ?? TranslationObstacle;

    /// <summary>Translation at which the coarse scan has its 0, mm.</summary>
    public double TranslationZero_mm { get; init; }

    /// <summary>Rotation at which the scan has its 0°, degrees.</summary>
    public double RotationZero_deg { get; init; }

    /// <summary>Translation at which the ROI scan has its 0, the rotation axis, mm.</summary>
    public double Axis_mm => Translation_mmAt(Axis_um);

    /// <summary>Translation at which a position of the scan is measured, mm; as if it ran with the plan's where the motor is not told.</summary>
    /// <param name="translation">Number of the translation, from 0.</param>
    public double Translation_mm(int translation) => Translation_mmAt(Axis_um + Scan.Position_um(translation));

    private double Translation_mmAt(double position_um) => Stages is { Translation: not null } stages ? stages.Translation_mm(position_um) : TranslationZero_mm + (position_um / 1000);

    private string? TranslationObstacle => Stages?.Translation is not { } motor ? null
        : new[] { 0, Scan.TranslationCount - 1 }.Select(t => (motor with { Position_mm = Translation_mm(t) }).MoveBy(0).Obstacle).FirstOrDefault(o => o is not null);
}
