using System.Buffers.Binary;

namespace XrdCt.Live.Ingest.Decoding;

/// <summary>
/// Unpacks bitshuffle + LZ4 (HDF5 filter 32008, DECTRIS <c>bslz4</c>): 8 bytes big-endian size U of the plain data,
/// 4 bytes big-endian block size B, then per block a 4-byte big-endian length and an LZ4 block of bit-transposed
/// elements; the last U mod (8 · element size) bytes stand plain at the end. Each block goes through LZ4 into an 8 KB
/// scratch and from there straight to its place, so that the frame is written to memory once.
/// </summary>
/// <remarks>
/// Every size is checked before it is used: bytes from the wire give <see langword="false"/>, never an exception.
/// Source: bitshuffle <c>bshuf_h5filter.c</c>; DECTRIS compression <c>compression.c</c>.
/// </remarks>
public static class BitshuffleLz4
{
    /// <summary>Block size that bitshuffle takes when nobody asks for another one, bytes.</summary>
    internal const int DefaultBlockBytes = 8192;

    /// <summary>Length of the header, bytes.</summary>
    internal const int HeaderBytes = 12;

    /// <summary>
    /// Scratch that <c>TryDecode</c> needs for this payload; never more than twice the output and 32 bytes.
    /// </summary>
    /// <param name="payload">The packed data.</param>
    /// <param name="elementSize">Bytes of an element: 1, 2, 4 or 8.</param>
    /// <param name="outputLength">Length of the plain data, bytes.</param>
    /// <returns>Bytes of scratch, or −1 where the header does not fit the output.</returns>
    /// <exception cref="ArgumentException">
    /// The element size is not as stated, or does not divide the output.
    /// </exception>
    public static int ScratchLength(ReadOnlySpan<byte> payload, int elementSize, int outputLength) =>
        TryReadLayout(payload, elementSize, outputLength, out Layout layout) ? layout.ScratchBytes : -1;

    /// <summary>Unpacks a payload.</summary>
    /// <param name="payload">The packed data, whole: nothing may follow them.</param>
    /// <param name="elementSize">Bytes of an element: 1, 2, 4 or 8.</param>
    /// <param name="scratch">At least <see cref="ScratchLength"/> bytes; its content does not matter.</param>
    /// <param name="output">
    /// Receives the elements, little endian; its length is the size the caller expects, which the header must name
    /// (a header of zeros, as some senders write it, is taken as this size in blocks of 8192 bytes).
    /// </param>
    /// <returns>False where the payload is cut short, too long or corrupt; the output is then undefined.</returns>
    /// <exception cref="ArgumentException">The element size, the output or the scratch is not as stated.</exception>
    public static bool TryDecode(ReadOnlySpan<byte> payload, int elementSize, Span<byte> scratch, Span<byte> output) =>
        TryDecode(BitUnshuffle.Best, payload, elementSize, scratch, output);

    /// <summary>As the public form, with a kernel of the caller's choice, which the machine must support.</summary>
    internal static bool TryDecode(
        BitUnshuffleKernel kernel,
        ReadOnlySpan<byte> payload,
        int elementSize,
        Span<byte> scratch,
        Span<byte> output)
    {
        if (!TryReadLayout(payload, elementSize, output.Length, out Layout layout))
        {
            return false;
        }

        if (scratch.Length < layout.ScratchBytes)
        {
            throw new ArgumentException(
                $"scratch.Length is {scratch.Length}, expected {layout.ScratchBytes}",
                nameof(scratch));
        }

        ReadOnlySpan<byte> rest = payload[HeaderBytes..];
        int shuffledEnd = output.Length - layout.TailBytes;
        for (int at = 0; at < shuffledEnd;)
        {
            int blockLength = Math.Min(layout.BlockBytes, shuffledEnd - at);
            if (!TryDecodeBlock(kernel, layout, ref rest, elementSize, scratch, output.Slice(at, blockLength)))
            {
                return false;
            }

            at += blockLength;
        }

        if (rest.Length != layout.TailBytes)
        {
            return false;
        }

        rest.CopyTo(output[shuffledEnd..]);
        return true;
    }

    /// <summary>Takes the next block off the front of <paramref name="rest"/> and unpacks it; <paramref name="output"/> is as long as the block.</summary>
    internal static bool TryDecodeBlock(
        BitUnshuffleKernel kernel, in Layout layout, ref ReadOnlySpan<byte> rest, int elementSize, Span<byte> scratch, Span<byte> output)
    {
        Span<byte> shuffled = scratch[..(layout.LargestBlock + Lz4Block.Slack_bytes)];
        if (!TryTakeBlock(ref rest, out ReadOnlySpan<byte> packed) || !Lz4Block.TryDecode(packed, shuffled, output.Length))
        {
            return false;
        }

        BitUnshuffle.Apply(kernel, shuffled[..output.Length], elementSize, scratch[shuffled.Length..], output);
        return true;
    }

    /// <summary>
    /// Takes a block with its big-endian length off the front of <paramref name="rest"/>; an empty one does not
    /// count.
    /// </summary>
    internal static bool TryTakeBlock(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> packed)
    {
        packed = default;
        if (rest.Length < sizeof(uint))
        {
            return false;
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(rest);
        if (length == 0 || length > (uint)(rest.Length - sizeof(uint)))
        {
            return false;
        }

        packed = rest.Slice(sizeof(uint), (int)length);
        rest = rest[(sizeof(uint) + (int)length)..];
        return true;
    }

    /// <summary>
    /// Reads the 12-byte header; false where it cannot belong to <paramref name="outputLength"/> bytes.
    /// </summary>
    internal static bool TryReadHeader(ReadOnlySpan<byte> payload, int outputLength, out int blockBytes)
    {
        blockBytes = 0;
        if (payload.Length < HeaderBytes)
        {
            return false;
        }

        ulong plainBytes = BinaryPrimitives.ReadUInt64BigEndian(payload);
        uint claimedBlock = BinaryPrimitives.ReadUInt32BigEndian(payload[sizeof(ulong)..]);
        if (plainBytes == 0 && claimedBlock == 0)
        {
            blockBytes = DefaultBlockBytes;
            return true;
        }

        if (plainBytes != (ulong)outputLength || claimedBlock is 0 or > int.MaxValue)
        {
            return false;
        }

        blockBytes = (int)claimedBlock;
        return true;
    }

    /// <summary>Reads the header into sizes that fit each other; false where it cannot belong to that much output.</summary>
    internal static bool TryReadLayout(ReadOnlySpan<byte> payload, int elementSize, int outputLength, out Layout layout)
    {
        if (elementSize is not (1 or 2 or 4 or 8))
        {
            throw new ArgumentOutOfRangeException(nameof(elementSize), elementSize, "expected 1, 2, 4 or 8 bytes");
        }

        if (outputLength % elementSize != 0)
        {
            throw new ArgumentException(
                $"{outputLength} bytes are no whole number of {elementSize}-byte elements",
                nameof(outputLength));
        }

        layout = default;
        int granule = 8 * elementSize;
        if (!TryReadHeader(payload, outputLength, out int blockBytes) || blockBytes % granule != 0)
        {
            return false;
        }

        int tailBytes = outputLength % granule;
        int largestBlock = Math.Min(blockBytes, outputLength - tailBytes);
        int planesBytes = elementSize == 1 ? 0 : largestBlock;
        layout = new Layout(blockBytes, tailBytes, largestBlock, largestBlock + Lz4Block.Slack_bytes + planesBytes);
        return largestBlock <= (int.MaxValue - Lz4Block.Slack_bytes) / 2;
    }

    /// <summary>Sizes of a payload, bytes.</summary>
    internal readonly record struct Layout(int BlockBytes, int TailBytes, int LargestBlock, int ScratchBytes);
}
