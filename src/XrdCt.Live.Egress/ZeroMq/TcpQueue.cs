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
    public static long? UnacknowledgedBytes(int port)
    {
        if (!File.Exists(Table))
        {
            return null;
        }

        string suffix = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        long bytes = 0;
        foreach (string line in File.ReadLines(Table).Skip(1))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            bool ours = fields[LocalAddress].EndsWith(suffix, StringComparison.Ordinal)
                || fields[RemoteAddress].EndsWith(suffix, StringComparison.Ordinal);
            if (ours && fields[State] == Established)
            {
                bytes += long.Parse(fields[Queues].Split(':')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            }
        }

        return bytes;
    }
}
