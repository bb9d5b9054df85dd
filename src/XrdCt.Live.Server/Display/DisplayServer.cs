using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.StaticFiles;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Server.Display;

/// <summary>Serves the live page, its WebSocket <c>/live</c> and <c>GET /api/state</c>, <c>GET /api/voxel</c>, <c>/api/reconstruction</c>, <c>/api/zones</c> and <c>/api/steering</c>.</summary>
public sealed class DisplayServer : IAsyncDisposable
{
    /// <summary>
    /// Everything comes from this server, no inline scripts or styles: text that comes in with a stream (titles,
    /// messages) can never become code.
    /// </summary>
    private const string ContentSecurityPolicy =
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'";

    private static readonly string[] PathsThatTakePost = [ReconstructionRequests.Path, SteeringRequests.Path, ZoneRequests.Path];

    private readonly WebApplication _app;

    private DisplayServer(WebApplication app, Uri url)
    {
        _app = app;
        Url = url;
    }

    /// <summary>Address of the page, <c>http://127.0.0.1:PORT/</c>.</summary>
    public Uri Url { get; }

    /// <summary>Puts the web application together without starting it. It reads no environment, configuration file or
    /// command line, logs nothing and leaves Ctrl-C alone: all that is the caller's.</summary>
    /// <param name="hub">Where the live results come from.</param>
    /// <param name="options">Where to serve.</param>
    public static WebApplication Build(DisplayHub hub, DisplayServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(hub);
        ArgumentNullException.ThrowIfNull(options);
        bool hasPage = File.Exists(Path.Combine(options.WebRoot, "index.html"));
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ContentRootPath = AppContext.BaseDirectory,
            WebRootPath = hasPage ? options.WebRoot : null,
        });
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(options.Address, options.Port);
        });
        builder.Services.AddSingleton<IHostLifetime, CallersLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));

        WebApplication app = builder.Build();
        app.Use((context, next) => GuardAsync(context, next, options));
        app.UseWebSockets(new WebSocketOptions
        {
            KeepAliveInterval = options.PingInterval,
            KeepAliveTimeout = options.DeadAfter,
        });
        CancellationToken stopping = app.Lifetime.ApplicationStopping;
        app.Map("/live", live => live.Run(context => ServeLiveAsync(context, hub, options, stopping)));
        app.Map("/api/state", state => state.Run(context => ServeStateAsync(context, hub)));
        app.Map("/api/voxel", voxel => voxel.Run(context => ServeVoxelAsync(context, hub)));
        app.Map(ReconstructionRequests.Path, requests => requests.Run(context => ReconstructionRequests.ServeAsync(context, options)));
        app.Map(SteeringRequests.Path, requests => requests.Run(context => SteeringRequests.ServeAsync(context, options)));
        app.Map(ZoneRequests.Path, requests => requests.Run(context => ZoneRequests.ServeAsync(context, options)));
        if (hasPage)
        {
            app.UseDefaultFiles();
            app.UseStaticFiles(new StaticFileOptions { OnPrepareResponse = SetCaching });
        }

        app.Run(context => ServeNothingAsync(context, hasPage));
        return app;
    }

    /// <summary>Builds and starts the server.</summary>
    /// <param name="hub">Where the live results come from.</param>
    /// <param name="options">Where to serve.</param>
    /// <param name="cancellation">Gives the start up.</param>
    /// <returns>The running server, to be disposed.</returns>
    /// <exception cref="IOException">
    /// The address or port cannot be listened on; the message says which, and the remedy.
    /// </exception>
    public static async Task<DisplayServer> StartAsync(
        DisplayHub hub, DisplayServerOptions options, CancellationToken cancellation = default)
    {
        WebApplication app = Build(hub, options);
        try
        {
            await app.StartAsync(cancellation).ConfigureAwait(false);
            string address = app.Services.GetRequiredService<IServer>().Features
                .Get<IServerAddressesFeature>()!.Addresses.First();
            return new DisplayServer(app, PageUrl(new Uri(address)));
        }
        catch (Exception e)
        {
            await app.DisposeAsync().ConfigureAwait(false);
            if (e is IOException or SocketException)
            {
                throw new IOException(
                    $"The live page cannot be served on {options.Address} port {options.Port} ({Reason(e)}); "
                    + "choose another port, or 0 for any free one.",
                    e);
            }

            throw;
        }
    }

    /// <summary>Says goodbye to all pages and ends the server.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync().ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
    }

    private static string Reason(Exception e) =>
        (e as SocketException ?? e.InnerException?.InnerException as SocketException
            ?? e.InnerException as SocketException)?.SocketErrorCode switch
        {
            SocketError.AccessDenied => "no permission",
            SocketError.AddressNotAvailable => "this machine has no such address",
            SocketError.AddressAlreadyInUse or null => "another program uses it",
            SocketError other => other.ToString(),
        };

    private static Uri PageUrl(Uri bound)
    {
        bool any = IPAddress.TryParse(bound.Host.Trim('[', ']'), out IPAddress? address)
            && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));
        return any ? new UriBuilder(bound) { Host = "127.0.0.1" }.Uri : bound;
    }

    private static Task GuardAsync(HttpContext context, RequestDelegate next, DisplayServerOptions options)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";

        if (!IsAllowedHost(context.Request.Host.Host, options))
        {
            return RefuseAsync(
                context,
                StatusCodes.Status403Forbidden,
                "This page is not served under that host name; ask for it by the machine's loopback address, from "
                + "elsewhere through an SSH tunnel.");
        }

        bool takesPost = PathsThatTakePost.Contains(context.Request.Path.Value);
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method) && !(takesPost && HttpMethods.IsPost(context.Request.Method)))
        {
            headers.Allow = takesPost ? "GET, HEAD, POST" : "GET, HEAD";
            return RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, $"Only {(takesPost ? "GET, HEAD and POST" : "GET and HEAD")} are served here.");
        }

        return next(context);
    }

    private static bool IsAllowedHost(string host, DisplayServerOptions options) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || options.AllowedHosts.Contains(host, StringComparer.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address)
            && (IPAddress.IsLoopback(address) || address.Equals(options.Address)));

    /// <summary>
    /// Browsers let any web page open a WebSocket to anywhere, and say whose page it is in <c>Origin</c>; programs
    /// other than browsers send none.
    /// </summary>
    internal static bool IsSameOrigin(HttpRequest request)
    {
        string origin = request.Headers.Origin.ToString();
        return origin.Length == 0
            || (Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri)
                && uri.Scheme is "http" or "https"
                && string.Equals(uri.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }

    private static async Task ServeLiveAsync(
        HttpContext context, DisplayHub hub, DisplayServerOptions options, CancellationToken serverStops)
    {
        if (!IsSameOrigin(context.Request))
        {
            await RefuseAsync(
                context,
                StatusCodes.Status403Forbidden,
                "Pages of other sites may not read the live results.").ConfigureAwait(false);
            return;
        }

        if (!context.WebSockets.IsWebSocketRequest)
        {
            await RefuseAsync(
                context,
                StatusCodes.Status400BadRequest,
                "Only WebSocket connections are served here.").ConfigureAwait(false);
            return;
        }

        string? channel = context.Request.Query["channel"];
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync().ConfigureAwait(false);
        DisplayConnection connection = new(
            hub, socket, string.IsNullOrEmpty(channel) ? null : channel, options.DeadAfter);
        await connection.RunAsync(options.MaxClients, serverStops).ConfigureAwait(false);
    }

    private static Task ServeStateAsync(HttpContext context, DisplayHub hub)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (hub.State is not LiveState state)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        }

        return context.Response.WriteAsJsonAsync(state, LiveStateJson.Options, context.RequestAborted);
    }

    // float32, little-endian, as many as there are bins: NaN is a value here, and JSON has none.
    private static async Task ServeVoxelAsync(HttpContext context, DisplayHub hub)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (hub.Voxels is not { } voxels)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        float[] pattern = new float[voxels.BinCount];
        if (!int.TryParse(context.Request.Query["row"], NumberStyles.None, CultureInfo.InvariantCulture, out int row)
            || !int.TryParse(context.Request.Query["column"], NumberStyles.None, CultureInfo.InvariantCulture, out int column)
            || !voxels.TryRead(row, column, pattern))
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "Ask for a voxel of the slice: /api/voxel?row=Y&column=X, counted from 0.").ConfigureAwait(false);
            return;
        }

        byte[] bytes = new byte[pattern.Length * sizeof(float)];
        for (int b = 0; b < pattern.Length; b++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(b * sizeof(float)), pattern[b]);
        }

        context.Response.ContentType = "application/octet-stream";
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted).ConfigureAwait(false);
    }

    private static void SetCaching(StaticFileResponseContext file) =>
        // The names of the assets carry a hash of their content; index.html names them and must always be fresh.
        file.Context.Response.Headers.CacheControl =
            file.Context.Request.Path.StartsWithSegments("/assets")
                ? "public, max-age=31536000, immutable"
                : "no-cache";

    private static Task ServeNothingAsync(HttpContext context, bool hasPage) => RefuseAsync(
        context,
        StatusCodes.Status404NotFound,
        hasPage || context.Request.Path != "/"
            ? "There is nothing here; the live page is at /."
            : "The live page was not built: build the server again with Node.js 20.19 or newer and without "
                + "-p:SkipWeb=true.");

    internal static Task RefuseAsync(HttpContext context, int status, string sentence)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(sentence + "\n", context.RequestAborted);
    }
}
