using System.Globalization;
using System.Text;
using XrdCt.Live.Compute.Gpu;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;

namespace XrdCt.Live.Server.Benchmarks;

/// <summary>Backends × filters on eight different frames, as a table in Markdown that says what was timed, on what and how.</summary>
/// <param name="geometry">Detector geometry.</param>
/// <param name="mask">Pixels that do not count.</param>
/// <param name="expected">Counts that the frames are drawn around.</param>
/// <param name="origin">Where the counts are from, a sentence for people.</param>
/// <param name="seconds">How long each row is timed.</param>
internal sealed class IntegrationBenchmark(DetectorGeometry geometry, PixelMask mask, IReadOnlyList<double> expected, string origin, double seconds)
{
    private const int FrameCount = 8;

    // Copied by each thread at a time; the caches of today's largest processors hold a little more per socket, a core's share far less.
    private const int CopyLength = 1 << 27;

    /// <summary>Times everything.</summary>
    /// <param name="backends">Some of <see cref="BenchmarkBackend.Names"/>.</param>
    /// <param name="command">The command that asked for it, which stands in the text.</param>
    /// <param name="step">Is told the name of each row before it is timed.</param>
    /// <param name="stop">Asks for the end; the rows that are done are kept.</param>
    /// <returns>The text.</returns>
    public string Run(IReadOnlyList<string> backends, string command, Action<string> step, CancellationToken stop)
    {
        int[][] pixels = PoissonFrames.Around(expected, FrameCount);
        RawFrame[] plain = [.. pixels.Select(p => PoissonFrames.Plain(p, geometry.Shape))];
        RawFrame[] packed = [.. pixels.Select(p => PoissonFrames.Packed(p, geometry.Shape))];
        int threads = Environment.ProcessorCount;
        double plain_GB = 4e-9 * geometry.Shape.PixelCount;
        step("copying memory");
        double copyOne_GBps = Stopwatches.Copy_GBps(CopyLength, seconds, 1);
        double copyAll_GBps = Stopwatches.Copy_GBps(CopyLength, seconds, threads);
        var text = new StringBuilder();
        Describe(text, packed, command, threads, copyOne_GBps, copyAll_GBps);
        List<BenchmarkBackend> open = [];
        try
        {
            foreach (string backend in backends)
            {
                Open(text, backend, open);
            }

            text.Append("\n| backend | filter | pixels | threads | ms/frame, median | best | CPU ms/frame | frames/s | GB/s | of copying |\n");
            text.Append("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
            foreach (BenchmarkCase row in BenchmarkCase.All)
            {
                IntegrationPlan plan = new IntegrationPlan(geometry, mask, row.Options);
                RawFrame[] frames = row.IsPacked ? packed : plain;
                foreach (BenchmarkBackend backend in open.TakeWhile(_ => !stop.IsCancellationRequested))
                {
                    step($"{backend.Name}: {row.Name}");
                    Time(text, $"{backend.Name} | {row.Name} | {(row.IsPacked ? "bslz4" : "plain")}", backend, plan, frames, plain_GB, (copyOne_GBps, copyAll_GBps));
                }
            }
        }
        finally
        {
            open.ForEach(b => b.Dispose());
        }

        return text.ToString();
    }

    private static void Open(StringBuilder text, string name, List<BenchmarkBackend> open)
    {
        try
        {
            BenchmarkBackend backend = BenchmarkBackend.Open(name);
            open.Add(backend);
            text.Append(CultureInfo.InvariantCulture, $"- {name}: {backend.Sentence}, {backend.Threads} threads at most\n");
        }
        catch (GpuException e)
        {
            text.Append(CultureInfo.InvariantCulture, $"- {name}: not timed, {e.Message}\n");
        }
    }

    private void Time(
        StringBuilder text, string name, BenchmarkBackend backend, IntegrationPlan plan, RawFrame[] frames, double plain_GB, (double One, double All) copy_GBps)
    {
        var rows = new StringBuilder();
        using IFrameIntegrator integrator = backend.Create(plan);
        RawFrame[] batch = [.. Enumerable.Range(0, integrator.BatchSize).Select(i => frames[i % frames.Length])];
        Timing one = Stopwatches.One(integrator, batch, seconds);
        rows.Append(
            CultureInfo.InvariantCulture,
            $"| {name} | 1 | {one.Median_ms:F2} | {one.Best_ms:F2} | {one.Cpu_ms:F2} | {one.Rate_Hz:F1} | {one.Rate_Hz * plain_GB:F2} | {one.Rate_Hz * plain_GB / copy_GBps.One:P0} |\n");
        if (backend.Threads > 1)
        {
            double rate_Hz = Stopwatches.All(() => backend.Create(plan), batch, seconds, backend.Threads);
            rows.Append(
                CultureInfo.InvariantCulture,
                $"| {name} | {backend.Threads} | – | – | – | {rate_Hz:F1} | {rate_Hz * plain_GB:F2} | {rate_Hz * plain_GB / copy_GBps.All:P0} |\n");
        }

        // From its failure on the CPU did the work, which is another row.
        text.Append(backend.Failure is null ? rows : rows.Clear().Append(CultureInfo.InvariantCulture, $"| {name} | {backend.Failure} | – | – | – | – | – | – |\n"));
    }

    private void Describe(StringBuilder text, RawFrame[] packed, string command, int threads, double copyOne_GBps, double copyAll_GBps)
    {
        IFormatProvider plainNumbers = CultureInfo.InvariantCulture;
        text.Append(plainNumbers, $"# Integration benchmark\n\n`{command}`\n\n");
        text.Append(Machine.Items);
        text.Append(
            plainNumbers,
            $"- Frames: {geometry.Shape} ({geometry.Detector}), {mask.MaskedCount} pixels masked; {FrameCount} different ones, drawn from Poisson's law around {origin}; "
            + $"{packed.Average(p => p.PayloadLength) / 1e6:F2} MB each as bitshuffle-LZ4\n");
        text.Append(
            plainNumbers,
            $"- Memory is copied at {copyOne_GBps:F1} GB/s by one thread and {copyAll_GBps:F1} GB/s by {threads} (bytes read and written, {CopyLength >> 20} MiB per thread at a time)\n");
        text.Append(
            plainNumbers,
            $"- Batches of {FrameCount} frames (1 for the reference, on a device as many as it takes at a time), {seconds:G} s each after half as long to warm up; 2,048 bins of 2θ, solid angle divided out; "
            + $"CPU is the time of the thread itself, on a machine that others use too; GB/s of plain 32-bit pixels; the last column is that over the copying above\n");
    }
}
