using System.Buffers;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Storage.Stacks;

/// <summary>The frames of one dataset, wherever they are. Not thread-safe.</summary>
internal interface IFrameSource : IDisposable
{
    /// <summary>Image size.</summary>
    ImageShape Shape { get; }

    /// <summary>Element type.</summary>
    PixelType Type { get; }

    /// <summary>Number of frames.</summary>
    int FrameCount { get; }

    /// <summary>Whether frames can be absent, and read as zeros.</summary>
    bool MayHaveHoles { get; }

    /// <summary>Whether a frame is put together from parts, pixel by pixel; false where it is not there.</summary>
    /// <param name="row">Its place, from 0.</param>
    bool IsTiled(int row);

    /// <summary>Reads one frame as it is packed.</summary>
    /// <param name="row">Its place, from 0.</param>
    /// <param name="packed">Receives the bytes.</param>
    /// <returns>Whether it is packed by bitshuffle-LZ4, in a chunk of its own.</returns>
    /// <exception cref="InvalidDataException">It cannot be read; the message names it.</exception>
    bool TryReadPacked(int row, ArrayBufferWriter<byte> packed);

    /// <summary>Reads one frame.</summary>
    /// <param name="row">Its place, from 0.</param>
    /// <param name="plain">Receives the pixels.</param>
    /// <exception cref="InvalidDataException">It cannot be read; the message names it.</exception>
    void Read(int row, Span<byte> plain);
}
