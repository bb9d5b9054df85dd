using System.Text.Json.Nodes;
using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Egress.ZeroMq;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Simulator.Sources;
using XrdCt.Live.Simulator.Streaming;

namespace XrdCt.Live.Simulator.Simplon;

/// <summary>
/// A detector that is configured, armed and triggered over REST, as far as control programs need it. Thread-safe: one command at a time;
/// <c>cancel</c> and <c>abort</c> reach a trigger that is under way.
/// </summary>
/// <remarks>Source: SIMPLON API reference 1.8, DECTRIS: states, parameters, and which commands lead from one state to another.</remarks>
internal sealed class SimplonDetector : IDisposable
{
    private const int NotFound = 404;
    private const int BadRequest = 400;
    private const double ElectronVolts = 1000;

    private readonly IFrameSource _source;
    private readonly SeriesInfo _description;
    private readonly StreamOptions _options;
    private readonly IMessageSink _sink;
    private readonly Dictionary<string, Dictionary<string, SimplonParameter>> _parameters;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _closed = new();
    private readonly List<SeriesSummary> _sent = [];

    // One per series, never disposed: an abort may come while the series ends by itself, and without a timer there is nothing to free.
    private volatile CancellationTokenSource _acquisition = new();
    private SeriesStreamer? _series;
    private volatile string _state = "na";
    private volatile bool _isCancelled;
    private volatile bool _isAborted;
    private long _lastSeries;
    private int _triggersLeft;

    /// <summary>Makes a detector that is switched on and not initialised.</summary>
    /// <param name="source">Where the frames come from; they go on over the triggers of a series.</param>
    /// <param name="description">What the messages say of the detector.</param>
    /// <param name="options">Threads, pixels and faults; rate, number of images and energy come from the parameters.</param>
    /// <param name="sink">Where the messages go.</param>
    public SimplonDetector(IFrameSource source, SeriesInfo description, StreamOptions options, IMessageSink sink)
    {
        _source = source;
        _description = description;
        _options = options;
        _sink = sink;
        _lastSeries = options.SeriesId - 1;
        double period_s = options.Rate_Hz > 0 ? 1 / options.Rate_Hz : 0.01;
        _parameters = new()
        {
            ["detector"] = new()
            {
                ["count_time"] = SimplonParameter.Number(period_s, 1e-6, 3600),
                ["frame_time"] = SimplonParameter.Number(period_s, 1e-6, 3600),
                ["nimages"] = SimplonParameter.Count(1),
                ["ntrigger"] = SimplonParameter.Count(1),
                ["photon_energy"] = SimplonParameter.Number(description.Energy_keV * ElectronVolts, 1000, 200_000),
                ["threshold_energy"] = SimplonParameter.Number(description.Energy_keV * ElectronVolts / 2, 500, 200_000),
                ["detector_distance"] = SimplonParameter.Number(description.Distance_m, 0, 100),
                ["beam_center_x"] = SimplonParameter.Number(description.BeamCentre.X_px, -1e6, 1e6),
                ["beam_center_y"] = SimplonParameter.Number(description.BeamCentre.Y_px, -1e6, 1e6),
                ["compression"] = SimplonParameter.Text("bslz4", "bslz4", "lz4", "none"),
                ["trigger_mode"] = SimplonParameter.Text("ints", "ints"),
            },
            ["stream"] = new()
            {
                ["mode"] = SimplonParameter.Text("enabled", "enabled", "disabled"),
                ["format"] = SimplonParameter.Text("cbor", "legacy", "cbor"),
                ["header_detail"] = SimplonParameter.Text("basic", "none", "basic", "all"),
                ["header_appendix"] = SimplonParameter.Text(""),
                ["image_appendix"] = SimplonParameter.Text(""),
            },
        };
    }

    /// <summary>State: na, idle, ready (armed) or acquire.</summary>
    public string State => _state;

    /// <summary>What was sent, by series.</summary>
    public IReadOnlyList<SeriesSummary> Sent => _sent;

    /// <summary>Reads a parameter.</summary>
    /// <exception cref="SimplonException">There is none of this name.</exception>
    public JsonObject Read(string module, string name)
    {
        lock (_parameters)
        {
            return Find(module, name).ToJson();
        }
    }

    /// <summary>Changes a parameter.</summary>
    /// <returns>Names of the parameters that changed.</returns>
    /// <exception cref="SimplonException">There is none of this name, it cannot have the value, or the detector is armed.</exception>
    public JsonArray Write(string module, string name, JsonNode? value)
    {
        lock (_parameters)
        {
            SimplonParameter parameter = Find(module, name);
            if (_series is not null)
            {
                throw new SimplonException(BadRequest, $"{name} cannot change while the detector is armed: disarm it first");
            }

            if (parameter.Set(value) is { } refusal)
            {
                throw new SimplonException(BadRequest, $"{name} {refusal}");
            }

            List<string> changed = [name];

            // An exposure longer than its period cannot be: the one that was set counts.
            (double count_s, double frame_s) = (Number("count_time"), Number("frame_time"));
            if (module == "detector" && count_s > frame_s)
            {
                string other = name == "count_time" ? "frame_time" : "count_time";
                _parameters[module][other].Set(JsonValue.Create(name == "count_time" ? count_s : frame_s));
                changed.Add(other);
            }

            return new JsonArray([.. changed.Select(c => JsonValue.Create(c))]);
        }
    }

    /// <summary>Runs a command to its end.</summary>
    /// <returns>The answer; null where there is none.</returns>
    /// <exception cref="SimplonException">There is none of this name, or it cannot be run in this state.</exception>
    /// <exception cref="TimeoutException">Nobody takes the messages.</exception>
    public JsonObject? Run(string command)
    {
        if (command is "cancel" or "abort")
        {
            Interrupt(command == "abort");
            return Sequence();
        }

        if (command is not ("initialize" or "arm" or "trigger" or "disarm"))
        {
            throw new SimplonException(
                NotFound, $"there is no command {command}; there are initialize, arm, trigger, disarm, cancel and abort");
        }

        _turn.Wait(_closed.Token);
        try
        {
            switch (command)
            {
                case "initialize":
                    Close(withEnd: false);
                    return null;
                case "arm":
                    Arm();
                    return Sequence();
                case "trigger":
                    Trigger();
                    return null;
                default:
                    Close(withEnd: true);
                    return Sequence();
            }
        }
        catch (TimeoutException)
        {
            Close(withEnd: false);
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Aborts what is under way and takes no further commands; may be called again.</summary>
    public void Dispose()
    {
        _closed.Cancel();
        _isAborted = true;
        _isCancelled = true;
        _acquisition.Cancel();
        _turn.Wait();
        Close(withEnd: false);
        _turn.Release();
    }

    private JsonObject Sequence() => new() { ["sequence id"] = _lastSeries };

    private SimplonParameter Find(string module, string name) =>
        _parameters.TryGetValue(module, out Dictionary<string, SimplonParameter>? group)
        && group.TryGetValue(name, out SimplonParameter? parameter)
            ? parameter
            : throw new SimplonException(NotFound, $"the module {module} has no parameter {name}");

    private double Number(string name) => _parameters["detector"][name].Value.GetValue<double>();

    private int Count(string name) => _parameters["detector"][name].Value.GetValue<int>();

    private string Text(string module, string name) => _parameters[module][name].Value.GetValue<string>();

    private void Arm()
    {
        if (_state != "idle")
        {
            throw new SimplonException(
                BadRequest, _state == "na" ? "the detector is not initialised: send initialize first" : "the detector is armed: disarm it first");
        }

        lock (_parameters)
        {
            _series = NewSeries();
        }

        _lastSeries++;
        _triggersLeft = Count("ntrigger");
        _isAborted = false;
        _isCancelled = false;
        _acquisition = new CancellationTokenSource();
        if (IsStreaming)
        {
            try
            {
                _series.Start(_acquisition.Token);
            }
            catch (OperationCanceledException)
            {
                Close(withEnd: false);
                return;
            }
        }

        _state = "ready";
    }

    private bool IsStreaming => Text("stream", "mode") == "enabled";

    private SeriesStreamer NewSeries()
    {
        StreamDialect dialect = StreamDialects.Of(Text("stream", "format") == "legacy" ? "dectris-stream-1" : "dectris-stream-2");
        string headerAppendix = Text("stream", "header_appendix");
        string imageAppendix = Text("stream", "image_appendix");
        SeriesInfo description = _description with
        {
            Energy_keV = Number("photon_energy") / ElectronVolts,
            Channels = [new ThresholdChannel("threshold_1", Number("threshold_energy") / ElectronVolts)],
            Exposure = TimeSpan.FromSeconds(Number("count_time")),
            Distance_m = Number("detector_distance"),
            BeamCentre = (Number("beam_center_x"), Number("beam_center_y")),
            TriggerCount = Count("ntrigger"),
            HeaderDetail = Enum.Parse<HeaderDetail>(Text("stream", "header_detail"), ignoreCase: true),
            Tables = HeaderTablesOf(_source.Shape),
            HeaderAppendix = headerAppendix.Length > 0 ? headerAppendix : null,
            ImageAppendix = imageAppendix.Length > 0 ? imageAppendix : null,
        };
        long images = (long)Count("nimages") * Count("ntrigger");
        if (images > int.MaxValue)
        {
            throw new SimplonException(BadRequest, $"nimages × ntrigger is {images}, more than a series can have");
        }

        StreamOptions options = _options with
        {
            SeriesId = _lastSeries + 1,
            FrameCount = (int)images,
            Rate_Hz = 1 / Number("frame_time"),
            Encoding = Text("detector", "compression") switch
            {
                "none" => PixelEncoding.None,
                "lz4" => dialect.Name == "dectris-stream-1" ? PixelEncoding.Lz4Block : PixelEncoding.Lz4,
                _ => PixelEncoding.BitshuffleLz4,
            },
        };
        try
        {
            return new SeriesStreamer(_source, description, options, dialect, dialect.NewWriter(), _sink);
        }
        catch (ArgumentException e)
        {
            throw new SimplonException(BadRequest, e.Message.Split(" (Parameter", 2)[0]);
        }
    }

    /// <summary>Tables of a detector without defects: its simulated ones stand in the pixels, as −1 and −2.</summary>
    private static HeaderTables HeaderTablesOf(ImageShape shape)
    {
        float[] flat = new float[shape.PixelCount];
        Array.Fill(flat, 1);
        return new HeaderTables(shape, flat, new uint[flat.Length], Enumerable.Range(0, 4000).Select(i => (uint)i).ToArray());
    }

    private void Trigger()
    {
        if (_series is not { } series || _state != "ready")
        {
            throw new SimplonException(BadRequest, "the detector is not armed: send arm first");
        }

        _state = "acquire";
        _triggersLeft--;
        bool isLast = _triggersLeft == 0;
        bool isAlive = true;
        try
        {
            // With the last trigger goes all that is left: repeated frames make more of them.
            for (int i = 0; (isLast || i < Count("nimages")) && isAlive && !_isCancelled && IsStreaming; i++)
            {
                isAlive = series.SendNext(_acquisition.Token);
            }
        }
        catch (OperationCanceledException)
        {
            Close(withEnd: false);
            return;
        }

        if (isLast || _isCancelled || !isAlive)
        {
            Close(withEnd: !_isAborted);
            return;
        }

        _state = "ready";
    }

    /// <summary>Cancel lets the current image end and sends the end message; abort drops everything at once.</summary>
    private void Interrupt(bool isAbort)
    {
        _isAborted = isAbort;
        _isCancelled = true;
        if (isAbort)
        {
            _acquisition.Cancel();
        }

        _turn.Wait(_closed.Token);
        try
        {
            if (_series is not null)
            {
                Close(withEnd: !isAbort);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Ends the series, if there is one; the detector is idle then.</summary>
    private void Close(bool withEnd)
    {
        if (_series is { } series)
        {
            try
            {
                SeriesSummary before = series.Summarise(isStopped: !withEnd);
                if (withEnd && IsStreaming && before.DiedAt is null)
                {
                    series.End(isHurried: true);
                }

                _sent.Add(series.Summarise(isStopped: !withEnd || _isCancelled));
            }
            finally
            {
                series.Dispose();
                _series = null;
            }
        }

        _state = "idle";
    }
}
