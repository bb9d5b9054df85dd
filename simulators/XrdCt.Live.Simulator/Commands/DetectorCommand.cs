using System.CommandLine;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Egress.ZeroMq;
using XrdCt.Live.Simulator.Simplon;
using XrdCt.Live.Simulator.Sources;
using XrdCt.Live.Simulator.Streaming;

namespace XrdCt.Live.Simulator.Commands;

/// <summary><c>xrdct-sim detector</c>: streams frames from anywhere in any dialect.</summary>
internal sealed class DetectorCommand
{
    private readonly SendOptions _send = new();
    private readonly SourceOptions _source = new();
    private readonly FaultSwitches _faults = new();

    private readonly Option<string> _dialect = new("--dialect")
    {
        Description = "Dialect of the messages: "
            + string.Join("; ", StreamDialects.All.Select(d => $"{d.Name} ({d.Description})")),
        DefaultValueFactory = _ => StreamDialects.All[0].Name,
    };

    private readonly Option<string?> _type = new("--dtype")
    {
        Description = "Pixel type; the source's own if not given. Unsigned types flag gaps with the largest value",
    };

    private readonly Option<string?> _encoding = new("--encoding")
    {
        Description = "Packing of the pixels; the usual one of the dialect if not given",
    };

    private readonly Option<int?> _frames = new("--frames")
    {
        Description = "Images per series; as many as the source has if not given. A longer series begins again with the first frame",
    };

    private readonly Option<int> _cycle = new("--cycle")
    {
        Description = "Pack so many frames beforehand and send them over and over, to drive a receiver as fast as it goes",
    };

    private readonly Option<bool> _hash = new("--hash")
    {
        Description = "Compute the MD5 of every image (dectris-stream-1 names it)",
    };

    private readonly Option<int> _seriesCount = new("--series")
    {
        Description = "Series one after another, with rising numbers",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<double> _flip_percent = new("--flip-percent")
    {
        Description = "Turn one bit over in the packed pixels of so many percent of the frames",
    };

    private readonly Option<int?> _abort = new("--abort-at")
    {
        Description = "Abort the first series before the image of this index: no end message",
    };

    private readonly Option<bool> _rearm = new("--rearm")
    {
        Description = "After the abort go on with the series as asked, from image 0, under the next number",
    };

    private readonly Option<int?> _pauseAt = new("--pause-at")
    {
        Description = "Pause every series before the image of this index",
    };

    private readonly Option<double> _pause_s = new("--pause-s")
    {
        Description = "How long to pause, s",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<int?> _rest = new("--rest")
    {
        Description = "Wait for commands over DECTRIS' REST interface (SIMPLON 1.8.0) at this port of 127.0.0.1, until Ctrl-C; "
            + "parameters there replace --dialect, --encoding, --frames and --series, and --rate is the first frame_time",
    };

    public DetectorCommand()
    {
        _dialect.AcceptOnlyFromAmong([.. StreamDialects.All.Select(d => d.Name)]);
        _type.AcceptOnlyFromAmong([.. PixelNames.Types.Keys]);
        _encoding.AcceptOnlyFromAmong([.. PixelNames.Encodings.Keys]);
    }

    public Command Build()
    {
        Command command = new(
            "detector", "Stream frames as a detector does, in any dialect: of the phantom, of CBF files or of an HDF5 stack");
        IEnumerable<Option> own =
        [
            _dialect, _type, _encoding, _frames, _cycle, _hash, _seriesCount, _flip_percent, _abort, _rearm, _pauseAt, _pause_s,
            _rest,
        ];
        foreach (Option option in own.Concat(_send.All).Concat(_source.All).Concat(_faults.All))
        {
            command.Options.Add(option);
        }

        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        StreamDialect dialect = StreamDialects.Of(result.GetValue(_dialect)!);
        StreamOptions options = Options(result);
        using FrameSourceLease source = _source.Open(result);
        SeriesInfo detector = VirtualDetector.Describe(_source.Geometry(result));
        PushSink sink = _send.Open(result);
        using StreamRun run = new(_send.Endpoint(result), sink);
        if (result.GetValue(_rest) is { } port)
        {
            IReadOnlyList<SeriesSummary> triggered = Serve(port, new SimplonDetector(source.Frames, detector, options, sink), run);
            run.Drain(options.Timeout);
            ReportAll(result, triggered);
            return 0;
        }

        List<SeriesSummary> sent = [];
        IStreamWriter writer = dialect.NewWriter();
        foreach (StreamOptions series in Sequence(result, options))
        {
            using SeriesStreamer streamer = Streamer(source.Frames, detector, series, dialect, writer, sink);
            sent.Add(run.Send(streamer));
            if (run.Stop.IsCancellationRequested)
            {
                break;
            }
        }

        bool isDelivered = run.Drain(options.Timeout);
        Report(result, sent, new DetectorSummary
        {
            Dialect = dialect.Name,
            Type = PixelNames.Of(options.Type ?? source.Frames.Type),
            Encoding = PixelNames.Of(options.Encoding ?? dialect.UsualEncoding),
            Series = sent,
        });
        return isDelivered ? 0 : throw run.Undelivered(options.Timeout);
    }

    /// <summary>Answers requests until Ctrl-C.</summary>
    private static IReadOnlyList<SeriesSummary> Serve(int port, SimplonDetector detector, StreamRun run)
    {
        if (port is < 1 or > ushort.MaxValue)
        {
            throw new UsageException($"--rest {port}: a port is 1 to {ushort.MaxValue}");
        }

        using (detector)
        {
            WebApplication server;
            try
            {
                server = SimplonServer.StartAsync(detector, port).GetAwaiter().GetResult();
            }
            catch (IOException e)
            {
                throw new IOException($"cannot listen at 127.0.0.1:{port}: {e.Message.TrimEnd('.')}; choose another --rest", e);
            }

            Console.WriteLine($"detector at http://127.0.0.1:{port}/detector/api/{SimplonServer.Version}; Ctrl-C ends");
            run.Stop.WaitHandle.WaitOne();

            // First the detector: a trigger under way would keep the server waiting.
            detector.Dispose();
            server.StopAsync().GetAwaiter().GetResult();
            return detector.Sent;
        }
    }

    private static SeriesStreamer Streamer(
        IFrameSource source, SeriesInfo detector, StreamOptions options, StreamDialect dialect, IStreamWriter writer, PushSink sink)
    {
        try
        {
            return new SeriesStreamer(source, detector, options, dialect, writer, sink);
        }
        catch (ArgumentException e)
        {
            throw UsageException.From(e);
        }
    }

    private StreamOptions Options(ParseResult result)
    {
        int? frames = result.GetValue(_frames);
        if (frames < 1 || result.GetValue(_seriesCount) < 1 || result.GetValue(_cycle) < 0)
        {
            throw new UsageException("--frames and --series must be positive, --cycle not negative");
        }

        if (result.GetValue(_pause_s) is not (>= 0 and <= 1e6))
        {
            throw new UsageException("--pause-s must not be negative");
        }

        if (result.GetValue(_rearm) && result.GetValue(_abort) is null)
        {
            throw new UsageException("--rearm goes on after an abort: give --abort-at too");
        }

        FaultOptions faults = _faults.Options(result) with
        {
            Flip_percent = result.GetValue(_flip_percent),
            PauseAt = result.GetValue(_pauseAt),
            Pause = TimeSpan.FromSeconds(result.GetValue(_pause_s)),
        };
        return _send.Options(result, _source.Seed(result), faults) with
        {
            FrameCount = frames,
            CycleCount = result.GetValue(_cycle),
            Hashes = result.GetValue(_hash),
            Type = result.GetValue(_type) is { } type ? PixelNames.Types[type] : null,
            Encoding = result.GetValue(_encoding) is { } encoding ? PixelNames.Encodings[encoding] : null,
        };
    }

    /// <summary>The series to send: an aborted one first, where that is asked for.</summary>
    private IEnumerable<StreamOptions> Sequence(ParseResult result, StreamOptions options)
    {
        long id = options.SeriesId;
        if (result.GetValue(_abort) is { } abort)
        {
            yield return options with { SeriesId = id++, Faults = options.Faults with { DieAt = abort } };
            if (!result.GetValue(_rearm))
            {
                yield break;
            }
        }

        for (int i = 0; i < result.GetValue(_seriesCount); i++)
        {
            yield return options with { SeriesId = id++ };
        }
    }

    private void ReportAll(ParseResult result, IReadOnlyList<SeriesSummary> sent)
    {
        foreach (SeriesSummary series in sent)
        {
            if (_send.IsJson(result))
            {
                Console.WriteLine(JsonSerializer.Serialize(series, SummaryJson.Default.SeriesSummary));
            }
            else
            {
                SeriesReport.Write(_send.Endpoint(result), series);
            }
        }
    }

    private void Report(ParseResult result, IReadOnlyList<SeriesSummary> sent, DetectorSummary summary)
    {
        if (_send.IsJson(result))
        {
            Console.WriteLine(JsonSerializer.Serialize(summary, SummaryJson.Default.DetectorSummary));
            return;
        }

        foreach (SeriesSummary series in sent)
        {
            SeriesReport.Write($"{_send.Endpoint(result)} ({summary.Dialect}, {summary.Type}, {summary.Encoding})", series);
        }
    }
}
