using System.CommandLine;
using XrdCt.Live.Egress.ZeroMq;
using XrdCt.Live.Simulator.Streaming;

namespace XrdCt.Live.Simulator.Commands;

/// <summary>Options that say where a stream goes and how fast; the same for all commands that send one.</summary>
internal sealed class SendOptions
{
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

    private readonly Option<bool> _json = new("--json")
    {
        Description = "Summary as one JSON object on standard output",
    };

    public IEnumerable<Option> All => [_to, _bind, _connect, _rate_Hz, _threads, _timeout_s, _series, _json];

    public string Endpoint(ParseResult result) => result.GetValue(_to)!;

    public bool IsJson(ParseResult result) => result.GetValue(_json);

    /// <exception cref="UsageException">A value cannot be.</exception>
    public StreamOptions Options(ParseResult result, long seed, FaultOptions faults)
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
            Seed = seed,
            Faults = faults,
        };
    }

    /// <summary>Opens the socket.</summary>
    /// <remarks>
    /// Never closed by us: the end of the process closes the connection in order, closing the socket aborts it, and a receiver that is
    /// behind then loses what its system had already taken.
    /// </remarks>
    /// <exception cref="UsageException">The endpoint has another form.</exception>
    /// <exception cref="IOException">The endpoint cannot be used.</exception>
    public PushSink Open(ParseResult result)
    {
        try
        {
            return new PushSink(Endpoint(result), !result.GetValue(_connect));
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"--to {e.Message}", e);
        }
    }
}
