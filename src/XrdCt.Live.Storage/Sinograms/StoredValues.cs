using System.Numerics;
using PureHDF;
using PureHDF.Selections;
using PureHDF.VOL.Native;
using XrdCt.Live.Storage.Images;

namespace XrdCt.Live.Storage.Sinograms;

/// <summary>Reads a block of a dataset and turns it to [rotation, translation, bin] of float32, whatever its order and element type.</summary>
internal sealed class StoredValues
{
    private const long LargestChunk_bytes = 1L << 30;

    // What is read in one piece of a dataset without chunks.
    private const long Slab_bytes = 1L << 24;

    private readonly NumberFile _file;
    private readonly FoundSinogram _found;
    private readonly NativeDataset _dataset;
    private readonly ulong[] _sides;
    private readonly ulong[]? _chunk;
    private readonly int _elementSize;

    /// <summary>Prepares it.</summary>
    /// <exception cref="InvalidDataException">Its chunks or its elements are none that can be read.</exception>
    public StoredValues(NumberFile file, FoundSinogram found)
    {
        (_file, _found, _dataset) = (file, found, (NativeDataset)found.Dataset);
        _sides = _dataset.Space.Dimensions;
        _elementSize = _dataset.Type.Size;
        _chunk = _dataset.Layout.Class == H5DataLayoutClass.Chunked && ((IH5DataLayout)_dataset.Layout).Chunks is { Length: > 0 } chunk ? chunk : null;
        if (_chunk is not null && (_chunk.Length != _sides.Length || _chunk.Contains(0UL) || _chunk.Aggregate((double)_elementSize, (product, side) => product * side) > LargestChunk_bytes))
        {
            throw file.Wrong($"the chunks of {found.Path} are larger than {LargestChunk_bytes >> 20} MiB, or do not fit it");
        }

        if (_chunk is null && _dataset.Layout.Class != H5DataLayoutClass.VirtualStorage && _sides.Aggregate((double)_elementSize, (product, side) => product * side) > file.LengthOfFile(found.Path))
        {
            throw file.Wrong($"{found.Path} is larger than its file: it was never written, or is cut short");
        }
    }

    /// <summary>Reads some bins.</summary>
    public void Read(int first, int count, Span<float> values)
    {
        switch (NumberFile.Class(_dataset.Type), _elementSize, IsSigned)
        {
            case (H5DataTypeClass.FloatingPoint, 4, _):
                Read<float>(first, count, values);
                break;
            case (H5DataTypeClass.FloatingPoint, 8, _):
                Read<double>(first, count, values);
                break;
            case (H5DataTypeClass.FixedPoint, 1, true):
                Read<sbyte>(first, count, values);
                break;
            case (H5DataTypeClass.FixedPoint, 1, false):
                Read<byte>(first, count, values);
                break;
            case (H5DataTypeClass.FixedPoint, 2, true):
                Read<short>(first, count, values);
                break;
            case (H5DataTypeClass.FixedPoint, 2, false):
                Read<ushort>(first, count, values);
                break;
            case (H5DataTypeClass.FixedPoint, 4, true):
                Read<int>(first, count, values);
                break;
            case (H5DataTypeClass.FixedPoint, 4, false):
                Read<uint>(first, count, values);
                break;
            case (H5DataTypeClass.FixedPoint, 8, true):
                Read<long>(first, count, values);
                break;
            case (H5DataTypeClass.FixedPoint, 8, false):
                Read<ulong>(first, count, values);
                break;
            default:
                throw _file.Wrong($"{_found.Path} holds {_dataset.Type.Class} of {_elementSize} bytes, not numbers: save integers, float32 or float64");
        }
    }

    private bool IsSigned => _dataset.Type.Class == H5DataTypeClass.FixedPoint && _dataset.Type.FixedPoint.IsSigned;

    // Slab by slab of the slowest axis, as high as a chunk: PureHDF 2.2 asks for a chunk again whenever it enters it, so all chunks of a slab
    // are kept until it is read.
    private void Read<T>(int first, int count, Span<float> values)
        where T : unmanaged, INumberBase<T>
    {
        int rank = _sides.Length;
        ulong[] starts = new ulong[rank];
        ulong[] blocks = [.. _sides];
        int[] strides = new int[rank];
        for (int k = 0; k < rank; k++)
        {
            strides[k] = _found.Axes[k] switch
            {
                SinogramAxis.Rotation => _found.Header.TranslationCount * count,
                SinogramAxis.Translation => count,
                _ => 1,
            };
            if (_found.Axes[k] == SinogramAxis.Bin)
            {
                (starts[k], blocks[k]) = ((ulong)first, (ulong)count);
            }
        }

        (ulong from, ulong end) = (starts[0], starts[0] + blocks[0]);
        ulong perRow = blocks.Skip(1).Aggregate(1UL, (product, side) => product * side);
        ulong height = _chunk?[0] ?? Math.Max(1, (ulong)Slab_bytes / (perRow * (ulong)_elementSize));
        T[] slab = [];
        for (ulong row = from; row < end; row += blocks[0])
        {
            (starts[0], blocks[0]) = (row, Math.Min(height - (row % height), end - row));
            int length = checked((int)(blocks[0] * perRow));
            slab = slab.Length < length ? GC.AllocateUninitializedArray<T>(length) : slab;
            H5DatasetAccess access = new(ChunkCache: Cache(starts, blocks));
            HyperslabSelection place = new(rank, [.. starts], [.. blocks]);
            _file.Guard(_found.Path, () =>
            {
                _dataset.Read(access, slab.AsSpan(0, length), fileSelection: place);
                return true;
            });
            Turn(slab.AsSpan(0, length), blocks, strides, values[((int)(row - from) * strides[0])..]);
        }
    }

    private SimpleReadingChunkCache Cache(ulong[] starts, ulong[] blocks)
    {
        if (_chunk is null)
        {
            return new SimpleReadingChunkCache(chunkSlotCount: 1, byteCount: 1);
        }

        ulong chunks = 1;
        for (int k = 0; k < _chunk.Length; k++)
        {
            chunks *= ((starts[k] + blocks[k] - 1) / _chunk[k]) - (starts[k] / _chunk[k]) + 1;
        }

        ulong chunk_bytes = _chunk.Aggregate((ulong)_elementSize, (product, side) => product * side);
        return new SimpleReadingChunkCache(
            chunkSlotCount: (int)Math.Min(chunks, 1 << 20) + 1, byteCount: Math.Max(chunk_bytes, (ulong)Math.Min((double)chunks * chunk_bytes, LargestChunk_bytes)));
    }

    private static void Turn<T>(ReadOnlySpan<T> slab, ulong[] blocks, int[] strides, Span<float> values)
        where T : unmanaged, INumberBase<T>
    {
        int inner = (int)blocks[^1];
        int middle = blocks.Length == 3 ? (int)blocks[1] : 1;
        int middleStride = blocks.Length == 3 ? strides[1] : 0;
        int at = 0;
        for (int i = 0; i < (int)blocks[0]; i++)
        {
            for (int j = 0; j < middle; j++)
            {
                int to = (i * strides[0]) + (j * middleStride);
                for (int k = 0; k < inner; k++, to += strides[^1])
                {
                    values[to] = float.CreateTruncating(slab[at++]);
                }
            }
        }
    }
}
