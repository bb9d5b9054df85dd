using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Egress.Dialects;

/// <summary>Pixel-wise tables of a DECTRIS header, row-major.</summary>
public sealed record HeaderTables
{
    /// <summary>Makes tables.</summary>
    /// <param name="shape">Image size.</param>
    /// <param name="flatField">One factor per pixel.</param>
    /// <param name="mask">One word per pixel; 0 = usable, bit 0 = gap, bit 1 = dead.</param>
    /// <param name="countrateTable">Corrected counts by measured counts, from 0.</param>
    /// <exception cref="ArgumentException">A table has another length than the shape asks for.</exception>
    public HeaderTables(ImageShape shape, ReadOnlyMemory<float> flatField, ReadOnlyMemory<uint> mask, ReadOnlyMemory<uint> countrateTable)
    {
        if (flatField.Length != shape.PixelCount || mask.Length != shape.PixelCount)
        {
            throw new ArgumentException(
                $"{flatField.Length} flat-field factors and {mask.Length} mask words do not cover {shape} pixels", nameof(shape));
        }

        Shape = shape;
        FlatField = flatField;
        Mask = mask;
        CountrateTable = countrateTable;
    }

    /// <summary>Image size.</summary>
    public ImageShape Shape { get; }

    /// <summary>Flat field, one factor per pixel.</summary>
    public ReadOnlyMemory<float> FlatField { get; }

    /// <summary>Pixel mask, one word per pixel; 0 = usable.</summary>
    public ReadOnlyMemory<uint> Mask { get; }

    /// <summary>Count-rate correction: corrected counts by measured counts, from 0.</summary>
    public ReadOnlyMemory<uint> CountrateTable { get; }
}
