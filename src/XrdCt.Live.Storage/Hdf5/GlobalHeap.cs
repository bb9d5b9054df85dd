namespace XrdCt.Live.Storage.Hdf5;

/// <summary>A collection of objects in a file (specification, III.E).</summary>
internal static class GlobalHeap
{
    private const int Head_bytes = 8;

    /// <summary>Reads one of its objects.</summary>
    /// <param name="file">The file.</param>
    /// <param name="address">Where the collection is.</param>
    /// <param name="index">Which object, from 1.</param>
    public static ReadOnlyMemory<byte> Read(Hdf5Metadata file, ulong address, uint index)
    {
        MetadataCursor head = file.Cursor(file.Read(address, (ulong)(Head_bytes + file.LengthSize)));
        head.Expect("GCOL"u8);
        head.Skip(4);
        byte[] block = file.Read(address, head.Length());
        MetadataCursor cursor = file.Cursor(block);
        cursor.Skip(Head_bytes + file.LengthSize);
        while (cursor.Left >= Head_bytes + file.LengthSize)
        {
            ushort at = cursor.UInt16();
            cursor.Skip(6);
            ulong length = cursor.Length();
            if (at == 0)
            {
                // Room that is left.
                break;
            }

            if (length > (ulong)cursor.Left)
            {
                throw file.Wrong("an object of its global heap ends early: it is damaged");
            }

            if (at == index)
            {
                return block.AsMemory(cursor.At, (int)length);
            }

            // Objects begin at multiples of 8.
            cursor.Skip((int)Math.Min((length + 7) & ~7UL, (ulong)cursor.Left));
        }

        throw file.Wrong("an object of its global heap is missing: it is damaged");
    }
}
