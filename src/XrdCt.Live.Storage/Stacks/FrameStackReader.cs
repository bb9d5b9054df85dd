using System.Buffers;
using System.Reflection;
using System.Runtime.InteropServices;
using PureHDF;
using PureHDF.Selections;
using PureHDF.VOL.Native;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Storage.Stacks;

/// <summary>
/// Reads frames out of an HDF5 file, one by one: a dataset [frame, row, column] of integers or floats, plain, deflated, or packed by
/// bitshuffle-LZ4. Not thread-safe.
/// </summary>
public sealed class FrameStackReader : IDisposable
{
    // DECTRIS and NeXus; LImA and BLISS; the frames of areaDetector.
    private static readonly string[] UsualPaths =
    [
        "/entry/data/data", "/entry_0000/measurement/data", "/entry_0000/instrument/data", "/entry/instrument/detector/data",
        "/entry/data/data_000001",
    ];

    private const int Rank = 3;
    private const int DeepestGroup = 8;
    private const int MostNodes = 10_000;

    // An Eiger 16M frame of 4 bytes has 72 MB; a claim beyond this must not cost memory.
    private const long LargestChunk_bytes = 1L << 29;

    private readonly string _path;
    private readonly NativeFile _file;
    private readonly NativeDataset _data;
    private readonly ChunkDecoder _decoder;
    private readonly H5DatasetAccess _access;
    private readonly PassingChunkCache _passing = new();
    private bool _mayBePacked;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="dataset">Path of the dataset; null looks at the usual places, then everywhere.</param>
    /// <param name="decoder">Unpacks bitshuffle-LZ4.</param>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no HDF5 file, or has no such frames; the message says what is there.</exception>
    public FrameStackReader(string path, string? dataset, ChunkDecoder decoder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(decoder);
        BitshuffleFilter.Register();
        _path = path;
        _decoder = decoder;
        _file = Guard(() => H5File.OpenRead(path));
        try
        {
            (_data, DatasetPath) = Guard(() => Find(dataset));
            (Shape, Type, FrameCount) = Guard(Describe);
            long chunk_bytes = Guard(ChunkBytes);
            _access = new H5DatasetAccess(ChunkCache: new SimpleReadingChunkCache(chunkSlotCount: 3, byteCount: (ulong)Math.Max(chunk_bytes, 1)));
            _mayBePacked = IsFramePerChunk();
            Indices = Beside<long>("index");
            Times_s = Beside<double>("time");
            Monitors = Beside<double>("monitor");
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>Where the frames are in the file.</summary>
    public string DatasetPath { get; }

    /// <summary>Image size.</summary>
    public ImageShape Shape { get; }

    /// <summary>Element type.</summary>
    public PixelType Type { get; }

    /// <summary>Number of frames.</summary>
    public int FrameCount { get; }

    /// <summary>Index of each frame in its series, −1 where it is missing; null where the file has none beside the frames.</summary>
    public IReadOnlyList<long>? Indices { get; }

    /// <summary>When each frame was taken, s since 1970-01-01 UTC; null where the file does not say.</summary>
    public IReadOnlyList<double>? Times_s { get; }

    /// <summary>Beam monitor of each frame; null where the file does not say.</summary>
    public IReadOnlyList<double>? Monitors { get; }

    /// <summary>Whether the frames are in other datasets or files, to which this one points.</summary>
    public bool IsVirtual => _data.Layout.Class == H5DataLayoutClass.VirtualStorage;

    /// <summary>Whether frames can be absent, and read as zeros: in files that a virtual dataset points to, or in chunks never written.</summary>
    public bool MayHaveHoles => _data.Layout.Class is H5DataLayoutClass.VirtualStorage or H5DataLayoutClass.Chunked;

    /// <summary>Reads one frame as it is packed, by bitshuffle-LZ4 with its header: nothing is unpacked.</summary>
    /// <param name="row">Its place in the stack, from 0.</param>
    /// <param name="packed">Receives the bytes; nothing where the result is false.</param>
    /// <returns>Whether the frame is packed like that, in a chunk of its own; if not, <see cref="Read"/> it.</returns>
    /// <exception cref="InvalidDataException">It cannot be read; the message names it.</exception>
    public bool TryReadPacked(int row, ArrayBufferWriter<byte> packed)
    {
        ArgumentNullException.ThrowIfNull(packed);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)FrameCount, nameof(row));
        packed.ResetWrittenCount();
        if (!_mayBePacked)
        {
            return false;
        }

        // One pixel is enough for the chunk to be fetched.
        byte[] pixel = new byte[PixelTypes.SizeOf(Type)];
        _passing.WasBlank = false;
        BitshuffleFilter.HandingOn(packed, () => Fetch(row, pixel, new H5DatasetAccess(ChunkCache: _passing), new(Rank, [(ulong)row, 0, 0], [1, 1, 1])));
        if (packed.WrittenCount > 0 && _passing.WasBlank)
        {
            return true;
        }

        // Another filter, or one more: not tried again. A chunk that was never written comes here too, and costs no more than speed.
        _mayBePacked = false;
        packed.ResetWrittenCount();
        return false;
    }

    /// <summary>Reads one frame.</summary>
    /// <param name="row">Its place in the stack, from 0.</param>
    /// <param name="plain">Receives the pixels, little endian, row-major: as many bytes as shape and type say.</param>
    /// <exception cref="InvalidDataException">It does not unpack; the message names it.</exception>
    public void Read(int row, Span<byte> plain)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)FrameCount, nameof(row));
        Fetch(row, plain, _access, new(Rank, [(ulong)row, 0, 0], [1, (ulong)Shape.Rows, (ulong)Shape.Columns]));
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void Fetch(int row, Span<byte> plain, H5DatasetAccess access, HyperslabSelection place)
    {
        BitshuffleFilter.Use(_decoder);
        try
        {
            switch (PixelTypes.SizeOf(Type))
            {
                case 1:
                    _data.Read(access, plain, fileSelection: place);
                    break;
                default:
                    ReadWide(plain, access, place);
                    break;
            }
        }
        catch (Exception fault) when (Cause(fault) is not OutOfMemoryException)
        {
            throw new InvalidDataException($"{_path}: frame {row} of {DatasetPath} cannot be read: {Cause(fault).Message.TrimEnd('.')}", fault);
        }
    }

    private static Exception Cause(Exception fault) => fault is TargetInvocationException { InnerException: { } inner } ? Cause(inner) : fault;

    private static (NativeDataset Dataset, string Path)? Search(IH5Group group, string path, int depth, ref int left)
    {
        foreach (IH5Object child in group.Children())
        {
            if (left-- <= 0 || depth >= DeepestGroup)
            {
                return null;
            }

            string at = $"{path}/{child.Name}";
            if (child is NativeDataset dataset && dataset.Space.Rank == Rank)
            {
                return (dataset, at);
            }

            if (child is IH5Group inner && Search(inner, at, depth + 1, ref left) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private void ReadWide(Span<byte> plain, H5DatasetAccess access, HyperslabSelection place)
    {
        switch (Type)
        {
            case PixelType.UInt16:
                _data.Read(access, MemoryMarshal.Cast<byte, ushort>(plain), fileSelection: place);
                break;
            case PixelType.Int16:
                _data.Read(access, MemoryMarshal.Cast<byte, short>(plain), fileSelection: place);
                break;
            case PixelType.UInt32:
                _data.Read(access, MemoryMarshal.Cast<byte, uint>(plain), fileSelection: place);
                break;
            case PixelType.Int32:
                _data.Read(access, MemoryMarshal.Cast<byte, int>(plain), fileSelection: place);
                break;
            case PixelType.UInt64:
                _data.Read(access, MemoryMarshal.Cast<byte, ulong>(plain), fileSelection: place);
                break;
            case PixelType.Int64:
                _data.Read(access, MemoryMarshal.Cast<byte, long>(plain), fileSelection: place);
                break;
            case PixelType.Float32:
                _data.Read(access, MemoryMarshal.Cast<byte, float>(plain), fileSelection: place);
                break;
            default:
                _data.Read(access, MemoryMarshal.Cast<byte, double>(plain), fileSelection: place);
                break;
        }
    }

    private (NativeDataset, string) Find(string? wanted)
    {
        foreach (string path in wanted is null ? UsualPaths : [wanted])
        {
            if (_file.LinkExists(path) && _file.Get(path) is NativeDataset { Space.Rank: Rank } dataset)
            {
                return (dataset, path);
            }
        }

        int left = MostNodes;
        if (wanted is null && Search(_file, "", 0, ref left) is { } found)
        {
            return found;
        }

        // PureHDF 2.2 does not see external links; virtual datasets it follows.
        string remedy = "by --dataset (convert) or as FILE::/path (integrate); a link into another file is not followed, name that file instead";
        throw new InvalidDataException(
            wanted is null
                ? $"{_path} has no dataset [frame, row, column]: name it, {remedy}"
                : $"{_path} has no dataset {wanted} [frame, row, column]: name another, {remedy}");
    }

    private (ImageShape Shape, PixelType Type, int Count) Describe()
    {
        ulong[] dimensions = _data.Space.Dimensions;
        PixelType type = (_data.Type.Class, _data.Type.Size) switch
        {
            (H5DataTypeClass.FixedPoint, 1) => _data.Type.FixedPoint.IsSigned ? PixelType.Int8 : PixelType.UInt8,
            (H5DataTypeClass.FixedPoint, 2) => _data.Type.FixedPoint.IsSigned ? PixelType.Int16 : PixelType.UInt16,
            (H5DataTypeClass.FixedPoint, 4) => _data.Type.FixedPoint.IsSigned ? PixelType.Int32 : PixelType.UInt32,
            (H5DataTypeClass.FixedPoint, 8) => _data.Type.FixedPoint.IsSigned ? PixelType.Int64 : PixelType.UInt64,
            (H5DataTypeClass.FloatingPoint, 4) => PixelType.Float32,
            (H5DataTypeClass.FloatingPoint, 8) => PixelType.Float64,
            _ => throw new InvalidDataException(
                $"{_path}: {DatasetPath} holds {_data.Type.Class} of {_data.Type.Size} bytes; integers, float32 and float64 are supported"),
        };
        (ulong count, ulong rows, ulong columns) = (dimensions[0], dimensions[1], dimensions[2]);
        return count is > 0 and <= int.MaxValue
            && rows is > 0 and <= ushort.MaxValue
            && columns is > 0 and <= ushort.MaxValue
            && (long)(rows * columns) * PixelTypes.SizeOf(type) <= LargestChunk_bytes
            ? (new ImageShape((int)rows, (int)columns), type, (int)count)
            : throw new InvalidDataException($"{_path}: {DatasetPath} [{count}, {rows}, {columns}] holds no frames of a detector");
    }

    private bool IsFramePerChunk() =>
        _data.Layout.Class == H5DataLayoutClass.Chunked
        && ((IH5DataLayout)_data.Layout).Chunks is [1, var rows, var columns]
        && rows == (ulong)Shape.Rows
        && columns == (ulong)Shape.Columns;

    private long ChunkBytes()
    {
        if (_data.Layout.Class != H5DataLayoutClass.Chunked)
        {
            return 0;
        }

        long bytes = PixelTypes.SizeOf(Type);
        foreach (ulong side in ((IH5DataLayout)_data.Layout).Chunks ?? [])
        {
            bytes = side is 0 or > int.MaxValue || bytes > LargestChunk_bytes ? long.MaxValue : bytes * (long)side;
        }

        return bytes <= LargestChunk_bytes
            ? bytes
            : throw new InvalidDataException($"{_path}: the chunks of {DatasetPath} are larger than {LargestChunk_bytes >> 20} MiB");
    }

    private T[]? Beside<T>(string name)
        where T : unmanaged
    {
        string path = DatasetPath[..(DatasetPath.LastIndexOf('/') + 1)] + name;
        try
        {
            return _file.LinkExists(path)
                && _file.Get(path) is NativeDataset { Space.Rank: 1 } dataset
                && dataset.Space.Dimensions[0] == (ulong)FrameCount
                ? dataset.Read<T[]>()
                : null;
        }
        catch (Exception fault) when (Cause(fault) is not OutOfMemoryException)
        {
            // A dataset of that name that means something else.
            return null;
        }
    }

    private T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception fault) when (Cause(fault) is not (IOException or UnauthorizedAccessException or InvalidDataException or OutOfMemoryException))
        {
            throw new InvalidDataException($"{_path} is no HDF5 file that can be read: {Cause(fault).Message.TrimEnd('.')}", fault);
        }
    }
}
