using System.Buffers.Binary;
using System.Buffers.Text;

namespace XrdCt.Live.Fuzzing;

/// <summary>
/// Makes the input of a case: a seed with one to eight changes (bits, bytes, cuts, insertions, copies, a piece of another
/// seed, integers at their limits, lengths that lie), now and then noise. The same seed, target and number give the same
/// bytes.
/// </summary>
internal sealed class Mutator
{
    private static readonly ulong[] Limits =
    [
        0, 1, 2, 7, 8, 11, 12, 15, 16, 31, 32, 63, 64, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x1_0000, 0x1FFF, 0x2000, 0x2001,
        0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF, 0x1_0000_0000, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000,
        0xFFFF_FFFF_FFFF_FFFE, 0xFFFF_FFFF_FFFF_FFFF,
    ];

    private byte[] _bytes = new byte[1 << 16];
    private int _length;

    /// <summary>The input of case <paramref name="number"/>; valid until the next one.</summary>
    internal ReadOnlySpan<byte> Make(ulong seed, IFuzzTarget target, long number)
    {
        FuzzRandom random = new(seed, target.Name, number);
        byte[] start = target.Seeds[random.Below(target.Seeds.Count)];
        int most = (2 * start.Length) + 256;
        if (_bytes.Length < most)
        {
            _bytes = new byte[most];
        }

        // A case in 64 is the seed itself, one is noise.
        int kind = random.Below(64);
        _length = kind == 1 ? random.Below(Math.Min(most, 4096)) : start.Length;
        if (kind == 1)
        {
            Fill(ref random, _bytes.AsSpan(0, _length));
        }
        else
        {
            start.CopyTo(_bytes, 0);
        }

        for (int changes = kind == 0 ? 0 : 1 + random.Below(1 + random.Below(8)); changes > 0; changes--)
        {
            Change(ref random, target, most);
        }

        return _bytes.AsSpan(0, _length);
    }

    private void Change(ref FuzzRandom random, IFuzzTarget target, int most)
    {
        if (_length == 0)
        {
            _bytes[_length++] = (byte)random.Next();
            return;
        }

        // Half of the changes go to the first 64 bytes, where headers are.
        int reach = random.Below(2) == 0 ? Math.Min(_length, 64) : _length;
        int at = random.Below(reach);
        Span<byte> rest = _bytes.AsSpan(at, _length - at);
        switch (random.Below(12))
        {
            case 0 or 1:
                rest[0] ^= (byte)(1 << random.Below(8));
                break;
            case 2 or 3:
                rest[0] = (byte)random.Next();
                break;
            case 4:
                rest[0] = random.Below(2) == 0 ? (byte)0 : byte.MaxValue;
                break;
            case 5:
                _length = random.Below(2) == 0 ? at : _length - 1 - random.Below(Math.Min(_length, 32));
                break;
            case 6:
                Remove(at, 1 + random.Below(Math.Min(rest.Length, 64)));
                break;
            case 7:
                Insert(ref random, at, 1 + random.Below(64), most);
                break;
            case 8:
                Splice(ref random, target, at, most);
                break;
            case 9:
                WriteInteger(ref random, rest, Limits[random.Below(Limits.Length)]);
                break;
            case 10:
                WriteInteger(ref random, rest, (ulong)(_length - at + random.Below(17) - 8));
                break;
            default:
                ShiftInteger(ref random, rest);
                break;
        }
    }

    private static void Fill(ref FuzzRandom random, Span<byte> bytes)
    {
        foreach (ref byte b in bytes)
        {
            b = (byte)random.Next();
        }
    }

    private void Remove(int at, int count)
    {
        _bytes.AsSpan(at + count, _length - at - count).CopyTo(_bytes.AsSpan(at));
        _length -= count;
    }

    /// <summary>Makes room and fills it: with noise, with one byte, or with what stands there already.</summary>
    private void Insert(ref FuzzRandom random, int at, int count, int most)
    {
        if (_length + count > most)
        {
            return;
        }

        // Nothing of an earlier case may show through.
        _bytes.AsSpan(_length, count).Clear();
        _bytes.AsSpan(at, _length - at).CopyTo(_bytes.AsSpan(at + count));
        _length += count;
        Span<byte> room = _bytes.AsSpan(at, count);
        switch (random.Below(3))
        {
            case 0:
                Fill(ref random, room);
                break;
            case 1:
                room.Fill((byte)random.Next());
                break;
            default:
                break;
        }
    }

    /// <summary>Goes on with another seed, from somewhere in it.</summary>
    private void Splice(ref FuzzRandom random, IFuzzTarget target, int at, int most)
    {
        byte[] other = target.Seeds[random.Below(target.Seeds.Count)];
        int from = random.Below(other.Length + 1);
        int count = Math.Min(other.Length - from, most - at);
        other.AsSpan(from, count).CopyTo(_bytes.AsSpan(at));
        _length = at + count;
    }

    /// <summary>An integer of 1, 2, 4 or 8 bytes in either order, or in digits where digits stand.</summary>
    private static void WriteInteger(ref FuzzRandom random, Span<byte> rest, ulong value)
    {
        if (rest[0] is >= (byte)'0' and <= (byte)'9')
        {
            Utf8Formatter.TryFormat(value, rest, out _);
            return;
        }

        int size = 1 << random.Below(4);
        if (size > rest.Length)
        {
            rest[0] = (byte)value;
            return;
        }

        Span<byte> eight = stackalloc byte[sizeof(ulong)];
        if (random.Below(2) == 0)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(eight, value);
            eight[..size].CopyTo(rest);
        }
        else
        {
            BinaryPrimitives.WriteUInt64BigEndian(eight, value);
            eight[^size..].CopyTo(rest);
        }
    }

    /// <summary>Adds a little to the integer that stands there, or doubles it.</summary>
    private static void ShiftInteger(ref FuzzRandom random, Span<byte> rest)
    {
        if (rest.Length < sizeof(uint))
        {
            rest[0]++;
            return;
        }

        bool isLittleEndian = random.Below(2) == 0;
        uint value = isLittleEndian
            ? BinaryPrimitives.ReadUInt32LittleEndian(rest)
            : BinaryPrimitives.ReadUInt32BigEndian(rest);
        value = random.Below(4) == 0 ? 2 * value : value + (uint)random.Below(65) - 32;
        if (isLittleEndian)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(rest, value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(rest, value);
        }
    }
}
