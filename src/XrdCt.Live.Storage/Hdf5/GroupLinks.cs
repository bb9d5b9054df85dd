namespace XrdCt.Live.Storage.Hdf5;

/// <summary>The links of a group, whichever of the three ways it keeps them.</summary>
internal static class GroupLinks
{
    // As deep as 2^63 links with the fewest a node may have.
    private const int DeepestTree = 32;

    /// <summary>Reads all links of a group.</summary>
    public static List<Link> Of(ObjectHeader group)
    {
        Hdf5Metadata file = group.File;
        List<Link> links = [];
        if (group.Find(HeaderMessageType.SymbolTable) is { } table)
        {
            MetadataCursor cursor = file.Cursor(table.Data.Span);
            (ulong tree, ulong heap) = (cursor.Address(), cursor.Address());
            ReadTree(file, tree, LocalHeap(file, heap), DeepestTree, links);
            return links;
        }

        foreach (HeaderMessage message in group.All(HeaderMessageType.Link))
        {
            Add(file, links, Link.Read(file, message.Data.Span));
        }

        if (group.Find(HeaderMessageType.LinkInfo) is { } info)
        {
            MetadataCursor cursor = file.Cursor(info.Data.Span);
            cursor.Skip(1);

            // Highest order of creation.
            cursor.Skip((cursor.Byte() & 1) != 0 ? 8 : 0);
            (ulong heap, ulong names) = (cursor.Address(), cursor.Address());
            if (heap != Hdf5Metadata.Nowhere && names != Hdf5Metadata.Nowhere)
            {
                FractalHeap fractal = new(file, heap);
                foreach (byte[] id in new NameIndex(file, names).HeapIds())
                {
                    byte[] link = fractal.Read(id) ?? throw file.Wrong("a group has a link with a name too long to be read");
                    Add(file, links, Link.Read(file, link));
                }
            }
        }

        return links;
    }

    private static void Add(Hdf5Metadata file, List<Link> links, Link? link)
    {
        if (link is { } known)
        {
            // Links of a few bytes take more once they are read.
            file.Spend(sizeof(char) * (long)known.Name.Length);
            links.Add(known);
        }
    }

    // Version 1 B-tree of a group (specification, III.A.1) and symbol table nodes (III.B).
    private static void ReadTree(Hdf5Metadata file, ulong address, byte[] names, int deepest, List<Link> links)
    {
        int head_bytes = 8 + (2 * file.AddressSize);
        MetadataCursor head = file.Cursor(file.Read(address, (ulong)head_bytes));
        head.Expect("TREE"u8);
        head.Skip(1);
        (byte level, ushort count) = (head.Byte(), head.UInt16());
        if (level >= deepest)
        {
            throw file.Wrong("the nodes of a group are no tree: it is damaged");
        }

        MetadataCursor entries = file.Cursor(file.Read(address + (ulong)head_bytes, (ulong)(count * (file.LengthSize + file.AddressSize))));
        for (int i = 0; i < count; i++)
        {
            entries.Skip(file.LengthSize);
            ulong child = entries.Address();
            if (level > 0)
            {
                ReadTree(file, child, names, level, links);
            }
            else
            {
                ReadSymbols(file, child, names, links);
            }
        }
    }

    private static void ReadSymbols(Hdf5Metadata file, ulong address, byte[] names, List<Link> links)
    {
        const int Head_bytes = 8;
        MetadataCursor head = file.Cursor(file.Read(address, Head_bytes));
        head.Expect("SNOD"u8);
        head.Skip(2);
        int count = head.UInt16();
        int entry_bytes = (2 * file.AddressSize) + 24;
        MetadataCursor entries = file.Cursor(file.Read(address + Head_bytes, (ulong)(count * entry_bytes)));
        for (int i = 0; i < count; i++)
        {
            string name = Text(file, names, entries.Address());
            ulong target = entries.Address();
            const uint IsSoft = 2;
            bool isSoft = entries.UInt32() == IsSoft;
            entries.Skip(4);
            uint value = entries.UInt32();
            entries.Skip(12);
            links.Add(isSoft
                ? new Link(name, Hdf5Metadata.Nowhere, null, Text(file, names, value))
                : new Link(name, target, null, null));
        }
    }

    private static byte[] LocalHeap(Hdf5Metadata file, ulong address)
    {
        MetadataCursor cursor = file.Cursor(file.Read(address, (ulong)(8 + (2 * file.LengthSize) + file.AddressSize)));
        cursor.Expect("HEAP"u8);
        cursor.Skip(4);
        ulong length = cursor.Length();
        cursor.Skip(file.LengthSize);
        return file.Read(cursor.Address(), length);
    }

    private static string Text(Hdf5Metadata file, byte[] names, ulong offset)
    {
        MetadataCursor cursor = file.Cursor(names);
        cursor.Skip((int)Math.Min(offset, int.MaxValue));

        // Paid before it is made: the heap was read once, but each entry may name the same megabytes of it.
        file.Spend(sizeof(char) * (long)cursor.TextLength());
        return cursor.Text();
    }
}
