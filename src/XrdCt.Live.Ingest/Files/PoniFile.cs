using System.Globalization;
using System.Text.Json;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;

namespace XrdCt.Live.Ingest.Files;

/// <summary>
/// pyFAI's detector calibration files (PONI), versions 1, 2, 2.1, and 3 without parallax. Calibrations are appended
/// to such files: of each key the last occurrence counts, as in pyFAI.
/// </summary>
/// <remarks>Source: pyFAI <c>io/ponifile.py</c>; detectors: <c>detectors/_dectris.py</c>.</remarks>
public static class PoniFile
{
    private const long LargestFile = 16 << 20;
    private const int DefaultOrientation = 3;
    private const double PilatusPixel_m = 172e-6;

    // A wavelength above a micrometre is one in ångström or nanometres that somebody wrote without its exponent.
    private const double LongestWavelength_m = 1e-6;

    /// <summary>
    /// Pilatus detectors by name without blanks and hyphens; modules of 195×487 pixels, gaps of 17 and 7.
    /// </summary>
    private static readonly Dictionary<string, ImageShape> PilatusShapes = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Pilatus100k"] = PilatusShape(1, 1),
        ["Pilatus300k"] = PilatusShape(3, 1),
        ["PilatusCdTe300k"] = PilatusShape(3, 1),
        ["Pilatus300kCdTe"] = PilatusShape(3, 1),
        ["Pilatus300kw"] = PilatusShape(1, 3),
        ["PilatusCdTe300kw"] = PilatusShape(1, 3),
        ["Pilatus300kwCdTe"] = PilatusShape(1, 3),
        ["Pilatus1M"] = PilatusShape(5, 2),
        ["PilatusCdTe1M"] = PilatusShape(5, 2),
        ["Pilatus1MCdTe"] = PilatusShape(5, 2),
        ["Pilatus2M"] = ImageShape.Pilatus2M,
        ["PilatusCdTe2M"] = ImageShape.Pilatus2M,
        ["Pilatus2MCdTe"] = ImageShape.Pilatus2M,
        ["Pilatus6M"] = PilatusShape(12, 5),
    };

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="fallbackShape">
    /// Image size to use where the file names a detector without one; null refuses such files.
    /// </param>
    /// <exception cref="FormatException">
    /// A key is missing or has a wrong value, or the file needs something that is not supported (orientation other than
    /// 3, parallax, distortion files); the message names file, key and remedy.
    /// </exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static DetectorGeometry Read(string path, ImageShape? fallbackShape = null)
    {
        if (new FileInfo(path) is { Exists: true, Length: > LargestFile })
        {
            throw new FormatException($"{path}: the file is too large for a PONI file");
        }

        return Parse(File.ReadAllText(path), path, fallbackShape);
    }

    /// <summary>Reads the text of a file.</summary>
    /// <param name="text">The text.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="fallbackShape">As for <see cref="Read"/>.</param>
    /// <exception cref="FormatException">As for <see cref="Read"/>.</exception>
    public static DetectorGeometry Parse(string text, string name, ImageShape? fallbackShape = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        Entries entries = new(name, KeysOf(text));
        Configuration configuration = ReadConfiguration(entries);
        CheckVersion(entries);
        string detector = entries.Find("Detector") ?? "Detector";
        string plainName = detector.Replace(" ", "").Replace("-", "").Replace("_", "");
        bool isPilatus = PilatusShapes.TryGetValue(plainName, out ImageShape pilatus);
        ImageShape shape = configuration.Shape
            ?? (isPilatus ? pilatus : fallbackShape)
            ?? throw entries.Wrong(
                "Detector",
                detector,
                "has no known size: write a Detector_config with max_shape, pixel1 and pixel2");
        double? standardPixel_m = isPilatus ? PilatusPixel_m : null;
        DetectorGeometry geometry = new()
        {
            Detector = detector,
            Shape = shape,
            PixelSize1_m = configuration.Pixel1_m ?? entries.PixelSize("PixelSize1", standardPixel_m),
            PixelSize2_m = configuration.Pixel2_m ?? entries.PixelSize("PixelSize2", standardPixel_m),
            Distance_m = entries.Number("Distance"),
            Poni1_m = entries.Number("Poni1"),
            Poni2_m = entries.Number("Poni2"),
            Rot1_rad = entries.Number("Rot1"),
            Rot2_rad = entries.Number("Rot2"),
            Rot3_rad = entries.Number("Rot3"),
            Wavelength_m = entries.FindNumber("Wavelength"),
        };
        Check(entries, geometry, standardPixel_m);
        return geometry;
    }

    private static ImageShape PilatusShape(int rows, int columns) =>
        new((195 * rows) + (17 * (rows - 1)), (487 * columns) + (7 * (columns - 1)));

    private static Dictionary<string, string> KeysOf(string text)
    {
        Dictionary<string, string> keys = new(StringComparer.OrdinalIgnoreCase);
        foreach (string line in text.Split('\n'))
        {
            int colon = line.IndexOf(':');
            if (colon > 0 && !line.StartsWith('#'))
            {
                keys[line[..colon].Trim()] = line[(colon + 1)..].Trim();
            }
        }

        return keys;
    }

    private static void CheckVersion(Entries entries)
    {
        if (entries.FindNumber("poni_version") is { } version && version is not (>= 1 and < 4))
        {
            throw entries.Wrong("poni_version", entries.Find("poni_version"), "is not known here: versions 1 to 3 are");
        }

        if (entries.Find("Parallax") is { } parallax && parallax.Equals("true", StringComparison.OrdinalIgnoreCase))
        {
            throw entries.Wrong("Parallax", parallax, "is not supported: calibrate without parallax correction");
        }

        if (entries.Find("SplineFile") is { } spline)
        {
            throw entries.Wrong("SplineFile", spline, "is not supported: use a detector without distortion");
        }
    }

    private static Configuration ReadConfiguration(Entries entries)
    {
        if (entries.Find("Detector_config") is not { } text)
        {
            return default;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return ReadConfiguration(entries, document.RootElement, text);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw entries.Wrong("Detector_config", text, "is not the JSON object that pyFAI writes", e);
        }
    }

    private static Configuration ReadConfiguration(Entries entries, JsonElement root, string text)
    {
        Configuration configuration = default;
        foreach (JsonProperty property in root.EnumerateObject())
        {
            bool isNull = property.Value.ValueKind == JsonValueKind.Null;
            switch (property.Name.ToUpperInvariant())
            {
                case "ORIENTATION" when !isNull && !IsDefaultOrientation(property.Value):
                    throw entries.Wrong(
                        "Detector_config",
                        text,
                        "has an orientation other than 3, which is not supported: calibrate with 3, pyFAI's default");
                case "X_OFFSET_FILE" or "Y_OFFSET_FILE" or "SPLINEFILE" when !isNull:
                    throw entries.Wrong("Detector_config", text, $"asks for {property.Name}, which is not supported");
                case "PIXEL1" when !isNull:
                    configuration = configuration with { Pixel1_m = property.Value.GetDouble() };
                    break;
                case "PIXEL2" when !isNull:
                    configuration = configuration with { Pixel2_m = property.Value.GetDouble() };
                    break;
                case "MAX_SHAPE" when !isNull:
                    int[] sides =
                        [.. property.Value.EnumerateArray().Select(side => side.TryGetInt32(out int n) ? n : 0)];
                    configuration = configuration with
                    {
                        Shape = sides is [> 0, > 0]
                            ? new ImageShape(sides[0], sides[1])
                            : throw entries.Wrong("Detector_config", text, "has no max_shape [rows, columns]"),
                    };
                    break;
                default:
                    break;
            }
        }

        return configuration;
    }

    // 0 says "not specified", which pyFAI takes for the default.
    private static bool IsDefaultOrientation(JsonElement value) =>
        value.TryGetInt32(out int orientation) && orientation is 0 or DefaultOrientation;

    private static void Check(Entries entries, DetectorGeometry geometry, double? standardPixel_m)
    {
        if ((long)geometry.Shape.Rows * geometry.Shape.Columns > int.MaxValue / sizeof(int))
        {
            throw entries.Wrong("max_shape", geometry.Shape.ToString(), "is larger than any detector");
        }

        CheckRange(entries, "PixelSize1", geometry.PixelSize1_m, 0, 0.1);
        CheckRange(entries, "PixelSize2", geometry.PixelSize2_m, 0, 0.1);
        CheckRange(entries, "Distance", geometry.Distance_m, 0, 1000);
        if (geometry.Wavelength_m is { } wavelength_m)
        {
            CheckRange(entries, "Wavelength", wavelength_m, 0, LongestWavelength_m);
        }

        // pyFAI forces the pixel size of these detectors, so a binned image would silently get a wrong geometry.
        if (standardPixel_m is { } pixel_m
            && (Math.Abs(geometry.PixelSize1_m - pixel_m) > 1e-9 || Math.Abs(geometry.PixelSize2_m - pixel_m) > 1e-9))
        {
            throw entries.Wrong(
                "Detector",
                geometry.Detector,
                $"has pixels of {pixel_m} m, not {geometry.PixelSize1_m} × {geometry.PixelSize2_m} m; if it is binned, "
                    + "write Detector: Detector and a Detector_config with max_shape, pixel1 and pixel2");
        }
    }

    private static void CheckRange(Entries entries, string key, double value_m, double above_m, double most_m)
    {
        if (!(value_m > above_m && value_m <= most_m))
        {
            throw entries.Wrong(
                key,
                value_m.ToString(CultureInfo.InvariantCulture),
                $"is not a length between {above_m} and {most_m} m: PONI files are in metres");
        }
    }

    private readonly record struct Configuration
    {
        public ImageShape? Shape { get; init; }

        public double? Pixel1_m { get; init; }

        public double? Pixel2_m { get; init; }
    }

    /// <summary>The keys of a file, and the sentences about them.</summary>
    private sealed class Entries(string name, Dictionary<string, string> keys)
    {
        /// <summary>Value of a key; null where absent, empty or <c>None</c>, as Python writes nothing.</summary>
        public string? Find(string key) =>
            keys.TryGetValue(key, out string? text) && text.ToUpperInvariant() is not ("" or "NONE") ? text : null;

        public double? FindNumber(string key)
        {
            if (Find(key) is not { } text)
            {
                return null;
            }

            return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
                && double.IsFinite(value)
                ? value
                : throw Wrong(key, text, "is not a number");
        }

        public double Number(string key) => FindNumber(key) ?? throw Missing(key);

        public double PixelSize(string key, double? standard_m) =>
            FindNumber(key) ?? standard_m ?? throw Missing(key);

        public FormatException Missing(string key) =>
            new($"{name}: the key {key} is missing; is it a PONI file of pyFAI?");

        public FormatException Wrong(string key, string? value, string why, Exception? inner = null) =>
            new($"{name}: {key}: {value} {why}", inner);
    }
}
