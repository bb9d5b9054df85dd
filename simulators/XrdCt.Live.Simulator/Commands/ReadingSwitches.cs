using System.CommandLine;
using XrdCt.Live.Egress.ZeroMq;
using XrdCt.Live.Simulator.Streaming;

namespace XrdCt.Live.Simulator.Commands;

/// <summary>Options that send positions and monitor values on a stream of their own.</summary>
internal sealed class ReadingSwitches
{
    private readonly Option<string?> _readings = new("--readings")
    {
        Description = "Send positions and monitor values from this ZeroMQ endpoint, tcp://HOST:PORT, instead of with the frames",
    };

    private readonly Option<double> _delay_s = new("--readings-delay-s")
    {
        Description = "How much later than its frame a reading goes out, s",
    };

    private readonly Option<string> _by = new("--readings-by")
    {
        Description = "What a reading carries: the index of its frame, or the time of the middle of its exposure",
        DefaultValueFactory = _ => "index",
    };

    private readonly Option<double> _lost = new("--readings-lost")
    {
        Description = "Share of the readings that are never sent, 0 to 1",
    };

    public ReadingSwitches() => _by.AcceptOnlyFromAmong("index", "time");

    public IEnumerable<Option> All => [_readings, _delay_s, _by, _lost];

    /// <summary>The option that asks for the stream.</summary>
    public string Name => _readings.Name;

    /// <summary>Whether it was given.</summary>
    public bool IsGiven(ParseResult result) => result.GetValue(_readings) is not null;

    /// <summary>Opens the stream; null where positions go with the frames.</summary>
    /// <exception cref="UsageException">A value cannot be.</exception>
    public ReadingSender? Open(ParseResult result, StreamOptions options)
    {
        if (result.GetValue(_readings) is not string endpoint)
        {
            return null;
        }

        double delay_s = result.GetValue(_delay_s);
        double lost = result.GetValue(_lost);
        if (delay_s is not (>= 0 and <= 3600) || lost is not (>= 0 and <= 1))
        {
            throw new UsageException("--readings-delay-s must be 0 to 3600, --readings-lost 0 to 1");
        }

        try
        {
            return new ReadingSender(new PushSink(endpoint, bind: true), new ReadingSenderOptions
            {
                Delay = TimeSpan.FromSeconds(delay_s),
                ByTime = result.GetValue(_by) == "time",
                LostShare = lost,
                Timeout = options.Timeout,
                Seed = options.Seed,
            });
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"--readings {e.Message}", e);
        }
    }
}
