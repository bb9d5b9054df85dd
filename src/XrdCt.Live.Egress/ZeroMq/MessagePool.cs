using System.Buffers;
using NetMQ;

namespace XrdCt.Live.Egress.ZeroMq;

/// <summary>
/// Memory of the messages in NetMQ's queues, kept for the next message: its own default would allocate 1.5 MB per
/// frame on the large-object heap.
/// </summary>
internal sealed class MessagePool : IBufferPool
{
    private const int LargestMessage = 1 << 25;
    private const int ArraysPerSize = 40;

    private static readonly Lazy<MessagePool> Installation = new(() =>
    {
        MessagePool pool = new();
        BufferPool.SetCustomBufferPool(pool);
        return pool;
    });

    private readonly ArrayPool<byte> _arrays = ArrayPool<byte>.Create(LargestMessage, ArraysPerSize);

    private int _outstanding;

    /// <summary>Messages whose memory is still in use: not yet written to the connection.</summary>
    public int Outstanding => Volatile.Read(ref _outstanding);

    /// <summary>Makes NetMQ use the pool of this process, once; later calls return the same pool.</summary>
    public static MessagePool Install() => Installation.Value;

    public byte[] Take(int size)
    {
        Interlocked.Increment(ref _outstanding);
        return _arrays.Rent(size);
    }

    public void Return(byte[] buffer)
    {
        Interlocked.Decrement(ref _outstanding);
        _arrays.Return(buffer);
    }

    public void Dispose()
    {
    }
}
