using System.Text.Json;

namespace XrdCt.Live.Server.Commands;

/// <summary>How summaries for scripts are written.</summary>
internal static class JsonText
{
    /// <summary>Snake-case keys, indented.</summary>
    public static JsonSerializerOptions Indented { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };
}
