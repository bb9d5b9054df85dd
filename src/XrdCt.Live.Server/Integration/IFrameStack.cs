using System.Buffers;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Server.Integration;

/// <summary>The frames of one file, read by one thread.</summary>
internal interface IFrameStack : IDisposable
{
    /// <summary>Number of frames.</summary>
    int FrameCount { get; }

    /// <summary>Reads one frame, packed where the file has it so.</summary>
    /// <param name="row">Its place in the file, from 0.</param>
    /// <param name="memory">Memory that may be used for its bytes; the frame is valid until it is used again.</param>
    /// <param name="header">Identity of the frame.</param>
    /// <exception cref="FormatException">It cannot be taken; the message names file and remedy.</exception>
    /// <exception cref="InvalidDataException">The same, from HDF5.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    RawFrame Read(int row, ArrayBufferWriter<byte> memory, FrameHeader header);
}
