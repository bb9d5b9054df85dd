using System.Text.Json;

namespace XrdCt.Live.Tests.Geometry;

/// <summary>The golden files of detectors, copied beside the tests.</summary>
internal static class GoldenGeometry
{
    public static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "Golden", "geometry", name);

    public static JsonElement Read(string name) => JsonDocument.Parse(File.ReadAllText(PathOf(name))).RootElement;

    /// <summary>A list of numbers; NaN where there is none.</summary>
    public static double[] Numbers(JsonElement list) =>
        [.. list.EnumerateArray().Select(v => v.ValueKind == JsonValueKind.Null ? double.NaN : v.GetDouble())];
}
