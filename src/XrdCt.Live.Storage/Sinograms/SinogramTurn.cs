namespace XrdCt.Live.Storage.Sinograms;

/// <summary>Cells in the order of the files, [translation, rotation], and in ours.</summary>
internal static class SinogramTurn
{
    /// <summary>[row, column] to [column, row].</summary>
    /// <param name="cells">Values, row-major.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    public static float[] Turned(ReadOnlySpan<float> cells, int rows, int columns)
    {
        float[] turned = new float[cells.Length];
        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < columns; c++)
            {
                turned[(c * rows) + r] = cells[(r * columns) + c];
            }
        }

        return turned;
    }
}
