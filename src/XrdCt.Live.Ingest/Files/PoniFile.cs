using System.Globalization;
using System.Text.Json;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;

namespace XrdCt.Live.Ingest.Files;

/// <summary>
/// pyFAI's detector calibrations (PONI): files of version 1, 2, 2.1, and 3 without parallax, and the JSON object that pyFAI's integration
/// configuration holds. Calibrations are appended to such files: of each key the last occurrence counts, as in pyFAI.
/// </summary>
/// <remarks>
/// A file's version is what it says or what its keys need, whichever is newer: <c>Detector_config</c> needs 2, an orientation in it 2.1,
/// <c>Parallax</c> 3. From version 2 on, the keys of version 1 (pixel sizes, spline) are leftovers of older calibrations and do not count.
/// Source: pyFAI <c>io/ponifile.py</c>; detectors by name: <see cref="DetectorCatalogue"/>.
/// </remarks>
public static class PoniFile
{
    private const long LargestFile = 16 << 20;
    private const double LatestVersion = 3;

    // A wavelength above a micrometre is one in ångström or nanometres that somebody wrote without its exponent.
    private const double LongestWavelength_m = 1e-6;

    // Corners are twelve floats a pixel: 2²⁷ pixels, eight times an Eiger 16M, is the most that image files may have, too.
    private const long MostPixels = 1L << 27;

    // What pyFAI calls a detector of no particular make.
    private const string Generic = "Detector";
    private const string Nexus = "NexusDetector";

    private static readonly string[] Hdf5Extensions = [".h5", ".hdf5", ".hdf", ".nxs", ".nx"];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="fallbackShape">
    /// Image size to use where the file names a detector without one; null refuses such files.
    /// </param>
    /// <param name="readDetector">
    /// Reads pyFAI's HDF5 description of a detector, where the calibration names such a file (relative to its own folder); null refuses
    /// such calibrations.
    /// </param>
    /// <exception cref="FormatException">
    /// A key is missing or has a wrong value, or the file needs something that is not supported (parallax, distortion files); the message
    /// names file, key and remedy.
    /// </exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static DetectorGeometry Read(
        string path, ImageShape? fallbackShape = null, Func<string, NexusDetector>? readDetector = null)
    {
        if (new FileInfo(path) is { Exists: true, Length: > LargestFile })
        {
            throw new FormatException($"{path}: the file is too large for a PONI file");
        }

        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return Parse(File.ReadAllText(path), path, fallbackShape, InFolder(folder, readDetector));
    }

    /// <summary>Reads the text of a file.</summary>
    /// <param name="text">The text.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="fallbackShape">As for <see cref="Read"/>.</param>
    /// <param name="readDetector">As for <see cref="Read"/>, with the path as the calibration has it.</param>
    /// <exception cref="FormatException">As for <see cref="Read"/>.</exception>
    public static DetectorGeometry Parse(
        string text, string name, ImageShape? fallbackShape = null, Func<string, NexusDetector>? readDetector = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        Dictionary<string, string> keys = new(StringComparer.OrdinalIgnoreCase);
        foreach (string line in text.Split('\n'))
        {
            int colon = line.IndexOf(':');
            if (colon > 0 && !line.StartsWith('#'))
            {
                keys[line[..colon].Trim()] = line[(colon + 1)..].Trim();
            }
        }

        return Interpret(new Entries(name, keys), fallbackShape, readDetector);
    }

    /// <summary>Reads a calibration that stands in a JSON file as an object: the same keys, <c>dist</c> for the distance.</summary>
    /// <param name="poni">The object.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="folder">Folder that the paths in it are relative to.</param>
    /// <param name="fallbackShape">As for <see cref="Read"/>.</param>
    /// <param name="readDetector">As for <see cref="Read"/>.</param>
    /// <exception cref="FormatException">As for <see cref="Read"/>.</exception>
    public static DetectorGeometry Parse(
        JsonElement poni, string name, string folder, ImageShape? fallbackShape = null, Func<string, NexusDetector>? readDetector = null)
    {
        if (poni.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"{name}: the calibration is no JSON object");
        }

        Dictionary<string, string> keys = new(StringComparer.OrdinalIgnoreCase);
        foreach (JsonProperty property in poni.EnumerateObject())
        {
            string key = property.Name.Equals("dist", StringComparison.OrdinalIgnoreCase) ? "Distance" : property.Name;
            keys[key] = property.Value.ValueKind switch
            {
                JsonValueKind.Null => "",
                JsonValueKind.String => property.Value.GetString()!,
                _ => property.Value.GetRawText(),
            };
        }

        return Interpret(new Entries(name, keys), fallbackShape, InFolder(folder, readDetector));
    }

    private static Func<string, NexusDetector>? InFolder(string folder, Func<string, NexusDetector>? readDetector) =>
        readDetector is null ? null : file => readDetector(Path.GetFullPath(file, folder));

    private static DetectorGeometry Interpret(Entries entries, ImageShape? fallbackShape, Func<string, NexusDetector>? readDetector)
    {
        Configuration configuration = ReadConfiguration(entries);
        // A file that claims version 2 and has nothing of it is written by hand, after one of version 1.
        bool isFirstVersion = Version(entries, configuration) < 2 || entries.Find("Detector_config") is null;
        RefuseDistortion(entries, isFirstVersion);
        string name = entries.Find("Detector") ?? Generic;
        NexusDetector? nexus = ReadNexus(entries, name, configuration, readDetector);
        DetectorModel? model = nexus is null ? DetectorCatalogue.Find(name) : null;
        ImageShape shape = configuration.Shape ?? nexus?.Shape ?? model?.Shape ?? fallbackShape ?? throw Unknown(entries, name);
        if (nexus is not null && shape != nexus.Shape)
        {
            throw entries.Wrong("max_shape", shape.ToString(), $"is not the size {nexus.Shape} (rows × columns) of the detector's own file");
        }

        if (configuration.Module is { } module && module != model?.Gaps.Module)
        {
            throw entries.Wrong("module_size", module.ToString(), "is not that of the detector: write Detector: Detector, and the gaps into a mask");
        }

        double? standard_m = model?.PixelSize_m;
        DetectorGeometry geometry = new()
        {
            Detector = nexus?.Name ?? name,
            Shape = shape,
            PixelSize1_m = configuration.Pixel1_m ?? nexus?.PixelSize1_m ?? entries.PixelSize("PixelSize1", standard_m, isFirstVersion),
            PixelSize2_m = configuration.Pixel2_m ?? nexus?.PixelSize2_m ?? entries.PixelSize("PixelSize2", standard_m, isFirstVersion),
            Distance_m = entries.Number("Distance"),
            Poni1_m = entries.Number("Poni1"),
            Poni2_m = entries.Number("Poni2"),
            Rot1_rad = entries.Number("Rot1"),
            Rot2_rad = entries.Number("Rot2"),
            Rot3_rad = entries.Number("Rot3"),
            Wavelength_m = entries.FindNumber("Wavelength"),
            Orientation = configuration.Orientation ?? nexus?.Orientation ?? DetectorOrientation.BottomRight,
            Corners = nexus?.Corners,
            Sensor = configuration.Sensor,
        };
        Check(entries, geometry, model);
        return geometry;
    }

    private static double Version(Entries entries, in Configuration configuration)
    {
        double version = entries.FindNumber("poni_version") ?? 1;
        version = entries.Find("Detector_config") is null ? version : Math.Max(version, configuration.Orientation is null ? 2 : 2.1);
        version = entries.Find("Parallax") is null ? version : Math.Max(version, 3);
        if (version is >= 1 and <= LatestVersion)
        {
            return version;
        }

        throw entries.Wrong(
            "poni_version",
            entries.Find("poni_version"),
            version > LatestVersion ? "is too recent: versions 1 to 3 are known here" : "is not known: versions 1 to 3 are");
    }

    private static void RefuseDistortion(Entries entries, bool isFirstVersion)
    {
        if (entries.Find("Parallax") is { } parallax && parallax.Equals("true", StringComparison.OrdinalIgnoreCase))
        {
            throw entries.Wrong("Parallax", parallax, "is not supported: calibrate without parallax correction");
        }

        if (isFirstVersion && entries.Find("SplineFile") is { } spline)
        {
            throw entries.Wrong("SplineFile", spline, "is not supported: save the detector as pyFAI's HDF5 file (detector.save) and name that");
        }
    }

    private static NexusDetector? ReadNexus(
        Entries entries, string name, in Configuration configuration, Func<string, NexusDetector>? readDetector)
    {
        bool isPath = Hdf5Extensions.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase);
        if (!isPath && !name.Equals(Nexus, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        string file = configuration.FileName
            ?? (isPath ? name : throw entries.Wrong("Detector", name, "needs a Detector_config with the filename of the detector's HDF5 file"));
        return readDetector is null
            ? throw entries.Wrong("Detector", file, "cannot be read here: detectors from HDF5 files are not taken")
            : readDetector(file);
    }

    private static FormatException Unknown(Entries entries, string name) => name.Equals(Generic, StringComparison.OrdinalIgnoreCase)
        ? entries.Wrong("Detector", name, "has no size: write a Detector_config with max_shape, pixel1 and pixel2")
        : entries.Wrong(
            "Detector",
            name,
            $"is not known and has no known size: did you mean {string.Join(", ", DetectorCatalogue.Near(name))}? Else write a Detector_config "
            + "with max_shape, pixel1 and pixel2");

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
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw entries.Wrong("Detector_config", text, "is not the JSON object that pyFAI writes", e);
        }
    }

    private static Configuration ReadConfiguration(Entries entries, JsonElement root, string text)
    {
        Configuration configuration = default;
        foreach (JsonProperty property in root.EnumerateObject().Where(p => p.Value.ValueKind != JsonValueKind.Null))
        {
            switch (property.Name.ToUpperInvariant())
            {
                case "ORIENTATION":
                    configuration = configuration with { Orientation = Orientation(entries, property.Value, text) };
                    break;
                case "PIXEL1":
                    configuration = configuration with { Pixel1_m = property.Value.GetDouble() };
                    break;
                case "PIXEL2":
                    configuration = configuration with { Pixel2_m = property.Value.GetDouble() };
                    break;
                case "MAX_SHAPE":
                    configuration = configuration with { Shape = Sides(entries, property, text) };
                    break;
                case "SENSOR":
                    configuration = configuration with { Sensor = Sensor(entries, property.Value, text) };
                    break;
                case "FILENAME":
                    configuration = configuration with { FileName = property.Value.GetString() };
                    break;
                case "MODULE_SIZE":
                    configuration = configuration with { Module = Sides(entries, property, text) };
                    break;
                case "X_OFFSET_FILE" or "Y_OFFSET_FILE" or "SPLINEFILE":
                    throw entries.Wrong(
                        "Detector_config",
                        text,
                        $"asks for {property.Name}, which is not supported: save the detector as pyFAI's HDF5 file (detector.save) and name that");
                default:
                    throw entries.Wrong("Detector_config", text, $"has a key '{property.Name}' that is not known here");
            }
        }

        return configuration;
    }

    private static ImageShape Sides(Entries entries, JsonProperty property, string text)
    {
        int[] sides = [.. property.Value.EnumerateArray().Select(side => side.TryGetInt32(out int n) ? n : 0)];
        return sides is [> 0, > 0]
            ? new ImageShape(sides[0], sides[1])
            : throw entries.Wrong("Detector_config", text, $"has no {property.Name} [rows, columns]");
    }

    // 0 says "not specified", which pyFAI takes for the default.
    private static DetectorOrientation Orientation(Entries entries, JsonElement value, string text) =>
        value.TryGetInt32(out int orientation) && orientation is >= 0 and <= 4
            ? orientation == 0 ? DetectorOrientation.BottomRight : (DetectorOrientation)orientation
            : throw entries.Wrong("Detector_config", text, "has an orientation other than 1, 2, 3 and 4, which are those that are supported");

    private static SensorLayer? Sensor(Entries entries, JsonElement value, string text)
    {
        string? material = value.GetProperty("material").GetString();
        double thickness_m = value.TryGetProperty("thickness", out JsonElement number) && number.ValueKind != JsonValueKind.Null
            ? number.GetDouble()
            : double.NaN;
        return material is null || double.IsNaN(thickness_m) ? null
            : thickness_m is > 0 and <= 0.1 ? new SensorLayer(material, thickness_m)
            : throw entries.Wrong("Detector_config", text, "has a sensor whose thickness is no length between 0 and 0.1 m: PONI files are in metres");
    }

    private static void Check(Entries entries, DetectorGeometry geometry, DetectorModel? model)
    {
        if ((long)geometry.Shape.Rows * geometry.Shape.Columns > MostPixels)
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
        if (model?.PixelSize_m is { } pixel_m
            && (Math.Abs(geometry.PixelSize1_m - pixel_m) > 1e-9 || Math.Abs(geometry.PixelSize2_m - pixel_m) > 1e-9))
        {
            throw entries.Wrong(
                "Detector",
                geometry.Detector,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"has pixels of {pixel_m} m, not {geometry.PixelSize1_m} × {geometry.PixelSize2_m} m; if it is binned, "
                    + $"write Detector: Detector and a Detector_config with max_shape, pixel1 and pixel2"));
        }

        // pyFAI's own ways to compute such a detector disagree with each other (its issue 2913): there is nothing to agree with.
        if (geometry.Corners is not null && geometry.Orientation != DetectorOrientation.BottomRight)
        {
            throw entries.Wrong(
                "Detector_config",
                $"orientation {(int)geometry.Orientation}",
                "does not go with pixel corners, which say themselves where each pixel is: use orientation 3");
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

        public DetectorOrientation? Orientation { get; init; }

        public ImageShape? Module { get; init; }

        public SensorLayer? Sensor { get; init; }

        public string? FileName { get; init; }
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

        // Where a configuration does not give the pixels, what an older block says is still the best there is.
        public double PixelSize(string key, double? standard_m, bool isFirstVersion) => isFirstVersion
            ? FindNumber(key) ?? standard_m ?? throw Missing(key)
            : standard_m ?? FindNumber(key) ?? throw Missing(key);

        public FormatException Missing(string key) =>
            new($"{name}: the key {key} is missing; is it a PONI file of pyFAI?");

        public FormatException Wrong(string key, string? value, string why, Exception? inner = null) =>
            new($"{name}: {key}: {value} {why}", inner);
    }
}
