using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace XrdCt.Live.Egress.Dialects;

/// <summary>One JSON object of a message, in memory that the next one uses again.</summary>
internal sealed class JsonPart : IDisposable
{
    private readonly ArrayBufferWriter<byte> _buffer = new(512);
    private readonly Utf8JsonWriter _json;

    // Without it '<' would go out as \u003C, which the receivers of "bs32-lz4<" compare as bytes.
    public JsonPart() => _json = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Begins an object; what the part held before is gone.</summary>
    public Utf8JsonWriter Begin()
    {
        _buffer.ResetWrittenCount();
        _json.Reset(_buffer);
        _json.WriteStartObject();
        return _json;
    }

    /// <summary>Ends the object.</summary>
    /// <returns>Its bytes, valid until <see cref="Begin"/>.</returns>
    public ReadOnlyMemory<byte> End()
    {
        _json.WriteEndObject();
        _json.Flush();
        return _buffer.WrittenMemory;
    }

    public void Dispose() => _json.Dispose();
}
