using PureHDF;
using PureHDF.Filters;
using PureHDF.Selections;
using PureHDF.VOL.Native;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Storage.Files;
using XrdCt.Live.Storage.Nexus;

namespace XrdCt.Live.Storage.Stacks;

/// <summary>
/// Writes frames into an HDF5 file: <c>/entry/data/data</c> [frame, row, column], a frame per chunk, packed by bitshuffle-LZ4 (filter
/// 32008, which hdf5plugin reads); <c>index</c> (−1 where a frame is missing), <c>time</c> (s since 1970-01-01 UTC) and <c>monitor</c>
/// [frame] beside it, NaN where not known. Memory is that of two frames. The file appears when it is finished. Not thread-safe.
/// </summary>
public sealed class FrameStackWriter : IDisposable
{
    private const int Rank = 3;

    private readonly string _path;
    private readonly bool _overwrite;
    private readonly PartFile _part;
    private readonly H5NativeWriter _writer;
    private readonly PackedChunk _chunk = new();
    private readonly Action<ulong> _touch;
    private readonly H5Dataset<Memory<long>> _indices;
    private readonly H5Dataset<Memory<double>> _times;
    private readonly H5Dataset<Memory<double>> _monitors;
    private readonly long[] _index;
    private readonly double[] _time_s;
    private readonly double[] _monitor;

    /// <summary>Starts the file.</summary>
    /// <param name="path">Where it appears at the end.</param>
    /// <param name="shape">Size of every frame.</param>
    /// <param name="type">Element type; not <see cref="PixelType.Float16"/>.</param>
    /// <param name="frameCount">Number of frames, missing ones included.</param>
    /// <param name="program">Program that writes it.</param>
    /// <param name="overwrite">Whether an existing file is replaced.</param>
    /// <exception cref="IOException">It cannot be written; the message names it and the remedy.</exception>
    /// <exception cref="ArgumentException">The type cannot be written.</exception>
    public FrameStackWriter(string path, ImageShape shape, PixelType type, int frameCount, string program, bool overwrite)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(frameCount, 1);
        BitshuffleFilter.Register();
        _path = Path.GetFullPath(path);
        _overwrite = overwrite;
        _index = new long[frameCount];
        _time_s = new double[frameCount];
        _monitor = new double[frameCount];
        Array.Fill(_index, -1);
        Array.Fill(_time_s, double.NaN);
        Array.Fill(_monitor, double.NaN);
        H5NativeWriter? writer = null;
        H5Dataset data = type switch
        {
            PixelType.UInt8 => Stack<byte>(shape, frameCount, () => writer!, out _touch),
            PixelType.UInt16 => Stack<ushort>(shape, frameCount, () => writer!, out _touch),
            PixelType.UInt32 => Stack<uint>(shape, frameCount, () => writer!, out _touch),
            PixelType.UInt64 => Stack<ulong>(shape, frameCount, () => writer!, out _touch),
            PixelType.Int8 => Stack<sbyte>(shape, frameCount, () => writer!, out _touch),
            PixelType.Int16 => Stack<short>(shape, frameCount, () => writer!, out _touch),
            PixelType.Int32 => Stack<int>(shape, frameCount, () => writer!, out _touch),
            PixelType.Int64 => Stack<long>(shape, frameCount, () => writer!, out _touch),
            PixelType.Float32 => Stack<float>(shape, frameCount, () => writer!, out _touch),
            PixelType.Float64 => Stack<double>(shape, frameCount, () => writer!, out _touch),
            _ => throw new ArgumentException($"{type} pixels cannot be written to HDF5"),
        };
        data.Attributes["interpretation"] = "image";
        _indices = new([(ulong)frameCount]);
        _times = new([(ulong)frameCount]);
        _monitors = new([(ulong)frameCount]);
        NexusNodes.WithUnits(_times, "s");
        H5File file = NexusNodes.Root("entry", program, TimeProvider.System.GetUtcNow());
        H5Group entry = NexusNodes.Group("NXentry");
        entry.Attributes["default"] = "data";
        H5Group group = NexusNodes.Group("NXdata");
        group.Attributes["signal"] = "data";
        group["data"] = data;
        group["index"] = _indices;
        group["time"] = _times;
        group["monitor"] = _monitors;
        entry["data"] = group;
        file["entry"] = entry;
        if (File.Exists(_path) && !overwrite)
        {
            throw new IOException($"{path} exists: choose another name, or --overwrite");
        }

        _part = Guard(() => PartFile.Start(_path, reuse: true));
        _writer = writer = file.BeginWrite(_part.Stream, NexusNodes.Options);
    }

    /// <summary>Writes one frame; each index at most once, in any order.</summary>
    /// <param name="row">Its place in the stack, from 0.</param>
    /// <param name="index">Its index in the series; −1 for a frame that is missing.</param>
    /// <param name="packed">Its pixels, bitshuffle-LZ4 with a whole header.</param>
    /// <param name="time_s">When it was taken, s since 1970-01-01 UTC; NaN if not known.</param>
    /// <param name="monitor">Beam monitor; NaN if not known.</param>
    /// <exception cref="IOException">The disk is full or failed.</exception>
    public void Write(int row, long index, Memory<byte> packed, double time_s, double monitor)
    {
        Guard(() =>
        {
            _touch((ulong)row);
            BitshuffleFilter.WithPacked(packed, _chunk.PassOn);
            return true;
        });
        (_index[row], _time_s[row], _monitor[row]) = (index, time_s, monitor);
    }

    /// <summary>Completes the file and gives it its name.</summary>
    /// <exception cref="IOException">The disk is full or failed.</exception>
    public void Finish() => Guard(() =>
    {
        _writer.Write(_indices, _index.AsMemory());
        _writer.Write(_times, _time_s.AsMemory());
        _writer.Write(_monitors, _monitor.AsMemory());
        _writer.Dispose();
        _part.Publish(_path, _overwrite);
        return true;
    });

    /// <summary>Closes the file; unfinished, it is removed.</summary>
    public void Dispose() => _part.Dispose();

    private H5Dataset<Memory<T>> Stack<T>(ImageShape shape, int count, Func<H5NativeWriter> writer, out Action<ulong> touch)
        where T : unmanaged
    {
        H5Dataset<Memory<T>> dataset = new(
            [(ulong)count, (ulong)shape.Rows, (ulong)shape.Columns],
            [1, (uint)shape.Rows, (uint)shape.Columns],
            new H5DatasetCreation(ChunkCache: _chunk, Filters: [new H5Filter(BitshuffleFilter.Id)]));
        T[] blank = new T[shape.PixelCount];
        touch = row => writer().Write(
            dataset,
            blank.AsMemory(),
            fileSelection: new HyperslabSelection(Rank, [row, 0, 0], [1, (ulong)shape.Rows, (ulong)shape.Columns]));
        return dataset;
    }

    private T Guard<T>(Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception fault) when (WriteFailure.IsFileFault(fault))
        {
            throw WriteFailure.Explain("the frames", _path, fault);
        }
    }
}
