namespace XrdCt.Live.Storage.Hdf5;

/// <summary>A name in a group and where it leads.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Address of the object in this file; <see cref="Hdf5Metadata.Nowhere"/> for a link by name.</param>
/// <param name="File">The other file, for an external link; null for all others.</param>
/// <param name="Path">Path of the object, for links by name; null for a hard link.</param>
internal readonly record struct Link(string Name, ulong Address, string? File, string? Path)
{
    /// <summary>Reads a link message (specification, IV.A.2.g); null for kinds of links that programs define for themselves.</summary>
    public static Link? Read(Hdf5Metadata file, ReadOnlySpan<byte> message)
    {
        MetadataCursor cursor = file.Cursor(message);
        cursor.Skip(1);
        byte flags = cursor.Byte();
        byte kind = (flags & 8) != 0 ? cursor.Byte() : (byte)0;

        // Order of creation; character set.
        cursor.Skip(((flags & 4) != 0 ? 8 : 0) + ((flags & 16) != 0 ? 1 : 0));
        string name = cursor.Text((int)Math.Min(cursor.Number(1 << (flags & 3)), int.MaxValue));
        switch (kind)
        {
            case 0:
                return new Link(name, cursor.Address(), null, null);
            case 1:
                return new Link(name, Hdf5Metadata.Nowhere, null, cursor.Text(cursor.UInt16()));
            case 64:
                // Length of what follows; version and flags.
                cursor.Skip(3);
                return new Link(name, Hdf5Metadata.Nowhere, cursor.Text(), cursor.Text());
            default:
                return null;
        }
    }
}
