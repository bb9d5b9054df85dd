using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Unicode;
using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Egress.Encoding;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;

namespace XrdCt.Live.Egress.Files;

/// <summary>
/// Writes a whole CBF file as a Pilatus' camserver does: header of convention PILATUS_1.2, one binary section in byte offset, 4,095 bytes of
/// padding. Pure functions.
/// </summary>
/// <remarks>Sources: CBFlib manual; DECTRIS, "Pilatus CBF header specification" 1.4.</remarks>
public static class CbfWriter
{
    // Text before and behind the pixels; names of detectors are cut to their longest length.
    private const int TextBytes = 2048;
    private const int PaddingBytes = 4095;
    private const int LongestName = 200;

    private static ReadOnlySpan<byte> Magic => [0x0C, 0x1A, 0x04, 0xD5];

    private static ReadOnlySpan<byte> Trailer => "\r\n--CIF-BINARY-FORMAT-SECTION----\r\n;\r\n\r\n"u8;

    /// <summary>Room that <see cref="Write"/> needs, bytes.</summary>
    /// <param name="pixels">Pixels of the image.</param>
    public static int RoomFor(ReadOnlySpan<int> pixels) => checked(CbfByteOffsetEncoder.Length(pixels) + TextBytes + PaddingBytes);

    /// <summary>Writes one file.</summary>
    /// <param name="series">What is known of the series.</param>
    /// <param name="index">Number of the image in its series, from 0.</param>
    /// <param name="times">Its exposure.</param>
    /// <param name="shape">Image size.</param>
    /// <param name="pixels">Pixels, row-major.</param>
    /// <param name="output">Receives the bytes, at least <see cref="RoomFor"/>.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">The output is too short, or the pixels do not fill the shape.</exception>
    public static int Write(
        SeriesInfo series, int index, in ImageTimes times, ImageShape shape, ReadOnlySpan<int> pixels, Span<byte> output)
    {
        ArgumentNullException.ThrowIfNull(series);
        int packed = CbfByteOffsetEncoder.Length(pixels);
        if (pixels.Length != shape.PixelCount || output.Length < packed + TextBytes + PaddingBytes)
        {
            throw new ArgumentException(
                $"{pixels.Length} pixels of an image of {shape} do not go into {output.Length} bytes", nameof(output));
        }

        int written = WriteHeader(series, index, times, output);
        written += WriteSection(shape, packed, output[written..], out int digestAt);
        Span<byte> digest = output.Slice(written - digestAt, 24);
        Magic.CopyTo(output[written..]);
        written += Magic.Length;
        Span<byte> data = output.Slice(written, packed);
        CbfByteOffsetEncoder.Encode(pixels, data);
        WriteDigest(data, digest);
        written += packed;
        output.Slice(written, PaddingBytes).Clear();
        written += PaddingBytes;
        Trailer.CopyTo(output[written..]);
        return written + Trailer.Length;
    }

    private static int WriteHeader(SeriesInfo series, int index, in ImageTimes times, Span<byte> output)
    {
        TimeSpan exposure = times.Stop - times.Start;
        string name = series.Detector is { Length: > LongestName } longer ? longer[..LongestName] : series.Detector ?? "unknown";
        int written = 0;
        Add(output[written..], ref written, $"###CBF: VERSION 1.5, XrdCt.Live\r\n\r\ndata_{index:D6}\r\n\r\n");
        Add(output[written..], ref written, $"_array_data.header_convention \"PILATUS_1.2\"\r\n_array_data.header_contents\r\n;\r\n");
        Add(output[written..], ref written, $"# Detector: {name}\r\n");
        Add(output[written..], ref written, $"# {series.Date + times.Start:yyyy-MM-ddTHH:mm:ss.fff}\r\n");

        // A length, time or energy of 0 says that nobody told: the line is left out.
        if (series.PixelSize_m > 0)
        {
            Add(output[written..], ref written, $"# Pixel_size {series.PixelSize_m * 1e6}e-6 m x {series.PixelSize_m * 1e6}e-6 m\r\n");
        }

        if (series.SensorThickness_m is { } thickness_m)
        {
            Add(output[written..], ref written, $"# {series.SensorMaterial} sensor, thickness {thickness_m:F6} m\r\n");
        }

        if (exposure > TimeSpan.Zero)
        {
            Add(output[written..], ref written, $"# Exposure_time {exposure.TotalSeconds:0.0######} s\r\n");
        }

        if (series.FramePeriod > TimeSpan.Zero)
        {
            Add(output[written..], ref written, $"# Exposure_period {series.FramePeriod.TotalSeconds:0.0######} s\r\n");
        }

        if (series.CountCutoff is { } cutoff)
        {
            Add(output[written..], ref written, $"# Count_cutoff {cutoff} counts\r\n");
        }

        if (series.Energy_keV > 0)
        {
            Add(output[written..], ref written, $"# Threshold_setting: {series.ChannelsOrDefault[0].Energy_keV * 1000:0} eV\r\n");
            Add(output[written..], ref written, $"# Wavelength {PhotonEnergy.ToWavelength_m(series.Energy_keV) * 1e10:F6} A\r\n");
        }

        if (series.Distance_m > 0)
        {
            Add(output[written..], ref written, $"# Detector_distance {series.Distance_m:F6} m\r\n");
        }

        if (series.BeamCentre != (0, 0))
        {
            Add(output[written..], ref written, $"# Beam_xy ({series.BeamCentre.X_px:F2}, {series.BeamCentre.Y_px:F2}) pixels\r\n");
        }

        Add(output[written..], ref written, $";\r\n\r\n");
        return written;
    }

    /// <summary>The MIME lines of the binary section, up to its magic bytes.</summary>
    /// <param name="shape">Image size.</param>
    /// <param name="packed">Bytes of the section.</param>
    /// <param name="output">Receives the lines.</param>
    /// <param name="digestAt">How many bytes before the end of the lines the digest is to be put.</param>
    private static int WriteSection(ImageShape shape, int packed, Span<byte> output, out int digestAt)
    {
        int written = 0;
        Add(output[written..], ref written, $"_array_data.data\r\n;\r\n--CIF-BINARY-FORMAT-SECTION--\r\n");
        Add(output[written..], ref written, $"Content-Type: application/octet-stream;\r\n     conversions=\"x-CBF_BYTE_OFFSET\"\r\n");
        Add(output[written..], ref written, $"Content-Transfer-Encoding: BINARY\r\nX-Binary-Size: {packed}\r\nX-Binary-ID: 1\r\n");
        Add(output[written..], ref written, $"X-Binary-Element-Type: \"signed 32-bit integer\"\r\n");
        Add(output[written..], ref written, $"X-Binary-Element-Byte-Order: LITTLE_ENDIAN\r\nContent-MD5: ");
        int digest = written;
        Add(output[written..], ref written, $"========================\r\nX-Binary-Number-of-Elements: {shape.PixelCount}\r\n");
        Add(output[written..], ref written, $"X-Binary-Size-Fastest-Dimension: {shape.Columns}\r\n");
        Add(output[written..], ref written, $"X-Binary-Size-Second-Dimension: {shape.Rows}\r\nX-Binary-Size-Padding: {PaddingBytes}\r\n\r\n");
        digestAt = written - digest;
        return written;
    }

    /// <summary>Adds text in the invariant culture, which is the only one of the programs.</summary>
    private static void Add(
        Span<byte> free,
        ref int written,
        [InterpolatedStringHandlerArgument(nameof(free))] ref Utf8.TryWriteInterpolatedStringHandler text)
    {
        if (!Utf8.TryWrite(free, ref text, out int bytes))
        {
            throw new ArgumentException($"the header of a CBF file does not go into {free.Length} bytes", nameof(free));
        }

        written += bytes;
    }

    private static void WriteDigest(ReadOnlySpan<byte> data, Span<byte> text)
    {
        Span<byte> md5 = stackalloc byte[MD5.HashSizeInBytes];

        // CA5351: not for security; the format asks for it.
#pragma warning disable CA5351
        MD5.HashData(data, md5);
#pragma warning restore CA5351
        Base64.EncodeToUtf8(md5, text, out _, out _);
    }
}
