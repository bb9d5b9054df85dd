using System.Runtime.InteropServices;
using MessagePack;

namespace XrdCt.Live.Tests.Publishing;

/// <summary>A published message as any MessagePack reader sees it.</summary>
internal sealed class PublishedMessage
{
    private readonly Dictionary<string, object?> _fields;

    public PublishedMessage(byte[] body)
    {
        var reader = new MessagePackReader(body);
        _fields = (Dictionary<string, object?>)Read(ref reader)!;
        Assert.True(reader.End, "bytes are left over");
        Assert.Equal(1L, _fields["schema"]);
    }

    public IEnumerable<string> Keys => _fields.Keys;

    public object? this[string key] => _fields[key];

    public long Number(string key) => (long)_fields[key]!;

    public Dictionary<string, object?> Map(string key) => (Dictionary<string, object?>)_fields[key]!;

    public object?[] List(string key) => (object?[])_fields[key]!;

    public T[] Array<T>(string key, string type, params long[] shape)
        where T : struct
    {
        Dictionary<string, object?> array = Map(key);
        Assert.Equal(["dtype", "shape", "data"], array.Keys);
        Assert.Equal(type, array["dtype"]);
        Assert.Equal(shape, ((object?[])array["shape"]!).Cast<long>());
        return MemoryMarshal.Cast<byte, T>((byte[])array["data"]!).ToArray();
    }

    private static object? Read(ref MessagePackReader reader)
    {
        switch (reader.NextMessagePackType)
        {
            case MessagePackType.Array:
                object?[] items = new object?[reader.ReadArrayHeader()];
                for (int i = 0; i < items.Length; i++)
                {
                    items[i] = Read(ref reader);
                }

                return items;
            case MessagePackType.Map:
                int count = reader.ReadMapHeader();
                Dictionary<string, object?> map = [];
                for (int i = 0; i < count; i++)
                {
                    map.Add(reader.ReadString()!, Read(ref reader));
                }

                return map;
            case MessagePackType.Binary:
                return reader.ReadBytes()!.Value.FirstSpan.ToArray();
            case MessagePackType.Integer:
                return reader.ReadInt64();
            case MessagePackType.Float:
                return reader.ReadDouble();
            case MessagePackType.Boolean:
                return reader.ReadBoolean();
            case MessagePackType.String:
                return reader.ReadString();
            case MessagePackType.Nil:
                reader.ReadNil();
                return null;
            default:
                throw new InvalidDataException($"unexpected MessagePack type {reader.NextMessagePackType}");
        }
    }
}
