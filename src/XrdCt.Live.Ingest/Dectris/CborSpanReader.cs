using System.Buffers.Binary;

namespace XrdCt.Live.Ingest.Dectris;

/// <summary>
/// Reads CBOR (RFC 8949) from a span without copying or allocating. Every method returns false where the bytes are
/// not what it reads or end too early; the reader is then at an undefined place and must not be used further.
/// </summary>
/// <remarks>
/// Own code instead of <c>System.Formats.Cbor</c>, whose reader is an object per message and throws on bad input; this
/// one sits in the path of every frame. Strings of indefinite length are skipped where unknown and refused where read.
/// </remarks>
internal ref struct CborSpanReader(ReadOnlySpan<byte> data)
{
    /// <summary>Count of a map or array whose end is marked by a break instead.</summary>
    internal const int Indefinite = -1;

    // Deep enough for any beamline's user data; bounds the recursion of Skip against hostile nesting.
    private const int DeepestNesting = 32;

    private readonly ReadOnlySpan<byte> _data = data;

    /// <summary>Offset of the next byte.</summary>
    public int Position { get; private set; }

    /// <summary>Bytes left.</summary>
    public readonly int Remaining => _data.Length - Position;

    /// <summary>True once a string claimed more bytes than there are: the message was cut short.</summary>
    public bool IsCutShort { get; private set; }

    /// <summary>Major type of the next item; null at the end of the data.</summary>
    public readonly CborMajor? Peek() => Remaining > 0 ? (CborMajor)(_data[Position] >> 5) : null;

    public bool TryReadTag(out ulong tag) => TryReadSized(CborMajor.Tag, out tag);

    public bool TryReadUnsigned(out ulong value) => TryReadSized(CborMajor.Unsigned, out value);

    public bool TryReadText(out ReadOnlySpan<byte> utf8)
    {
        bool read = TryReadString(CborMajor.Text, out int offset, out int length);
        utf8 = read ? _data.Slice(offset, length) : default;
        return read;
    }

    public bool TryReadBytes(out int offset, out int length) => TryReadString(CborMajor.Bytes, out offset, out length);

    /// <summary>Reads the head of a map or array; <see cref="Indefinite"/> where a break ends it.</summary>
    public bool TryReadContainer(CborMajor major, out int count)
    {
        count = 0;
        if (!TryReadHead(out CborMajor found, out ulong value, out bool indefinite) || found != major)
        {
            return false;
        }

        // An entry takes a byte at least, so a larger count cannot be true.
        if (!indefinite && value > (ulong)Remaining)
        {
            IsCutShort = true;
            return false;
        }

        count = indefinite ? Indefinite : (int)value;
        return true;
    }

    /// <summary>
    /// True while a container has another entry: counts <paramref name="left"/> down, or looks for the break and
    /// takes it.
    /// </summary>
    public bool HasNext(ref int left)
    {
        if (left == Indefinite)
        {
            if (Remaining > 0 && _data[Position] == 0xFF)
            {
                Position++;
                return false;
            }

            return true;
        }

        return left-- > 0;
    }

    /// <summary>Reads an integer or a float of any width.</summary>
    public bool TryReadNumber(out double number)
    {
        number = double.NaN;
        int head = Remaining > 0 ? _data[Position] : 0;
        if (!TryReadHead(out CborMajor major, out ulong value, out bool indefinite) || indefinite)
        {
            return false;
        }

        switch (major)
        {
            case CborMajor.Unsigned:
                number = value;
                return true;
            case CborMajor.Negative:
                number = -1.0 - value;
                return true;
            case CborMajor.Simple when head == 0xF9:
                number = (double)BitConverter.UInt16BitsToHalf((ushort)value);
                return true;
            case CborMajor.Simple when head == 0xFA:
                number = BitConverter.UInt32BitsToSingle((uint)value);
                return true;
            case CborMajor.Simple when head == 0xFB:
                number = BitConverter.UInt64BitsToDouble(value);
                return true;
            default:
                return false;
        }
    }

    public bool TryReadBoolean(out bool value)
    {
        const int False = 0xF4;
        const int True = 0xF5;
        int head = Remaining > 0 ? _data[Position] : 0;
        value = head == True;
        Position += head is False or True ? 1 : 0;
        return head is False or True;
    }

    /// <summary>Passes over one item of any kind.</summary>
    public bool TrySkip() => TrySkip(DeepestNesting);

    private bool TrySkip(int depth)
    {
        if (depth == 0 || !TryReadHead(out CborMajor major, out ulong value, out bool indefinite))
        {
            return false;
        }

        switch (major)
        {
            case CborMajor.Bytes or CborMajor.Text when indefinite:
                return TrySkipChunks(major);
            case CborMajor.Bytes or CborMajor.Text:
                return TryAdvance(value);
            case CborMajor.Array or CborMajor.Map:
                // Not by HasNext: a hostile count may be any 64-bit number, but each entry takes a byte of the message.
                for (ulong i = 0; indefinite ? !TryTakeBreak() : i < value; i++)
                {
                    if (!TrySkip(depth - 1) || (major == CborMajor.Map && !TrySkip(depth - 1)))
                    {
                        return false;
                    }
                }

                return true;
            case CborMajor.Tag:
                return TrySkip(depth - 1);
            case CborMajor.Simple:
                return !indefinite;
            default:
                return true;
        }
    }

    private bool TrySkipChunks(CborMajor kind)
    {
        while (!TryTakeBreak())
        {
            if (!TryReadHead(out CborMajor major, out ulong length, out bool indefinite)
                || major != kind
                || indefinite
                || !TryAdvance(length))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryTakeBreak()
    {
        int left = Indefinite;
        return !HasNext(ref left);
    }

    private bool TryReadSized(CborMajor major, out ulong value) =>
        TryReadHead(out CborMajor found, out value, out bool indefinite) && found == major && !indefinite;

    private bool TryReadString(CborMajor major, out int offset, out int length)
    {
        offset = 0;
        length = 0;
        if (!TryReadSized(major, out ulong value))
        {
            return false;
        }

        offset = Position;
        length = (int)Math.Min(value, int.MaxValue);
        return TryAdvance(value);
    }

    private bool TryAdvance(ulong length)
    {
        if (length > (ulong)Remaining)
        {
            IsCutShort = true;
            return false;
        }

        Position += (int)length;
        return true;
    }

    /// <summary>Reads the initial byte and its argument; simple values and floats come as their bits.</summary>
    private bool TryReadHead(out CborMajor major, out ulong value, out bool indefinite)
    {
        major = default;
        value = 0;
        indefinite = false;
        if (Remaining == 0)
        {
            IsCutShort = true;
            return false;
        }

        byte initial = _data[Position];
        major = (CborMajor)(initial >> 5);
        int info = initial & 0x1F;
        if (info < 24)
        {
            value = (ulong)info;
            Position++;
            return true;
        }

        if (info == 31)
        {
            indefinite = true;
            Position++;
            return major is not (CborMajor.Unsigned or CborMajor.Negative or CborMajor.Tag);
        }

        if (info > 27)
        {
            return false;
        }

        int width = 1 << (info - 24);
        if (Remaining < 1 + width)
        {
            IsCutShort = true;
            return false;
        }

        ReadOnlySpan<byte> argument = _data.Slice(Position + 1, width);
        value = width switch
        {
            1 => argument[0],
            2 => BinaryPrimitives.ReadUInt16BigEndian(argument),
            4 => BinaryPrimitives.ReadUInt32BigEndian(argument),
            _ => BinaryPrimitives.ReadUInt64BigEndian(argument),
        };
        Position += 1 + width;
        return true;
    }
}
