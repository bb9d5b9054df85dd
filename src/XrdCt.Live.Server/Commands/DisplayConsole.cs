using Spectre.Console;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Pipeline;

namespace XrdCt.Live.Server.Commands;

/// <summary>Tells the terminal how a scan goes: a progress bar where somebody looks, a line every tenth otherwise.</summary>
internal static class DisplayConsole
{
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(250);

    public static async Task<LiveOutcome> FollowAsync(LiveScan scan, Task<LiveOutcome> running, bool quiet)
    {
        if (quiet)
        {
            return await running.ConfigureAwait(false);
        }

        if (Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Interactive)
        {
            return await FollowInLinesAsync(scan, running).ConfigureAwait(false);
        }

        string place = Place(scan);
        await AnsiConsole.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                ProgressTask bar = context.AddTask("waiting for the detector", maxValue: 1);
                while (await StillRunningAsync(running).ConfigureAwait(false))
                {
                    LiveState state = scan.State;
                    bar.MaxValue = Math.Max(1, state.CellCount);
                    bar.Value = state.Counters.Placed;
                    bar.Description = Markup.Escape(place + Describe(state));
                }
            }).ConfigureAwait(false);
        return await running.ConfigureAwait(false);
    }

    private static async Task<LiveOutcome> FollowInLinesAsync(LiveScan scan, Task<LiveOutcome> running)
    {
        int tenth = 0;
        while (await StillRunningAsync(running).ConfigureAwait(false))
        {
            LiveState state = scan.State;
            int now = state.CellCount > 0 ? (int)(10 * state.Counters.Placed / state.CellCount) : 0;
            if (now > tenth)
            {
                tenth = now;
                await Console.Out.WriteLineAsync($"{10 * now,3} %  {Place(scan)}{Describe(state)}").ConfigureAwait(false);
            }
        }

        return await running.ConfigureAwait(false);
    }

    private static async Task<bool> StillRunningAsync(Task running) =>
        await Task.WhenAny(running, Task.Delay(Refresh)).ConfigureAwait(false) != running;

    private static string Place(LiveScan scan) => scan.Description.Slice is { } slice ? $"{slice}: " : "";

    private static string Describe(LiveState state) => state.Phase switch
    {
        ScanPhase.Waiting => "waiting for the detector",
        ScanPhase.Saving => "saving",
        _ => $"{state.Counters.Placed} of {state.CellCount} frames, {state.Rate_Hz:F0} Hz"
            + (double.IsNaN(state.Latency_ms) ? "" : $", {state.Latency_ms:F0} ms behind")
            + (state.Counters.Missing > 0 ? $", {state.Counters.Missing} missing" : ""),
    };
}
