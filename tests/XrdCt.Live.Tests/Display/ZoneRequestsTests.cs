using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Server.Display;
using XrdCt.Live.Tests.Pipeline;

namespace XrdCt.Live.Tests.Display;

public sealed class ZoneRequestsTests : IAsyncDisposable
{
    private static readonly ForbiddenZone AtStart = new(30, -40.5, 25);

    private readonly CancellationTokenSource _hangs = new(TimeSpan.FromSeconds(30));
    private readonly HttpClient _http = new();
    private readonly List<string> _said = [];
    private readonly ZoneControl _control;
    private DisplayServer? _server;

    public ZoneRequestsTests() =>
        _control = new ZoneControl([AtStart], isChanged: false, isOpen: true, new ZoneChoices(1000, 500), new FakeClock(), _said.Add);

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _http.Dispose();
        _hangs.Dispose();
    }

    [Fact]
    public async Task Get_RunningScan_TellsTheZonesAndWhatMayBeChosen()
    {
        await StartAsync();
        using JsonDocument told = await GetAsync();
        JsonElement root = told.RootElement;
        JsonElement zone = Assert.Single(root.GetProperty("zones").EnumerateArray());
        Assert.Equal((30, -40.5, 25), (zone.GetProperty("x_um").GetDouble(), zone.GetProperty("y_um").GetDouble(), zone.GetProperty("radius_um").GetDouble()));
        Assert.Equal((_control.Zones.Revision, true), (root.GetProperty("revision").GetInt64(), root.GetProperty("control").GetBoolean()));
        JsonElement choices = root.GetProperty("choices");
        Assert.Equal((64, 1000.0), (choices.GetProperty("most").GetInt32(), choices.GetProperty("reach_um").GetDouble()));
        Assert.Equal([0.0, 500], choices.GetProperty("radius_um").EnumerateArray().Select(r => r.GetDouble()));
    }

    [Fact]
    public async Task Post_WholeList_ReplacesItAndIsAnsweredWithIt()
    {
        await StartAsync();
        long first = _control.Zones.Revision;
        using HttpResponseMessage answer = await PostAsync(Body(first, "[-110,60,50],[0,0,0]"));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal([new(-110, 60, 50), new(0, 0, 0)], _control.Zones.Zones);
        using JsonDocument told = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(_hangs.Token));
        Assert.Equal((first + 1, 2), (told.RootElement.GetProperty("revision").GetInt64(), told.RootElement.GetProperty("zones").GetArrayLength()));
        Assert.Equal("127.0.0.1 changed the forbidden zones: added 50 µm around (-110, 60) µm and 0 µm around (0, 0) µm, removed 25 µm around (30, -40.5) µm", Assert.Single(_said));

        // Again, as after an answer that was lost: the same, and nothing to say.
        using HttpResponseMessage again = await PostAsync(Body(first, "[-110,60,50],[0,0,0]"));
        Assert.Equal((HttpStatusCode.OK, first + 1, 1), (again.StatusCode, _control.Zones.Revision, _said.Count));
        using HttpResponseMessage none = await PostAsync(Body(first + 1, ""));
        Assert.Equal((HttpStatusCode.OK, 0), (none.StatusCode, _control.Zones.Zones.Count));
    }

    [Fact]
    public async Task Post_MostZonesWithAllDigits_FitIntoTheBody()
    {
        await StartAsync();
        ForbiddenZone[] zones = [.. Enumerable.Range(1, ZoneChoices.Most).Select(i => new ForbiddenZone(-100 - (Math.PI / i), -200 - (Math.E / i), 1.0 / (3 * i)))];
        string list = string.Join(", ", zones.Select(z => string.Create(CultureInfo.InvariantCulture, $"[ {z.X_um:R}, {z.Y_um:R}, {z.Radius_um:R} ]")));
        using HttpResponseMessage answer = await PostAsync(Body(_control.Zones.Revision, list));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(zones, _control.Zones.Zones);
        Assert.InRange(list.Length, 3000, ZoneRequests.MostBytes / 2);
    }

    [Theory]
    [InlineData("""{"revision":R,"zones":[]}""", "'zones' is not known: say revision and zones_um.")]
    [InlineData("""{"revision":R}""", "'zones_um' is missing: all zones that are to hold, each as [x, y, radius].")]
    [InlineData("""{"zones_um":[]}""", "'revision' is missing: that of the list which was changed, as GET tells it.")]
    [InlineData("{}", "'zones_um' is missing")]
    [InlineData("""{"revision":"R","zones_um":[]}""", "'revision' must be the number that GET tells, not \"R\".")]
    [InlineData("""{"revision":1.5,"zones_um":[]}""", "'revision' must be the number that GET tells, not 1.5.")]
    [InlineData("""{"revision":null,"zones_um":[]}""", "'revision' must be the number that GET tells, not null.")]
    [InlineData("""{"revision":R,"zones_um":{}}""", "'zones_um' must be a list of [x, y, radius], not {}.")]
    [InlineData("""{"revision":R,"zones_um":null}""", "'zones_um' must be a list of [x, y, radius], not null.")]
    [InlineData("""{"revision":R,"zones_um":[1,2,3]}""", "A zone must be [x, y, radius] in µm, not 1.")]
    [InlineData("""{"revision":R,"zones_um":[[1,2]]}""", "A zone must be [x, y, radius] in µm, not [1,2].")]
    [InlineData("""{"revision":R,"zones_um":[[1,2,3,4]]}""", "A zone must be [x, y, radius] in µm, not [1,2,3,4].")]
    [InlineData("""{"revision":R,"zones_um":[[1,"2",3]]}""", "A zone must be [x, y, radius] in µm, not [1,\"2\",3].")]
    [InlineData("""{"revision":R,"zones_um":[[1,1e999,3]]}""", "A zone must be [x, y, radius] in µm, not [1,1e999,3].")]
    [InlineData("""{"revision":R,"zones_um":[[1,[2],3]]}""", "A zone must be [x, y, radius] in µm, not [1,[2],3].")]
    [InlineData("""{"revision":R,"zones_um":[[1,2,-3]]}""", "The radius of a zone must be 0 to 500 µm, not -3.")]
    [InlineData("""{"revision":R,"zones_um":[[1,2,501]]}""", "The radius of a zone must be 0 to 500 µm, not 501.")]
    [InlineData("""{"revision":R,"zones_um":[[1,2000,3]]}""", "A zone must lie within 1000 µm of the rotation axis in x and y, not at (1, 2000).")]
    [InlineData("""{"revision":R,"revision":R,"zones_um":[]}""", "Send one JSON object, such as {\"revision\":1,\"zones_um\":[[-110,60,50]]}.")]
    [InlineData("[[1,2,3]]", "Send one JSON object")]
    [InlineData("{", "Send one JSON object")]
    [InlineData("", "Send one JSON object")]
    public async Task Post_WhatIsNoList_IsRefusedInOneSentence(string body, string sentence)
    {
        await StartAsync();
        using HttpResponseMessage answer = await PostAsync(body.Replace("R,", $"{_control.Zones.Revision},", StringComparison.Ordinal).Replace("R}", $"{_control.Zones.Revision}}}", StringComparison.Ordinal));
        string told = await answer.Content.ReadAsStringAsync(_hangs.Token);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.StartsWith(sentence, told);
        Assert.Equal(1, told.Count(c => c == '\n'));
        AssertUntouched();
    }

    [Fact]
    public async Task Post_TooMany_IsRefused()
    {
        await StartAsync();
        using HttpResponseMessage answer = await PostAsync(Body(_control.Zones.Revision, string.Join(',', Enumerable.Range(0, 65).Select(i => $"[{i},0,1]"))));
        Assert.Equal((HttpStatusCode.BadRequest, "At most 64 zones are taken, not 65.\n"), (answer.StatusCode, await answer.Content.ReadAsStringAsync(_hangs.Token)));
        AssertUntouched();
    }

    [Fact]
    public async Task Post_OnAnOlderRevision_IsRefusedAndTold()
    {
        await StartAsync();
        long first = _control.Zones.Revision;
        _control.TryChange("somebody", first, []);
        using HttpResponseMessage answer = await PostAsync(Body(first, "[30,-40.5,25],[1,2,3]"));
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Equal("Somebody else changed the forbidden zones meanwhile: GET tells them, and the revision to go on from.\n", await answer.Content.ReadAsStringAsync(_hangs.Token));
        Assert.Empty(_control.Zones.Zones);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Post_LongBody_IsRefused(bool isChunked)
    {
        await StartAsync();
        using HttpRequestMessage request = Request(Body(_control.Zones.Revision, new string(' ', ZoneRequests.MostBytes)));
        request.Headers.TransferEncodingChunked = isChunked;
        using HttpResponseMessage answer = await _http.SendAsync(request, _hangs.Token);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        AssertUntouched();
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData(null)]
    public async Task Post_AsAForeignFormCanSendIt_IsRefused(string? type)
    {
        await StartAsync();
        using HttpRequestMessage request = Request(Body(_control.Zones.Revision, ""));
        request.Content!.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        using HttpResponseMessage answer = await _http.SendAsync(request, _hangs.Token);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
        AssertUntouched();
    }

    [Theory]
    [InlineData("http://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("null", HttpStatusCode.Forbidden)]
    [InlineData("self", HttpStatusCode.OK)]
    public async Task Post_Origin_OnlyTheOwnPageMay(string origin, HttpStatusCode expected)
    {
        await StartAsync();
        using HttpRequestMessage request = Request(Body(_control.Zones.Revision, ""));
        request.Headers.Add("Origin", origin == "self" ? _server!.Url.GetLeftPart(UriPartial.Authority) : origin);
        using HttpResponseMessage answer = await _http.SendAsync(request, _hangs.Token);
        Assert.Equal(expected, answer.StatusCode);
        Assert.Equal(expected == HttpStatusCode.OK, _control.Zones.Zones.Count == 0);
    }

    [Fact]
    public async Task Post_ControlSwitchedOff_IsRefusedAndTold()
    {
        await StartAsync(new DisplayServerOptions { Control = false, Zones = () => _control });
        using HttpResponseMessage answer = await PostAsync(Body(_control.Zones.Revision, ""));
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal("The forbidden zones cannot be changed from here: display.control in the configuration says so.\n", await answer.Content.ReadAsStringAsync(_hangs.Token));
        AssertUntouched();
        using JsonDocument told = await GetAsync();
        Assert.False(told.RootElement.GetProperty("control").GetBoolean());
    }

    [Fact]
    public async Task Request_NoScanRuns_IsToldSo()
    {
        await StartAsync();
        _control.Close();
        await AssertNoneAsync();
        await _server!.DisposeAsync();
        _server = null;
        await StartAsync(new DisplayServerOptions { Zones = () => null });
        await AssertNoneAsync();

        async Task AssertNoneAsync()
        {
            using HttpResponseMessage get = await _http.GetAsync(Url, _hangs.Token);
            Assert.Equal(HttpStatusCode.NoContent, get.StatusCode);
            using HttpResponseMessage post = await PostAsync(Body(1, ""));
            Assert.Equal((HttpStatusCode.Conflict, "No scan runs whose forbidden zones could be changed.\n"), (post.StatusCode, await post.Content.ReadAsStringAsync(_hangs.Token)));
        }
    }

    [Theory]
    [InlineData("PUT", "/api/zones")]
    [InlineData("DELETE", "/api/zones")]
    [InlineData("POST", "/api/zones/x")]
    public async Task Request_OtherMethodsAndPlaces_AreRefused(string method, string path)
    {
        await StartAsync();
        using HttpRequestMessage request = new(new HttpMethod(method), new Uri(_server!.Url, path));
        using HttpResponseMessage answer = await _http.SendAsync(request, _hangs.Token);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
    }

    private Uri Url => new(_server!.Url, "/api/zones");

    private static string Body(long revision, string zones) => $$"""{"revision":{{revision}},"zones_um":[{{zones}}]}""";

    private void AssertUntouched()
    {
        Assert.Equal([AtStart], _control.Zones.Zones);
        Assert.Empty(_said);
    }

    private async Task<JsonDocument> GetAsync() => JsonDocument.Parse(await _http.GetStringAsync(Url, _hangs.Token));

    private HttpRequestMessage Request(string body) =>
        new(HttpMethod.Post, Url) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    private async Task<HttpResponseMessage> PostAsync(string body)
    {
        using HttpRequestMessage request = Request(body);
        return await _http.SendAsync(request, _hangs.Token);
    }

    private async Task StartAsync(DisplayServerOptions? options = null) =>
        _server = await DisplayServer.StartAsync(new DisplayHub(), options ?? new DisplayServerOptions { Zones = () => _control }, _hangs.Token);
}
