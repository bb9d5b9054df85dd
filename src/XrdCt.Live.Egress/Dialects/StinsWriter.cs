using System.Text.Json;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Egress.Dialects;

/// <summary>
/// Messages of MAX IV's streaming-receiver ("STINS", the secondary port): a JSON part with <c>htype</c> header, image or series_end and a
/// running <c>msg_number</c>, then the settings or the pixels. <c>shape</c> is [rows, columns].
/// </summary>
/// <remarks>Source: <see href="https://github.com/maxiv-science/streaming-receiver"/>, and captured messages.</remarks>
public sealed class StinsWriter : IStreamWriter, IDisposable
{
    private readonly JsonPart _header = new();
    private readonly JsonPart _settings = new();
    private long _number;

    /// <inheritdoc/>
    public string Dialect => "stins";

    /// <inheritdoc/>
    public bool Carries(PixelType type, PixelEncoding encoding) => encoding is PixelEncoding.None or PixelEncoding.BitshuffleLz4;

    /// <inheritdoc/>
    public void WriteStart(SeriesInfo series, OutgoingMessage message)
    {
        ArgumentNullException.ThrowIfNull(series);
        ArgumentNullException.ThrowIfNull(message);
        message.Clear();
        Utf8JsonWriter json = Begin("header");
        json.WriteString("filename", series.FileName);
        message.Add(_header.End());
        json = _settings.Begin();
        json.WriteNumber("energy", series.Energy_keV * 1000);
        json.WriteNumber("threshold", series.ChannelsOrDefault[0].Energy_keV * 1000);
        json.WriteBoolean("save_raw", series.FileName.Length > 0);
        json.WriteNumber("exptime", (series.Exposure ?? series.FramePeriod).TotalSeconds);
        message.Add(_settings.End());
    }

    /// <inheritdoc/>
    public void WriteImage(SeriesInfo series, in OutgoingImage image, OutgoingMessage message)
    {
        ArgumentNullException.ThrowIfNull(series);
        ArgumentNullException.ThrowIfNull(message);
        if (!Carries(image.Type, image.Encoding))
        {
            throw new ArgumentException($"STINS carries no {image.Encoding} pixels", nameof(image));
        }

        message.Clear();
        Utf8JsonWriter json = Begin("image");
        json.WriteNumber("frame", image.Index);
        json.WriteStartArray("shape");
        json.WriteNumberValue(image.Shape.Rows);
        json.WriteNumberValue(image.Shape.Columns);
        json.WriteEndArray();
        json.WriteString("type", PixelNames.Of(image.Type));
        json.WriteString("compression", PixelNames.Of(image.Encoding));
        json.WriteNumber("exposure_time", (series.Exposure ?? series.FramePeriod).TotalSeconds);
        message.Add(_header.End());
        message.Add(image.Payload);
    }

    /// <inheritdoc/>
    public void WriteEnd(SeriesInfo series, OutgoingMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        message.Clear();
        Begin("series_end");
        message.Add(_header.End());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _header.Dispose();
        _settings.Dispose();
    }

    private Utf8JsonWriter Begin(string htype)
    {
        Utf8JsonWriter json = _header.Begin();
        json.WriteString("htype", htype);
        json.WriteNumber("msg_number", _number++);
        return json;
    }
}
