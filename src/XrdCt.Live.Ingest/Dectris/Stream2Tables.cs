using System.Text;
using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Ingest.Dectris;

/// <summary>The tables of a Stream V2 start message: maps from channel to a multi-dimensional array.</summary>
internal static class Stream2Tables
{
    /// <summary>Copies the tables out of the message, still packed.</summary>
    /// <param name="mask">CBOR item under <c>pixel_mask</c>; empty if none.</param>
    /// <param name="flatField">CBOR item under <c>flatfield</c>; empty if none.</param>
    /// <param name="channel">Channel to take; null for the first.</param>
    /// <returns>The tables; null where there is none.</returns>
    internal static ISeriesTables? Keep(ReadOnlySpan<byte> mask, ReadOnlySpan<byte> flatField, byte[]? channel)
    {
        Stream2Reader reader = new(channel is null ? null : Encoding.UTF8.GetString(channel));
        PackedTable? masked = Keep(reader, mask);
        PackedTable? flat = Keep(reader, flatField);
        return masked is null && flat is null ? null : new PackedTables(masked, flat);
    }

    private static PackedTable? Keep(Stream2Reader reader, ReadOnlySpan<byte> item) =>
        reader.TryLocate(item, out Stream2Message array)
            ? new PackedTable(item.Slice(array.PayloadOffset, array.PayloadLength))
            {
                Shape = array.Shape,
                Type = array.Type,
                Encoding = array.Encoding,
                IsBigEndian = array.IsBigEndian,
                IsColumnMajor = array.IsColumnMajor,
            }
            : null;
}
