using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;

namespace XrdCt.Live.Model.Ports;

/// <summary>Pixel-wise tables of a series header. They are megabytes, so they are unpacked only when somebody asks.</summary>
public interface ISeriesTables
{
    /// <summary>Size that the mask claims, to be looked at before it is unpacked; null where the header has none.</summary>
    ImageShape? MaskShape { get; }

    /// <summary>Size that the flat field claims; null where the header has none.</summary>
    ImageShape? FlatFieldShape { get; }

    /// <summary>Pixels that the detector declares unusable: every pixel whose mask value is not 0.</summary>
    /// <returns>The mask; null where the header has none or it cannot be read.</returns>
    PixelMask? ReadMask();

    /// <summary>Flat field: counts are to be divided by it.</summary>
    /// <returns>One factor per pixel, row-major; null where the header has none or it cannot be read.</returns>
    float[]? ReadFlatField();
}
