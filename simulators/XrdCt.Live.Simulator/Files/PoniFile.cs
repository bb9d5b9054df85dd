using System.Globalization;
using System.Text.Json;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Phantoms.Detector;

namespace XrdCt.Live.Simulator.Files;

/// <summary>
/// PONI files of pyFAI: reads what the simulated detector needs of versions 1 to 2.1, writes version 2, which all
/// versions of pyFAI since 0.15 read. Where a key stands
/// several times (calibrations are appended), the last one counts.
/// </summary>
internal static class PoniFile
{
    private const string Orientation = "orientation";

    // Orientation 3 is pyFAI's default and the only one whose meaning never changed between its versions.
    private const int SupportedOrientation = 3;

    public static DetectorGeometry Read(string path)
    {
        Dictionary<string, string> values = new(StringComparer.OrdinalIgnoreCase);
        foreach (string line in File.ReadLines(path))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && !line.StartsWith('#'))
            {
                values[line[..colon].Trim()] = line[(colon + 1)..].Trim();
            }
        }

        CheckOrientation(path, values);
        return PilatusCdTe2M.DefaultGeometry with
        {
            Distance_m = Number(path, values, values.ContainsKey("dist") ? "dist" : "Distance"),
            Poni1_m = Number(path, values, "Poni1"),
            Poni2_m = Number(path, values, "Poni2"),
            Rot1_rad = Number(path, values, "Rot1"),
            Rot2_rad = Number(path, values, "Rot2"),
            Rot3_rad = Number(path, values, "Rot3"),
            Wavelength_m = Number(path, values, "Wavelength"),
        };
    }

    public static void Write(string path, DetectorGeometry geometry)
    {
        File.WriteAllText(path, FormattableString.Invariant($$"""
            # Nota: C-Order, 1 refers to the Y axis, 2 to the X axis
            # Geometry of the simulated experiment
            poni_version: 2
            Detector: PilatusCdTe2M
            Detector_config: {}
            Distance: {{geometry.Distance_m:R}}
            Poni1: {{geometry.Poni1_m:R}}
            Poni2: {{geometry.Poni2_m:R}}
            Rot1: {{geometry.Rot1_rad:R}}
            Rot2: {{geometry.Rot2_rad:R}}
            Rot3: {{geometry.Rot3_rad:R}}
            Wavelength: {{geometry.Wavelength_m:R}}

            """));
    }

    private static double Number(string path, Dictionary<string, string> values, string key)
    {
        if (!values.TryGetValue(key, out string? text))
        {
            throw new InvalidDataException($"{path}: the key {key} is missing; the simulator needs it");
        }

        bool isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value);
        bool mustBePositive = key is "dist" or "Distance" or "Wavelength";
        return isNumber && double.IsFinite(value) && (value > 0 || !mustBePositive)
            ? value
            : throw new InvalidDataException($"{path}: {key} is '{text}', which is not a usable number");
    }

    private static void CheckOrientation(string path, Dictionary<string, string> values)
    {
        if (!values.TryGetValue("Detector_config", out string? text))
        {
            return;
        }

        try
        {
            using JsonDocument config = JsonDocument.Parse(text);
            if (config.RootElement.ValueKind == JsonValueKind.Object
                && config.RootElement.TryGetProperty(Orientation, out JsonElement element)
                && (!element.TryGetInt32(out int orientation) || orientation is not (0 or SupportedOrientation)))
            {
                throw new InvalidDataException($"{path}: orientation {element} is not supported; use orientation 3");
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{path}: Detector_config is not a JSON object: {text}", e);
        }
    }
}
