using System.Runtime.InteropServices;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Tests.Integration;

/// <summary>The strongly tilted 120×160 detector of the golden data (small_v2.poni).</summary>
internal static class SmallDetector
{
    public static DetectorGeometry Geometry { get; } = new()
    {
        Shape = new ImageShape(120, 160),
        PixelSize1_m = 1e-4,
        PixelSize2_m = 1.2e-4,
        Distance_m = 0.08,
        Poni1_m = 0.0071,
        Poni2_m = 0.0083,
        Rot1_rad = 0.2,
        Rot2_rad = -0.15,
        Rot3_rad = 0.3,
        Wavelength_m = 2.48e-11,
    };

    public const string Poni = """
        poni_version: 2
        Detector: Detector
        Detector_config: {"pixel1": 0.0001, "pixel2": 0.00012, "max_shape": [120, 160]}
        Distance: 0.08
        Poni1: 0.0071
        Poni2: 0.0083
        Rot1: 0.2
        Rot2: -0.15
        Rot3: 0.3
        Wavelength: 2.48e-11
        """;

    public static string Golden(string name) => Path.Combine(AppContext.BaseDirectory, "Golden", "integration", name);

    public static PixelMask Mask() =>
        new(Geometry.Shape, [.. Npy.Read(Golden("mask.npy")).Values.Select(v => v != 0)]);

    public static PixelReader Reader() => new(Geometry.Shape);

    public static RawFrame Frame(int[] pixels, ImageShape? shape = null)
    {
        byte[] bytes = MemoryMarshal.AsBytes(pixels.AsSpan()).ToArray();
        return new RawFrame
        {
            Header = new FrameHeader { SeriesId = 1, Index = 0, AcquiredAt = default, Monitor = double.NaN },
            Shape = shape ?? Geometry.Shape,
            Type = PixelType.Int32,
            Encoding = PixelEncoding.None,
            Lease = new MemoryLease(bytes),
            PayloadOffset = 0,
            PayloadLength = bytes.Length,
        };
    }

    public static IntegrationOptions Options(IntegrationFilter filter) => new()
    {
        Unit = RadialUnit.Q_invnm,
        BinCount = 150,
        PolarisationFactor = 0.95,
        Filter = filter,
    };
}
