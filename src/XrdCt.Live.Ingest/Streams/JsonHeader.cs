using System.Text.Json;

namespace XrdCt.Live.Ingest.Streams;

/// <summary>
/// What the JSON parts of a message say, gathered over as many parts as there are: the keys of all dialects with JSON headers (DECTRIS
/// Stream V1, STINS, pilatus-streamer, PSI and areaDetector arrays). Reading allocates nothing. Numbers that are absent are −1 or NaN,
/// texts empty.
/// </summary>
internal ref struct JsonHeader
{
    /// <summary>An empty header.</summary>
    public JsonHeader()
    {
        Facts = FrameFacts.None;
    }

    public ReadOnlySpan<byte> HType { get; private set; }

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

    public long Size { get; private set; } = -1;

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

    /// <summary>Reads one part.</summary>
    /// <param name="json">UTF-8 text; a NUL at its end, as C senders leave it, is passed over.</param>
    /// <returns>False where it is no JSON object.</returns>
    public bool TryRead(ReadOnlySpan<byte> json)
    {
        json = json.TrimEnd((byte)0);
        if (json.IsEmpty || json[0] != (byte)'{')
        {
            return false;
        }

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
            return false;
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
            ReadAttributes(ref reader);
            return;
        }

        if (key.SequenceEqual("monitor"u8) || key.SequenceEqual("translation_mm"u8) || key.SequenceEqual("rotation_deg"u8))
        {
            Facts = Facts.WithJson(ref reader);
            return;
        }

        reader.Read();
        switch (reader.TokenType)
        {
            case JsonTokenType.String when !reader.ValueIsEscaped:
                ReadText(key, ref reader);
                break;
            case JsonTokenType.Number:
                ReadNumber(key, ref reader);
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

    private void ReadText(ReadOnlySpan<byte> key, scoped ref Utf8JsonReader reader)
    {
        // The reader points into the caller's bytes, so the text lives as long as the part.
        ReadOnlySpan<byte> text = reader.ValueSpan;
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
        else if (key.SequenceEqual("endianness"u8))
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

    private void ReadNumber(ReadOnlySpan<byte> key, scoped ref Utf8JsonReader reader)
    {
        if (!reader.TryGetDouble(out double number))
        {
            return;
        }

        long whole = reader.TryGetInt64(out long integer) ? integer : -1;
        if (key.SequenceEqual("frame"u8))
        {
            Frame = whole;
        }
        else if (key.SequenceEqual("series"u8))
        {
            Series = whole;
        }
        else if (key.SequenceEqual("size"u8))
        {
            Size = whole;
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
            long side = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long number) ? number : -1;
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
