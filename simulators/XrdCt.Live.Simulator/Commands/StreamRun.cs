using System.Runtime.InteropServices;
using Spectre.Console;
using XrdCt.Live.Egress.ZeroMq;
using XrdCt.Live.Simulator.Streaming;

namespace XrdCt.Live.Simulator.Commands;

/// <summary>A stream as a command runs it: Ctrl-C ends the series in order, a bar shows the progress on a terminal.</summary>
internal sealed class StreamRun : IDisposable
{
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    private readonly string _endpoint;
    private readonly PushSink _sink;
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;

    public StreamRun(string endpoint, PushSink sink)
    {
        _endpoint = endpoint;
        _sink = sink;
        _interrupt = StopOn(PosixSignal.SIGINT);
        _terminate = StopOn(PosixSignal.SIGTERM);
    }

    /// <summary>Cancelled by Ctrl-C.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>Streams a series.</summary>
    /// <exception cref="InvalidOperationException">Nobody took the messages; the message names the endpoint and the remedy.</exception>
    public SeriesSummary Send(SeriesStreamer streamer)
    {
        try
        {
            return Console.IsErrorRedirected ? streamer.Run(null, Stop) : SendWithBar(streamer);
        }
        catch (TimeoutException e)
        {
            throw new InvalidOperationException(
                $"{_endpoint}: {e.Message}; start the processor, or check --to and --timeout", e);
        }
    }

    /// <summary>Waits until the receiver's machine has everything.</summary>
    /// <returns>False where it did not take it in time.</returns>
    public bool Drain(TimeSpan patience) => _sink.Drain(Stop.IsCancellationRequested ? Farewell : patience) || Stop.IsCancellationRequested;

    /// <summary>The sentence for what was not delivered.</summary>
    public InvalidOperationException Undelivered(TimeSpan patience) => new(
        $"the receiver at {_endpoint} took nothing for {patience.TotalSeconds:F0} s: the last messages were not delivered");

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _stop.Dispose();
    }

    private PosixSignalRegistration StopOn(PosixSignal signal) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            _stop.Cancel();
        });

    private SeriesSummary SendWithBar(SeriesStreamer streamer)
    {
        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress()
            .Columns(
                new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context =>
            {
                ProgressTask task = context.AddTask("sending", maxValue: streamer.Faults.Deliveries.Count);
                return streamer.Run(new BarProgress(task), Stop);
            });
    }

    private sealed class BarProgress(ProgressTask task) : IProgress<int>
    {
        public void Report(int value) => task.Value = value;
    }
}
