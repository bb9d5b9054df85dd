using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using XrdCt.Live.Ingest.Recording;
using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Ingest.ZeroMq;
using XrdCt.Live.Server.Configuration;

namespace XrdCt.Live.Server.Commands;

/// <summary><c>xrdct record</c>: a raw stream to disk, byte for byte.</summary>
internal sealed class RecordCommand
{
    private const double BytesPerGB = 1e9;
    private const double BytesPerMB = 1e6;

    // Of any option; no time of a beamline and no disk is as large.
    private const double Largest = 1e9;

    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(500);

    private readonly Option<string> _source = new("--source") { Description = "Where the messages come from, tcp://host:port", Required = true };
    private readonly Option<string> _dialect = new("--dialect")
    {
        Description = $"Dialect of the stream: {string.Join(", ", StreamDialects.Names)}. Only for counters and the end of a series",
        DefaultValueFactory = _ => "dectris-stream-2",
    };

    private readonly Option<string> _output = new("--output") { Description = "File for the recording", Required = true };
    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Replace a file that exists" };
    private readonly Option<bool> _bind = new("--bind") { Description = "Listen at --source instead of connecting to it" };
    private readonly Option<bool> _sub = new("--sub") { Description = "Subscribe (SUB) instead of pulling (PULL)" };
    private readonly Option<string> _library = new("--zeromq")
    {
        Description = $"ZeroMQ library: {string.Join(", ", SourceSetUp.Libraries.Keys)}",
        DefaultValueFactory = _ => "auto",
    };

    private readonly Option<int> _firstFrame = new("--first-frame") { Description = "Number of the first frame of a series as the stream counts" };
    private readonly Option<double> _memory = new("--memory-limit-mb")
    {
        Description = "Messages waiting for the disk take so much memory at most, MB; beyond, the sender is held back",
        DefaultValueFactory = _ => 512,
    };

    private readonly Option<double?> _limit = new("--limit-gb") { Description = "End before the file becomes longer, GB (10⁹ bytes)" };
    private readonly Option<double?> _stopAfter = new("--stop-after-s") { Description = "End after so many seconds" };
    private readonly Option<int?> _stopAfterSeries = new("--stop-after-series") { Description = "End after so many end messages of series" };
    private readonly Option<bool> _json = new("--json") { Description = "Summary as one JSON object on standard output, nothing else" };

    public Command Build()
    {
        var command = new Command("record", "Record a raw stream, byte for byte; Ctrl-C ends. xrdct replay sends it again");
        foreach (Option option in new Option[]
        {
            _source, _dialect, _output, _overwrite, _bind, _sub, _library, _firstFrame, _memory, _limit, _stopAfter, _stopAfterSeries,
            _json,
        })
        {
            command.Options.Add(option);
        }

        command.SetAction((parsed, stop) => Task.Factory.StartNew(
            () => Run(parsed, stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        return command;
    }

    private static double Positive(double value, string option) => value > 0 && value <= Largest
        ? value
        : throw UserException.WrongUse(
            string.Create(CultureInfo.InvariantCulture, $"{option} must be above 0 and at most {Largest}, not {value}"));

    private int Run(ParseResult parsed, CancellationToken stop)
    {
        string dialect = parsed.GetValue(_dialect)!;
        if (!StreamDialects.Names.Contains(dialect))
        {
            throw UserException.WrongUse($"--dialect '{dialect}' is not known; known are {string.Join(", ", StreamDialects.Names)}");
        }

        RecorderOptions options = Options(parsed);
        int done;
        using (IMessageReceiver receiver = Open(parsed))
        {
            done = Record(parsed, receiver, dialect, options, stop);
        }

        ZmqRuntime.Shutdown();
        return done;
    }

    private RecorderOptions Options(ParseResult parsed)
    {
        if (parsed.GetValue(_stopAfterSeries) is < 1)
        {
            throw UserException.WrongUse("--stop-after-series must be at least 1");
        }

        return new RecorderOptions
        {
            MemoryLimit_bytes = (long)(Positive(parsed.GetValue(_memory), "--memory-limit-mb") * BytesPerMB),
            FileLimit_bytes = parsed.GetValue(_limit) is { } gb ? (long)(Positive(gb, "--limit-gb") * BytesPerGB) : null,
            LongestTime = parsed.GetValue(_stopAfter) is { } s ? TimeSpan.FromSeconds(Positive(s, "--stop-after-s")) : null,
            SeriesLimit = parsed.GetValue(_stopAfterSeries),
        };
    }

    private IMessageReceiver Open(ParseResult parsed)
    {
        string library = parsed.GetValue(_library)!;
        try
        {
            return ZmqRuntime.Open(new ZmqOptions
            {
                Endpoint = parsed.GetValue(_source)!,
                Attachment = parsed.GetValue(_bind) ? ZmqAttachment.Bind : ZmqAttachment.Connect,
                Pattern = parsed.GetValue(_sub) ? ZmqPattern.Subscribe : ZmqPattern.Pull,
                Library = SourceSetUp.Libraries.TryGetValue(library, out ZmqLibrary known)
                    ? known
                    : throw UserException.WrongUse($"--zeromq must be one of {string.Join(", ", SourceSetUp.Libraries.Keys)}, not '{library}'"),
            });
        }
        catch (ArgumentException e)
        {
            throw UserException.WrongUse($"--source: {SetUp.Sentence(e)}", e);
        }
        catch (InvalidOperationException e)
        {
            throw new UserException($"--source: {SetUp.Sentence(e)}", e);
        }
    }

    private int Record(
        ParseResult parsed, IMessageReceiver receiver, string dialect, RecorderOptions options, CancellationToken stop)
    {
        string path = parsed.GetValue(_output)!;
        bool isQuiet = parsed.GetValue(_json);
        var header = new RecordingHeader
        {
            Endpoint = receiver.Endpoint,
            Dialect = dialect,
            Program = SetUp.Program,
            Started = TimeProvider.System.GetUtcNow(),
        };
        RecordingWriter writer;
        try
        {
            writer = new RecordingWriter(path, header, parsed.GetValue(_overwrite));
        }
        catch (IOException e)
        {
            throw new UserException(SetUp.Sentence(e), e);
        }

        using (writer)
        {
            var reading = new DialectOptions { FirstFrame = parsed.GetValue(_firstFrame) };
            var recorder = new StreamRecorder(receiver, StreamDialects.Create(dialect, reading), writer, options);
            if (!isQuiet)
            {
                Console.Out.WriteLine($"recording {receiver.Endpoint} to {path}; Ctrl-C ends");
            }

            string? failure = null;
            TimeSpan cpu = Environment.CpuUsage.TotalTime;
            using (var over = new CancellationTokenSource())
            {
                Task shown = Task.Run(() => ShowAsync(recorder, isQuiet, over.Token), CancellationToken.None);
                try
                {
                    recorder.Run(stop);
                }
                catch (IOException e)
                {
                    failure = e.Message;
                }

                over.Cancel();
                shown.Wait(CancellationToken.None);
            }

            return Report(parsed, path, recorder, writer, Environment.CpuUsage.TotalTime - cpu, failure);
        }
    }

    private static async Task ShowAsync(StreamRecorder recorder, bool isQuiet, CancellationToken over)
    {
        if (isQuiet || Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Interactive)
        {
            return;
        }

        await AnsiConsole.Status().StartAsync("waiting for the stream", async context =>
        {
            while (!over.IsCancellationRequested)
            {
                await Task.Delay(Refresh, CancellationToken.None).ConfigureAwait(false);
                if (recorder.MessageCount > 0)
                {
                    context.Status(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{recorder.MessageCount} messages, {recorder.Bytes / BytesPerGB:F2} GB, {recorder.Tally.FrameCount} frames"));
                }
            }
        }).ConfigureAwait(false);
    }

    private int Report(
        ParseResult parsed, string path, StreamRecorder recorder, RecordingWriter writer, TimeSpan cpu, string? failure)
    {
        SeriesTally tally = recorder.Tally;
        double elapsed_s = recorder is { FirstAt: { } first, LastAt: { } last } ? (last - first).TotalSeconds : 0;
        double cores = elapsed_s > 0 ? cpu.TotalSeconds / elapsed_s : 0;
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        if (parsed.GetValue(_json))
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(
                new
                {
                    Output = path,
                    Messages = writer.RecordCount,
                    File_bytes = writer.Length_bytes,
                    Frames = tally.FrameCount,
                    Missing = tally.MissingCount,
                    Repeated = tally.RepeatedCount,
                    Unread = tally.UnreadCount,
                    Refused = recorder.RefusedCount,
                    Series = tally.EndedCount,
                    Elapsed_s = elapsed_s,
                    Rate_Hz = elapsed_s > 0 ? recorder.MessageCount / elapsed_s : 0,
                    Rate_MB_s = elapsed_s > 0 ? recorder.Bytes / elapsed_s / BytesPerMB : 0,
                    Cpu_s = cpu.TotalSeconds,
                    Cpu_cores = cores,
                    Peak_memory_MB = self.PeakWorkingSet64 / BytesPerMB,
                    Peak_waiting_MB = recorder.PeakHeld_bytes / BytesPerMB,
                    Failure = failure,
                },
                JsonText.Indented));
        }
        else
        {
            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{writer.RecordCount} messages ({tally.FrameCount} frames, {tally.EndedCount} series ended), "
                + $"{writer.Length_bytes / BytesPerGB:F3} GB in {elapsed_s:F1} s, {cores:F2} processor cores, "
                + $"{self.PeakWorkingSet64 / BytesPerMB:F0} MB memory: {path}"));
            WriteIf(tally.MissingCount, "frames missing");
            WriteIf(tally.RepeatedCount, "frames repeated");
            WriteIf(tally.UnreadCount, $"messages that are not of the dialect, recorded all the same ({tally.FirstUnread})");
        }

        if (recorder.RefusedCount > 0)
        {
            failure ??= $"{recorder.RefusedCount} messages had more than {StreamMessage.MostParts} parts and are not in the recording";
        }

        if (failure is not null)
        {
            Console.Error.WriteLine($"xrdct: {failure}");
        }

        return failure is null ? 0 : 1;
    }

    private static void WriteIf(long count, string what)
    {
        if (count > 0)
        {
            Console.Out.WriteLine($"  {count} {what}");
        }
    }
}
