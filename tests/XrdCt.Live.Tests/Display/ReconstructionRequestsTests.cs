using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Server.Display;

namespace XrdCt.Live.Tests.Display;

public sealed class ReconstructionRequestsTests : IAsyncDisposable
{
    private static readonly ReconstructionSettings AtStart = new(RampFilter.SheppLogan, null, Air: true);

    private readonly CancellationTokenSource _hangs = new(TimeSpan.FromSeconds(30));
    private readonly HttpClient _http = new();
    private readonly List<string> _said = [];
    private readonly ReconstructionControl _control;
    private DisplayServer? _server;

    public ReconstructionRequestsTests() =>
        _control = new ReconstructionControl(AtStart, isChanged: false, new ReconstructionChoices(12.5, HasAir: true), TimeProvider.System, _said.Add);

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
    public async Task Get_RunningScan_TellsWhatHoldsAndWhatMayBeChosen()
    {
        await StartAsync();
        using JsonDocument told = await GetAsync();
        JsonElement root = told.RootElement;
        Assert.Equal(("shepp-logan", JsonValueKind.Null, true, true), (root.GetProperty("filter").GetString(), root.GetProperty("axis_px").ValueKind, root.GetProperty("air").GetBoolean(), root.GetProperty("control").GetBoolean()));
        JsonElement choices = root.GetProperty("choices");
        Assert.Equal(["ramp", "shepp-logan", "cosine", "hamming", "hann"], choices.GetProperty("filter").EnumerateArray().Select(f => f.GetString()));
        Assert.Equal([-12.5, 12.5], choices.GetProperty("axis_px").EnumerateArray().Select(a => a.GetDouble()));
        Assert.Equal([true, false], choices.GetProperty("air").EnumerateArray().Select(a => a.GetBoolean()));
    }

    [Theory]
    [InlineData("""{"filter":"hann"}""", RampFilter.Hann, 2.0, true)]
    [InlineData("""{"filter":"HANN","axis_px":1.25,"air":false}""", RampFilter.Hann, 1.25, false)]
    [InlineData("""{"axis_px":null}""", RampFilter.Cosine, null, true)]
    [InlineData("""{ "air" : false }""", RampFilter.Cosine, 2.0, false)]
    [InlineData("{}", RampFilter.Cosine, 2.0, true)]
    public async Task Post_PartOfTheSettings_ChangesThatPart(string body, RampFilter filter, double? axis_px, bool air)
    {
        await StartAsync();
        _control.TryChange("before", _ => new ReconstructionSettings(RampFilter.Cosine, 2, Air: true));
        using HttpResponseMessage answer = await PostAsync(body);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(new ReconstructionSettings(filter, axis_px, air), _control.Settings);
        using JsonDocument told = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(_hangs.Token));
        Assert.Equal(filter.Name(), told.RootElement.GetProperty("filter").GetString());
        Assert.Equal(body == "{}" ? 1 : 2, _said.Count);
        Assert.StartsWith(body == "{}" ? "before" : "127.0.0.1 changed the reconstruction: ", _said[^1]);
    }

    [Theory]
    [InlineData("""{"fliter":"hann"}""", "'fliter' cannot be changed: choose from filter, axis_px and air.")]
    [InlineData("""{"filter":"hahn"}""", "'filter' must be one of ramp, shepp-logan, cosine, hamming, hann, not \"hahn\".")]
    [InlineData("""{"filter":4}""", "'filter' must be one of ")]
    [InlineData("""{"filter":null}""", "'filter' must be one of ")]
    [InlineData("""{"axis_px":"1"}""", "'axis_px' must be a number of translations, or null for where the data have the axis, not \"1\".")]
    [InlineData("""{"axis_px":1e999}""", "'axis_px' must be a number")]
    [InlineData("""{"axis_px":13}""", "The axis must be within 12.5 translations of the middle, not 13.")]
    [InlineData("""{"air":1}""", "'air' must be true or false, not 1.")]
    [InlineData("""{"filter":"hann","air":null}""", "'air' must be true or false, not null.")]
    [InlineData("""{"air":true,"air":false}""", "Send one JSON object, such as {\"filter\":\"hann\",\"axis_px\":1.25,\"air\":false}.")]
    [InlineData("""{"filter":"\ud800"}""", "Send one JSON object")]
    [InlineData("""{"\ud800":1}""", "Send one JSON object")]
    [InlineData("[]", "Send one JSON object")]
    [InlineData("\"hann\"", "Send one JSON object")]
    [InlineData("{", "Send one JSON object")]
    [InlineData("", "Send one JSON object")]
    public async Task Post_WhatIsNoChange_IsRefusedInOneSentence(string body, string sentence)
    {
        await StartAsync();
        using HttpResponseMessage answer = await PostAsync(body);
        string told = await answer.Content.ReadAsStringAsync(_hangs.Token);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.StartsWith(sentence, told);
        Assert.Equal(1, told.Count(c => c == '\n'));
        Assert.Equal(AtStart, _control.Settings);
        Assert.Empty(_said);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Post_LongBody_IsRefused(bool isChunked)
    {
        await StartAsync();
        using HttpRequestMessage request = Request($$"""{"filter":"hann"{{new string(' ', 1024)}}}""");
        request.Headers.TransferEncodingChunked = isChunked;
        using HttpResponseMessage answer = await _http.SendAsync(request, _hangs.Token);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal(AtStart, _control.Settings);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData(null)]
    public async Task Post_AsAForeignFormCanSendIt_IsRefused(string? type)
    {
        await StartAsync();
        using HttpRequestMessage request = Request("""{"filter":"hann"}""");
        request.Content!.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        using HttpResponseMessage answer = await _http.SendAsync(request, _hangs.Token);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
        Assert.Equal(AtStart, _control.Settings);
    }

    [Theory]
    [InlineData("http://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("http://127.0.0.1:1", HttpStatusCode.Forbidden)]
    [InlineData("null", HttpStatusCode.Forbidden)]
    [InlineData("self", HttpStatusCode.OK)]
    public async Task Post_Origin_OnlyTheOwnPageMay(string origin, HttpStatusCode expected)
    {
        await StartAsync();
        using HttpRequestMessage request = Request("""{"filter":"hann"}""");
        request.Headers.Add("Origin", origin == "self" ? _server!.Url.GetLeftPart(UriPartial.Authority) : origin);
        using HttpResponseMessage answer = await _http.SendAsync(request, _hangs.Token);
        Assert.Equal(expected, answer.StatusCode);
        Assert.Equal(expected == HttpStatusCode.OK, _control.Settings.Filter == RampFilter.Hann);
    }

    [Fact]
    public async Task Post_UnderAnotherHostName_IsRefused()
    {
        await StartAsync();
        using HttpRequestMessage request = Request("""{"filter":"hann"}""");
        request.Headers.Host = "evil.example";
        using HttpResponseMessage answer = await _http.SendAsync(request, _hangs.Token);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal(AtStart, _control.Settings);
    }

    [Fact]
    public async Task Post_ControlSwitchedOff_IsRefusedAndTold()
    {
        await StartAsync(new DisplayServerOptions { Control = false });
        using HttpResponseMessage answer = await PostAsync("""{"filter":"hann"}""");
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains("display.control", await answer.Content.ReadAsStringAsync(_hangs.Token));
        Assert.Equal(AtStart, _control.Settings);
        using JsonDocument told = await GetAsync();
        Assert.False(told.RootElement.GetProperty("control").GetBoolean());
    }

    [Theory]
    [InlineData("127.0.0.1", null, true)]
    [InlineData("::1", null, true)]
    [InlineData("0.0.0.0", null, false)]
    [InlineData("0.0.0.0", true, true)]
    [InlineData("127.0.0.1", false, false)]
    public void MayControl_WhereNothingIsSaid_IsForLoopbackOnly(string address, bool? said, bool expected) =>
        Assert.Equal(expected, new DisplayServerOptions { Address = IPAddress.Parse(address), Control = said }.MayControl);

    [Fact]
    public async Task Request_NoScanRuns_IsToldSo()
    {
        await StartAsync();
        _control.Close();
        await AssertNoneAsync();
        await _server!.DisposeAsync();
        _server = null;
        await StartAsync(new DisplayServerOptions { Reconstruction = () => null });
        await AssertNoneAsync();

        async Task AssertNoneAsync()
        {
            using HttpResponseMessage get = await _http.GetAsync(Url, _hangs.Token);
            Assert.Equal(HttpStatusCode.NoContent, get.StatusCode);
            using HttpResponseMessage post = await PostAsync("""{"filter":"hann"}""");
            Assert.Equal((HttpStatusCode.Conflict, "No scan runs whose reconstruction could be changed.\n"), (post.StatusCode, await post.Content.ReadAsStringAsync(_hangs.Token)));
        }
    }

    [Theory]
    [InlineData("PUT", "/api/reconstruction")]
    [InlineData("DELETE", "/api/reconstruction")]
    [InlineData("POST", "/api/reconstruction/x")]
    [InlineData("POST", "/")]
    public async Task Request_OtherMethodsAndPlaces_AreRefused(string method, string path)
    {
        await StartAsync();
        using HttpRequestMessage request = new(new HttpMethod(method), new Uri(_server!.Url, path));
        using HttpResponseMessage answer = await _http.SendAsync(request, _hangs.Token);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
    }

    private Uri Url => new(_server!.Url, "/api/reconstruction");

    private async Task<JsonDocument> GetAsync() => JsonDocument.Parse(await _http.GetStringAsync(Url, _hangs.Token));

    private HttpRequestMessage Request(string body) =>
        new(HttpMethod.Post, Url) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    private async Task<HttpResponseMessage> PostAsync(string body)
    {
        using HttpRequestMessage request = Request(body);
        return await _http.SendAsync(request, _hangs.Token);
    }

    private async Task StartAsync(DisplayServerOptions? options = null)
    {
        options ??= new DisplayServerOptions { Reconstruction = () => _control };
        _server = await DisplayServer.StartAsync(
            new DisplayHub(), options.Control is null ? options : options with { Reconstruction = () => _control }, _hangs.Token);
    }
}
