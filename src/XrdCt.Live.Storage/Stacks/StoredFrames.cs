using System.Buffers;
using System.Reflection;
using System.Runtime.InteropServices;
using PureHDF;
using PureHDF.Selections;
using PureHDF.VOL.Native;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Storage.Hdf5;

namespace XrdCt.Live.Storage.Stacks;

/// <summary>The frames of a dataset [frame, row, column], or the one of [row, column], read by PureHDF.</summary>
internal sealed class StoredFrames : IFrameSource
{
    /// <summary>An Eiger 16M frame of 4 bytes has 72 MB; a claim beyond this must not cost memory.</summary>
    public const long LargestChunk_bytes = 1L << 29;

    private readonly string _path;
    private readonly string _name;
    private readonly int _rank;
    private readonly Hdf5Metadata? _bytes;
    private readonly NativeFile? _file;
    private readonly NativeDataset _data;
    private readonly ChunkDecoder _decoder;
    private readonly H5DatasetAccess _access;
    private readonly PassingChunkCache _passing = new();
    private readonly bool _isTiled;
    private bool _mayBePacked;

    /// <summary>Opens the dataset.</summary>
    /// <param name="path">The file's name for messages.</param>
    /// <param name="dataset">The dataset's name for messages.</param>
    /// <param name="place">Where it is, with no links in its path.</param>
    /// <param name="isTiled">Whether it is virtual, and PureHDF is to put it together.</param>
    /// <param name="decoder">Unpacks bitshuffle-LZ4.</param>
    public StoredFrames(string path, string dataset, ObjectPlace place, bool isTiled, ChunkDecoder decoder)
    {
        (_path, _name, _isTiled, _decoder) = (path, dataset, isTiled, decoder);
        string file = place.Header.File.FilePath;
        try
        {
            if (isTiled)
            {
                // Tiles are found beside a file that has a name.
                _file = Guard(() => H5File.OpenRead(file));
                _data = Guard(() => (NativeDataset)_file.Get(place.Path));
            }
            else
            {
                _bytes = new Hdf5Metadata(file);
                (_file, _data) = Guard(() => SingleObjectStream.Open(_bytes, place) is var (opened, found) ? (opened, (NativeDataset)found) : default);
            }

            _rank = _data.Space.Rank;
            (Shape, Type, FrameCount) = Guard(Describe);
            long chunk_bytes = Guard(ChunkBytes);
            _access = new H5DatasetAccess(ChunkCache: new SimpleReadingChunkCache(chunkSlotCount: 3, byteCount: (ulong)Math.Max(chunk_bytes, 1)));
            _mayBePacked = IsFramePerChunk();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ImageShape Shape { get; }

    /// <inheritdoc/>
    public PixelType Type { get; }

    /// <inheritdoc/>
    public int FrameCount { get; }

    /// <inheritdoc/>
    public bool MayHaveHoles => _data.Layout.Class is H5DataLayoutClass.VirtualStorage or H5DataLayoutClass.Chunked;

    /// <inheritdoc/>
    public bool IsTiled(int row) => _isTiled;

    /// <inheritdoc/>
    public bool TryReadPacked(int row, ArrayBufferWriter<byte> packed)
    {
        packed.ResetWrittenCount();
        if (!_mayBePacked)
        {
            return false;
        }

        // One pixel is enough for the chunk to be fetched.
        byte[] pixel = new byte[PixelTypes.SizeOf(Type)];
        _passing.WasBlank = false;
        BitshuffleFilter.HandingOn(packed, () => Fetch(row, pixel, new H5DatasetAccess(ChunkCache: _passing), Place(row, 1, 1)));
        if (packed.WrittenCount > 0 && _passing.WasBlank)
        {
            return true;
        }

        // Another filter, or one more: not tried again. A chunk that was never written comes here too, and costs no more than speed.
        _mayBePacked = false;
        packed.ResetWrittenCount();
        return false;
    }

    /// <inheritdoc/>
    public void Read(int row, Span<byte> plain) => Fetch(row, plain, _access, Place(row, (ulong)Shape.Rows, (ulong)Shape.Columns));

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Dispose();
        _bytes?.Dispose();
    }

    private HyperslabSelection Place(int row, ulong rows, ulong columns) =>
        _rank == 2 ? new(2, [0, 0], [rows, columns]) : new(3, [(ulong)row, 0, 0], [1, rows, columns]);

    private void Fetch(int row, Span<byte> plain, H5DatasetAccess access, HyperslabSelection place)
    {
        BitshuffleFilter.Use(_decoder);
        try
        {
            // PureHDF looks at no more of an element than its size.
            switch (PixelTypes.SizeOf(Type))
            {
                case 1:
                    _data.Read(access, plain, fileSelection: place);
                    break;
                case 2:
                    _data.Read(access, MemoryMarshal.Cast<byte, ushort>(plain), fileSelection: place);
                    break;
                case 4:
                    _data.Read(access, MemoryMarshal.Cast<byte, uint>(plain), fileSelection: place);
                    break;
                default:
                    _data.Read(access, MemoryMarshal.Cast<byte, ulong>(plain), fileSelection: place);
                    break;
            }
        }
        catch (Exception fault) when (Cause(fault) is not OutOfMemoryException)
        {
            throw new InvalidDataException($"{_path}: frame {row} of {_name} cannot be read: {Cause(fault).Message.TrimEnd('.')}", fault);
        }
    }

    private static Exception Cause(Exception fault) => fault is TargetInvocationException { InnerException: { } inner } ? Cause(inner) : fault;

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
                $"{_path}: {_name} holds {_data.Type.Class} of {_data.Type.Size} bytes; integers, float32 and float64 are supported"),
        };
        (ulong Count, ulong Rows, ulong Columns) sides = dimensions switch
        {
            [var count, var rows, var columns] => (count, rows, columns),
            [var rows, var columns] => (1, rows, columns),
            _ => throw new InvalidDataException($"{_path}: {_name} has {dimensions.Length} axes, not [frame, row, column]"),
        };
        return (FrameSources.CheckSize(_path, _name, sides, type), type, (int)sides.Count);
    }

    private bool IsFramePerChunk() =>
        _data.Layout.Class == H5DataLayoutClass.Chunked
        && ((IH5DataLayout)_data.Layout).Chunks is { } chunk
        && chunk.Length == _rank
        && chunk[^2] == (ulong)Shape.Rows
        && chunk[^1] == (ulong)Shape.Columns
        && (_rank == 2 || chunk[0] == 1);

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
            : throw new InvalidDataException($"{_path}: the chunks of {_name} are larger than {LargestChunk_bytes >> 20} MiB");
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
