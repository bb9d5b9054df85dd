using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace XrdCt.Live.Server.Integration;

/// <summary>Follows a run: passes its frames on to the output, keeps what failed, and shows on a terminal how far it is.</summary>
/// <param name="frames">The frames.</param>
/// <param name="run">The run.</param>
/// <param name="output">Where the patterns go.</param>
/// <param name="backend">Says what integrated, at the end: a device may have failed.</param>
internal sealed class IntegrationProgress(FrameSequence frames, FrameRun run, IPatternOutput output, Func<string> backend)
{
    private readonly List<FrameFailure> _failures = [];
    private int _reached;

    /// <summary>Runs to the end, or until stopped.</summary>
    /// <param name="isShown">Whether a bar is shown.</param>
    /// <param name="stop">Asks for the end.</param>
    /// <exception cref="IOException">The output cannot be written.</exception>
    public async Task<IntegrationSummary> RunAsync(bool isShown, CancellationToken stop)
    {
        long start = Stopwatch.GetTimestamp();
        if (isShown && frames.Count > 1)
        {
            ProgressColumn[] columns = [new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()];
            await AnsiConsole.Progress().AutoClear(true).Columns(columns).StartAsync(context =>
            {
                ProgressTask bar = context.AddTask("integrating", maxValue: frames.Count);
                return run.RunAsync(
                    slot =>
                    {
                        Take(slot);
                        bar.Description = string.Create(
                            CultureInfo.InvariantCulture, $"{_reached} of {frames.Count}, {_reached / Stopwatch.GetElapsedTime(start).TotalSeconds:F0} frames/s");
                        bar.Increment(1);
                    },
                    stop);
            });
        }
        else
        {
            await run.RunAsync(Take, stop);
        }

        IReadOnlyList<string> written = output.Finish();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new IntegrationSummary(
            written,
            frames.Count,
            _reached - _failures.Count,
            _failures,
            _reached < frames.Count,
            seconds,
            _reached / seconds,
            backend(),
            run.Workers,
            run.BatchSize);
    }

    private void Take(FrameSlot slot)
    {
        output.Write(slot);
        _reached++;
        if (slot.Failure is not null)
        {
            _failures.Add(new FrameFailure(frames.FileOf(slot.Index).ToString(), frames.RowOf(slot.Index), slot.Failure));
        }
    }
}
