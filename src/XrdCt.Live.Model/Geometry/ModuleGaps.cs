using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Model.Geometry;

/// <summary>
/// Pixels that a Pilatus does not have: the gaps between its modules (195 × 487 pixels, 17 rows and 7 columns apart), and of the
/// CdTe models the three columns in the middle of each module where its two crystals meet.
/// </summary>
/// <remarks>As pyFAI's detector definitions; 211,405 pixels of a Pilatus CdTe 2M.</remarks>
public static class ModuleGaps
{
    private const int ModuleRows = 195;
    private const int ModuleColumns = 487;
    private const int GapRows = 17;
    private const int GapColumns = 7;
    private const int CrystalJoint = 243;

    /// <summary>The gaps of a detector; a mask that masks nothing if it is no Pilatus, or not made of whole modules of that size.</summary>
    /// <param name="geometry">Geometry; its detector's name decides.</param>
    public static PixelMask Of(DetectorGeometry geometry)
    {
        ArgumentNullException.ThrowIfNull(geometry);
        bool wholeModules = (geometry.Shape.Rows + GapRows) % (ModuleRows + GapRows) == 0
            && (geometry.Shape.Columns + GapColumns) % (ModuleColumns + GapColumns) == 0;
        if (!wholeModules || !geometry.Detector.Contains("Pilatus", StringComparison.OrdinalIgnoreCase))
        {
            return PixelMask.None(geometry.Shape);
        }

        bool joined = geometry.Detector.Contains("CdTe", StringComparison.OrdinalIgnoreCase);
        ImageShape shape = geometry.Shape;
        bool[] masked = new bool[shape.PixelCount];
        for (int row = 0; row < shape.Rows; row++)
        {
            bool rowGap = row % (ModuleRows + GapRows) >= ModuleRows;
            for (int column = 0; column < shape.Columns; column++)
            {
                int inModule = column % (ModuleColumns + GapColumns);
                bool joint = joined && Math.Abs(inModule - CrystalJoint) <= 1;
                masked[(row * shape.Columns) + column] = rowGap || inModule >= ModuleColumns || joint;
            }
        }

        return new PixelMask(shape, masked);
    }
}
