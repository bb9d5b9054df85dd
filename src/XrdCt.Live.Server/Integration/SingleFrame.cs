using System.Buffers;
using XrdCt.Live.Ingest.Files;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Server.Integration;

/// <summary>A file with one frame: CBF, EDF or TIFF. Not opened before it is read.</summary>
internal sealed class SingleFrame(string path, ImageShape shape) : IFrameStack
{
    /// <inheritdoc/>
    public int FrameCount => 1;

    /// <inheritdoc/>
    public RawFrame Read(int row, ArrayBufferWriter<byte> memory, FrameHeader header)
    {
        RawFrame frame = FrameFile.Read(path, shape, header);
        WholeCounts.Check(frame, path);
        return frame;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
