using Microsoft.Win32.SafeHandles;

namespace XrdCt.Live.Ingest.Files;

/// <summary>Whether a CBF file that somebody else is writing has come as a whole, seen from its header and its end only.</summary>
/// <param name="IsComplete">Whether all packed pixels are there.</param>
/// <param name="HasEnd">Whether the closing line of the binary section is there too: nothing more will come.</param>
/// <param name="Length_bytes">Length of the file when it was looked at.</param>
/// <param name="Problem">What is missing or wrong: a fragment of a sentence; null where the file is complete.</param>
public readonly record struct CbfArrival(bool IsComplete, bool HasEnd, long Length_bytes, string? Problem)
{
    private const int HeaderBytes = 1 << 16;

    // The closing line, an empty line and the semicolon.
    private const int EndBytes = 64;

    private static ReadOnlySpan<byte> EndLine => "--CIF-BINARY-FORMAT-SECTION----"u8;

    /// <summary>Looks at a file.</summary>
    /// <exception cref="IOException">It cannot be read, or has gone.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission.</exception>
    public static CbfArrival Look(string path)
    {
        using SafeFileHandle file = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        long length = RandomAccess.GetLength(file);
        byte[] header = new byte[(int)Math.Min(length, HeaderBytes)];
        int read = RandomAccess.Read(file, header, 0);
        if (!CbfSection.TryFindHeader(header.AsSpan(0, read), out CbfSection section, out string? problem))
        {
            return new CbfArrival(false, false, length, length == 0 ? "the file is empty" : problem);
        }

        long end = section.Payload.End.Value;
        if (length < end)
        {
            return new CbfArrival(false, false, length, $"{length} of {end} bytes are there");
        }

        Span<byte> last = stackalloc byte[EndBytes];
        read = RandomAccess.Read(file, last, Math.Max(end, length - EndBytes));
        return new CbfArrival(true, last[..read].IndexOf(EndLine) >= 0, length, null);
    }
}
