using XrdCt.Live.Ingest.Decoding;

namespace XrdCt.Live.Server.Conversion;

/// <summary>Unpacks chunks of HDF5 files that are packed by bitshuffle-LZ4.</summary>
internal static class ChunkUnpacking
{
    /// <inheritdoc cref="XrdCt.Live.Storage.Stacks.ChunkDecoder"/>
    public static bool Unpack(ReadOnlySpan<byte> packed, int elementSize, Span<byte> plain)
    {
        int needed = BitshuffleLz4.ScratchLength(packed, elementSize, plain.Length);
        return needed >= 0 && BitshuffleLz4.TryDecode(packed, elementSize, new byte[needed], plain);
    }
}
