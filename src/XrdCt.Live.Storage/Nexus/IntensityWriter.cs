using PureHDF;
using PureHDF.Selections;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Storage.Nexus;

/// <summary>
/// Copies cells of bins into a chunked dataset [translation, rotation, bin], chunk by chunk
/// through one buffer of the size of a chunk. Bins are fastest in both, so only rows of bins are moved about.
/// </summary>
internal static class IntensityWriter
{
    private const int Rank = 3;

    /// <summary>Writes every value once.</summary>
    /// <param name="writer">The open file.</param>
    /// <param name="dataset">Dataset of that file, [translation, rotation, bin].</param>
    /// <param name="chunkShape">Its chunk shape: translations, rotations, bins.</param>
    /// <param name="plan">The scan plan.</param>
    /// <param name="binCount">Bins of a cell.</param>
    /// <param name="read">Reads the values.</param>
    public static void Write(
        H5NativeWriter writer, H5Dataset<Memory<float>> dataset, ReadOnlySpan<int> chunkShape, ScanPlan plan, int binCount, CellReader read)
    {
        int translations = plan.TranslationCount;
        int rotations = plan.RotationCount;
        float[] buffer = new float[chunkShape[0] * chunkShape[1] * chunkShape[2]];
        for (int t = 0; t < translations; t += chunkShape[0])
        {
            int tCount = Math.Min(chunkShape[0], translations - t);
            for (int r = 0; r < rotations; r += chunkShape[1])
            {
                int rCount = Math.Min(chunkShape[1], rotations - r);
                for (int b = 0; b < binCount; b += chunkShape[2])
                {
                    int bCount = Math.Min(chunkShape[2], binCount - b);
                    Gather(read, (t, tCount), (r, rCount), (b, bCount), buffer);
                    HyperslabSelection place = new(
                        Rank,
                        starts: [(ulong)t, (ulong)r, (ulong)b],
                        blocks: [(ulong)tCount, (ulong)rCount, (ulong)bCount]);
                    writer.Write(dataset, buffer.AsMemory(0, tCount * rCount * bCount), fileSelection: place);
                }
            }
        }
    }

    /// <summary>Writes a stack of frames as it is, [frame, bin].</summary>
    /// <param name="writer">The open file.</param>
    /// <param name="dataset">Dataset of that file.</param>
    /// <param name="framesPerChunk">Frames of a chunk, whose bins are all.</param>
    /// <param name="stack">The values.</param>
    public static void WriteFrames(H5NativeWriter writer, H5Dataset<Memory<float>> dataset, int framesPerChunk, SinogramStack stack)
    {
        for (int frame = 0; frame < stack.Plan.CellCount; frame += framesPerChunk)
        {
            int count = Math.Min(framesPerChunk, stack.Plan.CellCount - frame);
            HyperslabSelection place = new(2, starts: [(ulong)frame, 0], blocks: [(ulong)count, (ulong)stack.BinCount]);
            writer.Write(dataset, stack.Values.AsMemory(frame * stack.BinCount, count * stack.BinCount), fileSelection: place);
        }
    }

    private static void Gather(
        CellReader read,
        (int Start, int Count) translations,
        (int Start, int Count) rotations,
        (int Start, int Count) bins,
        Span<float> block)
    {
        for (int t = 0; t < translations.Count; t++)
        {
            for (int r = 0; r < rotations.Count; r++)
            {
                ScanCell cell = new(rotations.Start + r, translations.Start + t);
                read(cell, bins.Start, block[..bins.Count]);
                block = block[bins.Count..];
            }
        }
    }
}
