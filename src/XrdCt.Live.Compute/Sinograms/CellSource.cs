namespace XrdCt.Live.Compute.Sinograms;

/// <summary>Of which measured cells a corrected one is made: itself, or the same place on the lines beside a line that is replaced.</summary>
/// <param name="One">Offset of a cell.</param>
/// <param name="Other">Offset of the other one; the same where there is one only.</param>
/// <param name="OtherShare">Share of the other one, 0 to 1; the rest is of the first.</param>
internal readonly record struct CellSource(int One, int Other, float OtherShare)
{
    /// <summary>Whether one cell is all of it.</summary>
    public bool IsSingle => One == Other;
}
