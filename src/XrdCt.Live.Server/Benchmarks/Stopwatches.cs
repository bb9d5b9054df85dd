using System.Diagnostics;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Server.Benchmarks;

/// <summary>Times integrators on batches of frames, and other work, after warming it up.</summary>
internal static class Stopwatches
{
    private const int FewestBatches = 3;

    /// <summary>One integrator on one thread.</summary>
    /// <param name="integrator">The integrator.</param>
    /// <param name="frames">Frames, at most as many as it takes at once.</param>
    /// <param name="seconds">How long it is timed; half as long before, so that the compiler is done.</param>
    public static Timing One(IFrameIntegrator integrator, RawFrame[] frames, double seconds)
    {
        DiffractionPattern[] patterns = Patterns(integrator.Plan, frames.Length);
        Timing timing = Of(() => integrator.Integrate(frames, patterns), frames.Length, seconds);
        MustBeAccepted(patterns);
        return timing;
    }

    /// <summary>A batch of work on this thread, again and again.</summary>
    /// <param name="work">The work.</param>
    /// <param name="count">Pieces of a batch.</param>
    /// <param name="seconds">How long it is timed; half as long before, so that the compiler is done.</param>
    public static Timing Of(Action work, int count, double seconds)
    {
        Repeat(seconds / 2, work);
        var wall_ms = new List<double>();
        var cpu_ms = new List<double>();
        Repeat(seconds, () =>
        {
            double cpu = ThreadClock.Now_ms;
            long start = Stopwatch.GetTimestamp();
            work();
            wall_ms.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds / count);
            cpu_ms.Add((ThreadClock.Now_ms - cpu) / count);
        });
        wall_ms.Sort();
        cpu_ms.Sort();
        double median_ms = wall_ms[wall_ms.Count / 2];
        return new Timing(median_ms, wall_ms[0], cpu_ms[cpu_ms.Count / 2], 1000 / median_ms);
    }

    /// <summary>An integrator on each of several threads, all at work during the whole time.</summary>
    /// <returns>Frames per second of all together.</returns>
    public static double All(Func<IFrameIntegrator> create, RawFrame[] frames, double seconds, int threads)
    {
        using var barrier = new Barrier(threads);
        long[] done = new long[threads];
        double[] took_s = new double[threads];
        Thread[] workers = [.. Enumerable.Range(0, threads).Select(t => new Thread(() =>
        {
            using IFrameIntegrator integrator = create();
            DiffractionPattern[] patterns = Patterns(integrator.Plan, frames.Length);
            Repeat(seconds / 2, () => integrator.Integrate(frames, patterns));
            barrier.SignalAndWait();
            long start = Stopwatch.GetTimestamp();
            Repeat(seconds, () =>
            {
                integrator.Integrate(frames, patterns);
                done[t] += frames.Length;
            });
            took_s[t] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }))];
        Array.ForEach(workers, w => w.Start());
        Array.ForEach(workers, w => w.Join());
        return Enumerable.Range(0, threads).Sum(t => done[t] / took_s[t]);
    }

    /// <summary>Rate at which memory is copied, bytes read and written together, GB/s.</summary>
    /// <param name="length">Bytes that each thread copies at a time: far more than the caches hold.</param>
    /// <param name="seconds">How long it is timed.</param>
    /// <param name="threads">Threads, each with memory of its own.</param>
    public static double Copy_GBps(int length, double seconds, int threads)
    {
        using var barrier = new Barrier(threads);
        double[] rates = new double[threads];
        Thread[] workers = [.. Enumerable.Range(0, threads).Select(t => new Thread(() =>
        {
            byte[] from = new byte[length];
            byte[] to = new byte[length];
            from.CopyTo(to, 0);
            barrier.SignalAndWait();
            long start = Stopwatch.GetTimestamp();
            int copies = Repeat(seconds, () => from.CopyTo(to, 0));
            rates[t] = 2e-9 * length * copies / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }))];
        Array.ForEach(workers, w => w.Start());
        Array.ForEach(workers, w => w.Join());
        return rates.Sum();
    }

    private static int Repeat(double seconds, Action action)
    {
        long start = Stopwatch.GetTimestamp();
        int times = 0;
        for (; times < FewestBatches || Stopwatch.GetElapsedTime(start).TotalSeconds < seconds; times++)
        {
            action();
        }

        return times;
    }

    private static DiffractionPattern[] Patterns(IntegrationPlan plan, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => new DiffractionPattern(plan.PatternSize))];

    // A backend that refuses its frames would be the fastest of all.
    private static void MustBeAccepted(DiffractionPattern[] patterns)
    {
        foreach (DiffractionPattern pattern in patterns)
        {
            if (pattern.Outcome != FrameOutcome.Accepted)
            {
                throw new InvalidOperationException($"a frame of the benchmark was not integrated: {pattern.Outcome}");
            }
        }
    }
}
