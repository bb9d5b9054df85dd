using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace XrdCt.Live.Ingest.Decoding;

/// <summary>
/// Unpacks one LZ4 block without framing: sequences of a token (high half: number of literals, low half: length of the
/// match − 4; 15 goes on in bytes until one is not 255), the literals, and the distance of the match (2 bytes, little
/// endian); the last sequence ends after its literals.
/// </summary>
/// <remarks>
/// Every length is checked against both ends before anything is copied, so any bytes are safe. Copies take whole
/// vectors where both spans have room for them and exact lengths where not; nothing outside is read or written.
/// Source: LZ4 block format description (<c>lz4_Block_format.md</c>).
/// </remarks>
public static class Lz4Block
{
    /// <summary>
    /// Bytes of room behind the plain data with which no copy has to be exact: the internal form may write there.
    /// </summary>
    internal const int Slack_bytes = Step;

    // Bytes of a copying step: one AVX2 register.
    private const int Step = 32;

    private const nuint ShortestMatch = 4;
    private const nuint LongLength = 15;

    /// <summary>Unpacks a block.</summary>
    /// <param name="packed">The block, whole: nothing may follow it.</param>
    /// <param name="plain">Receives the plain bytes; its length is the size the caller expects; no overlap.</param>
    /// <returns>False where the block is corrupt or has another size; the output is then undefined.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> packed, Span<byte> plain) =>
        TryDecode(packed, plain, plain.Length);

    /// <summary>As the public form, where the plain bytes may have room behind them, which gets garbage.</summary>
    /// <param name="packed">The block.</param>
    /// <param name="room">Receives the plain bytes; more of it may be overwritten.</param>
    /// <param name="plainLength">Number of plain bytes, at most the length of <paramref name="room"/>.</param>
    internal static bool TryDecode(ReadOnlySpan<byte> packed, Span<byte> room, int plainLength)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)plainLength, (uint)room.Length, nameof(plainLength));
        ref byte source = ref MemoryMarshal.GetReference(packed);
        ref byte target = ref MemoryMarshal.GetReference(room);
        nuint sourceEnd = (nuint)packed.Length;
        nuint targetEnd = (nuint)plainLength;
        nuint roomEnd = (nuint)room.Length;
        nuint from = 0;
        nuint to = 0;
        while (from < sourceEnd)
        {
            nuint token = Unsafe.Add(ref source, from++);
            nuint literals = token >> 4;
            if ((literals == LongLength && !TryReadLength(packed, ref from, ref literals))
                || literals > sourceEnd - from
                || literals > targetEnd - to)
            {
                return false;
            }

            // Copying whole steps touches at most one step beyond the last byte wanted.
            if (literals + Step <= sourceEnd - from && literals + Step <= roomEnd - to)
            {
                CopySteps(ref Unsafe.Add(ref source, from), ref Unsafe.Add(ref target, to), literals);
            }
            else
            {
                packed.Slice((int)from, (int)literals).CopyTo(room[(int)to..]);
            }

            from += literals;
            to += literals;
            if (from == sourceEnd)
            {
                return to == targetEnd;
            }

            if (sourceEnd - from < sizeof(ushort))
            {
                return false;
            }

            nuint distance = BinaryPrimitives.ReadUInt16LittleEndian(packed[(int)from..]);
            from += sizeof(ushort);
            nuint length = token & LongLength;
            if (length == LongLength && !TryReadLength(packed, ref from, ref length))
            {
                return false;
            }

            length += ShortestMatch;
            if (distance == 0 || distance > to || length > targetEnd - to)
            {
                return false;
            }

            if (distance >= Step && length + Step <= roomEnd - to)
            {
                CopySteps(ref Unsafe.Add(ref target, to - distance), ref Unsafe.Add(ref target, to), length);
            }
            else
            {
                Repeat(room, (int)to, (int)distance, (int)length);
            }

            to += length;
        }

        return false;
    }

    /// <summary>Adds the bytes that go on with a length; false where they do not end.</summary>
    private static bool TryReadLength(ReadOnlySpan<byte> packed, ref nuint from, ref nuint length)
    {
        // At most 2³¹ bytes of 255 each: no overflow in 64 bits; in 32 bits the sum is stopped where nothing can be so long.
        byte more;
        do
        {
            if (from >= (nuint)packed.Length || length > int.MaxValue)
            {
                return false;
            }

            more = packed[(int)from++];
            length += more;
        }
        while (more == byte.MaxValue);

        return true;
    }

    /// <summary>Copies whole steps until <paramref name="length"/> bytes are there: up to a step more, none for zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopySteps(ref byte source, ref byte target, nuint length)
    {
        for (nuint i = 0; i < length; i += Step)
        {
            Vector256.LoadUnsafe(ref source, i).StoreUnsafe(ref target, i);
        }
    }

    /// <summary>A match that overlaps itself within a step, or ends too close to the end for whole steps.</summary>
    private static void Repeat(Span<byte> room, int to, int distance, int length)
    {
        if (distance == 1)
        {
            room.Slice(to, length).Fill(room[to - 1]);
            return;
        }

        // What was written is a period itself: each round copies twice as much as the one before.
        ReadOnlySpan<byte> period = room[(to - distance)..to];
        Span<byte> target = room.Slice(to, length);
        while (target.Length > period.Length)
        {
            period.CopyTo(target);
            target = target[period.Length..];
            int written = length - target.Length;
            period = room.Slice(to - distance, Math.Min(distance + written, length));
        }

        period[..target.Length].CopyTo(target);
    }
}
