using Spectre.Console;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Storage.Sinograms;

namespace XrdCt.Live.Server.Conversion;

/// <summary>Goes through a sinogram once, as many bins at a time as fit into little memory.</summary>
internal static class SinogramPass
{
    // Half of the largest usual scan (251 × 250 × 2048): few passes over chunks that are long in the bins.
    private const long Block_bytes = 1L << 28;

    // A chunk of bins of 2896 × 2896 cells. A file of a few kilobytes may claim 8192 × 8192; a claim must not cost memory.
    private const long Most_bytes = 1L << 31;

    /// <summary>Reads all bins.</summary>
    /// <param name="file">The sinogram.</param>
    /// <param name="task">What the bar is called; null for none.</param>
    /// <param name="take">Receives first bin, number of bins and values, [rotation, translation, bin].</param>
    /// <param name="stop">Asks for the end.</param>
    /// <param name="range">Which bins; all where absent.</param>
    /// <param name="atOnce">How many bins at most at a time, a multiple of <see cref="SinogramWriter.BinsPerChunk"/>; as many as fit where absent.</param>
    /// <param name="readsAhead">Whether the next bins are read while the last are taken, at the price of their memory once more.</param>
    /// <exception cref="UserException">It was stopped, or is too large.</exception>
    public static void Run(
        ISinogramFile file,
        string? task,
        Action<int, int, ReadOnlyMemory<float>> take,
        CancellationToken stop,
        Range? range = null,
        int? atOnce = null,
        bool readsAhead = false)
    {
        (int first, int bins) = (range ?? Range.All).GetOffsetAndLength(file.Header.BinCount);
        if (task is null || Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Interactive)
        {
            Run(file, (first, bins), atOnce, readsAhead, take, _ => { }, stop);
            return;
        }

        AnsiConsole.Progress().AutoClear(true).Start(context =>
        {
            ProgressTask bar = context.AddTask(task, maxValue: bins);
            Run(file, (first, bins), atOnce, readsAhead, take, done => bar.Increment(done), stop);
        });
    }

    private static void Run(
        ISinogramFile file,
        (int First, int Count) range,
        int? atOnce,
        bool readsAhead,
        Action<int, int, ReadOnlyMemory<float>> take,
        Action<int> step,
        CancellationToken stop)
    {
        long fitting = Math.Max(1, Block_bytes / sizeof(float) / file.Header.CellCount / SinogramWriter.BinsPerChunk) * SinogramWriter.BinsPerChunk;
        int most = (int)Math.Min(Math.Min(fitting, atOnce ?? long.MaxValue), range.Count);
        if ((long)most * file.Header.CellCount * sizeof(float) > Most_bytes)
        {
            throw new UserException(
                $"{file.Header.Origin} has {file.Header.RotationCount} rotations of {file.Header.TranslationCount} translations, and {most} bins of them "
                + $"take more than {Most_bytes >> 30} GiB of memory: cut it into smaller files");
        }

        float[][] buffers = new float[readsAhead && most < range.Count ? 2 : 1][];
        for (int i = 0; i < buffers.Length; i++)
        {
            buffers[i] = GC.AllocateUninitializedArray<float>(most * file.Header.CellCount);
        }

        Task? ahead = null;
        try
        {
            for (int done = 0; done < range.Count; done += most)
            {
                if (stop.IsCancellationRequested)
                {
                    throw new UserException("stopped before the end: there is no result");
                }

                Task reading = ahead ?? Read(done);
                reading.GetAwaiter().GetResult();
                ahead = buffers.Length > 1 && done + most < range.Count ? Read(done + most) : null;
                int count = CountFrom(done);
                take(range.First + done, count, BufferOf(done).AsMemory(0, count * file.Header.CellCount));
                step(count);
            }
        }
        finally
        {
            // The file is about to be closed, whatever went wrong.
            Task.WaitAny([ahead ?? Task.CompletedTask], CancellationToken.None);
        }

        int CountFrom(int done) => Math.Min(most, range.Count - done);
        float[] BufferOf(int done) => buffers[done / most % buffers.Length];
        Task Read(int done) => Task.Run(() => file.ReadBins(range.First + done, CountFrom(done), BufferOf(done)), CancellationToken.None);
    }
}
