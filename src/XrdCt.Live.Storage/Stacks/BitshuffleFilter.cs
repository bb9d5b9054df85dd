using System.Buffers;
using PureHDF.Filters;

namespace XrdCt.Live.Storage.Stacks;

/// <summary>
/// HDF5 filter 32008. PureHDF has one register of filters for the whole process and no way to read or write a chunk as it stands, so
/// what this filter works with is set by thread: the chunk that is to be written, already packed; who wants the chunks that are read as
/// they are; or the decoder.
/// </summary>
internal sealed class BitshuffleFilter : IH5Filter
{
    /// <summary>Its number at The HDF Group.</summary>
    public const ushort Id = 32008;

    // cd_values of bshuf_h5filter.c: version, element size, block size (0 = default), compression (2 = LZ4).
    private const int ElementSizeAt = 2;
    private const int CompressionAt = 4;
    private const uint Lz4 = 2;

    [ThreadStatic]
    private static Memory<byte> _packed;

    [ThreadStatic]
    private static ChunkDecoder? _decoder;

    [ThreadStatic]
    private static IBufferWriter<byte>? _wanted;

    [ThreadStatic]
    private static byte[]? _blank;

    private static readonly Lazy<bool> Registration = new(() =>
    {
        H5Filter.Register(new BitshuffleFilter());
        return true;
    });

    /// <inheritdoc/>
    public ushort FilterId => Id;

    /// <inheritdoc/>
    public string Name => "bitshuffle; see https://github.com/kiyo-masui/bitshuffle";

    /// <summary>Makes PureHDF know the filter; once is enough.</summary>
    public static void Register() => _ = Registration.Value;

    /// <summary>Does something that writes one chunk, with the bytes that it is to have.</summary>
    public static void WithPacked(Memory<byte> packed, Action write)
    {
        _packed = packed;
        try
        {
            write();
        }
        finally
        {
            _packed = default;
        }
    }

    /// <summary>Does something that reads one chunk, whose packed bytes are handed on; the reader sees a <see cref="Blank"/> chunk.</summary>
    public static void HandingOn(IBufferWriter<byte> packed, Action read)
    {
        _wanted = packed;
        try
        {
            read();
        }
        finally
        {
            _wanted = null;
        }
    }

    /// <summary>Whether these are the pixels of a chunk that was handed on, with nothing done to them afterwards.</summary>
    public static bool Blank(Memory<byte> plain) =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray<byte>(plain, out ArraySegment<byte> segment) && segment.Array == _blank && _blank is not null;

    /// <summary>The decoder of what this thread reads from now on.</summary>
    public static void Use(ChunkDecoder decoder) => _decoder = decoder;

    /// <inheritdoc/>
    public Memory<byte> Filter(FilterInfo info)
    {
        if ((info.Flags & H5FilterFlags.Decompress) == 0)
        {
            return _packed.IsEmpty ? throw new InvalidOperationException("no packed chunk was set") : _packed;
        }

        uint[] parameters = info.Parameters;
        if (parameters.Length <= CompressionAt || parameters[CompressionAt] != Lz4 || parameters[ElementSizeAt] is not (1 or 2 or 4 or 8))
        {
            throw new InvalidDataException("the frames are packed by bitshuffle without LZ4, which is not supported: pack them with LZ4 or not at all");
        }

        if (_wanted is not null)
        {
            _wanted.Write(info.Buffer.Span);
            return _blank = _blank?.Length == info.ChunkSize ? _blank : new byte[info.ChunkSize];
        }

        byte[] plain = GC.AllocateUninitializedArray<byte>(info.ChunkSize);
        ChunkDecoder decoder = _decoder ?? throw new InvalidOperationException("no decoder was set");
        return decoder(info.Buffer.Span, (int)parameters[ElementSizeAt], plain)
            ? plain
            : throw new InvalidDataException("a chunk does not unpack: the file is damaged");
    }

    /// <inheritdoc/>
    public uint[] GetParameters(uint[] chunkDimensions, uint typeSize, Dictionary<string, object>? options) => [0, 4, typeSize, 0, Lz4];
}
