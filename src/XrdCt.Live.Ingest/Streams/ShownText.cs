using System.Text;

namespace XrdCt.Live.Ingest.Streams;

/// <summary>Texts out of messages that people get to see: as long as a name may be, without control characters.</summary>
internal static class ShownText
{
    private const int Longest_bytes = 256;

    /// <summary>The text; null where it is empty.</summary>
    internal static string? Of(ReadOnlySpan<byte> utf8) => utf8.IsEmpty ? null : Start(utf8, Longest_bytes);

    /// <summary>Its beginning, for a sentence that says what is wrong.</summary>
    internal static string Excerpt(ReadOnlySpan<byte> utf8) => Start(utf8, 40);

    private static string Start(ReadOnlySpan<byte> utf8, int longest_bytes) =>
        string.Concat(Encoding.UTF8.GetString(utf8[..Math.Min(utf8.Length, longest_bytes)]).Select(c => char.IsControl(c) ? '?' : c));
}
