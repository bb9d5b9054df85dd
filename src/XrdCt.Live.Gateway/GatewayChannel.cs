using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;

namespace XrdCt.Live.Gateway;

/// <summary>The connection to the gateway: bounded messages, pings, back-off, and retries of what only reads.</summary>
internal static class GatewayChannel
{
    // Of an answer: 64 attributes of 65,536 numbers would be more, and are none that anybody asks for.
    private const int LargestAnswer_bytes = 8 << 20;
    private const int LargestRequest_bytes = 1 << 20;

    private static readonly string[] Reading = [nameof(Wire.TangoGateway.TangoGatewayClient.Describe), "ListDevices", "DescribeDevice", "Read"];

    public static GrpcChannel Open(TangoGatewayOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = options.Deadline,
            EnableMultipleHttp2Connections = true,
            KeepAlivePingDelay = options.SilenceLimit,
            KeepAlivePingTimeout = options.SilenceLimit,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,

            // http_proxy and its like: a token must go to no one else, and a stage must not depend on who hands a call on.
            UseProxy = false,
        };
        if (options.TrustedCertificates is string file)
        {
            handler.SslOptions.CertificateChainPolicy = Trusting(file);
        }

        var retried = new MethodConfig
        {
            RetryPolicy = new RetryPolicy
            {
                MaxAttempts = 3,
                InitialBackoff = options.FirstPause,
                MaxBackoff = options.LongestPause,
                BackoffMultiplier = 2,
                RetryableStatusCodes = { StatusCode.Unavailable },
            },
        };
        foreach (string method in Reading)
        {
            retried.Names.Add(new MethodName { Service = "xrdct.tango.v1.TangoGateway", Method = method });
        }

        return GrpcChannel.ForAddress(options.Address, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = LargestAnswer_bytes,
            MaxSendMessageSize = LargestRequest_bytes,
            InitialReconnectBackoff = options.FirstPause,
            MaxReconnectBackoff = options.LongestPause,
            ServiceConfig = new ServiceConfig { MethodConfigs = { retried } },
        });
    }

    /// <summary>Whether a call failed before there was a connection that it could have gone by.</summary>
    public static bool WasNeverSent(RpcException error)
    {
        for (Exception? cause = error.Status.DebugException; cause is not null; cause = cause.InnerException)
        {
            // What only an attempt to connect ends with; a connection that breaks ends otherwise.
            bool isOfConnecting = cause switch
            {
                SocketException socket => socket.SocketErrorCode is SocketError.ConnectionRefused or SocketError.HostNotFound or SocketError.TryAgain,
                HttpRequestException http => http.HttpRequestError
                    is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
                _ => false,
            };
            if (isOfConnecting)
            {
                return true;
            }
        }

        return false;
    }

    private static X509ChainPolicy Trusting(string file)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new IOException($"cannot read the certificates '{file}': {e.Message.TrimEnd('.')}", e);
        }

        return policy.CustomTrustStore.Count > 0 ? policy : throw new IOException($"the file '{file}' holds no certificate in PEM");
    }
}
