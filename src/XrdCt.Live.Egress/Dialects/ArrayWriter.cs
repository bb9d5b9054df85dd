using System.Text.Json;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Egress.Dialects;

/// <summary>
/// Messages of PSI's <c>array-1.0</c> (htypes), as areaDetector's ADZMQ and many cameras send them: a JSON part, then the plain pixels.
/// <c>shape</c> is [rows, columns]. A series has neither a start nor an end message.
/// </summary>
/// <remarks>
/// Sources: <see href="https://github.com/paulscherrerinstitute/htypes"/> and
/// <see href="https://github.com/paulscherrerinstitute/ADZMQ"/>: <c>timeStamp</c> is NDArray's, seconds since 1990-01-01 UTC (the epoch of
/// EPICS); what else is known of an image goes into <c>ndattr</c>, each with <c>value</c> and <c>dataType</c>.
/// </remarks>
public sealed class ArrayWriter : IStreamWriter, IDisposable
{
    private static readonly DateTimeOffset EpicsEpoch = new(1990, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly JsonPart _header = new();

    /// <inheritdoc/>
    public string Dialect => "array-1.0";

    /// <inheritdoc/>
    public bool Carries(PixelType type, PixelEncoding encoding) => encoding == PixelEncoding.None;

    /// <inheritdoc/>
    public void WriteStart(SeriesInfo series, OutgoingMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        message.Clear();
    }

    /// <inheritdoc/>
    public void WriteImage(SeriesInfo series, in OutgoingImage image, OutgoingMessage message)
    {
        ArgumentNullException.ThrowIfNull(series);
        ArgumentNullException.ThrowIfNull(message);
        if (!Carries(image.Type, image.Encoding))
        {
            throw new ArgumentException($"array-1.0 carries plain pixels, not {image.Encoding}", nameof(image));
        }

        message.Clear();
        Utf8JsonWriter json = _header.Begin();
        json.WriteString("htype", "array-1.0");
        json.WriteString("type", PixelNames.Of(image.Type));
        json.WriteStartArray("shape");
        json.WriteNumberValue(image.Shape.Rows);
        json.WriteNumberValue(image.Shape.Columns);
        json.WriteEndArray();
        json.WriteNumber("frame", image.Index);
        json.WriteString("encoding", "");
        if (series.Detector is { } source)
        {
            json.WriteString("source", source);
        }

        json.WriteString("endianness", "little");
        json.WriteNumber("timeStamp", (series.Date + image.Times.Stop - EpicsEpoch).TotalSeconds);
        WriteAttributes(json, image);
        message.Add(_header.End());
        message.Add(image.Payload);
    }

    /// <inheritdoc/>
    public void WriteEnd(SeriesInfo series, OutgoingMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        message.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => _header.Dispose();

    private static void WriteAttributes(Utf8JsonWriter json, in OutgoingImage image)
    {
        (double? translation_mm, double? rotation_deg) = image.Positions;
        json.WriteStartObject("ndattr");
        Attribute(json, "monitor", image.HasMonitor ? image.Monitor : null);
        Attribute(json, "transmission", image.HasTransmission ? image.Transmission : null);
        Attribute(json, "translation_mm", translation_mm);
        Attribute(json, "rotation_deg", rotation_deg);
        json.WriteEndObject();
    }

    private static void Attribute(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
        {
            json.WriteStartObject(name);
            json.WriteNumber("value", number);
            json.WriteString("dataType", "float64");
            json.WriteEndObject();
        }
    }
}
