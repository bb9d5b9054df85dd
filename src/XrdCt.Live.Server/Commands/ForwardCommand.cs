using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Ingest.ZeroMq;
using XrdCt.Live.Server.Forwarding;

namespace XrdCt.Live.Server.Commands;

/// <summary><c>xrdct forward</c>: CBF files that a detector writes into a folder, over ZeroMQ.</summary>
internal sealed class ForwardCommand
{
    private const double BytesPerGB = 1e9;

    private readonly Argument<string> _folder = new("folder") { Description = "Folder that CBF files come into" };
    private readonly Option<string> _to = new("--to") { Description = "Where to send, tcp://host:port", Required = true };
    private readonly Option<bool> _bind = new("--bind") { Description = "Listen at --to, as detectors do (the default)" };
    private readonly Option<bool> _connect = new("--connect") { Description = "Connect to --to" };
    private readonly Option<string> _dialect = new("--dialect")
    {
        Description = $"Dialect to send: {SeriesOptionSet.DialectNames}. pilatus-streamer sends whole files, the others their pixels",
        DefaultValueFactory = _ => "pilatus-streamer",
    };

    private readonly Option<string> _pattern = new("--pattern") { Description = "Names of the files", DefaultValueFactory = _ => "*.cbf" };
    private readonly Option<bool> _recursive = new("--recursive") { Description = "Folders inside the folder, too" };
    private readonly Option<long> _firstNumber = new("--first-number") { Description = "Number in the name of a series' first file; frame indices count from it" };
    private readonly Option<int?> _images = new("--images") { Description = "Images of a series, for the header of dialects that tell it" };
    private readonly Option<bool> _delete = new("--delete") { Description = "Delete a file when the receiver's machine has it" };
    private readonly Option<string?> _state = new("--state")
    {
        Description = "File that remembers what was sent: never twice; what an interruption left unconfirmed is named [default: FOLDER/.xrdct-forward.json]",
    };

    private readonly Option<double> _timeout = new("--series-timeout-s")
    {
        Description = "A series without a new file for so long is over, s",
        DefaultValueFactory = _ => 10,
    };

    private readonly Option<double> _patience = new("--patience-s")
    {
        Description = "A number that is missing, or a file that is not whole, is waited for so long before later ones are sent, s",
        DefaultValueFactory = _ => 2,
    };

    private readonly Option<double> _look = new("--look-every-s")
    {
        Description = "Look through the folder so often, besides the system's notices, s",
        DefaultValueFactory = _ => 2,
    };

    private readonly Option<bool> _once = new("--once") { Description = "End when everything was sent and the last series is over" };
    private readonly SeriesOptionSet _series = new();
    private readonly Option<bool> _json = new("--json") { Description = "Summary as one JSON object on standard output, nothing else" };

    public Command Build()
    {
        var command = new Command("forward", "Send CBF files as a detector writes them into a folder; Ctrl-C ends");
        command.Arguments.Add(_folder);
        foreach (Option option in new Option[]
        {
            _to, _bind, _connect, _dialect, _pattern, _recursive, _firstNumber, _images, _delete, _state, _timeout, _patience, _look, _once,
            _json,
        })
        {
            command.Options.Add(option);
        }

        _series.AddTo(command);
        command.SetAction((parsed, stop) => Task.Factory.StartNew(
            () => Run(parsed, stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        return command;
    }

    private static TimeSpan Seconds(ParseResult parsed, Option<double> option) => parsed.GetValue(option) switch
    {
        > 0 and < 1e6 and var s => TimeSpan.FromSeconds(s),
        var s => throw UserException.WrongUse($"{option.Name} must be more than 0, not {s}"),
    };

    private int Run(ParseResult parsed, CancellationToken stop)
    {
        string folder = Path.GetFullPath(parsed.GetValue(_folder)!);
        if (!Directory.Exists(folder))
        {
            throw new UserException($"the folder {folder} does not exist: make it before the detector writes into it");
        }

        StreamDialect dialect = SeriesOptionSet.Dialect(parsed.GetValue(_dialect)!);
        if (parsed.GetValue(_images) is null && dialect.Name.StartsWith("dectris", StringComparison.Ordinal))
        {
            throw UserException.WrongUse($"{dialect.Name} tells the number of images of a series, and CBF files do not: give --images");
        }

        var options = new ForwardOptions
        {
            Folder = folder,
            FirstNumber = parsed.GetValue(_firstNumber),
            ImageCount = parsed.GetValue(_images) ?? 0,
            SeriesTimeout = Seconds(parsed, _timeout),
            Patience = Seconds(parsed, _patience),
            Deletes = parsed.GetValue(_delete),
            Once = parsed.GetValue(_once),
        };
        TimeSpan look = Seconds(parsed, _look);
        string statePath = parsed.GetValue(_state) ?? Path.Combine(folder, ".xrdct-forward.json");
        bool connect = StreamOutput.Connects(parsed, _bind, _connect);
        int done;
        using (ForwardState state = ForwardState.Open(statePath))
        using (StreamOutput output = StreamOutput.Open(parsed.GetValue(_to)!, connect))
        using (var watched = new WatchedFolder(folder, parsed.GetValue(_pattern)!, parsed.GetValue(_recursive), look))
        {
            if (!parsed.GetValue(_json))
            {
                Console.Out.WriteLine($"forwarding {folder} {(connect ? "to" : "at")} {output.Endpoint} as {dialect.Name}; Ctrl-C ends");
            }

            var forwarder = new FrameForwarder(options, watched, new FrameMessages(dialect, _series.Facts(parsed)), output, state);
            WithStatus(parsed, forwarder, () => forwarder.Run(stop));
            bool arrived = !forwarder.IsEndUnsent && output.Drain(TimeSpan.FromSeconds(5));
            done = Report(parsed, forwarder, state, arrived);
        }

        ZmqRuntime.Shutdown();
        return done;
    }

    private void WithStatus(ParseResult parsed, FrameForwarder forwarder, Action run)
    {
        if (parsed.GetValue(_json) || Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Interactive)
        {
            run();
            return;
        }

        AnsiConsole.Status().Start("waiting for files", context =>
        {
            using var shown = new Timer(
                _ => context.Status(forwarder.SentCount == 0 ? "waiting for files" : $"{forwarder.SentCount} files sent"),
                null,
                TimeSpan.Zero,
                TimeSpan.FromMilliseconds(500));
            run();
        });
    }

    private int Report(ParseResult parsed, FrameForwarder forwarder, ForwardState state, bool arrived)
    {
        string[] unsent = [.. forwarder.Unsent];
        string[] unconfirmed = [.. state.Unconfirmed, .. forwarder.Unconfirmed];
        if (parsed.GetValue(_json))
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(
                new
                {
                    Files = forwarder.SentCount,
                    Bytes = forwarder.SentBytes,
                    Series = forwarder.SeriesCount,
                    Deleted = forwarder.DeletedCount,
                    Unconfirmed = unconfirmed,
                    Unsent = unsent,
                    forwarder.Failures,
                },
                JsonText.Indented));
        }
        else
        {
            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{forwarder.SentCount} files of {forwarder.SeriesCount} series, {forwarder.SentBytes / BytesPerGB:F3} GB sent, "
                + $"{forwarder.DeletedCount} deleted"));
        }

        List<string> failures =
        [
            .. unconfirmed.Select(n => $"{n} may have arrived or not: sending it was interrupted, and it is not sent twice"),
            .. unsent.Select(n => $"not sent: {n}"),
            .. forwarder.Failures,
        ];
        if (!arrived)
        {
            failures.Add("the end of the last series was not delivered: the receiver takes nothing");
        }

        failures.ForEach(f => Console.Error.WriteLine($"xrdct: {f}"));
        return failures.Count == 0 ? 0 : 1;
    }
}
