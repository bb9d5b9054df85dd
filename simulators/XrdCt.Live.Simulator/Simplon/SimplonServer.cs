using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace XrdCt.Live.Simulator.Simplon;

/// <summary>
/// The part of DECTRIS' SIMPLON interface that control programs use, over HTTP on the loopback address: configuration and state of the
/// modules <c>detector</c> and <c>stream</c>, and the commands of <c>detector</c>.
/// </summary>
internal static class SimplonServer
{
    /// <summary>Version of the interface, part of every path.</summary>
    public const string Version = "1.8.0";

    private const int LongestRequest = 65_536;

    /// <summary>Starts to listen.</summary>
    /// <param name="detector">The detector.</param>
    /// <param name="port">TCP port; only this machine reaches it.</param>
    /// <exception cref="IOException">The port is in use.</exception>
    public static async Task<WebApplication> StartAsync(SimplonDetector detector, int port)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ListenLocalhost(port);
            kestrel.Limits.MaxRequestBodySize = LongestRequest;
        });
        WebApplication app = builder.Build();
        app.MapGet($"/{{module}}/api/{Version}/config/{{name}}", (string module, string name) => Answer(() => detector.Read(module, name)));
        app.MapPut($"/{{module}}/api/{Version}/config/{{name}}", async (string module, string name, HttpRequest request) =>
        {
            JsonNode? value = await ReadValueAsync(request);
            return Answer(() => detector.Write(module, name, value));
        });
        app.MapGet($"/{{module}}/api/{Version}/status/state", (string module) => Answer(() => State(detector, module)));

        // A trigger blocks until its images are sent, as it does on the real one; a thread of its own keeps the others answering.
        app.MapPut($"/detector/api/{Version}/command/{{name}}", (string name) =>
            Task.Factory.StartNew(() => Answer(() => detector.Run(name)), TaskCreationOptions.LongRunning));
        app.MapFallback((HttpRequest request) => Results.Text(
            $"there is no {request.Method} {request.Path}; paths look like /detector/api/{Version}/config/nimages", statusCode: 404));
        await app.StartAsync();
        return app;
    }

    private static JsonObject State(SimplonDetector detector, string module)
    {
        string state = module switch
        {
            "detector" => detector.State,
            "stream" => detector.State is "ready" or "acquire" ? "acquire" : "ready",
            _ => throw new SimplonException(StatusCodes.Status404NotFound, $"there is no module {module}"),
        };
        return new JsonObject { ["value"] = state, ["value_type"] = "string", ["access_mode"] = "r" };
    }

    private static async Task<JsonNode?> ReadValueAsync(HttpRequest request)
    {
        try
        {
            JsonNode? body = await JsonNode.ParseAsync(request.Body);
            return body is JsonObject fields && fields.TryGetPropertyValue("value", out JsonNode? value) ? value : null;
        }
        catch (JsonException)
        {
            // Refused as a value that is missing, with the name of the parameter.
            return null;
        }
    }

    private static IResult Answer(Func<JsonNode?> act)
    {
        try
        {
            return act() is { } answer ? Results.Text(answer.ToJsonString(), "application/json") : Results.Ok();
        }
        catch (SimplonException e)
        {
            return Results.Text(e.Message, statusCode: e.Status);
        }
        catch (TimeoutException e)
        {
            return Results.Text($"{e.Message}; connect a receiver to the stream", statusCode: StatusCodes.Status500InternalServerError);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or OperationCanceledException)
        {
            return Results.Text(e.Message, statusCode: StatusCodes.Status500InternalServerError);
        }
    }
}
