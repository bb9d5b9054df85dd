using ILGPU;

namespace XrdCt.Live.Compute.Gpu;

/// <summary>
/// Unpacks bitshuffle-LZ4 on the device, a warp (a group of one warp) per block: LZ4 into shared memory, then the bits into pixels.
/// </summary>
/// <remarks>
/// <para>
/// Every lane reads every token, so that control flow is the same in all of them: no lane waits at a barrier for one that left. What they
/// share is the copying. Nothing is read or written outside the block's bytes, whatever they are: a block that does not decode marks its
/// frame as damaged and ends.
/// </para>
/// <para>
/// Bitshuffle puts bit k of all pixels into row k. Rows begin one word further than their length in shared memory, so that the 32 lanes
/// that read a word of 32 rows hit 32 banks; see <see cref="Skewed"/>.
/// </para>
/// <para>Source of the formats: LZ4 block format description (<c>lz4_Block_format.md</c>); bitshuffle <c>bitshuffle_core.c</c>.</para>
/// </remarks>
internal static class DecodeKernel
{
    private const int Word_bytes = sizeof(int);
    private const int TileWidth = 32;
    private const int ShortestMatch = 4;
    private const int LongLength = 15;

    // Larger than the logarithm of any block: no row, no skew.
    private const int NoSkew = 30;

    /// <summary>Shared memory that a block of <paramref name="plainLength"/> bytes needs: its rows, each a word longer.</summary>
    public static int SharedLength_bytes(int plainLength) => plainLength + (TileWidth * Word_bytes);

    /// <summary>Launched with one group of one warp per block.</summary>
    /// <param name="blocks">The blocks of the batch.</param>
    /// <param name="packed">Packed bytes of the batch.</param>
    /// <param name="pixels">Receives the counts, frame after frame; negative for pixels without a value.</param>
    /// <param name="damaged">Per frame, receives 1 where a block does not decode.</param>
    public static void Run(ArrayView<PackedBlock> blocks, ArrayView<byte> packed, ArrayView<int> pixels, ArrayView<int> damaged)
    {
        PackedBlock block = blocks[Grid.IdxX];
        ArrayView<byte> plain = SharedMemory.GetDynamic<byte>();
        int lane = Group.IdxX;
        int lanes = Group.DimX;
        if (block.IsPlain != 0)
        {
            for (int i = lane; i < block.PlainLength / block.PixelBytes; i += lanes)
            {
                pixels[block.FirstPixel + i] = PlainPixel(packed, block, i);
            }

            return;
        }

        // A row of a plain block: one bit of each pixel. Only rows of 2ⁿ words are skewed; all others come out right, only slower.
        int pixelCount = block.PlainLength / block.PixelBytes;
        int rowLength = pixelCount / 8;
        int rowShift = (rowLength & (rowLength - 1)) == 0 && rowLength >= Word_bytes ? Logarithm(rowLength) : NoSkew;
        if (!TryUnpack(block, packed, plain, rowShift))
        {
            if (lane == 0)
            {
                damaged[block.Frame] = 1;
            }

            return;
        }

        Warp.Barrier();
        if (lanes == TileWidth && pixelCount % TileWidth == 0)
        {
            TransposeTiles(block, plain, pixels, rowLength, rowShift);
        }
        else
        {
            TransposePixels(block, plain, pixels, rowLength, rowShift);
        }
    }

    /// <summary>LZ4: a token, literals, a match (length, distance) – again and again until the literals of the last sequence.</summary>
    private static bool TryUnpack(PackedBlock block, ArrayView<byte> packed, ArrayView<byte> plain, int rowShift)
    {
        int lane = Group.IdxX;
        int lanes = Group.DimX;
        int from = block.Start;
        int fromEnd = block.Start + block.PackedLength;
        int to = 0;
        while (from < fromEnd)
        {
            int token = packed[from++];
            int literals = token >> 4;
            if (literals == LongLength)
            {
                // A length beyond the block ends the loop: it would not fit, and could overflow.
                int more = byte.MaxValue;
                while (more == byte.MaxValue && literals <= block.PlainLength)
                {
                    if (from >= fromEnd)
                    {
                        return false;
                    }

                    more = packed[from++];
                    literals += more;
                }
            }

            if (literals > block.PlainLength - to || literals > fromEnd - from)
            {
                return false;
            }

            for (int i = lane; i < literals; i += lanes)
            {
                plain[Skewed(to + i, rowShift)] = packed[from + i];
            }

            from += literals;
            to += literals;
            if (from == fromEnd)
            {
                return to == block.PlainLength;
            }

            if (fromEnd - from < sizeof(ushort))
            {
                return false;
            }

            int distance = packed[from] | (packed[from + 1] << 8);
            from += sizeof(ushort);
            int length = (token & LongLength) + ShortestMatch;
            if (length == LongLength + ShortestMatch)
            {
                int more = byte.MaxValue;
                while (more == byte.MaxValue && length <= block.PlainLength)
                {
                    if (from >= fromEnd)
                    {
                        return false;
                    }

                    more = packed[from++];
                    length += more;
                }
            }

            if (distance == 0 || distance > to || length > block.PlainLength - to)
            {
                return false;
            }

            // What the match repeats was written by other lanes.
            Warp.Barrier();
            if (distance == 1)
            {
                Fill(plain, to, length, rowShift);
            }
            else
            {
                Repeat(plain, to, distance, length, rowShift);
            }

            to += length;
        }

        return false;
    }

    /// <summary>A run of one byte, as most of a frame is (bits above the largest count): word by word, four times as fast as by bytes.</summary>
    private static void Fill(ArrayView<byte> plain, int to, int length, int rowShift)
    {
        int lane = Group.IdxX;
        int lanes = Group.DimX;
        byte value = plain[Skewed(to - 1, rowShift)];
        int head = Math.Min(length, -to & (Word_bytes - 1));
        int words = (length - head) / Word_bytes;
        int tail = to + head + (words * Word_bytes);
        for (int i = lane; i < head; i += lanes)
        {
            plain[Skewed(to + i, rowShift)] = value;
        }

        // Rows and their skew are whole words, so that a word of the block is a word of the shared memory.
        ArrayView<int> plainWords = plain.Cast<int>();
        int four = value * 0x01010101;
        for (int i = lane; i < words; i += lanes)
        {
            plainWords[Skewed(to + head + (i * Word_bytes), rowShift) / Word_bytes] = four;
        }

        for (int i = tail + lane; i < to + length; i += lanes)
        {
            plain[Skewed(i, rowShift)] = value;
        }
    }

    /// <summary>
    /// A match. One that overlaps itself is periodic: byte i is byte i mod distance of what stands before it, so that no lane reads what
    /// another one is about to write.
    /// </summary>
    private static void Repeat(ArrayView<byte> plain, int to, int distance, int length, int rowShift)
    {
        int lanes = Group.DimX;
        int step = lanes % distance;
        int phase = Group.IdxX % distance;
        for (int i = Group.IdxX; i < length; i += lanes)
        {
            plain[Skewed(to + i, rowShift)] = plain[Skewed(to - distance + phase, rowShift)];
            phase += step;
            phase -= phase >= distance ? distance : 0;
        }
    }

    /// <summary>
    /// 32 pixels at a time: lane k takes 32 bits of row k, and five exchanges of ever smaller halves between lanes transpose the 32 × 32
    /// bits, so that lane i ends with pixel i.
    /// </summary>
    private static void TransposeTiles(PackedBlock block, ArrayView<byte> plain, ArrayView<int> pixels, int rowLength, int rowShift)
    {
        int lane = Group.IdxX;
        ArrayView<int> plainWords = plain.Cast<int>();
        bool hasRow = lane < 8 * block.PixelBytes;
        int row = hasRow ? lane * rowLength : 0;
        int tiles = block.PlainLength / (block.PixelBytes * TileWidth);
        for (int tile = 0; tile < tiles; tile++)
        {
            uint word = (uint)plainWords[Skewed(row + (tile * Word_bytes), rowShift) / Word_bytes];
            word = hasRow ? word : 0;
            word = Exchange(word, 16, 0x0000FFFF);
            word = Exchange(word, 8, 0x00FF00FF);
            word = Exchange(word, 4, 0x0F0F0F0F);
            word = Exchange(word, 2, 0x33333333);
            word = Exchange(word, 1, 0x55555555);
            pixels[block.FirstPixel + (tile * TileWidth) + lane] = Count(word, block.PixelBytes, block.IsSigned);
        }
    }

    /// <summary>Swaps the off-diagonal quarters of every square of 2 · <paramref name="distance"/> bits.</summary>
    private static uint Exchange(uint own, int distance, uint lowHalves)
    {
        uint other = Warp.ShuffleXor(own, distance);
        return (Group.IdxX & distance) == 0
            ? (own & lowHalves) | ((other & lowHalves) << distance)
            : (own & ~lowHalves) | ((other & ~lowHalves) >> distance);
    }

    /// <summary>Pixel by pixel, for blocks that do not end with a tile (the last one of a frame) and warps of another width.</summary>
    private static void TransposePixels(PackedBlock block, ArrayView<byte> plain, ArrayView<int> pixels, int rowLength, int rowShift)
    {
        for (int i = Group.IdxX; i < block.PlainLength / block.PixelBytes; i += Group.DimX)
        {
            uint bits = 0;
            for (int row = 0; row < 8 * block.PixelBytes; row++)
            {
                int eight = plain[Skewed((row * rowLength) + (i >> 3), rowShift)];
                bits |= (uint)((eight >> (i & 7)) & 1) << row;
            }

            pixels[block.FirstPixel + i] = Count(bits, block.PixelBytes, block.IsSigned);
        }
    }

    private static int PlainPixel(ArrayView<byte> packed, PackedBlock block, int index)
    {
        uint bits = 0;
        for (int k = 0; k < block.PixelBytes; k++)
        {
            bits |= (uint)packed[block.Start + (index * block.PixelBytes) + k] << (8 * k);
        }

        return Count(bits, block.PixelBytes, block.IsSigned);
    }

    /// <summary>
    /// The signed count of a pixel: −1 for 2ⁿ−1 and −2 for 2ⁿ−2 of unsigned types, which are flags; the value itself for signed ones.
    /// Unsigned counts of 2³¹ and more become 2³¹−1, so that they stay counts.
    /// </summary>
    private static int Count(uint bits, int pixelBytes, int isSigned)
    {
        int unused = 32 - (8 * pixelBytes);
        int signed = (int)(bits << unused) >> unused;
        return isSigned != 0 || signed is -1 or -2 ? signed
            : (int)bits < 0 ? int.MaxValue
            : (int)bits;
    }

    /// <summary>Where a byte of the block stands in shared memory: a word further for each row before it.</summary>
    private static int Skewed(int at, int rowShift) => at + ((at >> rowShift) * Word_bytes);

    private static int Logarithm(int powerOfTwo)
    {
        int logarithm = 0;
        while ((powerOfTwo >> logarithm) > 1)
        {
            logarithm++;
        }

        return logarithm;
    }
}
