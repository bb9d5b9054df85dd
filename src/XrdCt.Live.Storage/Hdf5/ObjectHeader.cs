namespace XrdCt.Live.Storage.Hdf5;

/// <summary>The messages of a group or a dataset (specification, IV.A.1), both versions of the header.</summary>
internal sealed class ObjectHeader
{
    private const int Prefix1_bytes = 16;
    private const int Prefix2_bytes = 6;
    private const int MostMessages = 100_000;

    private readonly List<HeaderMessage> _messages = [];

    /// <summary>Reads a header.</summary>
    /// <param name="file">The file.</param>
    /// <param name="address">Where it is.</param>
    public ObjectHeader(Hdf5Metadata file, ulong address)
    {
        File = file;
        Address = address;
        if (file.Read(address, 4).AsSpan().SequenceEqual("OHDR"u8))
        {
            ReadNew();
        }
        else
        {
            ReadOld();
        }
    }

    /// <summary>The file.</summary>
    public Hdf5Metadata File { get; }

    /// <summary>Where it is in the file.</summary>
    public ulong Address { get; }

    /// <summary>Whether it is a group.</summary>
    public bool IsGroup => Find(HeaderMessageType.SymbolTable) is not null || Find(HeaderMessageType.LinkInfo) is not null || Find(HeaderMessageType.Link) is not null;

    /// <summary>Whether it is a dataset.</summary>
    public bool IsDataset => Find(HeaderMessageType.DataLayout) is not null;

    /// <summary>All messages of a type.</summary>
    public IEnumerable<HeaderMessage> All(HeaderMessageType type) => _messages.Where(m => m.Type == type);

    /// <summary>The first message of a type; null where there is none.</summary>
    public HeaderMessage? Find(HeaderMessageType type)
    {
        int at = _messages.FindIndex(m => m.Type == type);
        return at < 0 ? null : _messages[at];
    }

    private void ReadOld()
    {
        MetadataCursor prefix = File.Cursor(File.Read(Address, Prefix1_bytes));
        if (prefix.Byte() != 1)
        {
            throw File.Wrong("there is no object where one should be: it is damaged");
        }

        // Reserved, number of messages, number of links to it.
        prefix.Skip(7);
        Queue<(ulong Address, ulong Length)> chunks = new([(Address + Prefix1_bytes, prefix.UInt32())]);
        while (chunks.TryDequeue(out (ulong Address, ulong Length) chunk))
        {
            ReadOnlyMemory<byte> block = File.Read(chunk.Address, chunk.Length);
            MetadataCursor cursor = File.Cursor(block.Span);
            while (cursor.Left >= 8)
            {
                (int type, int size, byte flags) = (cursor.UInt16(), cursor.UInt16(), cursor.Byte());
                cursor.Skip(3);
                Add(type, flags, block.Slice(cursor.At, Math.Min(size, cursor.Left)), chunks);
                cursor.Skip(size);
            }
        }
    }

    private void ReadNew()
    {
        MetadataCursor prefix = File.Cursor(File.Read(Address, Prefix2_bytes));
        prefix.Expect("OHDR"u8);
        if (prefix.Byte() != 2)
        {
            throw File.Wrong("an object header has a version that is not known");
        }

        byte flags = prefix.Byte();
        bool isOrdered = (flags & 4) != 0;

        // Four times; when many attributes move out.
        int optional_bytes = ((flags & 0x20) != 0 ? 16 : 0) + ((flags & 0x10) != 0 ? 4 : 0);
        int size_bytes = 1 << (flags & 3);
        int first = Prefix2_bytes + optional_bytes + size_bytes;
        ulong length = File.Cursor(File.Read(Address + (ulong)(first - size_bytes), (ulong)size_bytes)).Number(size_bytes);
        Queue<(ulong Address, ulong Length)> chunks = new();
        ReadChunk(File.Read(Address, Math.Min(length, int.MaxValue) + (ulong)first + sizeof(uint)), first, isOrdered, chunks);
        while (chunks.TryDequeue(out (ulong Address, ulong Length) chunk))
        {
            byte[] block = File.Read(chunk.Address, chunk.Length);
            File.Cursor(block).Expect("OCHK"u8);
            ReadChunk(block, 4, isOrdered, chunks);
        }
    }

    private void ReadChunk(ReadOnlyMemory<byte> block, int first, bool isOrdered, Queue<(ulong Address, ulong Length)> chunks)
    {
        File.CheckSum(block.Span);
        block = block[..^sizeof(uint)];
        MetadataCursor cursor = File.Cursor(block.Span);
        cursor.Skip(first);
        while (cursor.Left >= (isOrdered ? 6 : 4))
        {
            (int type, int size, byte flags) = (cursor.Byte(), cursor.UInt16(), cursor.Byte());
            cursor.Skip(isOrdered ? 2 : 0);
            Add(type, flags, block.Slice(cursor.At, Math.Min(size, cursor.Left)), chunks);
            cursor.Skip(size);
        }
    }

    private void Add(int type, byte flags, ReadOnlyMemory<byte> data, Queue<(ulong Address, ulong Length)> chunks)
    {
        if (_messages.Count >= MostMessages)
        {
            throw File.Wrong($"an object has more than {MostMessages} header messages: it is damaged");
        }

        if (type == (int)HeaderMessageType.Continuation)
        {
            MetadataCursor cursor = File.Cursor(data.Span);
            chunks.Enqueue((cursor.Address(), cursor.Length()));
        }
        else
        {
            _messages.Add(new HeaderMessage((HeaderMessageType)type, (flags & 2) != 0, data));
        }
    }
}
