namespace XrdCt.Live.Model.Sinograms;

/// <summary>How far backward lines lie from where the plan has them: backlash of the stage, and a step where positions are told at either end of a frame.</summary>
/// <param name="Shift_px">Sample k of a backward line belongs to k + shift, steps of the fast axis; NaN where undetermined.</param>
/// <param name="Uncertainty_px">Standard uncertainty, steps; NaN where undetermined.</param>
/// <param name="LineCount">Backward lines that were compared with their neighbours.</param>
public readonly record struct LineShift(double Shift_px, double Uncertainty_px, int LineCount)
{
    /// <summary>Nothing known.</summary>
    public static LineShift Undetermined { get; } = new(double.NaN, double.NaN, 0);

    /// <summary>Whether the shift differs from none by more than three times its uncertainty.</summary>
    public bool IsSignificant => Math.Abs(Shift_px) > 3 * Uncertainty_px;
}
