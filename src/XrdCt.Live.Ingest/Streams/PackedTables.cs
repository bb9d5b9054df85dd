using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Ingest.Streams;

/// <summary>The tables of a series header as a dialect kept them.</summary>
internal sealed class PackedTables(PackedTable? mask, PackedTable? flatField) : ISeriesTables
{
    /// <inheritdoc/>
    public ImageShape? MaskShape => mask?.Shape;

    /// <inheritdoc/>
    public ImageShape? FlatFieldShape => flatField?.Shape;

    /// <inheritdoc/>
    public PixelMask? ReadMask() => mask?.ToMask();

    /// <inheritdoc/>
    public float[]? ReadFlatField() => flatField?.ToFloats();
}
