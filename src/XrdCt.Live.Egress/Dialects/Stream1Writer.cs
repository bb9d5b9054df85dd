using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;

namespace XrdCt.Live.Egress.Dialects;

/// <summary>
/// Messages of DECTRIS Stream V1 ("legacy"): JSON parts (<c>dheader-1.0</c>, <c>dimage-1.0</c>, <c>dseries_end-1.0</c>) and binary parts.
/// An image has four parts, and a fifth where an appendix is configured; its <c>shape</c> is [columns, rows].
/// </summary>
/// <remarks>
/// Source: SIMPLON API reference, chapter "stream interface"; captured messages of an EIGER. Signed pixels go beyond it, as with LImA's
/// Pilatus. <c>lz4&lt;</c> is one bare LZ4 block here, not the framed form of Stream V2.
/// </remarks>
public sealed class Stream1Writer : IStreamWriter, IDisposable
{
    private readonly JsonPart _frame = new();
    private readonly JsonPart _data = new();
    private readonly JsonPart _times = new();
    private (string? Text, byte[] Bytes) _appendix = (null, []);

    /// <inheritdoc/>
    public string Dialect => "dectris-stream-1";

    /// <inheritdoc/>
    public bool Carries(PixelType type, PixelEncoding encoding) =>
        type is PixelType.UInt8 or PixelType.UInt16 or PixelType.UInt32 or PixelType.Int8 or PixelType.Int16 or PixelType.Int32
        && encoding is PixelEncoding.None or PixelEncoding.BitshuffleLz4 or PixelEncoding.Lz4Block;

    /// <inheritdoc/>
    public void WriteStart(SeriesInfo series, OutgoingMessage message)
    {
        ArgumentNullException.ThrowIfNull(series);
        ArgumentNullException.ThrowIfNull(message);
        HeaderDetail detail = series.HeaderDetail == HeaderDetail.All && series.Tables is null ? HeaderDetail.Basic : series.HeaderDetail;
        message.Clear();
        Utf8JsonWriter json = _frame.Begin();
        json.WriteString("header_detail", detail switch
        {
            HeaderDetail.None => "none",
            HeaderDetail.Basic => "basic",
            _ => "all",
        });
        json.WriteString("htype", "dheader-1.0");
        json.WriteNumber("series", series.SeriesId);
        message.Add(_frame.End());
        if (detail != HeaderDetail.None)
        {
            WriteConfiguration(series, detail);
            message.Add(_data.End());
        }

        if (detail == HeaderDetail.All)
        {
            HeaderTables tables = series.Tables!;
            ReadOnlySpan<int> image = [tables.Shape.Columns, tables.Shape.Rows];
            AddTable(message, "dflatfield-1.0", image, "float32", MemoryMarshal.AsBytes(tables.FlatField.Span));
            AddTable(message, "dpixelmask-1.0", image, "uint32", MemoryMarshal.AsBytes(tables.Mask.Span));
            float[] rates = Rates(tables.CountrateTable.Span);
            AddTable(message, "dcountrate_table-1.0", [2, rates.Length / 2], "float32", MemoryMarshal.AsBytes<float>(rates));
        }

        AddAppendix(series.HeaderAppendix, message);
    }

    /// <inheritdoc/>
    public void WriteImage(SeriesInfo series, in OutgoingImage image, OutgoingMessage message)
    {
        ArgumentNullException.ThrowIfNull(series);
        ArgumentNullException.ThrowIfNull(message);
        if (!Carries(image.Type, image.Encoding))
        {
            throw new ArgumentException($"DECTRIS Stream V1 carries no {image.Encoding} pixels of type {image.Type}", nameof(image));
        }

        message.Clear();
        Utf8JsonWriter json = _frame.Begin();
        json.WriteNumber("frame", image.Index);
        json.WriteString("hash", image.PlainMd5 ?? "");
        json.WriteString("htype", "dimage-1.0");
        json.WriteNumber("series", series.SeriesId);
        message.Add(_frame.End());

        json = _data.Begin();
        json.WriteString("encoding", EncodingName(image.Type, image.Encoding));
        json.WriteString("htype", "dimage_d-1.0");
        WriteShape(json, [image.Shape.Columns, image.Shape.Rows]);
        json.WriteNumber("size", image.Payload.Length);
        json.WriteString("type", PixelNames.Of(image.Type));
        message.Add(_data.End());
        message.Add(image.Payload);

        json = _times.Begin();
        json.WriteString("htype", "dconfig-1.0");
        json.WriteNumber("real_time", Nanoseconds(image.Duration));
        json.WriteNumber("start_time", Nanoseconds(image.Times.Start));
        json.WriteNumber("stop_time", Nanoseconds(image.Times.Stop));
        message.Add(_times.End());
        AddAppendix(series.ImageAppendix, message);
    }

    /// <inheritdoc/>
    public void WriteEnd(SeriesInfo series, OutgoingMessage message)
    {
        ArgumentNullException.ThrowIfNull(series);
        ArgumentNullException.ThrowIfNull(message);
        message.Clear();
        Utf8JsonWriter json = _frame.Begin();
        json.WriteString("htype", "dseries_end-1.0");
        json.WriteNumber("series", series.SeriesId);
        message.Add(_frame.End());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _frame.Dispose();
        _data.Dispose();
        _times.Dispose();
    }

    private static string EncodingName(PixelType type, PixelEncoding encoding) => encoding switch
    {
        PixelEncoding.None => "<",
        PixelEncoding.Lz4Block => "lz4<",
        _ => PixelTypes.SizeOf(type) switch { 1 => "bs8-lz4<", 2 => "bs16-lz4<", _ => "bs32-lz4<" },
    };

    private static long Nanoseconds(TimeSpan time) => time.Ticks * 100;

    private static void WriteShape(Utf8JsonWriter json, ReadOnlySpan<int> shape)
    {
        json.WriteStartArray("shape");
        foreach (int length in shape)
        {
            json.WriteNumberValue(length);
        }

        json.WriteEndArray();
    }

    private static void AddTable(OutgoingMessage message, string htype, ReadOnlySpan<int> shape, string type, ReadOnlySpan<byte> bytes)
    {
        using JsonPart part = new();
        Utf8JsonWriter json = part.Begin();
        json.WriteString("htype", htype);
        WriteShape(json, shape);
        json.WriteString("type", type);
        message.Add(part.End());
        message.Add(bytes.ToArray());
    }

    /// <summary>Measured counts, then the corrected ones.</summary>
    private static float[] Rates(ReadOnlySpan<uint> corrected)
    {
        float[] rates = new float[2 * corrected.Length];
        for (int i = 0; i < corrected.Length; i++)
        {
            rates[i] = i;
            rates[corrected.Length + i] = corrected[i];
        }

        return rates;
    }

    private void AddAppendix(string? text, OutgoingMessage message)
    {
        if (text is null)
        {
            return;
        }

        if (!ReferenceEquals(_appendix.Text, text))
        {
            _appendix = (text, System.Text.Encoding.UTF8.GetBytes(text));
        }

        message.Add(_appendix.Bytes);
    }

    private void WriteConfiguration(SeriesInfo series, HeaderDetail detail)
    {
        int bits = 8 * PixelTypes.SizeOf(series.Type);
        Utf8JsonWriter json = _data.Begin();
        json.WriteBoolean("auto_summation", true);
        json.WriteNumber("beam_center_x", series.BeamCentre.X_px);
        json.WriteNumber("beam_center_y", series.BeamCentre.Y_px);
        json.WriteNumber("bit_depth_image", bits);
        json.WriteString("compression", series.Encoding switch
        {
            PixelEncoding.None => "none",
            PixelEncoding.Lz4Block => "lz4",
            _ => "bslz4",
        });
        json.WriteNumber("count_time", (series.Exposure ?? series.FramePeriod).TotalSeconds);
        json.WriteBoolean("countrate_correction_applied", true);
        Optional(json, "countrate_correction_count_cutoff", series.CountCutoff);
        json.WriteString("data_collection_date", series.Date.ToString("yyyy-MM-ddTHH:mm:ss.fffzzz", CultureInfo.InvariantCulture));
        Optional(json, "description", series.Detector);
        json.WriteNumber("detector_distance", series.Distance_m);
        Optional(json, "detector_number", series.DetectorNumber);
        json.WriteNumber("detector_readout_time", (series.FramePeriod - (series.Exposure ?? series.FramePeriod)).TotalSeconds);
        json.WriteBoolean("flatfield_correction_applied", detail == HeaderDetail.All);
        json.WriteNumber("frame_time", series.FramePeriod.TotalSeconds);
        json.WriteNumber("nimages", series.ImageCount / series.TriggerCount);
        json.WriteNumber("ntrigger", series.TriggerCount);
        json.WriteNumber("photon_energy", series.Energy_keV * 1000);
        json.WriteBoolean("pixel_mask_applied", true);
        Optional(json, "sensor_material", series.SensorMaterial);
        if (series.SensorThickness_m is { } thickness_m)
        {
            json.WriteNumber("sensor_thickness", thickness_m);
        }

        json.WriteNumber("threshold_energy", series.ChannelsOrDefault[0].Energy_keV * 1000);
        json.WriteString("trigger_mode", series.TriggerMode);
        json.WriteBoolean("virtual_pixel_correction_applied", false);
        json.WriteNumber("wavelength", PhotonEnergy.ToWavelength_m(series.Energy_keV) * 1e10);
        json.WriteNumber("x_pixel_size", series.PixelSize_m);
        json.WriteNumber("x_pixels_in_detector", series.Shape.Columns);
        json.WriteNumber("y_pixel_size", series.PixelSize_m);
        json.WriteNumber("y_pixels_in_detector", series.Shape.Rows);
    }

    private static void Optional(Utf8JsonWriter json, string key, string? value)
    {
        if (value is not null)
        {
            json.WriteString(key, value);
        }
    }

    private static void Optional(Utf8JsonWriter json, string key, int? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(key, number);
        }
    }
}
