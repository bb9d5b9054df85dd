using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.Decoding;

/// <summary>Images whose pixels run down the columns (RFC 8746, tag 1040).</summary>
internal static class ColumnMajorImage
{
    // Two tiles of 32×32 counts take 8 KiB and 64 pages: both stay in the first level of cache and translation.
    private const int Tile = 32;

    /// <summary>Turns an image to row-major order.</summary>
    /// <param name="columnMajor">Pixel [row, column] at <c>column · Rows + row</c>.</param>
    /// <param name="shape">Size of the image.</param>
    /// <param name="pixels">Receives pixel [row, column] at <c>row · Columns + column</c>; no overlap.</param>
    internal static void Transpose(ReadOnlySpan<int> columnMajor, ImageShape shape, Span<int> pixels)
    {
        for (int firstRow = 0; firstRow < shape.Rows; firstRow += Tile)
        {
            int endRow = Math.Min(firstRow + Tile, shape.Rows);
            for (int firstColumn = 0; firstColumn < shape.Columns; firstColumn += Tile)
            {
                int width = Math.Min(Tile, shape.Columns - firstColumn);
                for (int row = firstRow; row < endRow; row++)
                {
                    Span<int> line = pixels.Slice((row * shape.Columns) + firstColumn, width);
                    int at = (firstColumn * shape.Rows) + row;
                    for (int i = 0; i < line.Length; i++)
                    {
                        line[i] = columnMajor[at];
                        at += shape.Rows;
                    }
                }
            }
        }
    }
}
