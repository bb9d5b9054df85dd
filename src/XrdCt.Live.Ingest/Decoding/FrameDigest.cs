using System.Buffers;
using System.Security.Cryptography;

namespace XrdCt.Live.Ingest.Decoding;

/// <summary>
/// The check sum of an image in DECTRIS Stream V1 (<c>hash</c>): MD5 of the uncompressed pixels as they travel, in hex
/// digits. For diagnosis only: it takes several times as long as the unpacking.
/// </summary>
/// <remarks>Source: DECTRIS EIGER API, stream interface, <c>dimage-1.0</c>.</remarks>
public static class FrameDigest
{
    /// <summary>Compares pixels with the check sum they came with.</summary>
    /// <param name="unpacked">The uncompressed pixels, in the sender's type and byte order.</param>
    /// <param name="hex">32 hex digits, in any case, as bytes of text.</param>
    /// <returns>Whether they agree; false where <paramref name="hex"/> is no MD5 sum.</returns>
    public static bool Matches(ReadOnlySpan<byte> unpacked, ReadOnlySpan<byte> hex)
    {
        Span<byte> claimed = stackalloc byte[MD5.HashSizeInBytes];
        Span<byte> found = stackalloc byte[MD5.HashSizeInBytes];
        if (hex.Length != 2 * MD5.HashSizeInBytes || Convert.FromHexString(hex, claimed, out _, out _) != OperationStatus.Done)
        {
            return false;
        }

#pragma warning disable CA5351 // The format prescribes MD5, against transmission errors only.
        MD5.HashData(unpacked, found);
#pragma warning restore CA5351
        return found.SequenceEqual(claimed);
    }
}
