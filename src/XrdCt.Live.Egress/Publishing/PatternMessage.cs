using System.Buffers;
using MessagePack;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Egress.Publishing;

/// <summary>Encodes the patterns of a scan, <c>every/pattern</c>. Keys and units: docs/streams.md.</summary>
internal sealed class PatternMessage(string scanId, ScanPlan plan, RadialUnit unit, TimeProvider time)
{
    // All fields but the arrays: 24 keys and numbers of at most 30 bytes each, the name of the scan and the units.
    private const int FieldBytes = 1024;

    private readonly byte[] _unit = RadialUnits.NameOf(unit);

    /// <summary>Bytes of an encoded pattern, at most.</summary>
    public static int MaximumLength(int bins, int channels) =>
        checked(FieldBytes + (3 * (MessageFields.ArrayOverhead + (bins * sizeof(float)))) + MessageFields.ArrayOverhead + (channels * sizeof(float)));

    /// <summary>Writes a message.</summary>
    public void Write(IBufferWriter<byte> buffer, long sequence, in PlacedPattern pattern)
    {
        FrameHeader header = pattern.Header;
        var writer = new MessagePackWriter(buffer);
        writer.Begin(17, scanId, header.AcquiredAt, time.GetUtcNow());
        writer.Write("sequence"u8, sequence);
        writer.Write("frame_index"u8, header.Index);
        writer.Write("series_id"u8, header.SeriesId);
        writer.Write("rotation"u8, pattern.Cell.Rotation);
        writer.Write("translation"u8, pattern.Cell.Translation);
        writer.Write("angle_deg"u8, plan.Angle_deg(pattern.Cell.Rotation));
        writer.Write("position_um"u8, plan.Position_um(pattern.Cell.Translation));
        writer.Write("measured_rotation_deg"u8, header.Rotation_deg);
        writer.Write("measured_translation_mm"u8, header.Translation_mm);
        writer.Write("monitor"u8, header.Monitor);
        writer.Write("monitor_divisor"u8, pattern.MonitorDivisor);
        writer.Write("radial_unit"u8, _unit);
        writer.Write("intensity_unit"u8, "counts"u8);
        writer.Write("intensity"u8, pattern.Intensity, pattern.Intensity.Length);
        writer.Write("sigma"u8, pattern.Sigma, pattern.Sigma.Length);
        writer.Write("count"u8, pattern.Count, pattern.Count.Length);
        writer.Write("channel_values"u8, pattern.ChannelValues, pattern.ChannelValues.Length);
        writer.Flush();
    }
}
