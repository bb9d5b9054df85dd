namespace XrdCt.Live.Storage.Hdf5;

/// <summary>The index by name of a group with many links, or an object with many attributes: a version 2 B-tree (specification, III.A.2) whose records name objects of a <see cref="FractalHeap"/>.</summary>
internal sealed class NameIndex
{
    private const int LinksByName = 5;
    private const int AttributesByName = 8;
    private const int Hash_bytes = 4;
    private const int AttributeId_bytes = 8;
    private const int NodeFrame_bytes = 10;
    private const int DeepestTree = 32;

    private readonly Hdf5Metadata _file;
    private readonly ulong _root;
    private readonly int _rootCount;
    private readonly int _depth;
    private readonly int _node_bytes;
    private readonly int _record_bytes;
    private readonly int _idAt;
    private readonly int _id_bytes;

    /// <summary>Reads its header.</summary>
    public NameIndex(Hdf5Metadata file, ulong address)
    {
        _file = file;
        byte[] block = file.Read(address, (ulong)(22 + file.AddressSize + file.LengthSize));
        file.CheckSum(block);
        MetadataCursor cursor = file.Cursor(block);
        cursor.Expect("BTHD"u8);
        (byte version, byte type) = (cursor.Byte(), cursor.Byte());
        (_node_bytes, _record_bytes, _depth) = ((int)Math.Min(cursor.UInt32(), int.MaxValue), cursor.UInt16(), cursor.UInt16());
        cursor.Skip(2);
        (_root, _rootCount) = (cursor.Address(), cursor.UInt16());
        (_idAt, _id_bytes) = type == AttributesByName ? (0, AttributeId_bytes) : (Hash_bytes, _record_bytes - Hash_bytes);
        if (version != 0 || type is not (LinksByName or AttributesByName) || _id_bytes < 1 || _idAt + _id_bytes > _record_bytes || _node_bytes < NodeFrame_bytes + _record_bytes || _depth > DeepestTree)
        {
            throw file.Wrong("the index of a group is none that is known, or damaged");
        }
    }

    /// <summary>What the records name, in no order that means anything.</summary>
    public List<byte[]> HeapIds()
    {
        List<byte[]> ids = [];
        if (_root != Hdf5Metadata.Nowhere)
        {
            Visit(_root, _rootCount, _depth, ids);
        }

        return ids;
    }

    private static int BytesFor(long largest) => (System.Numerics.BitOperations.Log2((ulong)largest) / 8) + 1;

    private void Visit(ulong address, int count, int depth, List<byte[]> ids)
    {
        MetadataCursor cursor = _file.Cursor(_file.Read(address, (ulong)_node_bytes));
        cursor.Expect(depth > 0 ? "BTIN"u8 : "BTLF"u8);
        cursor.Skip(2);
        for (int i = 0; i < count; i++)
        {
            ids.Add(cursor.Take(_record_bytes).Slice(_idAt, _id_bytes).ToArray());
        }

        if (depth == 0)
        {
            return;
        }

        (int own_bytes, int all_bytes) = ChildCounts(depth);
        for (int i = 0; i <= count; i++)
        {
            ulong child = cursor.Address();
            int childCount = (int)Math.Min(cursor.Number(own_bytes), int.MaxValue);
            cursor.Skip(all_bytes);
            Visit(child, childCount, depth - 1, ids);
        }
    }

    // Bytes that a child's number of records takes, and that of all below it, which follows from how many fit at each level.
    private (int Own_bytes, int All_bytes) ChildCounts(int depth)
    {
        long most = (_node_bytes - NodeFrame_bytes) / _record_bytes;
        int own_bytes = BytesFor(most);
        int all_bytes = 0;
        long all = most;
        for (int level = 1; level < depth; level++)
        {
            int pointer_bytes = _file.AddressSize + own_bytes + all_bytes;
            long perNode = Math.Max((_node_bytes - NodeFrame_bytes - pointer_bytes) / (_record_bytes + pointer_bytes), 1);
            all = Math.Min(((perNode + 1) * all) + perNode, long.MaxValue >> 32);
            all_bytes = BytesFor(all);
        }

        return (own_bytes, all_bytes);
    }
}
