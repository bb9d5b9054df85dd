using System.Numerics;

namespace XrdCt.Live.Storage.Hdf5;

/// <summary>
/// The heap of a group with many links, or of an object with many attributes (specification, III.G): blocks in rows of a doubling table.
/// Read are managed objects, as links and short attributes are; filtered heaps, which neither is kept in, are refused.
/// </summary>
internal sealed class FractalHeap
{
    private const int DeepestTable = 32;

    private readonly Hdf5Metadata _file;
    private readonly int _width;
    private readonly ulong _start_bytes;
    private readonly ulong _largest_bytes;
    private readonly int _offset_bytes;
    private readonly int _length_bytes;
    private readonly ulong _root;
    private readonly int _rows;

    /// <summary>Reads its header.</summary>
    public FractalHeap(Hdf5Metadata file, ulong address)
    {
        _file = file;
        byte[] block = file.Read(address, (ulong)(26 + (12 * file.LengthSize) + (3 * file.AddressSize)));
        file.CheckSum(block);
        MetadataCursor cursor = file.Cursor(block);
        cursor.Expect("FRHP"u8);
        cursor.Skip(3);
        int filters_bytes = cursor.UInt16();
        cursor.Skip(1);
        uint longest = cursor.UInt32();

        // Huge objects, free space; sums over managed, huge and tiny objects.
        cursor.Skip((2 * file.AddressSize) + (10 * file.LengthSize));
        _width = cursor.UInt16();
        (_start_bytes, _largest_bytes) = (cursor.Length(), cursor.Length());
        int heap_bits = cursor.UInt16();
        cursor.Skip(2);
        (_root, _rows) = (cursor.Address(), cursor.UInt16());
        if (filters_bytes != 0 || _width == 0 || !BitOperations.IsPow2(_width) || !BitOperations.IsPow2(_start_bytes) || !BitOperations.IsPow2(_largest_bytes)
            || _largest_bytes < _start_bytes || _largest_bytes > 1 << 26 || heap_bits is 0 or > 64 || _rows > 64)
        {
            throw file.Wrong("the heap of a group or of attributes is none that is known, or damaged");
        }

        _offset_bytes = (heap_bits + 7) / 8;
        _length_bytes = Math.Min((BitOperations.Log2(_largest_bytes) + 7) / 8, (BitOperations.Log2(Math.Max(longest, 1)) / 8) + 1);
    }

    /// <summary>Reads an object.</summary>
    /// <param name="id">What names it.</param>
    /// <returns>Null for one that stands outside the blocks, as what is longer than 4 KiB does, or in its name, as links and attributes never do.</returns>
    public byte[]? Read(byte[] id)
    {
        const int KindAndVersion = 0xF0;
        MetadataCursor cursor = _file.Cursor(id);
        if ((cursor.Byte() & KindAndVersion) != 0)
        {
            return null;
        }

        ulong offset = cursor.Number(_offset_bytes);
        ulong length = cursor.Number(_length_bytes);
        (ulong address, ulong first, ulong size) = _rows == 0 ? (_root, 0, _start_bytes) : Locate(_root, _rows, 0, offset, DeepestTable);
        return offset - first < size && length <= size - (offset - first)
            ? _file.Read(address + (offset - first), length)
            : throw Outside();
    }

    private InvalidDataException Outside() => _file.Wrong("a link or an attribute lies outside its heap: it is damaged");

    private ulong RowBlock_bytes(int row) => row < 2 ? _start_bytes : _start_bytes << (row - 1);

    // The direct block that an offset falls into, through the indirect blocks above it.
    private (ulong Address, ulong First, ulong Size) Locate(ulong block, int rows, ulong first, ulong offset, int deepest)
    {
        ulong at = first;
        for (int row = 0; row < rows && deepest > 0; row++)
        {
            ulong size = RowBlock_bytes(row);
            if (offset < at || size == 0)
            {
                break;
            }

            ulong column = (offset - at) / size;
            if (column >= (ulong)_width)
            {
                at += size * (ulong)_width;
                continue;
            }

            // Signature and version; address of the heap; offset of the block.
            ulong head_bytes = (ulong)(5 + _file.AddressSize + _offset_bytes);
            ulong entry = (((ulong)row * (ulong)_width) + column) * (ulong)_file.AddressSize;
            ulong child = _file.Cursor(_file.Read(block + head_bytes + entry, (ulong)_file.AddressSize)).Address();
            ulong childFirst = at + (column * size);
            int childRows = BitOperations.Log2(size) - BitOperations.Log2(_start_bytes) - BitOperations.Log2((uint)_width) + 1;
            return size <= _largest_bytes ? (child, childFirst, size) : Locate(child, childRows, childFirst, offset, deepest - 1);
        }

        throw Outside();
    }
}
