using System.Buffers;
using MessagePack;
using XrdCt.Live.Model.Readings;

namespace XrdCt.Live.Egress.Dialects;

/// <summary>Writes positions and monitor values as the MessagePack maps of one part that <c>docs/streams.md</c> describes. Not thread-safe.</summary>
public sealed class ReadingWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new(256);

    /// <summary>Writes a reading; what is null or NaN is left out.</summary>
    /// <param name="reading">The reading.</param>
    /// <param name="message">Receives the one part, valid until the next call.</param>
    public void Write(in StageReading reading, OutgoingMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        _buffer.ResetWrittenCount();
        MessagePackWriter map = new(_buffer);
        int keys = 1 + (reading.SeriesId is null ? 0 : 1) + (reading.Index is null ? 0 : 1) + (reading.At is null ? 0 : 1)
            + Count(reading.Translation_mm) + Count(reading.Rotation_deg) + Count(reading.Monitor) + Count(reading.Transmission);
        map.WriteMapHeader(keys);
        map.Write("type");
        map.Write("reading");
        Write(ref map, "series", reading.SeriesId);
        Write(ref map, "index", reading.Index);
        Write(ref map, "time_ns", reading.At is DateTimeOffset at ? (at.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100 : null);
        Write(ref map, "translation_mm", reading.Translation_mm);
        Write(ref map, "rotation_deg", reading.Rotation_deg);
        Write(ref map, "monitor", reading.Monitor);
        Write(ref map, "transmission", reading.Transmission);
        map.Flush();
        message.Clear();
        message.Add(_buffer.WrittenMemory);
    }

    private static int Count(double value) => double.IsNaN(value) ? 0 : 1;

    private static void Write(ref MessagePackWriter map, string key, long? value)
    {
        if (value is long number)
        {
            map.Write(key);
            map.Write(number);
        }
    }

    private static void Write(ref MessagePackWriter map, string key, double value)
    {
        if (!double.IsNaN(value))
        {
            map.Write(key);
            map.Write(value);
        }
    }
}
