using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using MessagePack;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Server.Display;

namespace XrdCt.Live.Tests.Display;

public sealed class DisplayServerTests : IAsyncDisposable
{
    /// <summary>Ends a test that hangs; far longer than anything here takes.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly DisplayHub _hub = new();
    private readonly CancellationTokenSource _hangs = new(Patience);
    private readonly string _webRoot = Directory.CreateTempSubdirectory("xrdct-page-").FullName;
    private DisplayServer? _server;

    public DisplayServerTests()
    {
        File.WriteAllText(Path.Combine(_webRoot, "index.html"), "<title>page</title>");
        Directory.CreateDirectory(Path.Combine(_webRoot, "assets"));
        File.WriteAllText(Path.Combine(_webRoot, "assets", "app-1a2b.js"), "1");
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _hangs.Dispose();
        Directory.Delete(_webRoot, recursive: true);
    }

    [Fact]
    public async Task Live_LateJoiner_GetsEverythingAtOnce()
    {
        await StartAsync();
        ShowScan();
        using ClientWebSocket page = await ConnectAsync();

        Assert.Equal(
            ["scan", "state", "roi", "pattern", "sinogram/total", "slice/total"], Keys(await ReceiveAsync(page)));
    }

    [Fact]
    public async Task Live_PageThatDoesNotAcknowledge_GetsTheNewestOnlyAfterwards()
    {
        await StartAsync();
        ShowScan();
        using ClientWebSocket page = await ConnectAsync();
        await ReceiveAsync(page);

        // A hundred pictures while it paints the first one. The queue is proved empty by what comes next: one message
        // with the last picture, although a send without credit would have come before it.
        for (int i = 0; i < 100; i++)
        {
            _hub.Show(ExampleScan.Slice("total", i));
        }

        await AcknowledgeAsync(page);
        byte[] message = await ReceiveAsync(page);
        Assert.Equal(["slice/total"], Keys(message));
        Assert.Equal(DisplayMessages.Encode(ExampleScan.Slice("total", 99)), message);

        await AcknowledgeAsync(page);
        _hub.Show(ExampleScan.Patterns);
        Assert.Equal(["pattern"], Keys(await ReceiveAsync(page)));
    }

    [Fact]
    public async Task Live_ChannelChosen_GetsThatChannelsMapsOnly()
    {
        await StartAsync();
        ShowScan();
        using ClientWebSocket page = await ConnectAsync("?channel=peak%20003");
        string[] maps = [.. Keys(await ReceiveAsync(page)).Where(k => k.Contains('/'))];
        Assert.Equal(["sinogram/peak 003", "slice/peak 003"], maps);

        await AcknowledgeAsync(page);
        await SendTextAsync(page, "{\"channel\":\"total\"}");
        Assert.Equal(["sinogram/total", "slice/total"], Keys(await ReceiveAsync(page)));
    }

    [Fact]
    public async Task Live_TwoPages_EachGetsTheNews()
    {
        await StartAsync();
        using ClientWebSocket one = await ConnectAsync();
        using ClientWebSocket two = await ConnectAsync();
        ShowScan();

        Assert.Equal("scan", Keys(await ReceiveAsync(one))[0]);
        Assert.Equal("scan", Keys(await ReceiveAsync(two))[0]);
    }

    [Theory]
    [InlineData("http://evil.example")]
    [InlineData("http://127.0.0.1:1")]
    [InlineData("null")]
    public async Task Live_ForeignOrigin_IsRefused(string origin)
    {
        await StartAsync();
        using ClientWebSocket page = new();
        page.Options.SetRequestHeader("Origin", origin);
        page.Options.CollectHttpResponseDetails = true;

        await Assert.ThrowsAsync<WebSocketException>(() => page.ConnectAsync(LiveUrl(), _hangs.Token));
        Assert.Equal(HttpStatusCode.Forbidden, page.HttpStatusCode);
        Assert.Equal(0, _hub.ClientCount);
    }

    [Fact]
    public async Task Live_SameOrigin_IsAccepted()
    {
        await StartAsync();
        ShowScan();
        using ClientWebSocket page = new();
        page.Options.SetRequestHeader("Origin", _server!.Url.GetLeftPart(UriPartial.Authority));
        await page.ConnectAsync(LiveUrl(), _hangs.Token);

        Assert.Equal("scan", Keys(await ReceiveAsync(page))[0]);
    }

    [Theory]
    [InlineData("not JSON")]
    [InlineData("{\"ack\":")]
    [InlineData("{\"channel\":5}")]
    [InlineData("[]")]
    public async Task Live_MessageOutOfProtocol_ClosesWithASentence(string text)
    {
        await StartAsync();
        using ClientWebSocket page = await ConnectAsync();
        await SendTextAsync(page, text);

        WebSocketReceiveResult close = await page.ReceiveAsync(new byte[64], _hangs.Token);
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, close.CloseStatus);
        Assert.Contains("ack", close.CloseStatusDescription, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Live_OversizedMessage_ClosesWithASentence()
    {
        await StartAsync();
        using ClientWebSocket page = await ConnectAsync();
        await SendTextAsync(page, new string(' ', DisplayConnection.MaxIncomingBytes + 1));

        WebSocketReceiveResult close = await page.ReceiveAsync(new byte[64], _hangs.Token);
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, close.CloseStatus);
        Assert.Contains("longer than", close.CloseStatusDescription, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Live_OnePageTooMany_IsToldSoAndTheOthersStay()
    {
        await StartAsync(new DisplayServerOptions { MaxClients = 1 });
        ShowScan();
        using ClientWebSocket first = await ConnectAsync();
        await ReceiveAsync(first);
        using ClientWebSocket second = await ConnectAsync();

        WebSocketReceiveResult close = await second.ReceiveAsync(new byte[64], _hangs.Token);
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, close.CloseStatus);
        Assert.Contains("open already", close.CloseStatusDescription, StringComparison.Ordinal);

        await AcknowledgeAsync(first);
        _hub.Show(ExampleScan.State);
        Assert.Equal(["state"], Keys(await ReceiveAsync(first)));
    }

    [Fact]
    public async Task Live_PageLeaves_IsForgotten()
    {
        await StartAsync();
        ShowScan();
        using ClientWebSocket page = await ConnectAsync();
        await ReceiveAsync(page);
        Assert.Equal(1, _hub.ClientCount);

        await page.CloseAsync(WebSocketCloseStatus.NormalClosure, null, _hangs.Token);
        await AllGoneAsync();
    }

    [Fact]
    public async Task Live_DeadPage_IsDropped()
    {
        TimeSpan soon = TimeSpan.FromMilliseconds(100);
        await StartAsync(new DisplayServerOptions { PingInterval = soon, DeadAfter = soon });
        using TcpClient dead = new();
        await dead.ConnectAsync(IPAddress.Loopback, _server!.Url.Port, _hangs.Token);
        NetworkStream stream = dead.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{_server.Url.Port}\r\n"
                + "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"),
            _hangs.Token);
        byte[] answer = new byte[12];
        await stream.ReadExactlyAsync(answer, _hangs.Token);
        Assert.Equal("HTTP/1.1 101", Encoding.ASCII.GetString(answer));

        // It never answers a ping: the server hangs up, which is the end of what can be read.
        byte[] rest = new byte[4096];
        try
        {
            while (await stream.ReadAsync(rest, _hangs.Token) > 0)
            {
            }
        }
        catch (IOException)
        {
            // A reset is an end, too.
        }

        await AllGoneAsync();
    }

    [Fact]
    public async Task Dispose_WithPagesOpen_SaysGoodbye()
    {
        await StartAsync();
        ShowScan();
        using ClientWebSocket page = await ConnectAsync();
        await ReceiveAsync(page);
        Task stop = _server!.DisposeAsync().AsTask();
        _server = null;

        WebSocketReceiveResult close = await page.ReceiveAsync(new byte[64], _hangs.Token);
        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, close.CloseStatus);
        Assert.Equal("the server has ended", close.CloseStatusDescription);
        await page.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, _hangs.Token);
        await stop;
    }

    [Fact]
    public async Task Start_PortTaken_SaysSoInOneSentence()
    {
        await StartAsync();
        int port = _server!.Url.Port;

        IOException error = await Assert.ThrowsAsync<IOException>(
            () => DisplayServer.StartAsync(_hub, new DisplayServerOptions { Port = port }, _hangs.Token));
        Assert.Equal(
            $"The live page cannot be served on 127.0.0.1 port {port} (another program uses it); "
            + "choose another port, or 0 for any free one.",
            error.Message);
    }

    [Theory]
    [InlineData("evil.example", HttpStatusCode.Forbidden)]
    [InlineData("192.0.2.7", HttpStatusCode.Forbidden)]
    [InlineData("localhost", HttpStatusCode.OK)]
    [InlineData("id15a-screen", HttpStatusCode.OK)]
    [InlineData("[::1]", HttpStatusCode.OK)]
    public async Task Get_HostName_OnlyOwnNamesAreServed(string host, HttpStatusCode expected)
    {
        await StartAsync(new DisplayServerOptions { AllowedHosts = ["id15a-screen"] });
        using HttpClient http = new();
        using HttpRequestMessage request = new(HttpMethod.Get, _server!.Url);
        request.Headers.Host = host;

        using HttpResponseMessage response = await http.SendAsync(request, _hangs.Token);
        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task Get_Page_IsFreshAndGuarded()
    {
        await StartAsync();
        using HttpClient http = new() { BaseAddress = _server!.Url };
        using HttpResponseMessage page = await http.GetAsync("/", _hangs.Token);
        using HttpResponseMessage asset = await http.GetAsync("/assets/app-1a2b.js", _hangs.Token);

        Assert.Contains("<title>page", await page.Content.ReadAsStringAsync(_hangs.Token), StringComparison.Ordinal);
        Assert.Equal("no-cache", page.Headers.CacheControl!.ToString());
        Assert.Contains("immutable", asset.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        string policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.False(page.Headers.Contains("Server"));
    }

    [Theory]
    [InlineData("POST", "/api/state", HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", "/live", HttpStatusCode.BadRequest)]
    [InlineData("GET", "/nothing", HttpStatusCode.NotFound)]
    [InlineData("GET", "/../appsettings.json", HttpStatusCode.NotFound)]
    public async Task Request_OutOfPlace_IsRefusedWithASentence(string method, string path, HttpStatusCode expected)
    {
        await StartAsync();
        using HttpClient http = new() { BaseAddress = _server!.Url };
        using HttpRequestMessage request = new(new HttpMethod(method), path);
        using HttpResponseMessage response = await http.SendAsync(request, _hangs.Token);

        Assert.Equal(expected, response.StatusCode);
        Assert.EndsWith(".\n", await response.Content.ReadAsStringAsync(_hangs.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_PageNotBuilt_SaysHowTo()
    {
        await StartAsync(new DisplayServerOptions { WebRoot = Path.Combine(_webRoot, "not there") });
        using HttpClient http = new();
        using HttpResponseMessage response = await http.GetAsync(_server!.Url, _hangs.Token);

        Assert.Contains("SkipWeb", await response.Content.ReadAsStringAsync(_hangs.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_State_IsJsonWithNullForUnknownNumbers()
    {
        await StartAsync();
        using HttpClient http = new() { BaseAddress = _server!.Url };
        using HttpResponseMessage before = await http.GetAsync("/api/state", _hangs.Token);
        Assert.Equal(HttpStatusCode.NoContent, before.StatusCode);

        _hub.Show(ExampleScan.State);
        using JsonDocument state = JsonDocument.Parse(await http.GetStringAsync("/api/state", _hangs.Token));
        JsonElement root = state.RootElement;
        Assert.Equal("Incomplete", root.GetProperty("phase").GetString());
        Assert.Equal(47.5, root.GetProperty("rate_Hz").GetDouble());
        Assert.Equal(JsonValueKind.Null, root.GetProperty("latency_ms").ValueKind);
        Assert.Equal(70_001, root.GetProperty("counters").GetProperty("received").GetInt64());
        Assert.Equal("/data/disc 7.nxs", root.GetProperty("savedPath").GetString());
        JsonElement reconstruction = root.GetProperty("reconstruction");
        Assert.Equal(("hann", 1.25, false), (reconstruction.GetProperty("filter").GetString(), reconstruction.GetProperty("axis_px").GetDouble(), reconstruction.GetProperty("air").GetBoolean()));
    }

    [Fact]
    public async Task Get_Voxel_IsItsPatternAsLittleEndianFloats()
    {
        await StartAsync();
        using HttpClient http = new() { BaseAddress = _server!.Url };
        using HttpResponseMessage before = await http.GetAsync("/api/voxel?row=1&column=2", _hangs.Token);
        Assert.Equal(HttpStatusCode.NoContent, before.StatusCode);

        _hub.Show(new Voxels());
        byte[] bytes = await http.GetByteArrayAsync("/api/voxel?row=1&column=2", _hangs.Token);
        Assert.Equal([1f, 2f, float.NaN], Enumerable.Range(0, bytes.Length / 4).Select(i => BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(4 * i))));

        foreach (string wrong in new[] { "", "?row=1", "?row=-1&column=2", "?row=x&column=2", "?row=7&column=2", "?row=99999999999&column=0" })
        {
            using HttpResponseMessage refused = await http.GetAsync("/api/voxel" + wrong, _hangs.Token);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        }

        // Another scan has other voxels.
        _hub.Show(ExampleScan.Description);
        using HttpResponseMessage after = await http.GetAsync("/api/voxel?row=1&column=2", _hangs.Token);
        Assert.Equal(HttpStatusCode.NoContent, after.StatusCode);
    }

    private sealed class Voxels : IVoxelPatterns
    {
        public int BinCount => 3;

        public bool TryRead(int row, int column, Span<float> pattern)
        {
            (pattern[0], pattern[1], pattern[2]) = (row, column, float.NaN);
            return row < 5;
        }
    }

    private async Task StartAsync(DisplayServerOptions? options = null)
    {
        options ??= new DisplayServerOptions();
        if (options.WebRoot == new DisplayServerOptions().WebRoot)
        {
            options = options with { WebRoot = _webRoot };
        }

        _server = await DisplayServer.StartAsync(_hub, options, _hangs.Token);
        Assert.NotEqual(0, _server.Url.Port);
    }

    private void ShowScan()
    {
        _hub.Show(ExampleScan.Description);
        _hub.Show(ExampleScan.State);
        _hub.Show(ExampleScan.Roi);
        _hub.Show(ExampleScan.Patterns);
        foreach (string channel in (string[])["total", "peak 003"])
        {
            _hub.Show(ExampleScan.Sinogram(channel, 1));
            _hub.Show(ExampleScan.Slice(channel, 1));
        }
    }

    private Uri LiveUrl(string query = "") =>
        new UriBuilder(_server!.Url) { Scheme = "ws", Path = "/live", Query = query }.Uri;

    private async Task<ClientWebSocket> ConnectAsync(string query = "")
    {
        ClientWebSocket page = new();
        await page.ConnectAsync(LiveUrl(query), _hangs.Token);
        return page;
    }

    private async Task<byte[]> ReceiveAsync(ClientWebSocket page)
    {
        using MemoryStream message = new();
        byte[] buffer = new byte[16 * 1024];
        WebSocketReceiveResult part;
        do
        {
            part = await page.ReceiveAsync(buffer, _hangs.Token);
            message.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);

        Assert.Equal(WebSocketMessageType.Binary, part.MessageType);
        return message.ToArray();
    }

    private Task AcknowledgeAsync(ClientWebSocket page) => SendTextAsync(page, "{\"ack\":1}");

    private Task SendTextAsync(ClientWebSocket page, string text) =>
        page.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, _hangs.Token);

    private async Task AllGoneAsync()
    {
        while (_hub.ClientCount > 0)
        {
            _hangs.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static string[] Keys(byte[] message)
    {
        List<string> keys = [];
        MessagePackReader reader = new(message);
        while (!reader.End)
        {
            keys.Add((string)((object?[])DisplayMessagesTests.Read(ref reader)!)[0]!);
        }

        return [.. keys];
    }
}
