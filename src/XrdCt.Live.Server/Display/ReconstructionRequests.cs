using System.Net;
using System.Net.Mime;
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
        if (!DisplayServer.IsSameOrigin(context.Request))
        {
            return (StatusCodes.Status403Forbidden, "Pages of other sites may not change the reconstruction.");
        }

        if (!options.MayControl)
        {
            return (StatusCodes.Status403Forbidden, "The reconstruction cannot be changed from here: display.control in the configuration says so.");
        }

        if (!IsJson(context.Request.ContentType))
        {
            return (StatusCodes.Status415UnsupportedMediaType, $"Send JSON, with 'Content-Type: {MediaTypeNames.Application.Json}'.");
        }

        byte[] body = new byte[MostBytes + 1];
        int length = context.Request.ContentLength > MostBytes
            ? body.Length
            : await context.Request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, context.RequestAborted).ConfigureAwait(false);
        if (length > MostBytes)
        {
            return (StatusCodes.Status413PayloadTooLarge, $"The change is longer than {MostBytes} bytes.");
        }

        try
        {
            Func<ReconstructionSettings, ReconstructionSettings> change = Read(body.AsMemory(0, length));
            return options.Reconstruction()?.TryChange(Who(context.Connection.RemoteIpAddress), change) == true
                ? (StatusCodes.Status200OK, "")
                : (StatusCodes.Status409Conflict, "No scan runs whose reconstruction could be changed.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Half a surrogate pair is JSON, and no text.
            return (StatusCodes.Status400BadRequest, $"Send one JSON object, {Example}.");
        }
        catch (ArgumentException e)
        {
            return (StatusCodes.Status400BadRequest, $"{char.ToUpperInvariant(e.Message[0])}{e.Message[1..]}.");
        }
    }

    private static bool IsJson(string? contentType)
    {
        string type = contentType?.Split(';')[0].Trim() ?? "";
        return type.Equals(MediaTypeNames.Application.Json, StringComparison.OrdinalIgnoreCase);
    }

    private static string Who(IPAddress? address) => address is null ? "somebody" : address.IsIPv4MappedToIPv6 ? address.MapToIPv4().ToString() : address.ToString();

    private static Func<ReconstructionSettings, ReconstructionSettings> Read(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body, new JsonDocumentOptions { AllowDuplicateProperties = false });
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException();
        }

        Func<ReconstructionSettings, ReconstructionSettings> change = settings => settings;
        foreach (JsonProperty said in document.RootElement.EnumerateObject())
        {
            (Func<ReconstructionSettings, ReconstructionSettings> before, JsonElement value) = (change, said.Value);
            if (said.NameEquals("filter"u8))
            {
                RampFilter filter = value.ValueKind == JsonValueKind.String && RampFilters.ByName.TryGetValue(value.GetString()!, out RampFilter known)
                    ? known
                    : throw new ArgumentException($"'filter' must be one of {string.Join(", ", RampFilters.ByName.Keys)}, not {Shown(value)}");
                change = settings => before(settings) with { Filter = filter };
            }
            else if (said.NameEquals("axis_px"u8))
            {
                double? axis_px = value.ValueKind == JsonValueKind.Null ? null
                    : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number) ? number
                    : throw new ArgumentException($"'axis_px' must be a number of translations, or null for where the data have the axis, not {Shown(value)}");
                change = settings => before(settings) with { Axis_px = axis_px };
            }
            else if (said.NameEquals("air"u8))
            {
                bool air = value.ValueKind is JsonValueKind.True or JsonValueKind.False
                    ? value.GetBoolean()
                    : throw new ArgumentException($"'air' must be true or false, not {Shown(value)}");
                change = settings => before(settings) with { Air = air };
            }
            else
            {
                throw new ArgumentException($"'{Shown(said.Name)}' cannot be changed: choose from filter, axis_px and air");
            }
        }

        return change;
    }

    private static string Shown(JsonElement value) => Shown(value.GetRawText());

    // What was sent comes back as plain text of one line.
    private static string Shown(string text)
    {
        const int Longest = 40;
        string start = text.Length > Longest ? text[..Longest] + "…" : text;
        return string.Concat(start.Select(c => char.IsControl(c) ? ' ' : c));
    }
}
