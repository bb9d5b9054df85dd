namespace XrdCt.Live.Pipeline;

/// <summary>The slices of every bin, wherever they are kept. One thread changes them; any thread reads patterns.</summary>
internal interface IVolumeSlices : IDisposable
{
    /// <summary>Projections in the slices.</summary>
    int ProjectionCount { get; }

    /// <summary>Brings the slices up to date.</summary>
    /// <param name="recipe">Of what they are to be made.</param>
    /// <param name="rows">Reads the projections, with that recipe.</param>
    /// <param name="mayGoOn">Is asked between pieces of work, and may wait; false to leave the rest.</param>
    /// <returns>Whether all was done.</returns>
    bool BringUpToDate(VolumeRecipe recipe, ProjectionRows rows, Func<bool> mayGoOn);

    /// <summary>Copies the pattern of a pixel out.</summary>
    /// <param name="row">Row of the slice, inside it.</param>
    /// <param name="column">Column of the slice, inside it.</param>
    /// <param name="pattern">Receives all bins; NaN outside the circle that all projections see, and before the first of them.</param>
    void CopyPattern(int row, int column, Span<float> pattern);
}
