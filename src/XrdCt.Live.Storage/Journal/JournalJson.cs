using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Readings;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Storage.Journal;

/// <summary>The settings and the state of a scan as JSON. Numbers read back to the same double.</summary>
internal static class JournalJson
{
    // Far beyond any pattern; what a damaged number asks for is not allocated.
    private const int MostBins = 1 << 24;

    // A result says that pixels were placed by their corners, not where: that would be 120 MB of a Pilatus 2M.
    private static readonly PixelCorners NoCorners = new(new ImageShape(0, 0), []);

    private static readonly JsonSerializerOptions Options = new()
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter() },
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { LeaveTablesOut } },
    };

    /// <summary>The settings but for the mask, which is bytes.</summary>
    public static string Write(ScanSettings settings)
    {
        ScanDescription scan = settings.Description;
        DetectorGeometry geometry = settings.Geometry;
        return JsonSerializer.Serialize(
            new SettingsText(
                settings.Fingerprint,
                scan.Title,
                scan.Source,
                scan.Note,
                settings.Program,
                settings.Configuration,
                new PlanText(
                    scan.Plan.TranslationCount,
                    scan.Plan.RotationCount,
                    scan.Plan.Step_um,
                    scan.Plan.Path.Name,
                    scan.Plan.Range_deg,
                    [.. scan.Plan.Subsets],
                    scan.Plan.IncludesEnd,
                    scan.Plan.Anchor),
                new AxisText(scan.Axis.Unit, scan.Axis.Lower, scan.Axis.Upper, scan.Axis.BinCount),
                [.. scan.Channels],
                geometry,
                geometry.Corners is not null,
                settings.Integration,
                settings.Corrections,
                settings.KeepsCorrected,
                settings.Readings,
                settings.CoarseAxis,
                settings.Filter,
                settings.Placement.Phases[0].Channel,
                settings.Placement.Radius_um,
                scan.Slice,
                settings.Axis_px,
                settings.Placement),
            Options);
    }

    /// <summary>Reads settings.</summary>
    /// <exception cref="JsonException">It is none of ours.</exception>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public static ScanSettings ReadSettings(string json, ReadOnlySpan<byte> mask)
    {
        SettingsText text = JsonSerializer.Deserialize<SettingsText>(json, Options) ?? throw new JsonException("null");
        if (!ScanPath.ByName.TryGetValue(text.Plan.Order, out ScanPath path))
        {
            throw new ArgumentException($"the order '{text.Plan.Order}'");
        }

        var plan = new ScanPlan(
            text.Plan.Translations, text.Plan.Rotations, text.Plan.Step_um, path, text.Plan.Range_deg, text.Plan.Subsets)
        {
            IncludesEnd = text.Plan.IncludesEnd,
            Anchor = text.Plan.Anchor,
        };
        if (text.Axis.Bins is < 1 or > MostBins)
        {
            throw new ArgumentException($"{text.Axis.Bins} bins");
        }

        var axis = new RadialAxis(text.Axis.Unit, text.Axis.Lower, text.Axis.Upper, text.Axis.Bins);
        return new ScanSettings
        {
            Fingerprint = text.Fingerprint,
            Description = new ScanDescription(text.Title, text.Source, plan, axis, text.Channels, text.Note) { Slice = text.Slice },
            Program = text.Program,
            Configuration = text.Configuration,
            Geometry = text.HasCorners ? text.Geometry with { Corners = NoCorners } : text.Geometry,
            Mask = Unpack(mask, text.Geometry.Shape),
            Integration = text.Integration,
            Corrections = text.Corrections,
            KeepsCorrected = text.KeepsCorrected,
            Readings = text.Readings,
            CoarseAxis = text.CoarseAxis,
            Filter = text.Filter,
            Placement = Placement(text),
            Axis_px = Checked(text.Axis_px, plan),
        };
    }

    /// <summary>The state of the scan.</summary>
    public static string Write(JournalledScan scan) => JsonSerializer.Serialize(scan, Options);

    /// <summary>Reads the state of the scan.</summary>
    /// <exception cref="JsonException">It is none of ours.</exception>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public static JournalledScan ReadScan(string json, ScanPlan plan)
    {
        JournalledScan scan = JsonSerializer.Deserialize<JournalledScan>(json, Options) ?? throw new JsonException("null");
        _ = Checked(scan.Reconstruction?.Axis_px, plan);
        if (scan.Zones?.All(z => z is { Radius_um: >= 0 and < double.PositiveInfinity } && double.IsFinite(z.X_um) && double.IsFinite(z.Y_um)) == false)
        {
            throw new ArgumentException($"the forbidden zones {string.Join(", ", scan.Zones)}");
        }

        return scan.Reconstruction is { } changed && !Enum.IsDefined(changed.Filter) ? throw new ArgumentException($"the filter {changed.Filter}") : scan;
    }

    /// <summary>Eight pixels a byte, the first one lowest.</summary>
    public static byte[] Pack(PixelMask mask)
    {
        byte[] bits = new byte[(mask.Masked.Length + 7) / 8];
        for (int i = 0; i < mask.Masked.Length; i++)
        {
            if (mask.Masked[i])
            {
                bits[i / 8] |= (byte)(1 << (i % 8));
            }
        }

        return bits;
    }

    // Megabytes, and no text.
    private static void LeaveTablesOut(JsonTypeInfo type)
    {
        for (int i = type.Properties.Count - 1; i >= 0; i--)
        {
            if (type.Properties[i].PropertyType == typeof(PixelCorners) || type.Properties[i].PropertyType == typeof(ISeriesTables))
            {
                type.Properties.RemoveAt(i);
            }
        }
    }

    // About an axis outside the projections nothing can be reconstructed.
    private static double? Checked(double? axis_px, ScanPlan plan) =>
        axis_px is null || Math.Abs(axis_px.Value) <= plan.TranslationCount / 4.0 ? axis_px : throw new ArgumentException($"an axis at {axis_px}");

    // Older journals have the channel and the radius only.
    private static PlacementRules Placement(SettingsText text)
    {
        PlacementRules rules = text.Placement ?? new PlacementRules { Radius_um = text.RoiRadius_um, Phases = [new PhaseWeight(text.RoiChannel)] };
        return rules.Phases.Count > 0 && rules.Phases.All(p => text.Channels.Any(c => c.Name == p.Channel))
            ? rules
            : throw new ArgumentException($"a placement by {string.Join(", ", rules.Phases.Select(p => p.Channel))}");
    }

    private static PixelMask Unpack(ReadOnlySpan<byte> bits, ImageShape shape)
    {
        if (shape.Rows < 1 || shape.Columns < 1 || (((long)shape.Rows * shape.Columns) + 7) / 8 != bits.Length)
        {
            throw new ArgumentException($"a mask of {bits.Length} bytes for {shape} pixels");
        }

        bool[] masked = new bool[shape.PixelCount];
        for (int i = 0; i < masked.Length; i++)
        {
            masked[i] = ((bits[i / 8] >> (i % 8)) & 1) == 1;
        }

        return new PixelMask(shape, masked);
    }

    private sealed record PlanText(
        int Translations,
        int Rotations,
        double Step_um,
        string Order,
        double Range_deg,
        int[] Subsets,
        bool IncludesEnd,
        TriggerAnchor Anchor);

    private sealed record AxisText(RadialUnit Unit, double Lower, double Upper, int Bins);

    private sealed record SettingsText(
        string Fingerprint,
        string Title,
        string Source,
        string Note,
        string Program,
        string Configuration,
        PlanText Plan,
        AxisText Axis,
        LiveChannel[] Channels,
        DetectorGeometry Geometry,
        bool HasCorners,
        IntegrationOptions Integration,
        CorrectionOptions Corrections,
        bool KeepsCorrected,
        ReadingRule? Readings,
        AxisPosition? CoarseAxis,
        RampFilter Filter,
        string RoiChannel,
        double RoiRadius_um,
        StackSlice? Slice = null,
        double? Axis_px = null,
        PlacementRules? Placement = null);
}
