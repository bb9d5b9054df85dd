using System.Text.Json;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Server.Display;

/// <summary>
/// <c>/api/zones</c>: GET tells where no region of interest may be in the running scan and what may be chosen, POST replaces the whole list. Two who change it at
/// once cannot undo each other's changes unseen: each says on which revision the list is based.
/// </summary>
internal static class ZoneRequests
{
    /// <summary>Where it is served.</summary>
    public const string Path = "/api/zones";

    /// <summary>Longest body, bytes; the most zones with all the digits of a double take a third.</summary>
    internal const int MostBytes = 16_384;

    private const string Example = "such as {\"revision\":1,\"zones_um\":[[-110,60,50]]}";

    private const string What = "forbidden zones";

    /// <summary>Answers a request.</summary>
    public static Task ServeAsync(HttpContext context, DisplayServerOptions options)
    {
        context.Response.Headers.CacheControl = "no-store";
        return HttpMethods.IsPost(context.Request.Method) ? ChangeAsync(context, options) : TellAsync(context, options);
    }

    private static Task TellAsync(HttpContext context, DisplayServerOptions options)
    {
        if (options.Zones() is not { IsOpen: true } control)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        }

        (ForbiddenZones forbidden, ZoneChoices choices) = (control.Zones, control.Choices);
        return context.Response.WriteAsJsonAsync(
            new
            {
                revision = forbidden.Revision,
                zones = forbidden.Zones.Select(z => new { x_um = z.X_um, y_um = z.Y_um, radius_um = z.Radius_um }),
                control = options.MayControl,
                choices = new { most = ZoneChoices.Most, reach_um = choices.Reach_um, radius_um = new[] { 0, choices.LargestRadius_um } },
            },
            context.RequestAborted);
    }

    private static async Task ChangeAsync(HttpContext context, DisplayServerOptions options)
    {
        (int status, string refusal) = await TryChangeAsync(context, options).ConfigureAwait(false);
        await (status == StatusCodes.Status200OK ? TellAsync(context, options) : DisplayServer.RefuseAsync(context, status, refusal)).ConfigureAwait(false);
    }

    private static async Task<(int Status, string Refusal)> TryChangeAsync(HttpContext context, DisplayServerOptions options)
    {
        if (JsonPost.Refusal(context, options, What) is { } refusal)
        {
            return refusal;
        }

        return await JsonPost.AnswerAsync(context, MostBytes, Example, said =>
        {
            (long revision, ForbiddenZone[] zones) = Read(said);
            return (options.Zones()?.TryChange(JsonPost.Caller(context), revision, zones) ?? ZoneAnswer.Closed) switch
            {
                ZoneAnswer.Taken => (StatusCodes.Status200OK, ""),
                ZoneAnswer.Outdated => (StatusCodes.Status409Conflict, "Somebody else changed the forbidden zones meanwhile: GET tells them, and the revision to go on from."),
                _ => (StatusCodes.Status409Conflict, "No scan runs whose forbidden zones could be changed."),
            };
        }).ConfigureAwait(false);
    }

    private static (long Revision, ForbiddenZone[] Zones) Read(JsonElement body)
    {
        long? revision = null;
        ForbiddenZone[]? zones = null;
        foreach (JsonProperty said in body.EnumerateObject())
        {
            JsonElement value = said.Value;
            if (said.NameEquals("revision"u8))
            {
                revision = value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number)
                    ? number
                    : throw new ArgumentException($"'revision' must be the number that GET tells, not {JsonPost.Shown(value)}");
            }
            else if (said.NameEquals("zones_um"u8))
            {
                zones = value.ValueKind == JsonValueKind.Array
                    ? [.. value.EnumerateArray().Select(Zone)]
                    : throw new ArgumentException($"'zones_um' must be a list of [x, y, radius], not {JsonPost.Shown(value)}");
            }
            else
            {
                throw new ArgumentException($"'{JsonPost.Shown(said.Name)}' is not known: say revision and zones_um");
            }
        }

        return zones is null ? throw new ArgumentException("'zones_um' is missing: all zones that are to hold, each as [x, y, radius]")
            : revision is null ? throw new ArgumentException("'revision' is missing: that of the list which was changed, as GET tells it")
            : (revision.Value, zones);
    }

    private static ForbiddenZone Zone(JsonElement value)
    {
        double[] numbers = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(Number)] : [];
        return numbers.Length == 3 && numbers.All(double.IsFinite)
            ? new ForbiddenZone(numbers[0], numbers[1], numbers[2])
            : throw new ArgumentException($"a zone must be [x, y, radius] in µm, not {JsonPost.Shown(value)}");
    }

    private static double Number(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) ? number : double.NaN;
}
