using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Tests.Ingest;

/// <summary>The tables that the foreign senders of DECTRIS' streams put into a header.</summary>
internal static class ForeignTables
{
    internal static void Check(ISeriesTables tables, ImageShape shape)
    {
        PixelMask mask = tables.ReadMask()!;
        float[] flatField = tables.ReadFlatField()!;
        Assert.Equal(shape, mask.Shape);
        Assert.Equal(shape.PixelCount, flatField.Length);
        for (int i = 0; i < flatField.Length; i++)
        {
            Assert.Equal(1 + (i % 7 / 8f), flatField[i]);
            Assert.Equal(i % 13 == 0, mask.Masked[i]);
        }
    }
}
