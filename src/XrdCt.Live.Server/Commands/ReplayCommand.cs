using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Ingest.Recording;
using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Ingest.ZeroMq;
using XrdCt.Live.Server.Configuration;

namespace XrdCt.Live.Server.Commands;

/// <summary><c>xrdct replay</c>: a recording over ZeroMQ again, byte for byte.</summary>
internal sealed class ReplayCommand
{
    private const double BytesPerGB = 1e9;

    // A receiver that has not taken a byte for so long has gone.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Argument<string> _file = new("file") { Description = "Recording of xrdct record" };
    private readonly Option<string> _to = new("--to") { Description = "Where to send, tcp://host:port", Required = true };
    private readonly Option<bool> _bind = new("--bind") { Description = "Listen at --to, as detectors do (the default)" };
    private readonly Option<bool> _connect = new("--connect") { Description = "Connect to --to" };
    private readonly Option<double> _speed = new("--speed") { Description = "Times the recorded speed", DefaultValueFactory = _ => 1 };
    private readonly Option<bool> _max = new("--max") { Description = "As fast as the receiver takes them" };
    private readonly Option<int> _loop = new("--loop") { Description = "Send all of it so many times", DefaultValueFactory = _ => 1 };
    private readonly Option<long> _from = new("--from") { Description = "Number of the first message to send, from 0" };
    private readonly Option<long?> _count = new("--count") { Description = "Number of messages to send [default: all]" };
    private readonly Option<bool> _json = new("--json") { Description = "Summary as one JSON object on standard output, nothing else" };

    public Command Build()
    {
        var command = new Command("replay", "Send a recording again, byte for byte, at its own or any other speed");
        command.Arguments.Add(_file);
        foreach (Option option in new Option[] { _to, _bind, _connect, _speed, _max, _loop, _from, _count, _json })
        {
            command.Options.Add(option);
        }

        command.SetAction((parsed, stop) => Task.Factory.StartNew(
            () => Run(parsed, stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        return command;
    }

    private static RecordingReader OpenRecording(string path)
    {
        if (!File.Exists(path))
        {
            throw new UserException(Directory.Exists(path) ? $"{path} is a folder: name a recording in it" : $"{path} does not exist");
        }

        try
        {
            return new RecordingReader(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new UserException(SetUp.Sentence(e), e);
        }
    }

    private int Run(ParseResult parsed, CancellationToken stop)
    {
        double speed = parsed.GetValue(_speed);
        if (!(speed > 0 && double.IsFinite(speed)))
        {
            throw UserException.WrongUse($"--speed must be more than 0, not {speed}");
        }

        if (parsed.GetValue(_loop) < 1 || parsed.GetValue(_from) < 0 || parsed.GetValue(_count) < 1)
        {
            throw UserException.WrongUse("--loop and --count must be at least 1, --from at least 0");
        }

        var pass = new Pass(parsed.GetValue(_max) ? null : speed, parsed.GetValue(_from), parsed.GetValue(_count) ?? long.MaxValue);
        string path = parsed.GetValue(_file)!;
        bool connect = StreamOutput.Connects(parsed, _bind, _connect);
        OpenRecording(path).Dispose();
        string? failure = null;
        using (StreamOutput output = StreamOutput.Open(parsed.GetValue(_to)!, connect))
        {
            if (!parsed.GetValue(_json))
            {
                Console.Out.WriteLine($"sending {path} {(connect ? "to" : "at")} {output.Endpoint}; Ctrl-C ends");
            }

            for (int i = 0; i < parsed.GetValue(_loop) && failure is null && !stop.IsCancellationRequested; i++)
            {
                using RecordingReader reader = OpenRecording(path);
                WithProgress(parsed, reader, () => failure = Send(pass, path, reader, output, stop));
            }

            if (!stop.IsCancellationRequested && !output.Drain(Patience))
            {
                failure ??= $"the receiver of {output.Endpoint} has taken nothing for {Patience.TotalSeconds:F0} s: the last messages were not delivered";
            }
        }

        ZmqRuntime.Shutdown();
        return Report(parsed, pass, failure);
    }

    /// <summary>Sends one pass.</summary>
    /// <returns>What went wrong; null where nothing did.</returns>
    private static string? Send(Pass pass, string path, RecordingReader reader, StreamOutput output, CancellationToken stop)
    {
        while (reader.RecordCount < pass.From && reader.Skip())
        {
        }

        long end = pass.From + Math.Min(pass.Count, long.MaxValue - pass.From);
        while (!stop.IsCancellationRequested && reader.RecordCount < end && reader.Read() is { } message)
        {
            pass.WaitFor(message.ReceivedAt, isFirst: reader.RecordCount == pass.From + 1, stop);
            if (!pass.TrySend(message, output, stop))
            {
                return null;
            }
        }

        return reader.Damage is { } damage
            ? $"{path} is damaged at {damage}; {pass.SentCount} messages before it were sent"
            : pass.SentCount == 0 && !stop.IsCancellationRequested ? $"{path} has no message {pass.From}: it holds {reader.RecordCount}" : null;
    }

    private void WithProgress(ParseResult parsed, RecordingReader reader, Action send)
    {
        if (parsed.GetValue(_json) || Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Interactive)
        {
            send();
            return;
        }

        AnsiConsole.Progress().AutoClear(true).Start(context =>
        {
            ProgressTask bar = context.AddTask("sending", maxValue: Math.Max(1, reader.Length_bytes));
            using var shown = new Timer(_ => bar.Value = reader.Position_bytes, null, TimeSpan.Zero, TimeSpan.FromMilliseconds(250));
            send();
        });
    }

    private int Report(ParseResult parsed, Pass pass, string? failure)
    {
        double rate_Hz = pass.Elapsed_s > 0 ? pass.SentCount / pass.Elapsed_s : 0;
        if (parsed.GetValue(_json))
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(
                new { Messages = pass.SentCount, Bytes = pass.SentBytes, pass.Elapsed_s, Rate_Hz = rate_Hz, Failure = failure },
                JsonText.Indented));
        }
        else
        {
            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{pass.SentCount} messages, {pass.SentBytes / BytesPerGB:F3} GB in {pass.Elapsed_s:F1} s ({rate_Hz:F0} Hz)"));
        }

        if (failure is not null)
        {
            Console.Error.WriteLine($"xrdct: {failure}");
        }

        return failure is null ? 0 : 1;
    }

    /// <summary>What is sent, how fast, and how far it has come.</summary>
    private sealed class Pass(double? speed, long from, long count)
    {
        private readonly OutgoingMessage _outgoing = new();
        private long _begun;
        private long _passBegun;
        private DateTimeOffset _first;

        public long From => from;

        public long Count => count;

        public long SentCount { get; private set; }

        public long SentBytes { get; private set; }

        public double Elapsed_s { get; private set; }

        public void WaitFor(DateTimeOffset receivedAt, bool isFirst, CancellationToken stop)
        {
            if (isFirst)
            {
                _first = receivedAt;
                _passBegun = Stopwatch.GetTimestamp();
                return;
            }

            // A clock that was set back while recording makes no gap.
            if (speed is { } times && receivedAt > _first)
            {
                TimeSpan left = ((receivedAt - _first) / times) - Stopwatch.GetElapsedTime(_passBegun);
                if (left > TimeSpan.Zero)
                {
                    stop.WaitHandle.WaitOne(left < TimeSpan.FromDays(1) ? left : TimeSpan.FromDays(1));
                }
            }
        }

        public bool TrySend(StreamMessage message, StreamOutput output, CancellationToken stop)
        {
            _outgoing.Clear();
            for (int i = 0; i < message.PartCount; i++)
            {
                _outgoing.Add(message.Part(i));
            }

            if (!output.Send(_outgoing, stop))
            {
                return false;
            }

            // The receiver's coming is not part of the time.
            _begun = SentCount == 0 ? Stopwatch.GetTimestamp() : _begun;
            _passBegun = SentCount == 0 ? _begun : _passBegun;
            SentCount++;
            SentBytes += _outgoing.ByteCount;
            Elapsed_s = Stopwatch.GetElapsedTime(_begun).TotalSeconds;
            return true;
        }
    }
}
