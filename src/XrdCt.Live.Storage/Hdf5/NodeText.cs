using System.Text;

namespace XrdCt.Live.Storage.Hdf5;

/// <summary>
/// Texts of a file: attributes, and datasets with one string. PureHDF 2.2 takes the memory that a string claims before it looks whether it is
/// there. What is no text, or too long for one, reads as absent; so does an attribute of more than 4 KiB among many, which stands outside
/// their heap.
/// </summary>
internal static class NodeText
{
    private const int LongestText_bytes = 1 << 20;
    private const ulong MostTexts = 64;
    private const int FixedString = 3;
    private const int VariableLength = 9;
    private const int CompactClass = 0;
    private const int ContiguousClass = 1;

    /// <summary>Whether there is an attribute of a name.</summary>
    public static bool HasAttribute(ObjectHeader node, string name) => Attributes(node).Any(message => Parts.Of(node.File, message) is { } parts && parts.Name == name);

    /// <summary>An attribute of one text.</summary>
    public static string? Attribute(ObjectHeader node, string name) => Attributes(node, name) is [var only] ? only : null;

    /// <summary>An attribute of one or more texts.</summary>
    public static string[]? Attributes(ObjectHeader node, string name)
    {
        foreach (ReadOnlyMemory<byte> message in Attributes(node))
        {
            if (Parts.Of(node.File, message) is { } parts && parts.Name == name)
            {
                return Texts(node.File, parts.Type.Span, parts.Space.Span, parts.Data);
            }
        }

        return null;
    }

    /// <summary>The text of a dataset.</summary>
    public static string? Of(ObjectHeader? node)
    {
        if (node?.Find(HeaderMessageType.Dataspace) is not { IsShared: false } space
            || node.Find(HeaderMessageType.Datatype) is not { IsShared: false } type
            || node.Find(HeaderMessageType.DataLayout) is not { } layout
            || !IsText(node.File, type.Data.Span))
        {
            return null;
        }

        return Texts(node.File, type.Data.Span, space.Data.Span, Stored(node.File, layout.Data)) is [var only] ? only : null;
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Attributes(ObjectHeader node)
    {
        foreach (HeaderMessage message in node.All(HeaderMessageType.Attribute).Where(m => !m.IsShared))
        {
            yield return message.Data;
        }

        if (node.Find(HeaderMessageType.AttributeInfo) is not { } info)
        {
            yield break;
        }

        (ulong heap, ulong names) = Dense(node.File, info.Data.Span);
        if (heap == Hdf5Metadata.Nowhere || names == Hdf5Metadata.Nowhere)
        {
            yield break;
        }

        FractalHeap fractal = new(node.File, heap);
        foreach (byte[] id in new NameIndex(node.File, names).HeapIds())
        {
            if (fractal.Read(id) is { } attribute)
            {
                yield return attribute;
            }
        }
    }

    // Specification, IV.A.2.v.
    private static (ulong Heap, ulong Names) Dense(Hdf5Metadata file, ReadOnlySpan<byte> message)
    {
        MetadataCursor cursor = file.Cursor(message);
        cursor.Skip(1);

        // Highest order of creation.
        cursor.Skip((cursor.Byte() & 1) != 0 ? sizeof(ushort) : 0);
        return (cursor.Address(), cursor.Address());
    }

    // Specification, IV.A.2.i: in the message, or in one piece elsewhere.
    private static ReadOnlyMemory<byte> Stored(Hdf5Metadata file, ReadOnlyMemory<byte> layout)
    {
        MetadataCursor cursor = file.Cursor(layout.Span);
        int version = cursor.Byte();
        int kind = version is 3 or 4 ? cursor.Byte() : -1;
        if (kind == CompactClass)
        {
            int length = cursor.UInt16();
            return layout.Slice(cursor.At, Math.Min(length, cursor.Left));
        }

        if (kind != ContiguousClass)
        {
            return default;
        }

        (ulong address, ulong bytes) = (cursor.Address(), cursor.Length());
        return address == Hdf5Metadata.Nowhere || bytes > LongestText_bytes ? default : file.Read(address, bytes);
    }

    private static bool IsText(Hdf5Metadata file, ReadOnlySpan<byte> type)
    {
        MetadataCursor cursor = file.Cursor(type);
        (int kind, int bits) = (cursor.Byte() & 0x0F, cursor.Byte());
        return kind == FixedString || (kind == VariableLength && (bits & 0x0F) == 1);
    }

    private static string[]? Texts(Hdf5Metadata file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> space, ReadOnlyMemory<byte> data)
    {
        ulong[] sides = DatasetHeader.ReadDimensions(file, space);
        if (data.IsEmpty || sides.Length > 1 || sides is [0 or > MostTexts] || !IsText(file, type))
        {
            return null;
        }

        MetadataCursor kind = file.Cursor(type);
        bool isFixed = (kind.Byte() & 0x0F) == FixedString;
        kind.Skip(3);
        uint size = kind.UInt32();
        MetadataCursor cursor = file.Cursor(data.Span);
        string[] texts = new string[sides is [var count] ? (int)count : 1];
        for (int i = 0; i < texts.Length; i++)
        {
            texts[i] = Decode(isFixed ? cursor.Take((int)Math.Min(size, int.MaxValue)) : Variable(file, ref cursor));
        }

        return texts;
    }

    // Length, and where in the global heap it is; no address for an empty text.
    private static ReadOnlySpan<byte> Variable(Hdf5Metadata file, ref MetadataCursor cursor)
    {
        uint length = cursor.UInt32();
        (ulong address, uint index) = (cursor.Address(), cursor.UInt32());
        if (length == 0 || address is 0 or Hdf5Metadata.Nowhere)
        {
            return [];
        }

        ReadOnlySpan<byte> text = GlobalHeap.Read(file, address, index).Span;
        return text[..(int)Math.Min(length, (uint)text.Length)];
    }

    private static string Decode(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private readonly record struct Parts(string Name, ReadOnlyMemory<byte> Type, ReadOnlyMemory<byte> Space, ReadOnlyMemory<byte> Data)
    {
        private const int SharedParts = 3;

        // Specification, IV.A.2.m; null where type or space stand elsewhere.
        public static Parts? Of(Hdf5Metadata file, ReadOnlyMemory<byte> message)
        {
            MetadataCursor cursor = file.Cursor(message.Span);
            (int version, int flags) = (cursor.Byte(), cursor.Byte());
            (int name, int type, int space) = (cursor.UInt16(), cursor.UInt16(), cursor.UInt16());
            if (version is < 1 or > 3 || (version > 1 && (flags & SharedParts) != 0))
            {
                return null;
            }

            // Character set; the first version fills up to multiples of 8.
            cursor.Skip(version == 3 ? 1 : 0);
            int typeAt = cursor.At + Padded(name);
            int spaceAt = typeAt + Padded(type);
            int dataAt = spaceAt + Padded(space);
            return dataAt > message.Length ? null : new Parts(
                Decode(message.Span.Slice(cursor.At, name)), message.Slice(typeAt, type), message.Slice(spaceAt, space), message[dataAt..]);

            int Padded(int length) => version == 1 ? (length + 7) & ~7 : length;
        }
    }
}
