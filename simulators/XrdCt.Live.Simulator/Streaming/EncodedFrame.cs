using System.Buffers;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Simulator.Sources;

namespace XrdCt.Live.Simulator.Streaming;

/// <summary>A frame ready to be sent; where its memory is rented, disposing gives it back.</summary>
internal sealed class EncodedFrame : IDisposable
{
    public required Delivery Delivery { get; init; }

    public required ImageShape Shape { get; init; }

    public required FrameFacts Facts { get; init; }

    public required byte[] Buffer { get; init; }

    public required int Length { get; init; }

    public required bool IsRented { get; init; }

    /// <summary>MD5 of the plain pixels, where it is wanted.</summary>
    public string? PlainMd5 { get; init; }

    public ReadOnlyMemory<byte> Payload => Buffer.AsMemory(0, Length);

    public void Dispose()
    {
        if (IsRented)
        {
            ArrayPool<byte>.Shared.Return(Buffer);
        }
    }
}
