using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Model.Geometry;

/// <summary>
/// Pixels that a detector of modules does not have: the gaps between its modules, and of CdTe models the columns in the middle of each
/// module where its two crystals meet.
/// </summary>
/// <param name="Module">Size of a module, pixels.</param>
/// <param name="GapRows">Rows between two modules.</param>
/// <param name="GapColumns">Columns between two modules.</param>
/// <param name="JointColumns">Columns in the middle of a module that lie on the joint of two crystals; 0 for one crystal.</param>
/// <remarks>As pyFAI's detector definitions, <c>detectors/_dectris.py</c>; 211,405 pixels of a Pilatus CdTe 2M.</remarks>
public sealed record ModuleGaps(ImageShape Module, int GapRows, int GapColumns, int JointColumns = 0)
{
    /// <summary>The gaps of a detector; a mask that masks nothing where <see cref="DetectorCatalogue"/> does not know it, or its image is not made of whole modules.</summary>
    /// <param name="geometry">Geometry; its detector's name decides.</param>
    public static PixelMask Of(DetectorGeometry geometry)
    {
        ArgumentNullException.ThrowIfNull(geometry);
        return DetectorCatalogue.Find(geometry.Detector)?.Gaps is { } gaps && gaps.Fits(geometry.Shape)
            ? gaps.Mask(geometry.Shape)
            : PixelMask.None(geometry.Shape);
    }

    /// <summary>Whether an image of this size is made of whole modules.</summary>
    public bool Fits(ImageShape shape) =>
        (shape.Rows + GapRows) % (Module.Rows + GapRows) == 0 && (shape.Columns + GapColumns) % (Module.Columns + GapColumns) == 0;

    /// <summary>The gaps of an image that begins with a whole module.</summary>
    public PixelMask Mask(ImageShape shape)
    {
        int joint = (Module.Columns - JointColumns) / 2;
        bool[] masked = new bool[shape.PixelCount];
        for (int row = 0; row < shape.Rows; row++)
        {
            bool rowGap = row % (Module.Rows + GapRows) >= Module.Rows;
            for (int column = 0; column < shape.Columns; column++)
            {
                int inModule = column % (Module.Columns + GapColumns);
                bool onJoint = inModule >= joint && inModule < joint + JointColumns;
                masked[(row * shape.Columns) + column] = rowGap || inModule >= Module.Columns || onJoint;
            }
        }

        return new PixelMask(shape, masked);
    }
}
