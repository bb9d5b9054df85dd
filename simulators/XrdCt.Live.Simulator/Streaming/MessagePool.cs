using System.Buffers;
using NetMQ;

namespace XrdCt.Live.Simulator.Streaming;

/// <summary>
/// Memory of the messages in NetMQ's queues, kept for the next message: its own default would allocate 1.5 MB per
/// frame on the large-object heap.
/// </summary>
internal sealed class MessagePool : IBufferPool
{
    private const int LargestMessage = 1 << 25;
    private const int ArraysPerSize = 40;

    private readonly ArrayPool<byte> _arrays = ArrayPool<byte>.Create(LargestMessage, ArraysPerSize);

    public byte[] Take(int size) => _arrays.Rent(size);

    public void Return(byte[] buffer) => _arrays.Return(buffer);

    public void Dispose()
    {
    }
}
