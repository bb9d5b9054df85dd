using System.Net;
using System.Net.Sockets;

namespace XrdCt.Live.EndToEnd.Tests.Programs;

/// <summary>A TCP port of the loopback address that nobody uses.</summary>
internal static class FreePort
{
    public static int Find()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
