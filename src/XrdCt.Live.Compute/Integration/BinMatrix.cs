using System.Collections.Concurrent;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Compute.Integration;

/// <summary>Which pixels fall into which cell, and with what share: a sparse matrix, compressed by rows (cells).</summary>
/// <param name="Start">First entry of each cell, and the end of the last; length cells + 1.</param>
/// <param name="Pixel">Pixel of each entry; ascending inside a cell, each at most once.</param>
/// <param name="Share">Share of the pixel that falls into the cell, 0…1, per entry; empty where every pixel falls whole into one cell.</param>
internal sealed record BinMatrix(int[] Start, int[] Pixel, float[] Share)
{
    // 20 bytes an entry while the matrix is built: 1.2 GB. A 2.5-Mpixel detector on 2,048 bins has 7.5 million.
    private const int MostEntries = 60_000_000;

    /// <summary>Rows that a worker takes at once.</summary>
    private const int RowsAtOnce = 32;

    /// <summary>Shares the unmasked pixels between the cells of the axes; parallel over the rows of the detector.</summary>
    /// <exception cref="ArgumentException">There are more entries than memory should hold.</exception>
    public static BinMatrix Build(PixelGeometry pixels, PixelMask mask, PixelSplitting splitting, PixelPlacement placement)
    {
        (int rows, int columns) = (mask.Shape.Rows, mask.Shape.Columns);
        var blocks = new CellEntries[((rows - 1) / RowsAtOnce) + 1];
        long entries = 0;
        Parallel.ForEach(
            Partitioner.Create(0, blocks.Length, 1),
            () => new PixelOutlines(pixels, placement.Radial.Unit, splitting),
            (range, loop, outlines) =>
            {
                var block = new CellEntries();
                Span<PolarPoint> outline = stackalloc PolarPoint[PolarPolygon.MostCorners];
                for (int row = range.Item1 * RowsAtOnce; row < Math.Min(rows, range.Item2 * RowsAtOnce); row++)
                {
                    int before = block.Count;
                    outlines.MoveTo(row);
                    for (int column = 0; column < columns; column++)
                    {
                        int pixel = (row * columns) + column;
                        int corners = mask.Masked[pixel] ? 0 : outlines.Write(column, outline);
                        if (corners > 0)
                        {
                            block.BeginPixel();
                            placement.Place(outline[..corners], pixel, block);
                        }
                    }

                    if (Interlocked.Add(ref entries, block.Count - before) > MostEntries)
                    {
                        loop.Stop();
                        return outlines;
                    }
                }

                blocks[range.Item1] = block;
                return outlines;
            },
            _ => { });
        return entries > MostEntries
            ? throw new ArgumentException(
                $"the pixels spread over more than {MostEntries:N0} bins together: take fewer bins or sectors, or no pixel splitting")
            : Sort(blocks, placement.CellCount, splitting != PixelSplitting.None);
    }

    private static BinMatrix Sort(CellEntries[] blocks, int cellCount, bool shared)
    {
        int[] start = new int[cellCount + 1];
        foreach (CellEntries block in blocks)
        {
            foreach (int cell in block.Cells)
            {
                start[cell + 1]++;
            }
        }

        for (int cell = 0; cell < cellCount; cell++)
        {
            start[cell + 1] += start[cell];
        }

        int[] next = start[..^1];
        int[] pixel = new int[start[^1]];
        float[] share = new float[shared ? pixel.Length : 0];
        foreach (CellEntries block in blocks)
        {
            for (int i = 0; i < block.Count; i++)
            {
                int entry = next[block.Cells[i]]++;
                pixel[entry] = block.Pixels[i];
                if (shared)
                {
                    share[entry] = block.Shares[i];
                }
            }
        }

        return new BinMatrix(start, pixel, share);
    }
}
