using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using NetMQ;
using Spectre.Console;
using XrdCt.Live.Egress.ZeroMq;
using XrdCt.Live.Phantoms.Experiment;
using XrdCt.Live.Simulator.Files;
using XrdCt.Live.Simulator.Streaming;

namespace XrdCt.Live.Simulator.Commands;

/// <summary><c>xrdct-sim scan</c>: streams a scan as a detector would.</summary>
internal sealed class ScanCommand
{
    private const string Scheme = "tcp://";

    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    private readonly PlanOptions _plan = new();
    private readonly FaultSwitches _faults = new();

    private readonly Option<string> _to = new("--to")
    {
        Description = "ZeroMQ endpoint, tcp://HOST:PORT",
        DefaultValueFactory = _ => "tcp://127.0.0.1:31001",
    };

    private readonly Option<bool> _bind = new("--bind")
    {
        Description = "Listen at the endpoint, as a DECTRIS detector does (default)",
    };

    private readonly Option<bool> _connect = new("--connect")
    {
        Description = "Connect to the endpoint instead",
    };

    private readonly Option<double> _rate_Hz = new("--rate")
    {
        Description = "Frames per second; 0 = as fast as they are made and taken",
    };

    private readonly Option<int> _threads = new("--threads")
    {
        Description = "Threads that make frames; the frames are the same for any number",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<double> _timeout_s = new("--timeout")
    {
        Description = "Give up when the receiver takes nothing for so long, s",
        DefaultValueFactory = _ => 60,
    };

    private readonly Option<long> _series = new("--series-id")
    {
        Description = "Number of the series",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<FileInfo?> _writePoni = new("--write-poni")
    {
        Description = "Write the geometry for the processor (PONI version 2) before the scan",
    };

    private readonly Option<FileInfo?> _writeMask = new("--write-mask")
    {
        Description = "Write the mask (gaps, bad pixels, beam stop; 1 = masked) before the scan, .npy or .edf",
    };

    private readonly Option<bool> _json = new("--json")
    {
        Description = "Summary as one JSON object on standard output",
    };

    public Command Build()
    {
        Command command = new(
            "scan", "Stream a simulated XRD-CT scan: full-size Pilatus frames, bitshuffle-LZ4, DECTRIS Stream V2");
        IEnumerable<Option> own =
            [_to, _bind, _connect, _rate_Hz, _threads, _timeout_s, _series, _writePoni, _writeMask, _json];
        foreach (Option option in own.Concat(_plan.All).Concat(_faults.All))
        {
            command.Options.Add(option);
        }

        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        StreamOptions options = Options(result);
        string endpoint = result.GetValue(_to)!;
        VirtualExperiment experiment = _plan.Experiment(result);
        WriteCompanions(result, experiment);
        using CancellationTokenSource stop = new();
        using PosixSignalRegistration interrupt = StopOn(PosixSignal.SIGINT, stop);
        using PosixSignalRegistration terminate = StopOn(PosixSignal.SIGTERM, stop);

        // Never closed by us: the end of the process closes the connection in order, closing the socket aborts it, and a receiver that is
        // behind then loses what its system had already taken.
        PushSink sink = Open(endpoint, !result.GetValue(_connect));
        ScanStreamer streamer = Streamer(experiment, options, sink);
        ScanSummary summary = RunShown(streamer, endpoint, stop.Token);
        bool delivered = sink.Drain(stop.IsCancellationRequested ? Farewell : options.Timeout);
        Report(summary, endpoint, result.GetValue(_json));
        if (!delivered && !stop.IsCancellationRequested)
        {
            throw new InvalidOperationException(
                $"the receiver at {endpoint} took nothing for {options.Timeout.TotalSeconds:F0} s: the last messages were not delivered");
        }

        return 0;
    }

    private static PosixSignalRegistration StopOn(PosixSignal signal, CancellationTokenSource stop) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });

    private static PushSink Open(string endpoint, bool bind)
    {
        // NetMQ's ipc:// is TCP under another name, which no other ZeroMQ understands.
        int colon = endpoint.LastIndexOf(':');
        bool isTcp = endpoint.StartsWith(Scheme, StringComparison.Ordinal) && colon > Scheme.Length;
        if (!isTcp || !ushort.TryParse(endpoint.AsSpan(colon + 1), out ushort port) || port == 0)
        {
            throw new UsageException($"--to {endpoint}: only tcp://HOST:PORT endpoints are supported");
        }

        try
        {
            return new PushSink(endpoint, bind);
        }
        catch (AddressAlreadyInUseException e)
        {
            throw new InvalidOperationException(
                $"cannot listen at {endpoint}: the port is in use; stop the other program or choose another --to", e);
        }
        catch (Exception e) when (e is NetMQException or ArgumentException or System.Net.Sockets.SocketException)
        {
            string verb = bind ? "listen at" : "connect to";
            throw new InvalidOperationException(
                $"cannot {verb} {endpoint}: {e.Message.TrimEnd('.')}; choose another --to", e);
        }
    }

    private static ScanStreamer Streamer(VirtualExperiment experiment, StreamOptions options, PushSink sink)
    {
        try
        {
            return new ScanStreamer(experiment, options, sink);
        }
        catch (ArgumentException e)
        {
            // .NET adds the name of the parameter, which means nothing on a command line.
            throw new UsageException(e.Message.Split(" (Parameter", 2)[0], e);
        }
    }

    private static ScanSummary RunShown(ScanStreamer streamer, string endpoint, CancellationToken stop)
    {
        try
        {
            return Console.IsErrorRedirected ? streamer.Run(null, stop) : RunWithBar(streamer, stop);
        }
        catch (TimeoutException e)
        {
            throw new InvalidOperationException(
                $"{endpoint}: {e.Message}; start the processor, or check --to and --timeout", e);
        }
    }

    private static ScanSummary RunWithBar(ScanStreamer streamer, CancellationToken stop)
    {
        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress()
            .Columns(
                new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context =>
            {
                ProgressTask task = context.AddTask("sending", maxValue: streamer.Faults.Deliveries.Count);
                return streamer.Run(new BarProgress(task), stop);
            });
    }

    private static void Report(ScanSummary summary, string endpoint, bool json)
    {
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(summary, SummaryJson.Default.ScanSummary));
            return;
        }

        Console.WriteLine($"{endpoint}: series {summary.SeriesId}, {summary.SentCount} images of "
            + $"{summary.FrameCount} cells in "
            + $"{summary.Duration_s:0.0} s ({summary.Rate_Hz:0.0} Hz, {summary.ByteCount / 1e6:0} MB, "
            + $"{summary.Make_ms:0.0} ms per frame and thread)");
        Describe("dropped", summary.Dropped);
        Describe("sent twice", summary.Repeated);
        Describe("truncated", summary.Truncated);
        Describe("of the wrong size", summary.WrongSize);
        if (summary.OutOfOrderCount > 0)
        {
            Console.WriteLine($"  out of order: {summary.OutOfOrderCount}");
        }

        if (summary.SecondHeaderAt is { } header)
        {
            Console.WriteLine($"  second start message before frame {header}");
        }

        if (summary.DiedAt is { } died)
        {
            Console.WriteLine($"  died before frame {died}, as asked: no end message");
        }

        if (summary.Stopped)
        {
            Console.WriteLine(
                $"  stopped early; end message {(summary.EndSent ? "sent" : "not taken by the receiver")}");
        }
    }

    private static void Describe(string what, IReadOnlyList<int> indices)
    {
        if (indices.Count > 0)
        {
            Console.WriteLine($"  {what}: {indices.Count} ({string.Join(", ", indices)})");
        }
    }

    private StreamOptions Options(ParseResult result)
    {
        if (result.GetValue(_bind) && result.GetValue(_connect))
        {
            throw new UsageException("--bind and --connect exclude each other: give one of them");
        }

        double rate_Hz = result.GetValue(_rate_Hz);
        double timeout_s = result.GetValue(_timeout_s);
        int threads = result.GetValue(_threads);
        if (rate_Hz is not (>= 0 and <= 1e6) || timeout_s is not (> 0 and <= 1e6) || threads is < 1 or > 256)
        {
            throw new UsageException("--rate must not be negative, --timeout must be positive, --threads 1 to 256");
        }

        return new StreamOptions
        {
            Rate_Hz = rate_Hz,
            ThreadCount = threads,
            Timeout = TimeSpan.FromSeconds(timeout_s),
            SeriesId = result.GetValue(_series),
            Faults = _faults.Options(result),
        };
    }

    private void WriteCompanions(ParseResult result, VirtualExperiment experiment)
    {
        if (result.GetValue(_writePoni) is { } poni)
        {
            PoniFile.Write(poni.FullName, experiment.Detector.Geometry);
        }

        if (result.GetValue(_writeMask) is { } mask)
        {
            Model.Geometry.PixelMask pixels = experiment.Detector.Mask;
            ImageFile.Write<byte>(
                mask.FullName, pixels.Shape.Rows, pixels.Shape.Columns, MemoryMarshal.AsBytes(pixels.Masked));
        }
    }

    private sealed class BarProgress(ProgressTask task) : IProgress<int>
    {
        public void Report(int value) => task.Value = value;
    }
}
