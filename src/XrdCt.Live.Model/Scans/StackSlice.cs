namespace XrdCt.Live.Model.Scans;

/// <summary>Which slice of a stack a scan is: the same plan is measured at one height of the sample after another.</summary>
/// <param name="Number">Number of the slice, from 1.</param>
/// <param name="Count">Number of slices of the stack, at least <paramref name="Number"/>.</param>
/// <param name="Z_um">Height of the slice, the translation along the rotation axis, µm.</param>
public sealed record StackSlice(int Number, int Count, double Z_um)
{
    /// <summary>For people: <c>slice 3 of 5</c>.</summary>
    public override string ToString() => $"slice {Number} of {Count}";
}
