using System.Globalization;
using System.Net;

namespace XrdCt.Live.Egress.Publishing;

/// <summary>An address to listen on.</summary>
/// <param name="Host">Name or number of an interface of this machine; <c>*</c> for all of them.</param>
/// <param name="Port">TCP port; 0 for any free one.</param>
public sealed record PublishEndpoint(string Host, int Port)
{
    private const string Scheme = "tcp://";

    /// <summary>Whether only programs of this machine reach it.</summary>
    public bool IsLoopback => Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(Host, out IPAddress? address) && IPAddress.IsLoopback(address));

    /// <summary>Reads an endpoint.</summary>
    /// <param name="text"><c>tcp://host:port</c>.</param>
    /// <exception cref="ArgumentException">It is none, or one that other ZeroMQ libraries could not connect to.</exception>
    public static PublishEndpoint Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.StartsWith("ipc://", StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException(
                $"'{text}' cannot be used: NetMQ's ipc:// is not the ipc:// of other ZeroMQ libraries (it is a TCP port made from the "
                + "name), so nobody else could connect; use tcp://127.0.0.1:PORT");
        }

        int colon = text.LastIndexOf(':');
        bool isTcp = text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && colon > Scheme.Length;
        return isTcp && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            ? new PublishEndpoint(text[Scheme.Length..colon], port)
            : throw new ArgumentException($"'{text}' is not an endpoint; write tcp://host:port");
    }

    /// <summary>The endpoint some ports further on; any free one beside any free one.</summary>
    /// <exception cref="ArgumentException">There is no such port.</exception>
    public PublishEndpoint Next(int ports) => Port == 0 || Port + ports <= ushort.MaxValue
        ? this with { Port = Port == 0 ? 0 : Port + ports }
        : throw new ArgumentException($"'{this}' leaves no room for the {ports} ports after it; write them out, or choose a lower one");

    /// <summary><c>tcp://host:port</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Scheme}{Host}:{Port}");
}
