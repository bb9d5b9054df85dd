using System.Text.Json;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Server.Display;

/// <summary>
/// <c>/api/reconstruction</c>: GET tells how the slices of the running scan are made and what may be chosen, POST changes it. A page of another site
/// can do neither: browsers ask before they post JSON elsewhere, and nobody answers.
/// </summary>
internal static class ReconstructionRequests
{
    /// <summary>Where it is served.</summary>
    public const string Path = "/api/reconstruction";

    /// <summary>Longest body, bytes; all keys together take a tenth.</summary>
    internal const int MostBytes = 1024;

    private static readonly bool[] OnAndOff = [true, false];

    private const string Example = "such as {\"filter\":\"hann\",\"axis_px\":1.25,\"air\":false}";

    /// <summary>Answers a request.</summary>
    public static Task ServeAsync(HttpContext context, DisplayServerOptions options)
    {
        context.Response.Headers.CacheControl = "no-store";
        return HttpMethods.IsPost(context.Request.Method) ? ChangeAsync(context, options) : TellAsync(context, options);
    }

    private static Task TellAsync(HttpContext context, DisplayServerOptions options)
    {
        if (options.Reconstruction() is not { IsOpen: true } control)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        }

        ReconstructionSettings settings = control.Settings;
        double limit_px = control.Choices.AxisLimit_px;
        return context.Response.WriteAsJsonAsync(
            new
            {
                filter = settings.Filter.Name(),
                axis_px = settings.Axis_px,
                air = settings.Air,
                control = options.MayControl,
                choices = new
                {
                    filter = RampFilters.ByName.Keys,
                    axis_px = limit_px > 0 ? new[] { -limit_px, limit_px } : null,
                    air = control.Choices.HasAir ? OnAndOff : [settings.Air],
                },
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
        if (JsonPost.Refusal(context, options, "reconstruction") is { } refusal)
        {
            return refusal;
        }

        return await JsonPost.AnswerAsync(context, MostBytes, Example, said =>
        {
            Func<ReconstructionSettings, ReconstructionSettings> change = Read(said);
            return options.Reconstruction()?.TryChange(JsonPost.Caller(context), change) == true
                ? (StatusCodes.Status200OK, "")
                : (StatusCodes.Status409Conflict, "No scan runs whose reconstruction could be changed.");
        }).ConfigureAwait(false);
    }

    private static Func<ReconstructionSettings, ReconstructionSettings> Read(JsonElement body)
    {
        Func<ReconstructionSettings, ReconstructionSettings> change = settings => settings;
        foreach (JsonProperty said in body.EnumerateObject())
        {
            (Func<ReconstructionSettings, ReconstructionSettings> before, JsonElement value) = (change, said.Value);
            if (said.NameEquals("filter"u8))
            {
                RampFilter filter = value.ValueKind == JsonValueKind.String && RampFilters.ByName.TryGetValue(value.GetString()!, out RampFilter known)
                    ? known
                    : throw new ArgumentException($"'filter' must be one of {string.Join(", ", RampFilters.ByName.Keys)}, not {JsonPost.Shown(value)}");
                change = settings => before(settings) with { Filter = filter };
            }
            else if (said.NameEquals("axis_px"u8))
            {
                double? axis_px = value.ValueKind == JsonValueKind.Null ? null
                    : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number) ? number
                    : throw new ArgumentException($"'axis_px' must be a number of translations, or null for where the data have the axis, not {JsonPost.Shown(value)}");
                change = settings => before(settings) with { Axis_px = axis_px };
            }
            else if (said.NameEquals("air"u8))
            {
                bool air = value.ValueKind is JsonValueKind.True or JsonValueKind.False
                    ? value.GetBoolean()
                    : throw new ArgumentException($"'air' must be true or false, not {JsonPost.Shown(value)}");
                change = settings => before(settings) with { Air = air };
            }
            else
            {
                throw new ArgumentException($"'{JsonPost.Shown(said.Name)}' cannot be changed: choose from filter, axis_px and air");
            }
        }

        return change;
    }
}
