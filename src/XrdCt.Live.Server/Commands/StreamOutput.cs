using System.CommandLine;
using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Egress.ZeroMq;
using XrdCt.Live.Server.Configuration;

namespace XrdCt.Live.Server.Commands;

/// <summary>The sending end of <c>replay</c> and <c>forward</c>: a PUSH socket that waits for its receiver and never drops.</summary>
internal sealed class StreamOutput : IDisposable
{
    // Long enough for a receiver that thinks, short enough for Ctrl-C.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private readonly PushSink _sink;

    private StreamOutput(string endpoint, PushSink sink)
    {
        Endpoint = endpoint;
        _sink = sink;
    }

    /// <summary>Where it sends.</summary>
    public string Endpoint { get; }

    /// <summary>Opens the socket.</summary>
    /// <exception cref="UserException">The endpoint cannot be used.</exception>
    public static StreamOutput Open(string endpoint, bool connect)
    {
        try
        {
            return new StreamOutput(endpoint, new PushSink(endpoint, bind: !connect));
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            throw UserException.WrongUse($"--to '{endpoint}' is no endpoint: write tcp://HOST:PORT", e);
        }
        catch (IOException e)
        {
            throw new UserException(SetUp.Sentence(e), e);
        }
    }

    /// <summary>Checks that not both sides of the connection were asked for.</summary>
    public static bool Connects(ParseResult parsed, Option<bool> bind, Option<bool> connect) =>
        parsed.GetValue(bind) && parsed.GetValue(connect)
            ? throw UserException.WrongUse("--bind and --connect exclude each other")
            : parsed.GetValue(connect);

    /// <summary>Sends a message; waits for the receiver as long as it takes.</summary>
    /// <returns>False where it was told to stop before the message was taken.</returns>
    public bool Send(OutgoingMessage message, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            if (_sink.TrySend(message, Tick))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Waits until the receiver's machine has everything.</summary>
    /// <param name="patience">Gives up when nothing has moved for so long.</param>
    /// <returns>False when it gave up.</returns>
    public bool Drain(TimeSpan patience) => _sink.Drain(patience);

    /// <summary>The connections that are established now; none where the system does not tell.</summary>
    public IReadOnlySet<string> Connections() => _sink.Connections();

    /// <inheritdoc/>
    public void Dispose() => _sink.Dispose();
}
