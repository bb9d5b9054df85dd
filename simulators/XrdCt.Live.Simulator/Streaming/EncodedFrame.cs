using System.Buffers;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Simulator.Streaming;

/// <summary>A frame ready to be sent; its memory is rented, and disposing gives it back.</summary>
internal sealed class EncodedFrame(Delivery delivery, ImageShape shape, byte[] rented, int length) : IDisposable
{
    public Delivery Delivery { get; } = delivery;

    public ImageShape Shape { get; } = shape;

    public ReadOnlyMemory<byte> Bslz4 => rented.AsMemory(0, length);

    public void Dispose() => ArrayPool<byte>.Shared.Return(rented);
}
