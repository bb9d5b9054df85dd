using System.Buffers;
using XrdCt.Live.Ingest.Files;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Server.Integration;

/// <summary>The frames of a NumPy file.</summary>
internal sealed class NpyFrames : IFrameStack
{
    private readonly string _path;
    private readonly NpyStack _stack;

    public NpyFrames(string path, ImageShape shape)
    {
        _path = path;
        _stack = NpyStack.Open(path);
        if (_stack.Shape != shape)
        {
            _stack.Dispose();
            throw new FormatException($"{path}: the frames are {_stack.Shape} (rows × columns), the geometry says {shape}");
        }
    }

    /// <inheritdoc/>
    public int FrameCount => _stack.FrameCount;

    /// <inheritdoc/>
    public RawFrame Read(int row, ArrayBufferWriter<byte> memory, FrameHeader header)
    {
        memory.ResetWrittenCount();
        _stack.Read(row, memory.GetSpan(_stack.FrameLength)[.._stack.FrameLength]);
        memory.Advance(_stack.FrameLength);
        var frame = new RawFrame
        {
            Header = header,
            Shape = _stack.Shape,
            Type = _stack.Type,
            Encoding = PixelEncoding.None,
            IsBigEndian = _stack.IsBigEndian,
            Lease = new MemoryLease(memory.WrittenMemory),
            PayloadOffset = 0,
            PayloadLength = memory.WrittenCount,
        };
        WholeCounts.Check(frame, $"{_path}, frame {row}");
        return frame;
    }

    /// <inheritdoc/>
    public void Dispose() => _stack.Dispose();
}
