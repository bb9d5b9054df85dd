using System.Buffers;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Storage.Stacks;

namespace XrdCt.Live.Server.Integration;

/// <summary>The frames of an HDF5 file. A chunk of bitshuffle-LZ4 is handed on as it is; everything else is unpacked here.</summary>
internal sealed class Hdf5Frames : IFrameStack
{
    // PureHDF 2.2 puts tiles together pixel by pixel: several seconds for a frame of 2.5 million.
    private const int LargestTiled_px = 250_000;

    private readonly FrameStackReader _reader;
    private readonly string _path;

    public Hdf5Frames(string path, string? dataset, ImageShape shape)
    {
        byte[] scratch = [];
        _path = path;
        _reader = new FrameStackReader(path, dataset, (packed, elementSize, plain) =>
        {
            int needed = BitshuffleLz4.ScratchLength(packed, elementSize, plain.Length);
            scratch = needed > scratch.Length ? new byte[needed] : scratch;
            return needed >= 0 && BitshuffleLz4.TryDecode(packed, elementSize, scratch, plain);
        });
        if (_reader.Shape != shape)
        {
            _reader.Dispose();
            throw new FormatException($"{path}: the frames of {_reader.DatasetPath} are {_reader.Shape} (rows × columns), the geometry says {shape}");
        }

        try
        {
            RefuseTiles(row: 0);
        }
        catch
        {
            _reader.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public int FrameCount => _reader.FrameCount;

    /// <inheritdoc/>
    public RawFrame Read(int row, ArrayBufferWriter<byte> memory, FrameHeader header)
    {
        bool isPacked = _reader.TryReadPacked(row, memory);
        if (!isPacked)
        {
            ReadPlain(row, memory);
        }

        var frame = new RawFrame
        {
            Header = header,
            Shape = _reader.Shape,
            Type = _reader.Type,
            Encoding = isPacked ? PixelEncoding.BitshuffleLz4 : PixelEncoding.None,
            Lease = new MemoryLease(memory.WrittenMemory),
            PayloadOffset = 0,
            PayloadLength = memory.WrittenCount,
        };
        WholeCounts.Check(frame, $"{_path}, frame {row}");
        return frame;
    }

    /// <inheritdoc/>
    public void Dispose() => _reader.Dispose();

    // The files of a master can differ: each frame is looked at before it is read.
    private void RefuseTiles(int row)
    {
        if (_reader.Shape.PixelCount > LargestTiled_px && row < _reader.FrameCount && _reader.IsTiled(row))
        {
            throw new FormatException(
                $"{_path}: {_reader.DatasetPath} puts each frame together from several datasets, which is too slow to read at this size: integrate the tiles, or write the whole frames to a file");
        }
    }

    private void ReadPlain(int row, ArrayBufferWriter<byte> memory)
    {
        RefuseTiles(row);

        int length = _reader.Shape.PixelCount * PixelTypes.SizeOf(_reader.Type);
        Span<byte> plain = memory.GetSpan(length)[..length];
        _reader.Read(row, plain);
        memory.Advance(length);

        // HDF5 gives zeros where a linked file is missing or a chunk was never written: an aborted scan, not a dark frame.
        if (_reader.MayHaveHoles && !plain.ContainsAnyExcept((byte)0))
        {
            throw new InvalidDataException(
                $"{_path}: frame {row} of {_reader.DatasetPath} was never written, or is in a file that is missing: check the linked files, or leave it out by --frames");
        }
    }
}
