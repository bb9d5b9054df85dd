namespace XrdCt.Live.Ingest.Decoding;

/// <summary>
/// Unpacks LZ4 blocks in the HDF5 framing (HDF5 filter 32004, DECTRIS Stream V2 <c>lz4</c>): the 12-byte header of
/// <see cref="BitshuffleLz4"/>, then per block a 4-byte big-endian length and an LZ4 block, or the plain bytes where
/// that length equals the length of the plain block.
/// </summary>
/// <remarks>Source: HDF Group registered filter 32004 (<c>H5Zlz4.c</c>).</remarks>
public static class Lz4Blocks
{
    /// <summary>Unpacks a payload straight into the output.</summary>
    /// <param name="payload">The packed data, whole: nothing may follow them.</param>
    /// <param name="output">Receives the plain bytes; its length is the size the caller expects.</param>
    /// <returns>False where the payload is cut short, too long or corrupt; the output is then undefined.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> payload, Span<byte> output)
    {
        if (!BitshuffleLz4.TryReadHeader(payload, output.Length, out int blockBytes))
        {
            return false;
        }

        ReadOnlySpan<byte> rest = payload[12..];
        while (!output.IsEmpty)
        {
            Span<byte> block = output[..Math.Min(blockBytes, output.Length)];
            if (!BitshuffleLz4.TryTakeBlock(ref rest, out ReadOnlySpan<byte> packed))
            {
                return false;
            }

            if (packed.Length == block.Length)
            {
                packed.CopyTo(block);
            }
            else if (!Lz4Block.TryDecode(packed, block))
            {
                return false;
            }

            output = output[block.Length..];
        }

        return rest.IsEmpty;
    }
}
