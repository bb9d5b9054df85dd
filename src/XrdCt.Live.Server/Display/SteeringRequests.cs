using System.Text.Json;
using XrdCt.Live.Model.Stages;
using XrdCt.Live.Server.Steering;

namespace XrdCt.Live.Server.Display;

/// <summary>
/// <c>/api/steering</c>: GET tells which places of the coarse scan can be taken, what their scans would be and how far one has come; POST takes a place, confirms its moves,
/// stops the motors or takes the place back. Where motors move, taking, confirming and taking back need an operator's token; stopping never does.
/// </summary>
internal static class SteeringRequests
{
    /// <summary>Where it is served.</summary>
    public const string Path = "/api/steering";

    /// <summary>Longest body, bytes.</summary>
    internal const int MostBytes = 512;

    private const string Example = """such as {"propose":{"x_um":-120,"y_um":35.5}}, {"confirm":"TOKEN"}, {"stop":true} or {"withdraw":true}""";
    private const string Scheme = "Bearer ";

    /// <summary>Answers a request.</summary>
    public static Task ServeAsync(HttpContext context, DisplayServerOptions options)
    {
        context.Response.Headers.CacheControl = "no-store";
        return HttpMethods.IsPost(context.Request.Method) ? ChangeAsync(context, options) : TellAsync(context, options, token: null);
    }

    private static Task TellAsync(HttpContext context, DisplayServerOptions options, string? token)
    {
        if (options.Steering is not { } steering)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        }

        SteeringState state = steering.State;
        return context.Response.WriteAsJsonAsync(
            new
            {
                phase = state.Phase.ToString(),
                sentence = state.Sentence,
                control = options.MayControl,
                moves_stages = steering.MovesStages,
                needs_operator = steering.Operators is not null,
                places = state.Places.Select(p => Scan(p, [])),
                taken = state.Taken is { } taken ? Scan(taken, state.From_mm) : null,
                by = state.By,
                expires_s = state.ExpiresAt is { } at ? Math.Max(0, (at - steering.Now).TotalSeconds) : (double?)null,
                positions_mm = state.Positions_mm,
                folder = state.Folder,
                token,
            },
            context.RequestAborted);
    }

    private static object Scan(RoiScanPlan plan, IReadOnlyList<double> from_mm) => new
    {
        number = plan.Number,
        rank = plan.Rank,
        x_um = plan.X_um,
        y_um = plan.Y_um,
        translations = plan.Scan.TranslationCount,
        rotations = plan.Scan.RotationCount,
        step_um = plan.Scan.Step_um,
        slices = plan.Slices,
        frames = plan.FrameCount,
        duration_s = plan.Duration_s,
        obstacle = plan.Obstacle,
        moves = plan.Moves.Select((m, i) => new { motor = m.Motor.Name, by_mm = m.By_mm, from_mm = i < from_mm.Count ? from_mm[i] : m.Motor.Position_mm, to_mm = m.To_mm, via_mm = m.Via_mm, lowest_mm = Limit(m.Motor.Lowest_mm), highest_mm = Limit(m.Motor.Highest_mm) }),
    };

    private static double? Limit(double place_mm) => double.IsFinite(place_mm) ? place_mm : null;

    private static async Task ChangeAsync(HttpContext context, DisplayServerOptions options)
    {
        if (JsonPost.Refusal(context, options, "steering") is { } refusal)
        {
            await DisplayServer.RefuseAsync(context, refusal.Status, refusal.Sentence).ConfigureAwait(false);
            return;
        }

        string? token = null;
        (int status, string sentence) = await JsonPost.AnswerAsync(context, MostBytes, Example, async said =>
        {
            if (options.Steering is not { } steering)
            {
                return (StatusCodes.Status409Conflict, "Nothing is steered here: roi.scan in the configuration says what a region-of-interest scan is.");
            }

            (string what, JsonElement value) = Single(said);
            string caller = JsonPost.Caller(context);
            if (what == "stop")
            {
                return steering.Stop(Operator(context, steering) ?? caller) ? (StatusCodes.Status200OK, "") : (StatusCodes.Status409Conflict, "Nothing moves.");
            }

            if (Operator(context, steering) is not { } by)
            {
                string without = context.Request.Headers.Authorization.Count == 0 ? "without a token" : "with a token of nobody";
                steering.LogRefusal(caller, $"{what} {without}");
                return (StatusCodes.Status401Unauthorized, "Only operators move the stages: send your token.");
            }

            try
            {
                switch (what)
                {
                    case "propose":
                        token = await steering.ProposeAsync(Number(value, "x_um"), Number(value, "y_um"), by, context.RequestAborted).ConfigureAwait(false);
                        return (StatusCodes.Status200OK, "");
                    case "confirm":
                        steering.Confirm(value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new JsonException(), by);
                        return (StatusCodes.Status200OK, "");
                    case "withdraw":
                        return steering.Withdraw(by) ? (StatusCodes.Status200OK, "") : (StatusCodes.Status409Conflict, "No place is taken that could be taken back.");
                    default:
                        throw new JsonException();
                }
            }
            catch (SteeringException e)
            {
                steering.LogRefusal(by, $"{what}: {e.Message}");
                return (StatusCodes.Status409Conflict, $"{char.ToUpperInvariant(e.Message[0])}{e.Message[1..]}.");
            }
        }).ConfigureAwait(false);
        await (status == StatusCodes.Status200OK ? TellAsync(context, options, token) : DisplayServer.RefuseAsync(context, status, sentence)).ConfigureAwait(false);
    }

    private static (string What, JsonElement Value) Single(JsonElement said)
    {
        JsonProperty[] all = [.. said.EnumerateObject()];
        return all is [var only] && only.Name is "propose" or "confirm" or "stop" or "withdraw" ? (only.Name, only.Value) : throw new JsonException();
    }

    private static double Number(JsonElement place, string key) =>
        place.ValueKind == JsonValueKind.Object && place.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number)
            ? number
            : throw new JsonException();

    // Where nothing moves, whoever may change anything here may take a place.
    private static string? Operator(HttpContext context, RoiSteering steering)
    {
        if (steering.Operators is not { } operators)
        {
            return JsonPost.Caller(context);
        }

        string said = context.Request.Headers.Authorization.ToString();
        return said.StartsWith(Scheme, StringComparison.Ordinal) ? operators.NameOf(said[Scheme.Length..]) : null;
    }
}
