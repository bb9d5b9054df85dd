using System.Diagnostics;
using System.Globalization;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Server.Benchmarks;

namespace XrdCt.Live.Benchmarks.Steering;

/// <summary>
/// <c>XrdCt.Live.Benchmarks steering</c>: how good placements are, how early, and when the scan may stop, on all phantoms, with interlaced and
/// sequential order; prints Markdown. <c>steering cost</c> times an update.
/// </summary>
internal static class SteeringBenchmark
{
    public static int Run(string[] args)
    {
        if (args is ["cost"])
        {
            return Cost();
        }

        long[]? seeds = args switch
        {
            [] => [.. SteeringCase.Seeds],
            [var first, var count] when long.TryParse(first, out long from) && int.TryParse(count, out int many) => [.. Enumerable.Range(0, many).Select(i => from + i)],
            _ => null,
        };
        if (seeds is null)
        {
            Console.Error.WriteLine("usage: XrdCt.Live.Benchmarks steering [FIRST_SEED COUNT | cost]");
            return 2;
        }

        Write($"| seed | phantom | angles | counts/mm | full/best | 30 %/full | moved µm | σ at 30 % | may stop at | then/full | worst stop/best | sequential 30 %/full | may stop at | worst stop/best |");
        Write($"| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        List<(SteeringResult Interlaced, SteeringResult Sequential)> all = [];
        foreach (long seed in seeds)
        {
            SteeringCase phantom = new(seed);
            SteeringResult a = phantom.Run(new ScanPath(ScanOrder.Interlaced, IsZigzag: false));
            SteeringResult b = phantom.Run(default);
            all.Add((a, b));
            Write($"| {seed} | {phantom.Disc.Description} | {phantom.Rotations} | {phantom.CountsPerMm:F0} | {a.FullOfBest:F3} | {a.EarlyOfFull:F3} | {a.EarlyAway_um:F0} | {a.EarlySigma:F4} | {a.StopFraction:P0} | {a.StopOfFull:F3} | {a.WorstStopOfBest:F3} | {b.EarlyOfFull:F3} | {b.StopFraction:P0} | {b.WorstStopOfBest:F3} |");
        }

        Write($"");
        Write($"full/best ≥ 0.95: {all.Count(r => r.Interlaced.FullOfBest >= 0.95)} of {all.Count}; after 30 % ≥ 0.95 of the full scan's: {all.Count(r => r.Interlaced.EarlyOfFull >= 0.95)} interlaced, {all.Count(r => r.Sequential.EarlyOfFull >= 0.95)} sequential;");
        Write($"may stop before 50 %: {all.Count(r => r.Interlaced.StopFraction < 0.5)}; below 0.9 while it may: {all.Count(r => r.Interlaced.WorstStopOfBest < 0.9)} interlaced, {all.Count(r => r.Sequential.WorstStopOfBest < 0.9)} sequential;");
        Write($"rms of (error at 30 % − error at the end)/σ: {Math.Sqrt(all.Average(r => r.Interlaced.EarlyDeviation * r.Interlaced.EarlyDeviation)):F2}; score less truth at the end: {all.Average(r => r.Interlaced.FullError):F3} ± {Math.Sqrt(all.Average(r => r.Interlaced.FullError * r.Interlaced.FullError)):F3}.");
        Write($"");
        Write($"| share of the scan | interlaced: mean | worst | sequential: mean | worst |");
        Write($"| --- | --- | --- | --- | --- |");
        foreach (double fraction in (double[])[0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1])
        {
            double[] a = [.. all.Select(r => At(r.Interlaced, fraction))];
            double[] b = [.. all.Select(r => At(r.Sequential, fraction))];
            Write($"| {fraction:P0} | {a.Average():F3} | {a.Min():F3} | {b.Average():F3} | {b.Min():F3} |");
        }

        return 0;
    }

    private static double At(SteeringResult result, double fraction) => result.Looks.First(l => l.Fraction >= fraction - 1e-9).OfFull;

    private static int Cost()
    {
        SteeringCase phantom = new(1);
        SteeringScan scan = new(phantom.Disc, 1, 125, default, 2000);
        for (int line = 0; line < scan.LineCount; line++)
        {
            scan.Put(line);
        }

        Time("111²", scan.View(), SteeringScan.Rules(phantom.Disc));
        Time("251²", WideView.Of(scan.View(), 251), SteeringScan.Rules(phantom.Disc));
        return 0;
    }

    private static void Time(string name, Compute.Guidance.PlacementView view, Model.Guidance.PlacementRules rules)
    {
        Compute.Guidance.PlacementSearch search = new(rules);
        List<double> times_ms = [];
        List<double> cpu_ms = [];
        for (long until = Stopwatch.GetTimestamp() + (5 * Stopwatch.Frequency); Stopwatch.GetTimestamp() < until;)
        {
            long start = Stopwatch.GetTimestamp();
            double cpu = ThreadClock.Now_ms;
            search.Rank(view);
            cpu_ms.Add(ThreadClock.Now_ms - cpu);
            times_ms.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        times_ms.Sort();
        cpu_ms.Sort();
        Write($"{name}: median {times_ms[times_ms.Count / 2]:F1} ms, best {times_ms[0]:F1} ms, CPU median {cpu_ms[cpu_ms.Count / 2]:F1} ms, of {times_ms.Count}; one thread, two phases: {rules.Phases.Count == 2}, half-sets and spottiness");
    }

    private static void Write(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
