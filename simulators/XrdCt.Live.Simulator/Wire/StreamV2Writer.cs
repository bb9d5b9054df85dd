using System.Formats.Cbor;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Simulator.Wire;

/// <summary>
/// Messages of DECTRIS Stream V2: CBOR tag 55799 around a map of definite length whose first key is <c>type</c>;
/// images are a multi-dimensional array (tag 40) of int32 (tag 78) compressed with bslz4 (tag 56500). Not thread-safe;
/// the returned memory is valid until the next call.
/// </summary>
/// <remarks>
/// Source: DECTRIS Stream V2 specification, <see href="https://github.com/dectris/documentation"/>. <c>image_dtype</c>
/// "int32" goes beyond it (it names unsigned types only): the Pilatus flags gaps with −1 and bad pixels with −2.
/// Numbers are written in the shortest form that keeps the value, as detectors do. Large tables (flat field, count
/// rate, mask) are left out, as with
/// <c>header_detail = basic</c>.
/// </remarks>
public sealed class StreamV2Writer
{
    /// <summary>Name of the only threshold channel.</summary>
    public const string Channel = "threshold_1";

    private const CborTag MultiDimArray = (CborTag)40;
    private const CborTag Int32Array = (CborTag)78;
    private const CborTag DectrisCompression = (CborTag)56500;
    private const CborTag SelfDescribed = (CborTag)55799;

    // Clock of the captured detector: 20 ns ticks.
    private const long TicksPerSecond = 50_000_000;
    private const string DateFormat = "yyyy-MM-ddTHH:mm:ss.fffzzz";

    private readonly CborWriter _writer = new(CborConformanceMode.Lax);
    private byte[] _message = [];

    /// <summary>The message before the first image.</summary>
    public ReadOnlyMemory<byte> Start(SeriesInfo series)
    {
        ArgumentNullException.ThrowIfNull(series);
        const int Keys = 28;
        double wavelength_A = Phantoms.XRay.Wavelength_A(series.Energy_keV);
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
        return End();
    }

    /// <summary>One image.</summary>
    /// <param name="series">Its series.</param>
    /// <param name="index">Image id, from 0.</param>
    /// <param name="times">Exposure.</param>
    /// <param name="shape">Image size, which a test may let differ from the series.</param>
    /// <param name="bslz4">Compressed pixels.</param>
    /// <param name="monitor">Beam monitor during the exposure, relative units; goes to <c>user_data</c>.</param>
    public ReadOnlyMemory<byte> Image(
        SeriesInfo series, int index, ImageTimes times, ImageShape shape, ReadOnlySpan<byte> bslz4, double monitor)
    {
        ArgumentNullException.ThrowIfNull(series);
        const int Keys = 10;
        Begin("image", series, Keys);
        Integer("image_id", index);
        Rational("real_time", times.Stop - times.Start);
        Text("series_date", null);
        _writer.WriteTag(CborTag.DateTimeString);
        _writer.WriteTextString(series.Date.ToString(DateFormat));
        Rational("start_time", times.Start);
        Rational("stop_time", times.Stop);
        Text("data", null);
        _writer.WriteStartMap(1);
        _writer.WriteTextString(Channel);
        _writer.WriteTag(MultiDimArray);
        _writer.WriteStartArray(2);
        _writer.WriteStartArray(2);
        _writer.WriteInt32(shape.Rows);
        _writer.WriteInt32(shape.Columns);
        _writer.WriteEndArray();
        _writer.WriteTag(Int32Array);
        _writer.WriteTag(DectrisCompression);
        _writer.WriteStartArray(3);
        _writer.WriteTextString("bslz4");
        _writer.WriteInt32(sizeof(int));
        _writer.WriteByteString(bslz4);
        _writer.WriteEndArray();
        _writer.WriteEndArray();
        _writer.WriteEndMap();
        Text("user_data", null);
        _writer.WriteStartMap(1);
        Float("monitor", monitor);
        _writer.WriteEndMap();
        return End();
    }

    /// <summary>The message after the last image.</summary>
    public ReadOnlyMemory<byte> End(SeriesInfo series)
    {
        ArgumentNullException.ThrowIfNull(series);
        Begin("end", series, keys: 3);
        return End();
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

    private ReadOnlyMemory<byte> End()
    {
        _writer.WriteEndMap();
        int length = _writer.BytesWritten;
        if (_message.Length < length)
        {
            _message = GC.AllocateUninitializedArray<byte>(length + (length / 4));
        }

        _writer.Encode(_message);
        return _message.AsMemory(0, length);
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
