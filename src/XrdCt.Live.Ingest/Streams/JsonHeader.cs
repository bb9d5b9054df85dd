using System.Buffers.Text;
using System.Text.Json;

namespace XrdCt.Live.Ingest.Streams;

/// <summary>
/// What the JSON parts of a message say, gathered over as many parts as there are: the keys of all dialects with JSON headers (DECTRIS
/// Stream V1, STINS, pilatus-streamer, PSI and areaDetector arrays). Reading allocates nothing. Numbers that are absent are −1 or NaN,
/// texts empty. Numbers in quotes and whole numbers written as 3.0 count as numbers.
/// </summary>
internal ref struct JsonHeader
{
    /// <summary>Room for <see cref="JsonHeader(Span{byte})"/>: encodings and file names; longer escaped texts are passed over.</summary>
    internal const int UnescapedRoom = 512;

    /// <summary>
    /// Longest text that is read, bytes: real ones have some kB. The reader's exceptions quote all that follows a mistake, several times,
    /// so a text of megabytes would take hundreds of megabytes.
    /// </summary>
    internal const int Longest_bytes = 1 << 18;

    private Span<byte> _unescaped;
    private bool _isInAttributes;

    /// <summary>An empty header.</summary>
    /// <param name="unescaped">
    /// Takes texts that have escapes, as JSON writers make them that turn <c>&lt;</c> into <c>\u003c</c>.
    /// </param>
    public JsonHeader(Span<byte> unescaped)
    {
        _unescaped = unescaped;
        Facts = FrameFacts.None;
    }

    /// <summary><c>htype</c>, or the first of several.</summary>
    public ReadOnlySpan<byte> HType { get; private set; }

    /// <summary>Whether <c>htype</c> is a list, as areaDetector's ADZMQ wrote it before 1.4.</summary>
    public bool IsHTypeList { get; private set; }

    /// <summary><c>type</c> of the pixels.</summary>
    public ReadOnlySpan<byte> Type { get; private set; }

    /// <summary><c>encoding</c> or <c>compression</c>.</summary>
    public ReadOnlySpan<byte> Encoding { get; private set; }

    public ReadOnlySpan<byte> Endianness { get; private set; }

    public ReadOnlySpan<byte> Hash { get; private set; }

    public ReadOnlySpan<byte> FileName { get; private set; }

    public ReadOnlySpan<byte> Description { get; private set; }

    public ReadOnlySpan<byte> TriggerMode { get; private set; }

    public ReadOnlySpan<byte> HeaderDetail { get; private set; }

    public long Series { get; private set; } = -1;

    public long Frame { get; private set; } = -1;

    /// <summary><c>msg_number</c> of STINS.</summary>
    public long MessageNumber { get; private set; } = -1;

    public long ImageCount { get; private set; } = -1;

    public long TriggerCount { get; private set; } = -1;

    public long SizeX { get; private set; } = -1;

    public long SizeY { get; private set; } = -1;

    /// <summary><c>shape</c> as it stands; its length is <see cref="ShapeLength"/>.</summary>
    public (long First, long Second, long Third) Shape { get; private set; }

    public int ShapeLength { get; private set; }

    /// <summary><c>stop_time</c>, ns on the detector's clock.</summary>
    public double StopTime_ns { get; private set; } = double.NaN;

    /// <summary><c>timeStamp</c> or <c>timestamp</c>, s.</summary>
    public double TimeStamp_s { get; private set; } = double.NaN;

    public double FrameTime_s { get; private set; } = double.NaN;

    /// <summary><c>photon_energy</c> (DECTRIS) or <c>energy</c> (STINS), eV.</summary>
    public double Energy_eV { get; private set; } = double.NaN;

    public double Distance_m { get; private set; } = double.NaN;

    /// <summary><c>flatfield_correction_applied</c>.</summary>
    public bool? FlatFieldApplied { get; private set; }

    public FrameFacts Facts { get; private set; }

    /// <summary>
    /// Images of a series: nimages · ntrigger, but one per trigger where the trigger sets the exposure (inte, exte); null where the
    /// configuration does not say.
    /// </summary>
    public readonly int? ExpectedImages
    {
        get
        {
            bool perTrigger = TriggerMode.SequenceEqual("inte"u8) || TriggerMode.SequenceEqual("exte"u8);
            long triggers = Math.Max(TriggerCount, 1);
            long images = perTrigger ? triggers : ImageCount;
            if (images is < 1 or > int.MaxValue || triggers > int.MaxValue)
            {
                return null;
            }

            long all = perTrigger ? images : images * triggers;
            return all <= int.MaxValue ? (int)all : null;
        }
    }

    /// <summary>Reads one part.</summary>
    /// <param name="json">UTF-8 text; white space before and a NUL behind it, as C senders leave it, are passed over.</param>
    /// <returns>False where it is no JSON object, or longer than <see cref="Longest_bytes"/>.</returns>
    public bool TryRead(ReadOnlySpan<byte> json)
    {
        json = json.TrimEnd((byte)0).TrimStart(" \t\r\n"u8);
        if (json.IsEmpty || json[0] != (byte)'{' || json.Length > Longest_bytes)
        {
            return false;
        }

        _isInAttributes = false;

        try
        {
            Utf8JsonReader reader = new(json);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                ReadProperty(ref reader);
            }

            return reader.TokenType == JsonTokenType.EndObject && reader.CurrentDepth == 0;
        }
        catch (JsonException)
        {
            // ADZMQ writes attributes without a value as nan, which is no JSON; they come last, so all that matters has been read.
            return _isInAttributes;
        }
    }

    private void ReadProperty(scoped ref Utf8JsonReader reader)
    {
        if (reader.ValueIsEscaped)
        {
            reader.Read();
            reader.Skip();
            return;
        }

        ReadOnlySpan<byte> key = reader.ValueSpan;
        if (key.SequenceEqual("ndattr"u8))
        {
            // Attributes of areaDetector stand one level deeper.
            reader.Read();
            _isInAttributes = true;
            ReadAttributes(ref reader);
            _isInAttributes = false;
            return;
        }

        if (FrameFacts.Knows(key))
        {
            Facts = Facts.WithJson(ref reader);
            return;
        }

        reader.Read();
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                ReadOnlySpan<byte> text = TextOf(ref reader);
                TakeText(key, text);
                if (Utf8Parser.TryParse(text, out double quoted, out int used) && used == text.Length)
                {
                    TakeNumber(key, quoted, Whole(quoted));
                }

                break;
            case JsonTokenType.Number when reader.TryGetDouble(out double number):
                TakeNumber(key, number, WholeOf(ref reader));
                break;
            case JsonTokenType.True or JsonTokenType.False when key.SequenceEqual("compression"u8):
                // pilatus-streamer before it sent CBF files.
                Encoding = reader.TokenType == JsonTokenType.True ? "bslz4"u8 : "none"u8;
                break;
            case JsonTokenType.StartArray when key.SequenceEqual("htype"u8):
                ReadTypes(ref reader);
                break;
            case JsonTokenType.True or JsonTokenType.False when key.SequenceEqual("flatfield_correction_applied"u8):
                FlatFieldApplied = reader.TokenType == JsonTokenType.True;
                break;
            case JsonTokenType.StartArray when key.SequenceEqual("shape"u8):
                ReadShape(ref reader);
                break;
            default:
                reader.Skip();
                break;
        }
    }

    /// <summary>The text that the reader stands on: in the caller's bytes, or unescaped; empty where it cannot be.</summary>
    private ReadOnlySpan<byte> TextOf(scoped ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
        {
            // The reader points into the caller's bytes, so the text lives as long as the part.
            return reader.ValueSpan;
        }

        if (reader.ValueSpan.Length > _unescaped.Length)
        {
            return default;
        }

        try
        {
            int length = reader.CopyString(_unescaped);
            ReadOnlySpan<byte> text = _unescaped[..length];
            _unescaped = _unescaped[length..];
            return text;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair is no text.
            return default;
        }
    }

    private void ReadTypes(scoped ref Utf8JsonReader reader)
    {
        IsHTypeList = true;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (HType.IsEmpty && reader.TokenType == JsonTokenType.String)
            {
                HType = TextOf(ref reader);
            }

            reader.Skip();
        }
    }

    private void TakeText(ReadOnlySpan<byte> key, ReadOnlySpan<byte> text)
    {
        if (key.SequenceEqual("htype"u8))
        {
            HType = text;
        }
        else if (key.SequenceEqual("type"u8))
        {
            Type = text;
        }
        else if (key.SequenceEqual("encoding"u8) || key.SequenceEqual("compression"u8))
        {
            Encoding = text;
        }
        else if (key.SequenceEqual("endianness"u8) || key.SequenceEqual("endianess"u8))
        {
            Endianness = text;
        }
        else if (key.SequenceEqual("hash"u8))
        {
            Hash = text;
        }
        else if (key.SequenceEqual("filename"u8))
        {
            FileName = text;
        }
        else if (key.SequenceEqual("description"u8))
        {
            Description = text;
        }
        else if (key.SequenceEqual("trigger_mode"u8))
        {
            TriggerMode = text;
        }
        else if (key.SequenceEqual("header_detail"u8))
        {
            HeaderDetail = text;
        }
    }

    private void TakeNumber(ReadOnlySpan<byte> key, double number, long whole)
    {
        if (key.SequenceEqual("frame"u8))
        {
            Frame = whole;
        }
        else if (key.SequenceEqual("series"u8))
        {
            Series = whole;
        }
        else if (key.SequenceEqual("msg_number"u8))
        {
            MessageNumber = whole;
        }
        else if (key.SequenceEqual("nimages"u8))
        {
            ImageCount = whole;
        }
        else if (key.SequenceEqual("ntrigger"u8))
        {
            TriggerCount = whole;
        }
        else if (key.SequenceEqual("x_pixels_in_detector"u8))
        {
            SizeX = whole;
        }
        else if (key.SequenceEqual("y_pixels_in_detector"u8))
        {
            SizeY = whole;
        }
        else if (key.SequenceEqual("stop_time"u8))
        {
            StopTime_ns = number;
        }
        else if (key.SequenceEqual("timeStamp"u8) || key.SequenceEqual("timestamp"u8))
        {
            TimeStamp_s = number;
        }
        else if (key.SequenceEqual("frame_time"u8) || key.SequenceEqual("exptime"u8))
        {
            FrameTime_s = number;
        }
        else if (key.SequenceEqual("photon_energy"u8) || key.SequenceEqual("energy"u8))
        {
            Energy_eV = number;
        }
        else if (key.SequenceEqual("detector_distance"u8))
        {
            Distance_m = number;
        }
    }

    private void ReadShape(scoped ref Utf8JsonReader reader)
    {
        ShapeLength = 0;
        Shape = default;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            long side = reader.TokenType switch
            {
                JsonTokenType.Number => WholeOf(ref reader),
                JsonTokenType.String when Utf8Parser.TryParse(reader.ValueSpan, out long quoted, out int used)
                    && used == reader.ValueSpan.Length => quoted,
                _ => -1,
            };
            reader.Skip();
            Shape = ShapeLength switch
            {
                0 => (side, 0, 0),
                1 => (Shape.First, side, 0),
                2 => (Shape.First, Shape.Second, side),
                _ => Shape,
            };
            ShapeLength++;
        }
    }

    private static long WholeOf(scoped ref Utf8JsonReader reader) =>
        reader.TryGetInt64(out long whole) ? whole : reader.TryGetDouble(out double number) ? Whole(number) : -1;

    /// <summary>A number without a fraction as an integer; −1 where it has one, or is too large to be exact.</summary>
    private static long Whole(double number)
    {
        const double LargestExact = 1L << 53;
        return Math.Abs(number) <= LargestExact && double.IsInteger(number) ? (long)number : -1;
    }

    private void ReadAttributes(scoped ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            Facts = Facts.WithJson(ref reader);
        }
    }
}
