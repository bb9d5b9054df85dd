namespace XrdCt.Live.Model.Frames;

/// <summary>Size of a detector image, [row, column]: the slow (vertical) axis first, the fast axis last.</summary>
/// <param name="Rows">Number of rows (slow axis), pixels.</param>
/// <param name="Columns">Number of columns (fast axis), pixels.</param>
public readonly record struct ImageShape(int Rows, int Columns)
{
    /// <summary>Pilatus3 X CdTe 2M: 1679 rows × 1475 columns.</summary>
    public static ImageShape Pilatus2M { get; } = new(1679, 1475);

    /// <summary>Number of pixels, <c>Rows · Columns</c>.</summary>
    public int PixelCount => Rows * Columns;

    /// <summary>The shape as people say it: <c>1679×1475</c> (rows × columns).</summary>
    public override string ToString() => $"{Rows}×{Columns}";
}
