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

    // Distance from both ends up to which fixed-size copies stay inside; see TryDecodeFar.
    private const int Far = 64;

    private const nuint ShortestMatch = 4;
    private const nuint LongLength = 15;

    // Longer than any block, and still far from overflowing when something is added.
    private const nuint Endless = uint.MaxValue - 1024;

    /// <summary>Row d, of 16: which of the bytes before a match of distance d comes at place i, <c>i mod d</c>; row 16: all.</summary>
    private static ReadOnlySpan<byte> Periods =>
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1,
        0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0,
        0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,
        0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0,
        0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3,
        0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1,
        0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7,
        0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 6,
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5,
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 1, 2, 3, 4,
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3,
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 1, 2,
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 0, 1,
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0,
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
    ];

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
        if (!TryDecodeFar(packed, room, plainLength, ref from, ref to))
        {
            return false;
        }

        while (from < sourceEnd)
        {
            nuint token = Unsafe.Add(ref source, from++);
            nuint literals = token >> 4;
            if (literals == LongLength)
            {
                nuint more = LengthFrom(packed, from);
                literals += more;
                from += (more / byte.MaxValue) + 1;
            }

            // An endless length may have put the position beyond the end, but is longer than the output then.
            if (literals > targetEnd - to || literals > sourceEnd - from)
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
            if (length == LongLength)
            {
                nuint more = LengthFrom(packed, from);
                length += more;
                from += (more / byte.MaxValue) + 1;
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

    /// <summary>
    /// The sequences up to a place that is far enough from both ends for copies of fixed size: a token's short literals and
    /// short match need no check but that of the distance, and no branch on lengths. Half of the matches in shuffled counts
    /// have distances below 16, so these are no exception here: a shuffle makes the period out of what stands before.
    /// </summary>
    /// <returns>False where the block is corrupt; else the rest is up to the caller, which checks everything.</returns>
    private static bool TryDecodeFar(ReadOnlySpan<byte> packed, Span<byte> room, int plainLength, ref nuint from, ref nuint to)
    {
        // A token, 15 literals or 14 and a distance, in copies of 16: at most 1 + 16 + 2 bytes are read, 14 + 18 written.
        if (packed.Length < Far || plainLength < Far)
        {
            return true;
        }

        ref byte source = ref MemoryMarshal.GetReference(packed);
        ref byte target = ref MemoryMarshal.GetReference(room);
        ref byte periods = ref MemoryMarshal.GetReference(Periods);
        nuint sourceEnd = (nuint)packed.Length;
        nuint targetEnd = (nuint)plainLength;
        nuint roomEnd = (nuint)room.Length;
        nuint sourceFar = sourceEnd - Far;
        nuint targetFar = targetEnd - Far;
        nuint f = from;
        nuint t = to;
        while (f <= sourceFar && t <= targetFar)
        {
            nuint start = f;
            nuint token = Unsafe.Add(ref source, f++);
            nuint literals = token >> 4;
            if (literals == LongLength)
            {
                nuint more = LengthFrom(packed, f);
                literals += more;
                f += (more / byte.MaxValue) + 1;
                if (literals > targetEnd - t || literals > sourceEnd - f)
                {
                    return false;
                }

                if (literals + Far > targetEnd - t || literals + Far > sourceEnd - f)
                {
                    f = start;
                    break;
                }

                CopySteps(ref Unsafe.Add(ref source, f), ref Unsafe.Add(ref target, t), literals);
            }
            else
            {
                Vector128.LoadUnsafe(ref source, f).StoreUnsafe(ref target, t);
            }

            f += literals;
            nuint distance = Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref source, f));
            distance = BitConverter.IsLittleEndian ? distance : BinaryPrimitives.ReverseEndianness((ushort)distance);
            f += sizeof(ushort);
            t += literals;
            if (distance - 1 >= t)
            {
                return false;
            }

            nuint length = (token & LongLength) + ShortestMatch;

            // The first 16 bytes in one way for all distances; beyond the match they are overwritten by what follows.
            ref byte copy = ref Unsafe.Add(ref target, t);
            Vector128<byte> period = Vector128.Shuffle(
                Vector128.LoadUnsafe(ref Unsafe.Subtract(ref copy, distance)),
                Vector128.LoadUnsafe(ref periods, 16 * Math.Min(distance, 16)));
            period.StoreUnsafe(ref copy);
            if (length != LongLength + ShortestMatch)
            {
                // At most 18 bytes.
                if (length > 16)
                {
                    Unsafe.Add(ref copy, 16) = Unsafe.Subtract(ref Unsafe.Add(ref copy, 16), distance);
                    Unsafe.Add(ref copy, 17) = Unsafe.Subtract(ref Unsafe.Add(ref copy, 17), distance);
                }

                t += length;
                continue;
            }

            nuint rest = LengthFrom(packed, f);
            length += rest;
            f += (rest / byte.MaxValue) + 1;
            if (length > targetEnd - t)
            {
                return false;
            }

            if (length + Step > roomEnd - t)
            {
                Repeat(room, (int)t, (int)distance, (int)length);
            }
            else if (distance >= Step)
            {
                CopySteps(ref Unsafe.Subtract(ref copy, distance), ref copy, length);
            }
            else
            {
                // Every 16 bytes, or the largest multiple of the distance below, the period begins anew.
                nuint stride = distance >= 16 ? 16 : 16 - (16 % distance);
                for (nuint i = stride; i < length; i += stride)
                {
                    if (distance >= 16)
                    {
                        period = Vector128.LoadUnsafe(ref Unsafe.Subtract(ref Unsafe.Add(ref copy, i), distance));
                    }

                    period.StoreUnsafe(ref copy, i);
                }
            }

            t += length;
        }

        from = f;
        to = t;
        return true;
    }

    /// <summary>
    /// What the bytes from <paramref name="from"/> on add to a length; <see cref="Endless"/> where they do not end. All but the
    /// last are 255, so the sum tells their number: <c>sum / 255 + 1</c>.
    /// </summary>
    /// <remarks>By value: a position whose address is taken would live in memory instead of a register.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static nuint LengthFrom(ReadOnlySpan<byte> packed, nuint from)
    {
        // 255 · 2³¹ would overflow 32 bits, so a sum that is longer than anything stops.
        nuint sum = 0;
        foreach (byte more in packed[(int)from..])
        {
            sum += more;
            if (more != byte.MaxValue)
            {
                return sum;
            }

            if (sum > int.MaxValue)
            {
                break;
            }
        }

        return Endless;
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
