using System.Text.Json;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Egress.Dialects;

/// <summary>
/// Messages of MAX IV's pilatus-streamer, which watches the folder of a Pilatus: a JSON part with <c>htype</c> header, image or series_end;
/// an image is the whole CBF file as camserver wrote it, or plain pixels. <c>shape</c> is [rows, columns].
/// </summary>
/// <remarks>Source: <see href="https://github.com/maxiv-science/pilatus-streamer"/>.</remarks>
public sealed class PilatusStreamerWriter : IStreamWriter, IDisposable
{
    private readonly JsonPart _header = new();

    /// <inheritdoc/>
    public string Dialect => "pilatus-streamer";

    /// <inheritdoc/>
    public bool Carries(PixelType type, PixelEncoding encoding) =>
        encoding == PixelEncoding.None || (encoding == PixelEncoding.CbfByteOffset && type == PixelType.Int32);

    /// <inheritdoc/>
    public void WriteStart(SeriesInfo series, OutgoingMessage message)
    {
        ArgumentNullException.ThrowIfNull(series);
        ArgumentNullException.ThrowIfNull(message);
        message.Clear();
        Utf8JsonWriter json = _header.Begin();
        json.WriteString("htype", "header");
        json.WriteString("filename", series.FileName);
        message.Add(_header.End());
    }

    /// <inheritdoc/>
    public void WriteImage(SeriesInfo series, in OutgoingImage image, OutgoingMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (!Carries(image.Type, image.Encoding))
        {
            throw new ArgumentException($"pilatus-streamer carries no {image.Encoding} pixels of type {image.Type}", nameof(image));
        }

        message.Clear();
        Utf8JsonWriter json = _header.Begin();
        json.WriteString("htype", "image");
        json.WriteNumber("frame", image.Index);
        json.WriteStartArray("shape");
        json.WriteNumberValue(image.Shape.Rows);
        json.WriteNumberValue(image.Shape.Columns);
        json.WriteEndArray();
        json.WriteString("type", PixelNames.Of(image.Type));
        json.WriteString("compression", image.Encoding == PixelEncoding.CbfByteOffset ? "cbf" : "");
        message.Add(_header.End());
        message.Add(image.Payload);
    }

    /// <inheritdoc/>
    public void WriteEnd(SeriesInfo series, OutgoingMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        message.Clear();
        _header.Begin().WriteString("htype", "series_end");
        message.Add(_header.End());
    }

    /// <inheritdoc/>
    public void Dispose() => _header.Dispose();
}
