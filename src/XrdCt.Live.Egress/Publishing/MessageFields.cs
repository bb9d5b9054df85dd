using System.Buffers.Binary;
using System.Runtime.InteropServices;
using MessagePack;

namespace XrdCt.Live.Egress.Publishing;

/// <summary>
/// Fields of published messages. An array is a map of <c>dtype</c> (NumPy's name of the type), <c>shape</c> (slowest axis first) and
/// <c>data</c> (<c>bin</c>, little-endian), so that a reader needs no table of types.
/// </summary>
internal static class MessageFields
{
    /// <summary>Version of keys and meanings; rises when a reader of the old ones would go wrong.</summary>
    public const int Schema = 1;

    /// <summary>Bytes of an array besides its values, with its key, at most.</summary>
    public const int ArrayOverhead = 96;

    public static void Write(ref this MessagePackWriter writer, ReadOnlySpan<byte> key, long value)
    {
        writer.WriteString(key);
        writer.Write(value);
    }

    public static void Write(ref this MessagePackWriter writer, ReadOnlySpan<byte> key, double value)
    {
        writer.WriteString(key);
        writer.Write(value);
    }

    public static void Write(ref this MessagePackWriter writer, ReadOnlySpan<byte> key, string? value)
    {
        writer.WriteString(key);
        writer.Write(value);
    }

    public static void Write(ref this MessagePackWriter writer, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        writer.WriteString(key);
        writer.WriteString(value);
    }

    public static void Write(ref this MessagePackWriter writer, ReadOnlySpan<byte> key, double? value)
    {
        writer.WriteString(key);
        if (value is double number)
        {
            writer.Write(number);
        }
        else
        {
            writer.WriteNil();
        }
    }

    /// <summary>A time as seconds since 1970-01-01 UTC; nil for none.</summary>
    public static void Write(ref this MessagePackWriter writer, ReadOnlySpan<byte> key, DateTimeOffset? time) =>
        writer.Write(key, time is DateTimeOffset t ? (t - DateTimeOffset.UnixEpoch).TotalSeconds : (double?)null);

    /// <summary>What every message begins with: <c>schema</c>, <c>scan_id</c>, <c>acquired_at</c>, <c>published_at</c>.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="fields">Fields that follow.</param>
    /// <param name="scanId">Name of the scan.</param>
    /// <param name="acquiredAt">End of exposure of the newest frame in it; null where there is none.</param>
    /// <param name="now">Time of publication.</param>
    public static void Begin(
        ref this MessagePackWriter writer, int fields, string? scanId, DateTimeOffset? acquiredAt, DateTimeOffset now)
    {
        writer.WriteMapHeader(4 + fields);
        writer.Write("schema"u8, Schema);
        writer.Write("scan_id"u8, scanId);
        writer.Write("acquired_at"u8, acquiredAt);
        writer.Write("published_at"u8, now);
    }

    public static void Write(ref this MessagePackWriter writer, ReadOnlySpan<byte> key, ReadOnlySpan<float> values, params scoped ReadOnlySpan<int> shape) =>
        WriteArray(ref writer, key, "<f4"u8, MemoryMarshal.Cast<float, int>(values), shape);

    public static void Write(ref this MessagePackWriter writer, ReadOnlySpan<byte> key, ReadOnlySpan<int> values, params scoped ReadOnlySpan<int> shape) =>
        WriteArray(ref writer, key, "<i4"u8, values, shape);

    private static void WriteArray(
        ref MessagePackWriter writer, ReadOnlySpan<byte> key, ReadOnlySpan<byte> type, ReadOnlySpan<int> words, scoped ReadOnlySpan<int> shape)
    {
        writer.WriteString(key);
        writer.WriteMapHeader(3);
        writer.Write("dtype"u8, type);
        writer.WriteString("shape"u8);
        writer.WriteArrayHeader(shape.Length);
        foreach (int extent in shape)
        {
            writer.Write(extent);
        }

        int length = words.Length * sizeof(int);
        writer.WriteString("data"u8);
        writer.WriteBinHeader(length);
        Span<byte> bytes = writer.GetSpan(length)[..length];
        if (BitConverter.IsLittleEndian)
        {
            MemoryMarshal.AsBytes(words).CopyTo(bytes);
        }
        else
        {
            BinaryPrimitives.ReverseEndianness(words, MemoryMarshal.Cast<byte, int>(bytes));
        }

        writer.Advance(length);
    }
}
