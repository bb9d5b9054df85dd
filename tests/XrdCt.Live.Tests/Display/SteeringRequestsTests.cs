using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Server.Configuration;
using XrdCt.Live.Server.Display;
using XrdCt.Live.Server.Steering;
using XrdCt.Live.Tests.Gateway;
using XrdCt.Live.Tests.Steering;

namespace XrdCt.Live.Tests.Display;

/// <summary>Who may take places, and confirm their moves, over HTTP.</summary>
public sealed class SteeringRequestsTests : IAsyncDisposable
{
    private static readonly string Ada = new('a', 32);
    private static readonly string Grace = new('g', 40);
    private static readonly string Demo = Path.Combine(AppContext.BaseDirectory, "config", "demo.yml");

    private readonly CancellationTokenSource _hangs = new(TimeSpan.FromSeconds(30));
    private readonly HttpClient _http = new();
    private readonly Storage.TemporaryFolder _folder = new();
    private readonly DrivenStages _stages = new();
    private RoiSteering? _steering;
    private DisplayServer? _server;

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _steering?.Dispose();
        _http.Dispose();
        _hangs.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Get_NothingIsSteered_IsNoContent()
    {
        _server = await DisplayServer.StartAsync(new DisplayHub(), new DisplayServerOptions(), _hangs.Token);
        using HttpResponseMessage answer = await _http.GetAsync(new Uri(_server.Url, "api/steering"), _hangs.Token);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    [Fact]
    public async Task Post_OperatorTakesAPlace_MotorsMoveOnceItIsConfirmed()
    {
        await StartAsync();
        using JsonDocument before = await GetAsync();
        JsonElement place = before.RootElement.GetProperty("places")[1];
        Assert.Equal(("Offered", true, true), (before.RootElement.GetProperty("phase").GetString(), before.RootElement.GetProperty("moves_stages").GetBoolean(), before.RootElement.GetProperty("needs_operator").GetBoolean()));
        Assert.Equal((2, 62750, -0.2), (place.GetProperty("rank").GetInt32(), place.GetProperty("frames").GetInt32(), place.GetProperty("moves")[0].GetProperty("to_mm").GetDouble()));

        using JsonDocument proposed = await AnsweredAsync("""{"propose":{"x_um":200,"y_um":100}}""", Ada);
        string token = proposed.RootElement.GetProperty("token").GetString()!;
        Assert.Equal(("Proposed", "Ada"), (proposed.RootElement.GetProperty("phase").GetString(), proposed.RootElement.GetProperty("by").GetString()));

        // Whoever only looks does not get what confirms it.
        using JsonDocument seen = await GetAsync();
        Assert.Equal((JsonValueKind.Null, "Proposed"), (seen.RootElement.GetProperty("token").ValueKind, seen.RootElement.GetProperty("phase").GetString()));
        Assert.DoesNotContain(_stages.Done, d => d.Contains("moves", StringComparison.Ordinal));

        using JsonDocument confirmed = await AnsweredAsync($$"""{"confirm":"{{token}}"}""", Ada);
        Assert.False(await _steering!.BeginAsync(_hangs.Token));
        Assert.Equal(2, _stages.Done.Count(d => d.StartsWith("Ada moves to", StringComparison.Ordinal)));
        using JsonDocument after = await GetAsync();
        Assert.Equal("Ready", after.RootElement.GetProperty("phase").GetString());

        Assert.Equal((HttpStatusCode.Conflict, "This confirms nothing: the confirmation is missing, was used before, or is that of another proposal."), await RefusedAsync($$"""{"confirm":"{{token}}"}""", Ada));
        Assert.Contains("Ada refused: confirm: this confirms nothing: the confirmation is missing, was used before, or is that of another proposal", _stages.Done);
        using JsonDocument withdrawn = await AnsweredAsync("""{"withdraw":true}""", Grace);
        Assert.Equal("Offered", withdrawn.RootElement.GetProperty("phase").GetString());
    }

    [Theory]
    [InlineData(null, "without a token")]
    [InlineData("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", "with a token of nobody")]
    [InlineData("", "with a token of nobody")]
    public async Task Post_NoOperator_IsRefusedAndLogged(string? token, string why)
    {
        await StartAsync();
        foreach (string what in new[] { """{"propose":{"x_um":50,"y_um":-30}}""", """{"confirm":"x"}""", """{"withdraw":true}""" })
        {
            Assert.Equal((HttpStatusCode.Unauthorized, "Only operators move the stages: send your token."), await RefusedAsync(what, token));
        }

        Assert.Equal([$"127.0.0.1 refused: propose {why}", $"127.0.0.1 refused: confirm {why}", $"127.0.0.1 refused: withdraw {why}"], _stages.Done);
        Assert.Equal(SteeringPhase.Offered, _steering!.State.Phase);
    }

    [Fact]
    public async Task Post_Stop_NeedsNoToken()
    {
        await StartAsync();
        Assert.Equal((HttpStatusCode.Conflict, "Nothing moves."), await RefusedAsync("""{"stop":true}""", null));
        _stages.Arrived = new TaskCompletionSource();
        using JsonDocument proposed = await AnsweredAsync("""{"propose":{"x_um":50,"y_um":-30}}""", Ada);
        using JsonDocument confirmed = await AnsweredAsync($$"""{"confirm":"{{proposed.RootElement.GetProperty("token").GetString()}}"}""", Ada);
        Assert.Equal("Moving", confirmed.RootElement.GetProperty("phase").GetString());
        await Eventually.TrueAsync(() => _stages.IsMoving, "the motors to move");
        using JsonDocument stopped = await AnsweredAsync("""{"stop":true}""", null);
        await Eventually.TrueAsync(() => _steering!.State.Phase == SteeringPhase.Offered, "the motors to stand");
        Assert.Contains("the motors were stopped", _steering!.State.Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("""{"move":1}""")]
    [InlineData("""{"propose":{"x_um":50}}""")]
    [InlineData("""{"propose":{"x_um":50,"y_um":"30"}}""")]
    [InlineData("""{"propose":{"x_um":1e999,"y_um":0}}""")]
    [InlineData("""{"propose":[50,-30]}""")]
    [InlineData("""{"confirm":7}""")]
    [InlineData("""{"propose":{"x_um":50,"y_um":-30},"confirm":"x"}""")]
    public async Task Post_WhatIsNoOrder_IsRefusedInOneSentence(string body)
    {
        await StartAsync();
        (HttpStatusCode status, string sentence) = await RefusedAsync(body, Ada);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.StartsWith("Send one JSON object, such as {\"propose\":", sentence);
        Assert.Equal(SteeringPhase.Offered, _steering!.State.Phase);
    }

    [Fact]
    public async Task Post_FromElsewhere_IsRefused()
    {
        await StartAsync();
        using HttpRequestMessage foreign = Request("""{"propose":{"x_um":50,"y_um":-30}}""", Ada);
        foreign.Headers.Add("Origin", "http://evil.example");
        using HttpResponseMessage answer = await _http.SendAsync(foreign, _hangs.Token);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        using HttpRequestMessage form = Request("""{"propose":{"x_um":50,"y_um":-30}}""", Ada);
        form.Content!.Headers.ContentType = new MediaTypeHeaderValue("text/plain");
        using HttpResponseMessage plain = await _http.SendAsync(form, _hangs.Token);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, plain.StatusCode);
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "The change is longer than 512 bytes."), await RefusedAsync($$"""{"confirm":"{{new string('x', 512)}}"}""", Ada));
        Assert.Empty(_stages.Done);
    }

    [Fact]
    public async Task Post_ControlSwitchedOff_IsRefused()
    {
        await StartAsync(control: false);
        (HttpStatusCode status, string sentence) = await RefusedAsync("""{"propose":{"x_um":50,"y_um":-30}}""", Ada);
        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Contains("display.control", sentence, StringComparison.Ordinal);
    }

    private async Task StartAsync(bool? control = null)
    {
        var operators = new Operators([("Ada", Ada), ("Grace", Grace)]);
        _steering = new RoiSteering(ConfigurationFile.Read(Demo), Demo, _stages, TimeProvider.System, _ => { }) { Operators = operators, Check = (_, _, _) => { } };
        await _steering.BeginAsync(_hangs.Token);
        _steering.Show(ExampleScan.State with { Phase = ScanPhase.Running });
        RoiSuggestion places = new([new RoiCandidate(50, -30, 125, 0.9, 200, 0.8), new RoiCandidate(200, 100, 125, 0.8, 150, 0.7)], "two places");
        await _steering.OfferAsync(new LiveOutcome(ScanPhase.Complete, "complete", _folder.File("coarse.nxs"), new FrameCounters { Placed = 6 }, null) { Roi = places });
        _server = await DisplayServer.StartAsync(new DisplayHub(), new DisplayServerOptions { Control = control, Steering = _steering }, _hangs.Token);
    }

    private HttpRequestMessage Request(string body, string? token)
    {
        HttpRequestMessage request = new(HttpMethod.Post, new Uri(_server!.Url, "api/steering")) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        }

        return request;
    }

    private async Task<JsonDocument> GetAsync() => JsonDocument.Parse(await _http.GetStringAsync(new Uri(_server!.Url, "api/steering"), _hangs.Token));

    private async Task<JsonDocument> AnsweredAsync(string body, string? token)
    {
        using HttpRequestMessage request = Request(body, token);
        using HttpResponseMessage answer = await _http.SendAsync(request, _hangs.Token);
        string told = await answer.Content.ReadAsStringAsync(_hangs.Token);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, told);
        return JsonDocument.Parse(told);
    }

    private async Task<(HttpStatusCode Status, string Sentence)> RefusedAsync(string body, string? token)
    {
        using HttpRequestMessage request = Request(body, token);
        using HttpResponseMessage answer = await _http.SendAsync(request, _hangs.Token);
        return (answer.StatusCode, (await answer.Content.ReadAsStringAsync(_hangs.Token)).TrimEnd('\n'));
    }
}
