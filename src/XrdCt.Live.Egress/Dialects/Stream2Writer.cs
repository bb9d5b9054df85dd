using System.Formats.Cbor;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;

namespace XrdCt.Live.Egress.Dialects;

/// <summary>
/// Messages of DECTRIS Stream V2: CBOR tag 55799 around a map of definite length whose first key is <c>type</c>;
/// images are a multi-dimensional array (tag 40) of a typed array (RFC 8746) that may be compressed (tag 56500: bslz4 or lz4).
/// </summary>
/// <remarks>
/// Source: DECTRIS Stream V2 specification, <see href="https://github.com/dectris/documentation"/>. <c>image_dtype</c>
/// "int32" goes beyond it (it names unsigned types only): the Pilatus flags gaps with −1 and bad pixels with −2.
/// Numbers are written in the shortest form that keeps the value, as detectors do. Large tables (flat field, count
/// rate, mask) are left out, as with
/// <c>header_detail = basic</c>.
/// </remarks>
public sealed class Stream2Writer : IStreamWriter
{
    /// <summary>Name of the only threshold channel.</summary>
    public const string Channel = "threshold_1";

    private const CborTag MultiDimArray = (CborTag)40;
    private const CborTag DectrisCompression = (CborTag)56500;
    private const CborTag SelfDescribed = (CborTag)55799;

    // Clock of the captured detector: 20 ns ticks.
    private const long TicksPerSecond = 50_000_000;
    private const string DateFormat = "yyyy-MM-ddTHH:mm:ss.fffzzz";

    private readonly CborWriter _writer = new(CborConformanceMode.Lax);
    private byte[] _message = [];

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
        const int Keys = 28;
        double wavelength_A = PhotonEnergy.ToWavelength_m(series.Energy_keV) * 1e10;
        Begin("start", series, Keys);
        Text("arm_date", null);
        _writer.WriteTag(CborTag.DateTimeString);
        _writer.WriteTextString(series.Date.ToString(DateFormat));
        Float("beam_center_x", series.BeamCentre.X_px);
        Float("beam_center_y", series.BeamCentre.Y_px);
        Text("channels", null);
        _writer.WriteStartArray(1);
        _writer.WriteTextString(Channel);
        _writer.WriteEndArray();
        Float("count_time", series.FramePeriod.TotalSeconds);
        Flag("countrate_correction_enabled", true);
        Text("detector_description", "PILATUS3 X CdTe 2M (simulated)");
        Text("detector_serial_number", "SIM-0001");
        Text("detector_translation", null);
        _writer.WriteStartArray(3);
        WriteShortest(0);
        WriteShortest(0);
        WriteShortest(-series.Distance_m);
        _writer.WriteEndArray();
        Flag("flatfield_enabled", false);
        Float("frame_time", series.FramePeriod.TotalSeconds);
        Text("image_dtype", "int32");
        Integer("image_size_x", series.Shape.Columns);
        Integer("image_size_y", series.Shape.Rows);
        Float("incident_energy", series.Energy_keV * 1000);
        Float("incident_wavelength", wavelength_A);
        Integer("number_of_images", series.ImageCount);
        Flag("pixel_mask_enabled", true);
        Float("pixel_size_x", series.PixelSize_m);
        Float("pixel_size_y", series.PixelSize_m);
        Integer("saturation_value", 1_048_575);
        Text("sensor_material", "CdTe");
        Float("sensor_thickness", 0.001);
        Text("threshold_energy", null);
        _writer.WriteStartMap(1);
        Float(Channel, series.Energy_keV * 500);
        _writer.WriteEndMap();
        Flag("virtual_pixel_interpolation_enabled", false);
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

        int keys = double.IsNaN(image.Monitor) ? 9 : 10;
        Begin("image", series, keys);
        Integer("image_id", image.Index);
        Rational("real_time", image.Times.Stop - image.Times.Start);
        Text("series_date", null);
        _writer.WriteTag(CborTag.DateTimeString);
        _writer.WriteTextString(series.Date.ToString(DateFormat));
        Rational("start_time", image.Times.Start);
        Rational("stop_time", image.Times.Stop);
        Text("data", null);
        _writer.WriteStartMap(1);
        _writer.WriteTextString(Channel);
        _writer.WriteTag(MultiDimArray);
        _writer.WriteStartArray(2);
        _writer.WriteStartArray(2);
        _writer.WriteInt32(image.Shape.Rows);
        _writer.WriteInt32(image.Shape.Columns);
        _writer.WriteEndArray();
        _writer.WriteTag(TypedArray(image.Type));
        WritePixels(image);
        _writer.WriteEndArray();
        _writer.WriteEndMap();
        if (!double.IsNaN(image.Monitor))
        {
            Text("user_data", null);
            _writer.WriteStartMap(1);
            Float("monitor", image.Monitor);
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
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown pixel type"),
    });

    private void WritePixels(in OutgoingImage image)
    {
        if (image.Encoding == PixelEncoding.None)
        {
            _writer.WriteByteString(image.Payload.Span);
            return;
        }

        bool isShuffled = image.Encoding == PixelEncoding.BitshuffleLz4;
        _writer.WriteTag(DectrisCompression);
        _writer.WriteStartArray(3);
        _writer.WriteTextString(isShuffled ? "bslz4" : "lz4");
        _writer.WriteInt32(isShuffled ? PixelTypes.SizeOf(image.Type) : 0);
        _writer.WriteByteString(image.Payload.Span);
        _writer.WriteEndArray();
    }

    private void Begin(string type, SeriesInfo series, int keys)
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

    private void Text(string key, string? value)
    {
        _writer.WriteTextString(key);
        if (value is not null)
        {
            _writer.WriteTextString(value);
        }
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
