namespace XrdCt.Live.Ingest.Recording;

/// <summary>Sizes and marks of a recording; <see cref="RecordingWriter"/> describes it.</summary>
internal static class RecordingFormat
{
    internal const uint Version = 1;

    /// <summary>Magic, version and header length.</summary>
    internal const int PrefixBytes = 16;

    internal const int ChecksumBytes = sizeof(ulong);

    /// <summary>Four strings; more is damage.</summary>
    internal const int LongestHeader = 1 << 16;

    /// <summary>Marker, part count, record number and time; the part lengths follow.</summary>
    internal const int RecordHeadBytes = 24;

    /// <summary>Marker, padding, records and bytes before it, checksum.</summary>
    internal const int EndBytes = 32;

    /// <summary>Head of the record with the most parts, its checksum included.</summary>
    internal const int LongestHead = RecordHeadBytes + (Streams.StreamMessage.MostParts * sizeof(uint)) + ChecksumBytes;

    internal static ReadOnlySpan<byte> Magic => "XRDCTREC"u8;

    internal static ReadOnlySpan<byte> RecordMarker => "#MSG"u8;

    internal static ReadOnlySpan<byte> EndMarker => "#END"u8;

    /// <summary>Bytes of a record's head, without its checksum.</summary>
    internal static int HeadBytes(int partCount) => RecordHeadBytes + (partCount * sizeof(uint));
}
