using System.Globalization;

namespace XrdCt.Live.Egress.ZeroMq;

/// <summary>What the system still has to deliver on TCP connections.</summary>
internal static class TcpQueue
{
    private const string Table = "/proc/self/net/tcp";
    private const int LocalAddress = 1;
    private const int RemoteAddress = 2;
    private const int State = 3;
    private const int Queues = 4;
    private const string Established = "01";

    /// <summary>Bytes that the receivers at the other ends have not acknowledged yet, over all connections to or from a port.</summary>
    /// <param name="port">TCP port, local or remote.</param>
    /// <returns>Bytes; null where the system does not tell (only Linux does, in proc(5)).</returns>
    public static long? UnacknowledgedBytes(int port) => File.Exists(Table)
        ? Lines(port).Sum(fields => long.Parse(fields[Queues].Split(':')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture))
        : null;

    /// <summary>Both addresses of every connection to or from a port; a peer that connects again has another one.</summary>
    /// <param name="port">TCP port, local or remote.</param>
    /// <returns>The addresses; none where the system does not tell.</returns>
    public static IReadOnlySet<string> Connections(int port) => File.Exists(Table)
        ? Lines(port).Select(fields => $"{fields[LocalAddress]}-{fields[RemoteAddress]}").ToHashSet()
        : new HashSet<string>();

    private static IEnumerable<string[]> Lines(int port)
    {
        string suffix = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        return File.ReadLines(Table)
            .Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields[State] == Established
                && (fields[LocalAddress].EndsWith(suffix, StringComparison.Ordinal)
                    || fields[RemoteAddress].EndsWith(suffix, StringComparison.Ordinal)));
    }
}
