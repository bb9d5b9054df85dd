namespace XrdCt.Live.Model.Sinograms;

/// <summary>What the data themselves said of the stage, and what was done about it.</summary>
/// <param name="Direction">Which way every other line ran.</param>
/// <param name="Shift">How far backward lines lie from forward ones.</param>
/// <param name="AppliedShift_px">By how much backward lines were moved back for the slices, steps of the fast axis; 0 where they were not.
/// Where the data do not say, it is what follows from the plan's anchor.</param>
/// <param name="Sentence">What is out of the ordinary; empty where nothing is.</param>
public sealed record StageFindings(ZigzagVerdict Direction, LineShift Shift, double AppliedShift_px, string Sentence)
{
    /// <summary>Nothing looked at.</summary>
    public static StageFindings None { get; } = new(new ZigzagVerdict(null, double.NaN, 0), LineShift.Undetermined, 0, "");
}
