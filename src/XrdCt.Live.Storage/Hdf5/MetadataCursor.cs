using System.Buffers.Binary;
using System.Text;

namespace XrdCt.Live.Storage.Hdf5;

/// <summary>Walks through a block of a file's metadata, little endian, and never beyond its end.</summary>
/// <param name="file">The file, for its sizes and for messages.</param>
/// <param name="block">The block.</param>
internal ref struct MetadataCursor(Hdf5Metadata file, ReadOnlySpan<byte> block)
{
    private readonly ReadOnlySpan<byte> _block = block;

    /// <summary>Bytes that were passed.</summary>
    public int At { get; private set; }

    /// <summary>Bytes that are left.</summary>
    public readonly int Left => _block.Length - At;

    /// <summary>The bytes that follow.</summary>
    public ReadOnlySpan<byte> Take(int count)
    {
        if ((uint)count > (uint)Left)
        {
            throw Short();
        }

        ReadOnlySpan<byte> taken = _block.Slice(At, count);
        At += count;
        return taken;
    }

    /// <summary>Passes bytes.</summary>
    public void Skip(int count) => Take(count);

    /// <summary>Passes the four letters that a block begins with.</summary>
    public void Expect(ReadOnlySpan<byte> signature)
    {
        if (!Take(signature.Length).SequenceEqual(signature))
        {
            throw file.Wrong($"there is no {Encoding.ASCII.GetString(signature)} where one should be: it is damaged");
        }
    }

    /// <summary>A byte.</summary>
    public byte Byte() => Take(1)[0];

    /// <summary>A number of 1 to 8 bytes.</summary>
    public ulong Number(int size)
    {
        Span<byte> wide = stackalloc byte[sizeof(ulong)];
        wide.Clear();
        Take(size).CopyTo(wide);
        return BinaryPrimitives.ReadUInt64LittleEndian(wide);
    }

    /// <summary>A number of 2 bytes.</summary>
    public ushort UInt16() => (ushort)Number(sizeof(ushort));

    /// <summary>A number of 4 bytes.</summary>
    public uint UInt32() => (uint)Number(sizeof(uint));

    /// <summary>A number of 8 bytes.</summary>
    public ulong UInt64() => Number(sizeof(ulong));

    /// <summary>An address of the file's size; <see cref="Hdf5Metadata.Nowhere"/> where all bits are set.</summary>
    public ulong Address() => Wide(file.AddressSize);

    /// <summary>A length of the file's size.</summary>
    public ulong Length() => Number(file.LengthSize);

    /// <summary>A number of 2, 4 or 8 bytes; all bits set stay so.</summary>
    public ulong Wide(int size)
    {
        ulong number = Number(size);
        return number == ulong.MaxValue >> (8 * (sizeof(ulong) - size)) ? ulong.MaxValue : number;
    }

    /// <summary>Text of a known length.</summary>
    public string Text(int length) => Encoding.UTF8.GetString(Take(length));

    /// <summary>Text up to a zero, which is passed too.</summary>
    public string Text()
    {
        string text = Text(TextLength());
        Skip(1);
        return text;
    }

    /// <summary>Bytes up to a zero.</summary>
    public readonly int TextLength() => _block[At..].IndexOf((byte)0) is >= 0 and var length ? length : throw Short();

    private readonly InvalidDataException Short() => file.Wrong("a header ends early: it is damaged");
}
