using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace XrdCt.Live.Ingest.Decoding;

/// <summary>
/// Undoes bitshuffle on one block of N elements of S bytes, N a multiple of 8. A shuffled block holds 8·S rows of
/// N/8 bytes; row 8·j + k holds bit k of byte j of every element, element i in bit i mod 8 of byte i / 8 (least
/// significant first), so that <c>element[i] = Σ row[8j + k][i] · 2^(8j + k)</c>. Elements come out little endian.
/// </summary>
/// <remarks>
/// Source: K. Masui et al., <see href="https://doi.org/10.1016/j.ascom.2015.07.002"/>, section 3. The fast kernels turn
/// rows to byte planes (<see cref="BitPlanes"/>), then byte planes to elements (<see cref="BytePlanes"/>).
/// </remarks>
public static class BitUnshuffle
{
    /// <summary>
    /// Kernel that this machine runs best. Never the 512-bit one: on a Zen 4 whole frames were not reliably faster
    /// with it than with 256 bits (several runs of the benchmark <c>decode</c>: up to 10 % either way).
    /// </summary>
    internal static readonly BitUnshuffleKernel Best =
        IsSupported(BitUnshuffleKernel.Vector256) ? BitUnshuffleKernel.Vector256
        : IsSupported(BitUnshuffleKernel.Vector128) ? BitUnshuffleKernel.Vector128
        : BitUnshuffleKernel.Word64;

    /// <summary>The definition, bit by bit: slow, and the reference of all other kernels.</summary>
    /// <param name="shuffled">One shuffled block; its length is a multiple of 8·<paramref name="elementSize"/>.</param>
    /// <param name="elementSize">Bytes of an element: 1, 2, 4 or 8.</param>
    /// <param name="output">Receives the elements; same length; must not overlap <paramref name="shuffled"/>.</param>
    /// <exception cref="ArgumentException">A length or the element size is not as stated.</exception>
    public static void Scalar(ReadOnlySpan<byte> shuffled, int elementSize, Span<byte> output)
    {
        CheckBlock(shuffled.Length, elementSize, output.Length);
        int elementCount = shuffled.Length / elementSize;
        int rowLength = elementCount / 8;
        output.Clear();
        for (int row = 0; row < 8 * elementSize; row++)
        {
            ReadOnlySpan<byte> bits = shuffled.Slice(row * rowLength, rowLength);
            for (int i = 0; i < elementCount; i++)
            {
                int bit = (bits[i >> 3] >> (i & 7)) & 1;
                output[(i * elementSize) + (row >> 3)] |= (byte)(bit << (row & 7));
            }
        }
    }

    /// <summary>As <see cref="Scalar"/>, with the fastest kernel of this machine.</summary>
    /// <param name="shuffled">One shuffled block; its length is a multiple of 8·<paramref name="elementSize"/>.</param>
    /// <param name="elementSize">Bytes of an element: 1, 2, 4 or 8.</param>
    /// <param name="planes">
    /// Scratch, at least as long as <paramref name="shuffled"/>; not used when elements are bytes.
    /// </param>
    /// <param name="output">Receives the elements; same length; must not overlap the other two.</param>
    /// <exception cref="ArgumentException">A length or the element size is not as stated.</exception>
    public static void Apply(ReadOnlySpan<byte> shuffled, int elementSize, Span<byte> planes, Span<byte> output) =>
        Apply(Best, shuffled, elementSize, planes, output);

    /// <summary>True where this machine has the instructions of <paramref name="kernel"/>.</summary>
    internal static bool IsSupported(BitUnshuffleKernel kernel) => kernel switch
    {
        BitUnshuffleKernel.Vector512 => Avx512BW.IsSupported && Gfni.V512.IsSupported,
        BitUnshuffleKernel.Vector256 => Avx2.IsSupported,
        BitUnshuffleKernel.Vector128 => Sse2.IsSupported || AdvSimd.Arm64.IsSupported,
        _ => true,
    };

    /// <summary>As the public form, with a kernel of the caller's choice, which the machine must support.</summary>
    internal static void Apply(
        BitUnshuffleKernel kernel,
        ReadOnlySpan<byte> shuffled,
        int elementSize,
        Span<byte> planes,
        Span<byte> output)
    {
        CheckBlock(shuffled.Length, elementSize, output.Length);
        int elementCount = shuffled.Length / elementSize;
        if (elementSize == 1)
        {
            BitPlanes.Transpose(kernel, shuffled, output);
            return;
        }

        if (planes.Length < shuffled.Length)
        {
            throw new ArgumentException(
                $"planes.Length is {planes.Length}, expected {shuffled.Length}",
                nameof(planes));
        }

        int used = elementSize == sizeof(int) ? SignificantBytes(shuffled) : elementSize;
        for (int j = 0; j < used; j++)
        {
            BitPlanes.Transpose(
                kernel,
                shuffled.Slice(j * elementCount, elementCount),
                planes.Slice(j * elementCount, elementCount));
        }

        ReadOnlySpan<byte> bytes = planes[..(used * elementCount)];
        if (used == elementSize)
        {
            BytePlanes.Interleave(kernel, bytes, elementSize, elementCount, output);
        }
        else if (used == 1)
        {
            BytePlanes.ExtendOne(kernel, bytes, output);
        }
        else
        {
            BytePlanes.ExtendTwo(kernel, bytes, output);
        }
    }

    /// <summary>
    /// Lowest bytes of a 32-bit block that tell the others: 1 where rows 7 … 31 are alike, 2 where rows 15 … 31 are, for then
    /// every element is the sign extension of its lowest 8 or 16 bits; else 4.
    /// </summary>
    /// <remarks>
    /// Most blocks of a diffraction frame: counts below 128 or 32,768 beside −1 and −2. Two bytes less to transpose and to
    /// interleave for one comparison of each row with the next.
    /// </remarks>
    private static int SignificantBytes(ReadOnlySpan<byte> shuffled)
    {
        int rowLength = shuffled.Length / 32;
        return !AreAlike(shuffled[(15 * rowLength)..], rowLength) ? sizeof(int)
            : AreAlike(shuffled[(7 * rowLength)..(16 * rowLength)], rowLength) ? 1
            : 2;

        static bool AreAlike(ReadOnlySpan<byte> rows, int rowLength) =>
            rows[rowLength..].SequenceEqual(rows[..^rowLength]);
    }

    private static void CheckBlock(int shuffledLength, int elementSize, int outputLength)
    {
        if (elementSize is not (1 or 2 or 4 or 8))
        {
            throw new ArgumentOutOfRangeException(nameof(elementSize), elementSize, "expected 1, 2, 4 or 8 bytes");
        }

        if (shuffledLength % (8 * elementSize) != 0 || outputLength != shuffledLength)
        {
            throw new ArgumentException(
                $"{shuffledLength} bytes into {outputLength}: expected equal multiples of {8 * elementSize}");
        }
    }
}
