using System.Formats.Cbor;
using System.Runtime.InteropServices;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;

namespace XrdCt.Live.Egress.Dialects;

/// <summary>
/// Messages of DECTRIS Stream V2: CBOR tag 55799 around a map of definite length whose first key is <c>type</c>;
/// images are a multi-dimensional array (tag 40) of a typed array (RFC 8746) that may be compressed (tag 56500: bslz4 or lz4).
/// </summary>
/// <remarks>
/// Source: DECTRIS Stream V2 specification, <see href="https://github.com/dectris/documentation"/>. <c>image_dtype</c> beyond its unsigned
/// types up to 32 bits goes beyond it: the Pilatus flags gaps with −1 and bad pixels with −2, in <c>int32</c>.
/// Numbers are written in the shortest form that keeps the value, as detectors do. The large tables (flat field, count
/// rate, mask) go out with <see cref="HeaderDetail.All"/> only.
/// </remarks>
public sealed class Stream2Writer : IStreamWriter
{
    private const CborTag MultiDimArray = (CborTag)40;
    private const CborTag DectrisCompression = (CborTag)56500;
    private const CborTag SelfDescribed = (CborTag)55799;

    // Clock of the captured detector: 20 ns ticks.
    private const long TicksPerSecond = 50_000_000;
    private const string DateFormat = "yyyy-MM-ddTHH:mm:ss.fffzzz";

    // The start message ends its map without having counted it; the writer then puts the count in front.
    private readonly CborWriter _writer = new(CborConformanceMode.Lax, convertIndefiniteLengthEncodings: true);
    private byte[] _message = [];
    private (DateTimeOffset Date, string Text) _date;

    /// <inheritdoc/>
    public string Dialect => "dectris-stream-2";

    /// <inheritdoc/>
    public bool Carries(PixelType type, PixelEncoding encoding) =>
        encoding is PixelEncoding.None or PixelEncoding.BitshuffleLz4 or PixelEncoding.Lz4;

    /// <inheritdoc/>
    public void WriteStart(SeriesInfo series, OutgoingMessage message)
    {
        ArgumentNullException.ThrowIfNull(series);
        ArgumentNullException.ThrowIfNull(message);
        HeaderTables? tables = series.HeaderDetail == HeaderDetail.All ? series.Tables : null;
        Begin("start", series, keys: null);
        Date("arm_date", series.Date);
        Float("beam_center_x", series.BeamCentre.X_px);
        Float("beam_center_y", series.BeamCentre.Y_px);
        Key("channels");
        _writer.WriteStartArray(series.ChannelsOrDefault.Count);
        foreach (ThresholdChannel channel in series.ChannelsOrDefault)
        {
            _writer.WriteTextString(channel.Name);
        }

        _writer.WriteEndArray();
        Float("count_time", (series.Exposure ?? series.FramePeriod).TotalSeconds);
        Flag("countrate_correction_enabled", true);
        if (tables is not null)
        {
            Key("countrate_correction_lookup_table");
            _writer.WriteTag(TypedArray(PixelType.UInt32));
            _writer.WriteByteString(MemoryMarshal.AsBytes(tables.CountrateTable.Span));
        }

        OptionalText("detector_description", series.Detector);
        OptionalText("detector_serial_number", series.DetectorNumber);
        Key("detector_translation");
        _writer.WriteStartArray(3);
        WriteShortest(0);
        WriteShortest(0);
        WriteShortest(-series.Distance_m);
        _writer.WriteEndArray();
        if (tables is not null)
        {
            Table("flatfield", series, PixelType.Float32, MemoryMarshal.AsBytes(tables.FlatField.Span));
        }

        Flag("flatfield_enabled", tables is not null);
        Float("frame_time", series.FramePeriod.TotalSeconds);
        Text("image_dtype", PixelNames.Of(series.Type));
        Integer("image_size_x", series.Shape.Columns);
        Integer("image_size_y", series.Shape.Rows);
        Float("incident_energy", series.Energy_keV * 1000);
        Float("incident_wavelength", PhotonEnergy.ToWavelength_m(series.Energy_keV) * 1e10);
        Integer("number_of_images", series.ImageCount);
        if (tables is not null)
        {
            Table("pixel_mask", series, PixelType.UInt32, MemoryMarshal.AsBytes(tables.Mask.Span));
        }

        Flag("pixel_mask_enabled", true);
        Float("pixel_size_x", series.PixelSize_m);
        Float("pixel_size_y", series.PixelSize_m);
        if (series.CountCutoff is { } cutoff)
        {
            Integer("saturation_value", cutoff);
        }

        OptionalText("sensor_material", series.SensorMaterial);
        if (series.SensorThickness_m is { } thickness_m)
        {
            Float("sensor_thickness", thickness_m);
        }

        Key("threshold_energy");
        _writer.WriteStartMap(series.ChannelsOrDefault.Count);
        foreach (ThresholdChannel channel in series.ChannelsOrDefault)
        {
            Float(channel.Name, channel.Energy_keV * 1000);
        }

        _writer.WriteEndMap();
        Flag("virtual_pixel_interpolation_enabled", false);
        OptionalText("user_data", series.HeaderAppendix);
        Finish(message);
    }

    /// <inheritdoc/>
    public void WriteImage(SeriesInfo series, in OutgoingImage image, OutgoingMessage message)
    {
        ArgumentNullException.ThrowIfNull(series);
        ArgumentNullException.ThrowIfNull(message);
        if (!Carries(image.Type, image.Encoding))
        {
            throw new ArgumentException($"DECTRIS Stream V2 carries no {image.Encoding} pixels", nameof(image));
        }

        int channels = series.Channels?.Count ?? 1;
        int images = 1 + (image.MorePayloads?.Count ?? 0);
        if (images != channels)
        {
            throw new ArgumentException($"{images} images for {channels} threshold channels", nameof(image));
        }

        bool hasUserData = series.ImageAppendix is not null || image.HasMonitor || image.HasTransmission;
        Begin("image", series, hasUserData ? 10 : 9);
        Integer("image_id", image.Index);
        Rational("real_time", image.Duration);
        Date("series_date", series.Date);
        Rational("start_time", image.Times.Start);
        Rational("stop_time", image.Times.Stop);
        Key("data");
        _writer.WriteStartMap(channels);
        for (int i = 0; i < channels; i++)
        {
            _writer.WriteTextString(series.Channels?[i].Name ?? ThresholdChannel.UsualName);
            BeginArray(image.Shape, image.Type);
            WritePixels(image, i == 0 ? image.Payload.Span : image.MorePayloads![i - 1].Span);
            _writer.WriteEndArray();
        }

        _writer.WriteEndMap();

        // The appendix is what somebody configured, so it wins; the detectors send it as text, whatever it holds.
        if (series.ImageAppendix is { } appendix)
        {
            Text("user_data", appendix);
        }
        else if (hasUserData)
        {
            Key("user_data");
            _writer.WriteStartMap((image.HasMonitor ? 1 : 0) + (image.HasTransmission ? 1 : 0));
            if (image.HasMonitor)
            {
                Float("monitor", image.Monitor!.Value);
            }

            if (image.HasTransmission)
            {
                Float("transmission", image.Transmission!.Value);
            }

            _writer.WriteEndMap();
        }

        Finish(message);
    }

    /// <inheritdoc/>
    public void WriteEnd(SeriesInfo series, OutgoingMessage message)
    {
        ArgumentNullException.ThrowIfNull(series);
        ArgumentNullException.ThrowIfNull(message);
        Begin("end", series, keys: 3);
        Finish(message);
    }

    private static CborTag TypedArray(PixelType type) => (CborTag)(type switch
    {
        PixelType.UInt8 => 64,
        PixelType.UInt16 => 69,
        PixelType.UInt32 => 70,
        PixelType.Int8 => 72,
        PixelType.Int16 => 77,
        PixelType.Int32 => 78,
        PixelType.UInt64 => 71,
        PixelType.Int64 => 79,
        PixelType.Float16 => 84,
        PixelType.Float32 => 85,
        PixelType.Float64 => 86,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown pixel type"),
    });

    private void BeginArray(ImageShape shape, PixelType type)
    {
        _writer.WriteTag(MultiDimArray);
        _writer.WriteStartArray(2);
        _writer.WriteStartArray(2);
        _writer.WriteInt32(shape.Rows);
        _writer.WriteInt32(shape.Columns);
        _writer.WriteEndArray();
        _writer.WriteTag(TypedArray(type));
    }

    /// <summary>The same table for every threshold.</summary>
    private void Table(string key, SeriesInfo series, PixelType type, ReadOnlySpan<byte> bytes)
    {
        Key(key);
        _writer.WriteStartMap(series.ChannelsOrDefault.Count);
        foreach (ThresholdChannel channel in series.ChannelsOrDefault)
        {
            _writer.WriteTextString(channel.Name);
            BeginArray(series.Tables!.Shape, type);
            _writer.WriteByteString(bytes);
            _writer.WriteEndArray();
        }

        _writer.WriteEndMap();
    }

    private void WritePixels(in OutgoingImage image, ReadOnlySpan<byte> payload)
    {
        if (image.Encoding == PixelEncoding.None)
        {
            _writer.WriteByteString(payload);
            return;
        }

        bool isShuffled = image.Encoding == PixelEncoding.BitshuffleLz4;
        _writer.WriteTag(DectrisCompression);
        _writer.WriteStartArray(3);
        _writer.WriteTextString(isShuffled ? "bslz4" : "lz4");
        _writer.WriteInt32(isShuffled ? PixelTypes.SizeOf(image.Type) : 0);
        _writer.WriteByteString(payload);
        _writer.WriteEndArray();
    }

    private void Begin(string type, SeriesInfo series, int? keys)
    {
        _writer.Reset();
        _writer.WriteTag(SelfDescribed);
        _writer.WriteStartMap(keys);
        Text("type", type);
        Integer("series_id", series.SeriesId);
        Text("series_unique_id", series.UniqueId);
    }

    private void Finish(OutgoingMessage message)
    {
        _writer.WriteEndMap();
        int length = _writer.BytesWritten;
        if (_message.Length < length)
        {
            _message = GC.AllocateUninitializedArray<byte>(length + (length / 4));
        }

        _writer.Encode(_message);
        message.Clear();
        message.Add(_message.AsMemory(0, length));
    }

    private void Key(string key) => _writer.WriteTextString(key);

    private void Text(string key, string value)
    {
        _writer.WriteTextString(key);
        _writer.WriteTextString(value);
    }

    private void OptionalText(string key, string? value)
    {
        if (value is not null)
        {
            Text(key, value);
        }
    }

    private void Date(string key, DateTimeOffset date)
    {
        // The same for all images of a series: no new text for each.
        if (_date.Text is null || !_date.Date.EqualsExact(date))
        {
            _date = (date, date.ToString(DateFormat));
        }

        _writer.WriteTextString(key);
        _writer.WriteTag(CborTag.DateTimeString);
        _writer.WriteTextString(_date.Text);
    }

    private void Integer(string key, long value)
    {
        _writer.WriteTextString(key);
        _writer.WriteInt64(value);
    }

    private void Flag(string key, bool value)
    {
        _writer.WriteTextString(key);
        _writer.WriteBoolean(value);
    }

    private void Float(string key, double value)
    {
        _writer.WriteTextString(key);
        WriteShortest(value);
    }

    private void WriteShortest(double value)
    {
        if ((double)(Half)value == value)
        {
            _writer.WriteHalf((Half)value);
        }
        else if ((float)value == value)
        {
            _writer.WriteSingle((float)value);
        }
        else
        {
            _writer.WriteDouble(value);
        }
    }

    private void Rational(string key, TimeSpan value)
    {
        _writer.WriteTextString(key);
        _writer.WriteStartArray(2);
        _writer.WriteInt64((long)Math.Round(value.TotalSeconds * TicksPerSecond));
        _writer.WriteInt64(TicksPerSecond);
        _writer.WriteEndArray();
    }
}
