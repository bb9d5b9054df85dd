using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;

namespace XrdCt.Live.Phantoms.Detector;

/// <summary>
/// Layout of the Pilatus3 X CdTe 2M: 8 × 3 modules of 195 × 487 pixels with gaps of 17 rows and 7 columns, each module
/// two CdTe crystals with three pixels without sensor between them.
/// </summary>
public static class PilatusCdTe2M
{
    /// <summary>Pixel size, m.</summary>
    public const double PixelSize_m = 172e-6;

    private const int ModuleRows = 195;
    private const int ModuleColumns = 487;
    private const int RowPitch = ModuleRows + 17;
    private const int ColumnPitch = ModuleColumns + 7;
    private const int SeamColumn = 242;
    private const int SeamWidth = 3;

    /// <summary>Image size.</summary>
    public static ImageShape Shape => ImageShape.Pilatus2M;

    /// <summary>
    /// Geometry of the simulated experiment: 0.5 m from the sample, beam near the centre, slightly tilted, 50 keV; NMC
    /// rings up to 6 Å⁻¹ are complete, the corners reach 9 Å⁻¹.
    /// </summary>
    public static DetectorGeometry DefaultGeometry => new()
    {
        Detector = "PilatusCdTe2M",
        Shape = Shape,
        PixelSize1_m = PixelSize_m,
        PixelSize2_m = PixelSize_m,
        Distance_m = 0.5,
        Poni1_m = 0.1462,
        Poni2_m = 0.1275,
        Rot1_rad = 0.003,
        Rot2_rad = -0.002,
        Rot3_rad = 0.01,
        Wavelength_m = XRay.Wavelength_A(XRay.Energy_keV) * 1e-10,
    };

    /// <summary>True where no sensor is: between modules and between the two crystals of a module.</summary>
    public static bool IsGap(int row, int column)
    {
        int inModule = column % ColumnPitch;
        return row % RowPitch >= ModuleRows
            || inModule >= ModuleColumns
            || (inModule >= SeamColumn && inModule < SeamColumn + SeamWidth);
    }
}
