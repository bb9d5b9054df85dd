using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Storage.Hdf5;

/// <summary>What a dataset's header says of it. What cannot be told (messages that are shared, other types) is null.</summary>
internal sealed class DatasetHeader
{
    private const int ContiguousClass = 1;
    private const int VirtualClass = 3;

    /// <summary>Reads it.</summary>
    public DatasetHeader(ObjectHeader header)
    {
        Object = header;
        Dimensions = Plain(HeaderMessageType.Dataspace) is { } space ? ReadDimensions(header.File, space.Span) : null;
        if (Plain(HeaderMessageType.Datatype) is { } type)
        {
            ReadType(type.Span);
        }

        if (Plain(HeaderMessageType.DataLayout) is { } layout)
        {
            ReadLayout(layout.Span);
        }
    }

    /// <summary>The messages.</summary>
    public ObjectHeader Object { get; }

    /// <summary>Its size.</summary>
    public ulong[]? Dimensions { get; }

    /// <summary>Its element type.</summary>
    public PixelType? Type { get; private set; }

    /// <summary>Whether its elements have their most significant byte first.</summary>
    public bool IsBigEndian { get; private set; }

    /// <summary>Whether its elements are those of other datasets.</summary>
    public bool IsVirtual { get; private set; }

    /// <summary>Address of the collection that says which; <see cref="Hdf5Metadata.Nowhere"/> where none do.</summary>
    public ulong HeapAddress { get; private set; } = Hdf5Metadata.Nowhere;

    /// <summary>Which object of the collection.</summary>
    public uint HeapIndex { get; private set; }

    /// <summary>Where its elements stand, one after the other; <see cref="Hdf5Metadata.Nowhere"/> where they do not, or are not there yet.</summary>
    public ulong ElementsAddress { get; private set; } = Hdf5Metadata.Nowhere;

    /// <summary>Bytes of all elements at <see cref="ElementsAddress"/>.</summary>
    public ulong Elements_bytes { get; private set; }

    private ReadOnlyMemory<byte>? Plain(HeaderMessageType type) => Object.Find(type) is { IsShared: false } message ? message.Data : null;

    /// <summary>Reads a dataspace (specification, IV.A.2.b).</summary>
    public static ulong[] ReadDimensions(Hdf5Metadata file, ReadOnlySpan<byte> message)
    {
        MetadataCursor cursor = file.Cursor(message);
        (byte version, byte rank) = (cursor.Byte(), cursor.Byte());
        cursor.Skip(version == 1 ? 6 : 2);
        ulong[] sides = new ulong[rank];
        for (int i = 0; i < rank; i++)
        {
            sides[i] = cursor.Length();
        }

        return sides;
    }

    // Specification, IV.A.2.d: integers and floats.
    private void ReadType(ReadOnlySpan<byte> message)
    {
        MetadataCursor cursor = Object.File.Cursor(message);
        const int Integer = 0;
        const int Float = 1;
        int kind = cursor.Byte() & 0x0F;
        byte bits = cursor.Byte();
        cursor.Skip(2);
        uint size = cursor.UInt32();
        bool isSigned = (bits & 8) != 0;
        IsBigEndian = kind is Integer or Float && size > 1 && (bits & 1) != 0;
        Type = (kind, size, isSigned) switch
        {
            (Integer, 1, false) => PixelType.UInt8,
            (Integer, 1, true) => PixelType.Int8,
            (Integer, 2, false) => PixelType.UInt16,
            (Integer, 2, true) => PixelType.Int16,
            (Integer, 4, false) => PixelType.UInt32,
            (Integer, 4, true) => PixelType.Int32,
            (Integer, 8, false) => PixelType.UInt64,
            (Integer, 8, true) => PixelType.Int64,
            (Float, 4, _) => PixelType.Float32,
            (Float, 8, _) => PixelType.Float64,
            _ => null,
        };
    }

    // Specification, IV.A.2.i: virtual datasets came with version 4; versions 1 and 2 have the class elsewhere.
    private void ReadLayout(ReadOnlySpan<byte> message)
    {
        MetadataCursor cursor = Object.File.Cursor(message);
        byte version = cursor.Byte();
        int layout = version >= 3 ? cursor.Byte() : -1;
        IsVirtual = version >= 4 && layout == VirtualClass;
        if (IsVirtual)
        {
            (HeapAddress, HeapIndex) = (cursor.Address(), cursor.UInt32());
        }
        else if (layout == ContiguousClass)
        {
            (ElementsAddress, Elements_bytes) = (cursor.Address(), cursor.Length());
        }
    }
}
