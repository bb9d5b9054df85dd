using System.Text.Json;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Ingest.Files;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Tests.Integration;

/// <summary>A full-size 1D pattern of pyFAI 0.21.3, with the options that it was made with as the index of the golden data lists them.</summary>
internal sealed class GoldenCase
{
    private readonly string[] _columns;
    private readonly double[] _values;
    private readonly bool _detectorMask;

    private GoldenCase(JsonElement description)
    {
        _columns = [.. description.GetProperty("columns").EnumerateArray().Select(c => c.GetString()!)];
        _values = Npy.Read(ReferenceData.Require($"golden/{description.GetProperty("file").GetString()}")).Values;
        _detectorMask = description.GetProperty("mask").GetString()!.StartsWith("detector", StringComparison.Ordinal);
        double[] radial = Numbers(description, "radial_range"), azimuth = Numbers(description, "azimuth_range_deg");
        Options = new IntegrationOptions
        {
            Unit = description.GetProperty("unit").GetString() == "2th_deg" ? RadialUnit.TwoTheta_deg : RadialUnit.Q_invA,
            BinCount = description.GetProperty("npt").GetInt32(),
            Splitting = description.GetProperty("method")[0].GetString() switch
            {
                "bbox" => PixelSplitting.BoundingBox,
                "full" => PixelSplitting.Full,
                _ => PixelSplitting.None,
            },
            SolidAngle = description.GetProperty("solid_angle").GetBoolean(),
            PolarisationFactor = Number(description, "polarization_factor"),
            Lower = radial.Length == 2 ? radial[0] : null,
            Upper = radial.Length == 2 ? radial[1] : null,
            AzimuthLower_deg = azimuth.Length == 2 ? azimuth[0] : null,
            AzimuthUpper_deg = azimuth.Length == 2 ? azimuth[1] : null,
            Dummy = Number(description, "dummy"),
            DummyDelta = Number(description, "delta_dummy") ?? 0,
            ErrorModel = description.GetProperty("error_model").GetString() == "azimuthal" ? ErrorModel.Azimuthal : ErrorModel.Poisson,
        };
    }

    /// <summary>The options, but for the filter.</summary>
    public IntegrationOptions Options { get; }

    /// <summary>A value of a column.</summary>
    public double this[string column, int bin] => _values[(Array.IndexOf(_columns, column) * Options.BinCount) + bin];

    public static GoldenCase Of(string name)
    {
        using JsonDocument index = JsonDocument.Parse(File.ReadAllText(ReferenceData.Require("golden/index.json")));
        return new GoldenCase(index.RootElement.GetProperty("cases").GetProperty(name));
    }

    public bool Has(string column) => _columns.Contains(column);

    public double Sum(string column) => Enumerable.Range(0, Options.BinCount).Sum(b => this[column, b]);

    public IntegrationPlan Plan(IntegrationFilter filter)
    {
        DetectorGeometry geometry = PoniFile.Read(ReferenceData.Require("golden/geometry/pilatus_v2.poni"));
        PixelMask mask = _detectorMask
            ? ModuleGaps.Of(geometry with { Detector = "PilatusCdTe2M", Shape = ImageShape.Pilatus2M })
            : MaskFile.Read(ReferenceData.Require("golden/mask/user_mask.edf.gz"), geometry.Shape);
        return new IntegrationPlan(geometry, mask, Options with { Filter = filter });
    }

    private static double? Number(JsonElement description, string name) =>
        description.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : null;

    private static double[] Numbers(JsonElement description, string name) =>
        description.GetProperty(name) is { ValueKind: JsonValueKind.Array } numbers ? [.. numbers.EnumerateArray().Select(n => n.GetDouble())] : [];
}
