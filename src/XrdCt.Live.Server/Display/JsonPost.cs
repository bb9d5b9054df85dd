using System.Net;
using System.Net.Mime;
using System.Text.Json;

namespace XrdCt.Live.Server.Display;

/// <summary>What all requests that change something have in common: from a page of this server or a program, allowed, JSON, and short.</summary>
internal static class JsonPost
{
    /// <summary>Why a request is not even read; null where it is.</summary>
    /// <param name="context">The request.</param>
    /// <param name="options">Whether anything may be changed from here.</param>
    /// <param name="what">What it would change, for the answer.</param>
    public static (int Status, string Sentence)? Refusal(HttpContext context, DisplayServerOptions options, string what)
    {
        if (!DisplayServer.IsSameOrigin(context.Request))
        {
            return (StatusCodes.Status403Forbidden, $"Pages of other sites may not change the {what}.");
        }

        if (!options.MayControl)
        {
            return (StatusCodes.Status403Forbidden, $"The {what} cannot be changed from here: display.control in the configuration says so.");
        }

        return IsJson(context.Request.ContentType)
            ? null
            : (StatusCodes.Status415UnsupportedMediaType, $"Send JSON, with 'Content-Type: {MediaTypeNames.Application.Json}'.");
    }

    /// <summary>Reads one JSON object and acts on it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="mostBytes">Longest body, bytes.</param>
    /// <param name="example">What a body looks like, for those who sent something else.</param>
    /// <param name="act">
    /// Acts on the object, which lives as long as the call. An <see cref="ArgumentException"/> is an answer to the caller: the message becomes a sentence.
    /// </param>
    public static Task<(int Status, string Sentence)> AnswerAsync(
        HttpContext context, int mostBytes, string example, Func<JsonElement, (int Status, string Sentence)> act) =>
        AnswerAsync(context, mostBytes, example, said => Task.FromResult(act(said)));

    /// <inheritdoc cref="AnswerAsync(HttpContext, int, string, Func{JsonElement, ValueTuple{int, string}})"/>
    public static async Task<(int Status, string Sentence)> AnswerAsync(
        HttpContext context, int mostBytes, string example, Func<JsonElement, Task<(int Status, string Sentence)>> act)
    {
        byte[] body = new byte[mostBytes + 1];
        int length = context.Request.ContentLength > mostBytes
            ? body.Length
            : await context.Request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, context.RequestAborted).ConfigureAwait(false);
        if (length > mostBytes)
        {
            return (StatusCodes.Status413PayloadTooLarge, $"The change is longer than {mostBytes} bytes.");
        }

        try
        {
            using var document = JsonDocument.Parse(body.AsMemory(0, length), new JsonDocumentOptions { AllowDuplicateProperties = false });
            return document.RootElement.ValueKind == JsonValueKind.Object ? await act(document.RootElement).ConfigureAwait(false) : throw new JsonException();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Half a surrogate pair is JSON, and no text.
            return (StatusCodes.Status400BadRequest, $"Send one JSON object, {example}.");
        }
        catch (ArgumentException e)
        {
            return (StatusCodes.Status400BadRequest, $"{char.ToUpperInvariant(e.Message[0])}{e.Message[1..]}.");
        }
    }

    /// <summary>Address of who asks.</summary>
    public static string Caller(HttpContext context) => context.Connection.RemoteIpAddress switch
    {
        null => "somebody",
        { IsIPv4MappedToIPv6: true } mapped => mapped.MapToIPv4().ToString(),
        IPAddress address => address.ToString(),
    };

    /// <summary>What was sent, as it may stand in the answer.</summary>
    public static string Shown(JsonElement value) => Shown(value.GetRawText());

    /// <inheritdoc cref="Shown(JsonElement)"/>
    public static string Shown(string text)
    {
        // What was sent comes back as plain text of one line.
        const int Longest = 40;
        string start = text.Length > Longest ? text[..Longest] + "…" : text;
        return string.Concat(start.Select(c => char.IsControl(c) ? ' ' : c));
    }

    private static bool IsJson(string? contentType)
    {
        string type = contentType?.Split(';')[0].Trim() ?? "";
        return type.Equals(MediaTypeNames.Application.Json, StringComparison.OrdinalIgnoreCase);
    }
}
