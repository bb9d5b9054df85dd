using System.Buffers;
using MessagePack;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Egress.Dialects;

/// <summary>
/// Messages of our own dialect: a MessagePack map whose first key is <c>type</c> (start, image, end), and for images a second part with the
/// packed pixels. Times are nanoseconds since the Unix epoch, <c>shape</c> is [rows, columns].
/// </summary>
/// <remarks>
/// It carries what the others do not: monitor and motor positions with every image. Every key is optional but <c>type</c> and <c>series</c>,
/// and in images <c>index</c>, <c>shape</c>, <c>dtype</c> and <c>encoding</c>.
/// </remarks>
public sealed class XrdctWriter : IStreamWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new(512);

    /// <inheritdoc/>
    public string Dialect => "xrdct";

    /// <inheritdoc/>
    public bool Carries(PixelType type, PixelEncoding encoding) =>
        encoding is PixelEncoding.None or PixelEncoding.BitshuffleLz4 or PixelEncoding.Lz4;

    /// <inheritdoc/>
    public void WriteStart(SeriesInfo series, OutgoingMessage message)
    {
        ArgumentNullException.ThrowIfNull(series);
        ArgumentNullException.ThrowIfNull(message);
        MessagePackWriter map = Begin("start", series.Detector is null ? 9 : 10, series);
        Text(ref map, "series_uid", series.UniqueId);
        map.Write("images");
        map.Write(series.ImageCount);
        Shape(ref map, series.Shape);
        Text(ref map, "dtype", PixelNames.Of(series.Type));
        Number(ref map, "energy_keV", series.Energy_keV);
        Number(ref map, "frame_time_s", series.FramePeriod.TotalSeconds);
        Number(ref map, "distance_m", series.Distance_m);
        if (series.Detector is { } detector)
        {
            Text(ref map, "detector", detector);
        }

        Finish(ref map, message);
    }

    /// <inheritdoc/>
    public void WriteImage(SeriesInfo series, in OutgoingImage image, OutgoingMessage message)
    {
        ArgumentNullException.ThrowIfNull(series);
        ArgumentNullException.ThrowIfNull(message);
        if (!Carries(image.Type, image.Encoding))
        {
            throw new ArgumentException($"the xrdct dialect carries no {image.Encoding} pixels", nameof(image));
        }

        (double? translation_mm, double? rotation_deg) = image.Positions;
        int positions = (translation_mm is null ? 0 : 1) + (rotation_deg is null ? 0 : 1);
        MessagePackWriter map = Begin("image", 9 + (image.HasMonitor ? 1 : 0) + (image.HasTransmission ? 1 : 0) + (positions > 0 ? 1 : 0), series);
        Text(ref map, "series_uid", series.UniqueId);
        map.Write("index");
        map.Write(image.Index);
        map.Write("start_ns");
        map.Write(UnixNanoseconds(series.Date + image.Times.Start));
        map.Write("stop_ns");
        map.Write(UnixNanoseconds(series.Date + image.Times.Stop));
        Shape(ref map, image.Shape);
        Text(ref map, "dtype", PixelNames.Of(image.Type));
        Text(ref map, "encoding", PixelNames.Of(image.Encoding));
        if (image.HasMonitor)
        {
            Number(ref map, "monitor", image.Monitor!.Value);
        }

        if (image.HasTransmission)
        {
            Number(ref map, "transmission", image.Transmission!.Value);
        }

        if (positions > 0)
        {
            map.Write("positions");
            map.WriteMapHeader(positions);
            Optional(ref map, "translation_mm", translation_mm);
            Optional(ref map, "rotation_deg", rotation_deg);
        }

        Finish(ref map, message);
        message.Add(image.Payload);
    }

    /// <inheritdoc/>
    public void WriteEnd(SeriesInfo series, OutgoingMessage message)
    {
        ArgumentNullException.ThrowIfNull(series);
        ArgumentNullException.ThrowIfNull(message);
        MessagePackWriter map = Begin("end", 2, series);
        Finish(ref map, message);
    }

    private static long UnixNanoseconds(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100;

    private static void Text(ref MessagePackWriter map, string key, string value)
    {
        map.Write(key);
        map.Write(value);
    }

    private static void Number(ref MessagePackWriter map, string key, double value)
    {
        map.Write(key);
        map.Write(value);
    }

    private static void Optional(ref MessagePackWriter map, string key, double? value)
    {
        if (value is { } number)
        {
            Number(ref map, key, number);
        }
    }

    private static void Shape(ref MessagePackWriter map, ImageShape shape)
    {
        map.Write("shape");
        map.WriteArrayHeader(2);
        map.Write(shape.Rows);
        map.Write(shape.Columns);
    }

    private MessagePackWriter Begin(string type, int keys, SeriesInfo series)
    {
        _buffer.ResetWrittenCount();
        MessagePackWriter map = new(_buffer);
        map.WriteMapHeader(keys);
        Text(ref map, "type", type);
        map.Write("series");
        map.Write(series.SeriesId);
        return map;
    }

    private void Finish(ref MessagePackWriter map, OutgoingMessage message)
    {
        map.Flush();
        message.Clear();
        message.Add(_buffer.WrittenMemory);
    }
}
