using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Server.Configuration;

/// <summary>
/// pyFAI's integration configuration: the JSON file that <c>pyFAI-integrate</c>, its worker and ewoks jobs save, versions 1 to 5. It is read for
/// what it asks to be computed; a key that nobody knows is refused, because leaving it out could change the numbers.
/// </summary>
/// <remarks>Source: pyFAI <c>io/integration_config.py</c>, <c>worker.py</c>, <c>method_registry.py</c> (2025), and 0.21.3 for the older versions.</remarks>
internal sealed partial class PyFaiConfiguration
{
    private const int LatestVersion = 5;
    private const long LargestFile = 16 << 20;

    /// <summary>Keys that say how or where something is computed, or for whom, not what.</summary>
    private static readonly string[] Immaterial =
        ["application", "opencl_device", "do_OpenCL", "integrator_class", "monitor_name"];

    /// <summary>Keys of the calibration, which stand at the top level up to version 3.</summary>
    private static readonly string[] PoniKeys =
    [
        "poni_version", "detector", "detector_config", "dist", "distance", "poni1", "poni2", "rot1", "rot2", "rot3", "wavelength", "parallax",
        "pixel1", "pixel2", "splineFile", "splinefile",
    ];

    /// <summary>What a calibration cannot do without; pyFAI takes the wavelength from the file where it is missing.</summary>
    private static readonly string[] WholeCalibration = ["detector", "dist", "poni1", "poni2", "rot1", "rot2", "rot3", "wavelength"];

    private static readonly Dictionary<string, string> Units = new(StringComparer.Ordinal)
    {
        ["2th_deg"] = "two_theta_deg",
        ["2th_rad"] = "two_theta_rad",
        ["q_nm^-1"] = "q_invnm",
        ["q_A^-1"] = "q_invA",
        ["r_mm"] = "r_mm",
        ["d_A"] = "d_A",
    };

    private readonly string _path;
    private readonly string _folder;
    private readonly Dictionary<string, JsonElement> _keys;
    private readonly List<string> _ignored = [];
    private readonly int _version;

    private PyFaiConfiguration(string path, Dictionary<string, JsonElement> keys)
    {
        _path = path;
        _folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        _keys = keys;
        _version = (int)(Number("version") ?? 1);
        if (_version is < 0 or > LatestVersion)
        {
            throw Wrong("version", $"{_version}", $"is too recent: versions 1 to {LatestVersion} are known here");
        }

        Rename();
        Files = new DetectorFiles
        {
            Calibration = ReadCalibration(),
            Mask = File("mask_file", "do_mask"),
            FlatField = File("flat_field", "do_flat"),
            Dark = File("dark_current", "do_dark"),
        };
        Integration = ReadIntegration();
        TakeIgnored();
    }

    /// <summary>Calibration, mask and corrections.</summary>
    public DetectorFiles Files { get; }

    /// <summary>What shall be computed; null where the file leaves it open and pyFAI's default is ours.</summary>
    public IntegrationSection Integration { get; }

    /// <summary>Keys that have a value, but no meaning here.</summary>
    public IReadOnlyList<string> Ignored => _ignored;

    /// <summary>Reads a file.</summary>
    /// <exception cref="UserException">It cannot be read, is no such file, or asks for something that is not supported.</exception>
    public static PyFaiConfiguration Read(string path)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > LargestFile })
            {
                throw UserException.WrongUse($"{path}: the file is too large for an integration configuration of pyFAI");
            }

            using JsonDocument document = JsonDocument.Parse(WithoutNonFinite(System.IO.File.ReadAllText(path)));
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw UserException.WrongUse($"{path}: the file is no JSON object, as pyFAI's integration configuration is");
            }

            Dictionary<string, JsonElement> keys = new(StringComparer.Ordinal);
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                keys[property.Name] = property.Value.Clone();
            }

            return new PyFaiConfiguration(path, keys);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw UserException.WrongUse($"cannot read pyFAI's configuration {path}: {e.Message.TrimEnd('.')}", e);
        }
        catch (InvalidOperationException e)
        {
            throw UserException.WrongUse($"{path}: the file holds text that is no valid Unicode", e);
        }
        catch (JsonException e)
        {
            throw UserException.WrongUse($"{path}, line {e.LineNumber + 1}: the file is not JSON, as pyFAI's integration configuration is", e);
        }
    }

    // Python writes NaN and Infinity, which are no JSON, where there is no value or no limit: null, then.
    private static string WithoutNonFinite(string text)
    {
        var clean = new StringBuilder(text.Length);
        bool inString = false;
        for (int i = 0; i < text.Length; i++)
        {
            inString ^= text[i] == '"';
            string? word = inString ? null
                : Array.Find(["-Infinity", "Infinity", "NaN"], w => text.AsSpan(i).StartsWith(w, StringComparison.Ordinal));
            if (word is not null)
            {
                clean.Append("null");
                i += word.Length - 1;
                continue;
            }

            clean.Append(text[i]);
            if (inString && text[i] == '\\' && i + 1 < text.Length)
            {
                clean.Append(text[++i]);
            }
        }

        return clean.ToString();
    }

    // Names that keys had in older versions, or in other parts of pyFAI.
    private void Rename()
    {
        (string Old, string New)[] names =
        [
            ("npt_rad", "nbpt_rad"), ("npt_azim", "nbpt_azim"), ("mask_image", "mask_file"), ("dark_current_image", "dark_current"),
            ("flat_field_image", "flat_field"), ("dummy", "val_dummy"), ("do_solid_angle", "correct_solid_angle"),
            ("integrator_name", "integrator_method"), ("do_azimuth_range", "do_azimuthal_range"),
            ("azimuthal_range_min", "azimuth_range_min"), ("azimuthal_range_max", "azimuth_range_max"),
        ];
        foreach ((string old, string current) in names)
        {
            if (_keys.Remove(old, out JsonElement value))
            {
                _keys.TryAdd(current, value);
            }
        }
    }

    // Up to version 3 the calibration's values stand beside the path of the file that they came from, and count instead of it.
    private Calibration? ReadCalibration()
    {
        JsonElement? poni = Take("poni");
        ImageShape? frame = FrameShape();
        var values = PoniKeys.Select(key => (Key: key, Value: Take(key))).Where(entry => entry.Value is not null).ToArray();
        bool inPlaceOfFile = _version < 4 && WholeCalibration.All(key => values.Any(entry => entry.Key == key));
        if (poni is not null && values.Length > 0 && !inPlaceOfFile)
        {
            throw Wrong("poni", poni.Value.ToString(), $"stands beside '{values[0].Key}', and they may contradict each other: leave one of them out");
        }

        if (values.Length > 0)
        {
            return new Calibration(_path)
            {
                Value = JsonSerializer.SerializeToElement(values.ToDictionary(entry => VersionOneName(entry.Key), entry => entry.Value!.Value)),
                Folder = _folder,
                FrameShape = frame,
            };
        }

        return poni switch
        {
            null => null,
            { ValueKind: JsonValueKind.String } path => new Calibration(Resolve("poni", path.GetString()!)) { FrameShape = frame },
            { ValueKind: JsonValueKind.Object } => new Calibration($"{_path}: poni") { Value = poni, Folder = _folder, FrameShape = frame },
            _ => throw Wrong("poni", poni.Value.GetRawText(), "is neither a path nor a calibration"),
        };
    }

    // Size of the frames, for detectors that do not say theirs.
    private ImageShape? FrameShape()
    {
        if (Take("shape") is not JsonElement shape)
        {
            return null;
        }

        int[] sides = shape.ValueKind == JsonValueKind.Array ? [.. shape.EnumerateArray().Select(side => (int?)AsNumber("shape", side) ?? 0)] : [];
        return sides is [> 0, > 0]
            ? new ImageShape(sides[0], sides[1])
            : throw Wrong("shape", shape.GetRawText(), "is no image size [rows, columns]");
    }

    private string Resolve(string key, string path)
    {
        string plain = Schemes().Replace(path, "");
        try
        {
            return Path.GetFullPath(Path.Combine(_folder, plain));
        }
        catch (ArgumentException e)
        {
            throw UserException.WrongUse($"{_path}: {key} is no path of a file", e);
        }
    }

    private static string VersionOneName(string key) => key switch
    {
        "pixel1" => "PixelSize1",
        "pixel2" => "PixelSize2",
        _ => key,
    };

    private string? File(string key, string flag)
    {
        bool wanted = Flag(flag) ?? true;
        if (Take(key) is not JsonElement value || !wanted)
        {
            return null;
        }

        string[] files = value.ValueKind switch
        {
            JsonValueKind.String => value.GetString()!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
            JsonValueKind.Array => [.. value.EnumerateArray().Select(v => v.ValueKind == JsonValueKind.String ? v.GetString()! : throw NoPath(key, value))],
            _ => throw NoPath(key, value),
        };
        return files.Length switch
        {
            0 => null,
            1 => Resolve(key, files[0]),
            _ => throw Wrong(key, value.GetRawText(), "names several images: average them into one file"),
        };
    }

    private UserException NoPath(string key, JsonElement value) => Wrong(key, value.GetRawText(), "is not the path of an image");

    private IntegrationSection ReadIntegration()
    {
        (double? lower, double? upper) = Range("radial_range", "do_radial_range");
        (double? azimuthLower_deg, double? azimuthUpper_deg) = Range("azimuth_range", "do_azimuthal_range");
        bool useDummy = Flag("do_dummy") ?? true;
        (double? dummy, double? delta) = (Number("val_dummy"), Number("delta_dummy"));
        int? sectors = Sectors();
        if ((Flag("chi_discontinuity_at_0") ?? false) && sectors is not null && azimuthLower_deg is null)
        {
            (azimuthLower_deg, azimuthUpper_deg) = (0, 360);
        }

        var section = new IntegrationSection
        {
            Unit = Unit(),
            Bins = Whole("nbpt_rad"),
            Lower = lower,
            Upper = upper,
            AzimuthLower_deg = azimuthLower_deg,
            AzimuthUpper_deg = azimuthUpper_deg,
            AzimuthSectors = sectors,
            Splitting = Splitting(),
            SolidAngle = Flag("correct_solid_angle"),
            Polarisation = Polarisation(),
            Dummy = useDummy ? dummy : null,
            DummyDelta = useDummy ? delta : null,
            ErrorModel = ErrorModel(),
        };
        if (Number("normalization_factor") is double factor && factor is not (1 or 0))
        {
            throw Wrong("normalization_factor", $"{factor}", "is not supported: intensities are divided by the monitor of each frame, or not at all");
        }

        ReadFilter(section);
        return section;
    }

    private int? Sectors()
    {
        int? sectors = Whole("nbpt_azim");
        bool is2D = Flag("do_2D") ?? true;
        return is2D && sectors > 1 ? sectors : null;
    }

    private string? Unit()
    {
        JsonElement? value = Take("unit");
        if (value is { ValueKind: JsonValueKind.Array } pair && pair.GetArrayLength() == 2 && pair[1].ToString() == "chi_deg")
        {
            value = pair[0];
        }

        return value is null ? "two_theta_deg"
            : Units.TryGetValue(value.Value.ToString(), out string? unit) ? unit
            : throw Wrong("unit", value.Value.ToString(), $"is not supported: use one of {string.Join(", ", Units.Keys)}");
    }

    // Without a method, pyFAI splits by bounding box in version 1, and its preferred method of today splits fully.
    private string Splitting()
    {
        JsonElement? method = Take("method");
        return method switch
        {
            null => _version <= 1 ? "bbox" : "full",
            { ValueKind: JsonValueKind.String } name => SplittingOf(name.GetString()!),
            { ValueKind: JsonValueKind.Array } parts => SplittingOf(parts),
            _ => throw Wrong("method", method.Value.GetRawText(), "is not a method of pyFAI, such as [\"full\", \"csr\", \"cython\"]"),
        };
    }

    // [split, algorithm, implementation], or [dimension, split, algorithm, implementation, target].
    private string SplittingOf(JsonElement parts)
    {
        string split = parts.EnumerateArray().FirstOrDefault(p => p.ValueKind == JsonValueKind.String).ToString();
        return split switch
        {
            "no" => "none",
            "bbox" or "*" => "bbox",
            "full" => "full",
            "pseudo" => throw Pseudo(parts.GetRawText()),
            _ => throw Wrong("method", parts.GetRawText(), "is not a method of pyFAI, such as [\"full\", \"csr\", \"cython\"]"),
        };
    }

    // The words that pyFAI looks for, in its order; "csr" and "lut" alone mean the bounding box.
    private string SplittingOf(string method)
    {
        string name = method.ToLowerInvariant();
        return name.Contains("bbox", StringComparison.Ordinal) ? "bbox"
            : name.Contains("pseudo", StringComparison.Ordinal) ? throw Pseudo(method)
            : name.Contains("full", StringComparison.Ordinal) || name.Contains("splitpixel", StringComparison.Ordinal) ? "full"
            : name.Contains("no", StringComparison.Ordinal) || name is "numpy" or "python" or "cython" or "histogram" ? "none"
            : name.Contains("csr", StringComparison.Ordinal) || name.Contains("lut", StringComparison.Ordinal) ? "bbox"
            : throw Wrong("method", method, "is not a method of pyFAI, such as [\"full\", \"csr\", \"cython\"]");
    }

    private UserException Pseudo(string method) =>
        Wrong("method", method, "splits pixels in the way \"pseudo\", which is not supported: use no, bbox or full");

    private double? Polarisation()
    {
        bool wanted = Flag("do_polarization") ?? true;
        JsonElement? description = Take("polarization_description") ?? Take("polarization_factor");
        _ = Take("polarization_factor");
        double? offset = Number("polarization_offset");
        double? factor = null;
        if (description is { ValueKind: JsonValueKind.Array } pair)
        {
            factor = pair.GetArrayLength() > 0 ? AsNumber("polarization_factor", pair[0]) : null;
            offset = pair.GetArrayLength() > 1 ? AsNumber("polarization_factor", pair[1]) : offset;
        }
        else if (description is JsonElement value)
        {
            factor = AsNumber("polarization_factor", value);
        }

        return !wanted || factor is null ? null
            : offset is null or 0 ? factor
            : throw Wrong("polarization_offset", $"{offset}", "is not supported: the beam must be polarised along the rows of the detector");
    }

    private string? ErrorModel()
    {
        bool poisson = Flag("do_poisson") ?? false;
        JsonElement? model = Take("error_model");
        return model?.ToString().ToLowerInvariant() switch
        {
            null or "" or "no" or "none" or "0" or "errormodel.no" => poisson ? "poisson" : null,
            "poisson" or "2" => "poisson",
            "azimuthal" or "3" => "azimuthal",
            "hybrid" or "4" => "hybrid",
            _ => throw Wrong("error_model", model!.Value.ToString(), "is not supported: use poisson, azimuthal or hybrid"),
        };
    }

    private void ReadFilter(IntegrationSection section)
    {
        string method = Take("integrator_method")?.ToString() ?? "";
        Dictionary<string, JsonElement> extra = Extra();
        section.Filter = method switch
        {
            "" or "integrate1d" or "integrate1d_ng" or "integrate2d" or "integrate2d_ng" => "mean",
            "sigma_clip" or "sigma_clip_ng" => "sigma-clip",
            "medfilt1d" or "medfilt1d_legacy" or "medfilt1d_ng" => "trimmed",
            _ => throw Wrong("integrator_method", method, "is not supported: use integrate1d, sigma_clip or medfilt1d"),
        };
        if (section.Filter == "sigma-clip")
        {
            section.ClipThreshold_sigma = Extra(extra, "thresh") ?? Extra(extra, "thres");
            section.ClipIterations = Whole("max_iter", Extra(extra, "max_iter"));
        }

        if (section.Filter == "trimmed")
        {
            // The older of the two takes the sectors of a cake for its pixels; its names are those that production uses.
            section.Trim = method == "medfilt1d_ng" ? "pixel" : "cake";
            section.CakeSectors = Whole("npt_azim", Extra(extra, "npt_azim")) ?? (section.Trim == "cake" ? 512 : null);
            ReadPercentile(section, extra);
        }

        if (section.Filter != "mean" && section.AzimuthSectors is int sectors)
        {
            throw Wrong("nbpt_azim", $"{sectors}", $"does not go with {method}, which gives a 1D pattern: set it to 1");
        }

        if (extra.Count > 0)
        {
            throw Wrong(
                "extra_options",
                string.Join(", ", extra.Keys),
                $"{(extra.Count == 1 ? "is" : "are")} not known for {(method.Length == 0 ? "integrate1d" : method)}: leave {(extra.Count == 1 ? "it" : "them")} out");
        }
    }

    private void ReadPercentile(IntegrationSection section, Dictionary<string, JsonElement> extra)
    {
        JsonElement percentile = extra.Remove("percentile", out JsonElement given) ? given : JsonSerializer.SerializeToElement(50);
        double[] ends = percentile.ValueKind == JsonValueKind.Array
            ? [.. percentile.EnumerateArray().Select(p => AsNumber("percentile", p) ?? double.NaN)]
            : [AsNumber("percentile", percentile) ?? double.NaN];
        (section.Filter, section.TrimLower, section.TrimUpper) = ends switch
        {
            [50] or [50, 50] => ("median", null, null),
            [>= 0 and < 50 and var low, > 50 and <= 100 and var high] => ("trimmed", (double?)(low / 100), (double?)((100 - high) / 100)),
            _ => throw Wrong("percentile", percentile.GetRawText(), "is not supported: use 50, or two numbers below and above 50"),
        };
    }

    private Dictionary<string, JsonElement> Extra()
    {
        Dictionary<string, JsonElement> extra = new(StringComparer.Ordinal);
        JsonElement? options = Take("extra_options");
        if (options is { ValueKind: not JsonValueKind.Object } other)
        {
            throw Wrong("extra_options", other.GetRawText(), "is no JSON object");
        }

        foreach (JsonProperty option in options?.EnumerateObject().Where(o => o.Value.ValueKind != JsonValueKind.Null) ?? [])
        {
            extra[option.Name] = option.Value;
        }

        return extra;
    }

    private double? Extra(Dictionary<string, JsonElement> extra, string key) =>
        extra.Remove(key, out JsonElement value) ? AsNumber(key, value) : null;

    private (double? Lower, double? Upper) Range(string key, string flag)
    {
        bool wanted = Flag(flag) ?? true;
        (double? lower, double? upper) = (Number($"{key}_min"), Number($"{key}_max"));
        if (Take(key) is JsonElement range)
        {
            if (range.ValueKind != JsonValueKind.Array || range.GetArrayLength() != 2)
            {
                throw Wrong(key, range.GetRawText(), "is no pair of numbers");
            }

            (lower, upper) = (AsNumber(key, range[0]), AsNumber(key, range[1]));
        }

        // As pyFAI, which takes a range that is open on one side for none.
        return wanted && lower is not null && upper is not null ? (lower, upper) : (null, null);
    }

    private void TakeIgnored()
    {
        _ = Take("version");
        if (_keys.GetValueOrDefault("integrator_class") is { ValueKind: JsonValueKind.String } name && name.GetString() != "AzimuthalIntegrator")
        {
            throw Wrong("integrator_class", name.GetString()!, "is not supported: patterns are integrated along the azimuth");
        }

        foreach (string key in Immaterial)
        {
            if (Take(key) is { ValueKind: not JsonValueKind.False })
            {
                _ignored.Add(key);
            }
        }

        string[] unknown = [.. _keys.Keys];
        if (unknown.Length > 0)
        {
            throw UserException.WrongUse(
                $"{_path}: the key{(unknown.Length == 1 ? "" : "s")} {string.Join(", ", unknown.Take(8).Select(k => $"'{k}'"))} "
                + $"{(unknown.Length == 1 ? "is" : "are")} not known in pyFAI's integration configuration: leave {(unknown.Length == 1 ? "it" : "them")} out");
        }
    }

    // Takes the key away; null where it is absent or null.
    private JsonElement? Take(string key) =>
        _keys.Remove(key, out JsonElement value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined)
        && !(value.ValueKind == JsonValueKind.String && value.GetString()!.Length == 0)
            ? value
            : null;

    private bool? Flag(string key) => Take(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.Number } number => number.GetDouble() != 0,
        var other => throw Wrong(key, other.Value.ToString(), "is neither true nor false"),
    };

    private double? Number(string key) => Take(key) is JsonElement value ? AsNumber(key, value) : null;

    private int? Whole(string key) => Whole(key, Number(key));

    private int? Whole(string key, double? value) => value is not double number ? null
        : number >= 0 && number <= int.MaxValue && Math.Floor(number) == number ? (int)number
        : throw Wrong(key, number.ToString(CultureInfo.InvariantCulture), "is not a whole number, 0 or more");

    private double? AsNumber(string key, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        // pyFAI's window saves what was typed, which may be text.
        double number = value.ValueKind == JsonValueKind.Number ? value.GetDouble() : double.NaN;
        return value.ValueKind == JsonValueKind.Number
            || (value.ValueKind == JsonValueKind.String
                && double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out number))
            ? number
            : throw Wrong(key, value.GetRawText(), "is not a number");
    }

    // silx and fabio put their names before the paths of images.
    [GeneratedRegex("^(silx|fabio):(//(?=/))?")]
    private static partial Regex Schemes();

    private UserException Wrong(string key, string value, string why) => UserException.WrongUse($"{_path}: {key}: {value} {why}");
}
