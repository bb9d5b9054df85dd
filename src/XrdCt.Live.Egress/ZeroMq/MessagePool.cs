using System.Buffers;
using NetMQ;

namespace XrdCt.Live.Egress.ZeroMq;

/// <summary>
/// Memory of the messages in NetMQ's queues, kept for the next message: its own default would allocate 1.5 MB per
/// frame on the large-object heap. Thread-safe.
/// </summary>
/// <remarks>
/// NetMQ has one pool for the whole process, and arrays of the pool before may come back to this one, so it knows its own.
/// </remarks>
internal sealed class MessagePool : IBufferPool
{
    private const int LargestMessage = 1 << 25;
    private const int ArraysPerSize = 40;
    private const int UsualLent = 256;

    private static readonly MessagePool Instance = new();

    private readonly ArrayPool<byte> _arrays = ArrayPool<byte>.Create(LargestMessage, ArraysPerSize);
    private readonly Lock _lock = new();
    private readonly HashSet<byte[]> _lent = new(UsualLent);

    /// <summary>Message parts whose memory is still in use: not yet written to the connection.</summary>
    public int Outstanding
    {
        get
        {
            lock (_lock)
            {
                return _lent.Count;
            }
        }
    }

    /// <summary>Makes NetMQ use the pool of this process, also where another one was put in its place meanwhile.</summary>
    public static MessagePool Install()
    {
        BufferPool.SetCustomBufferPool(Instance);
        return Instance;
    }

    public byte[] Take(int size)
    {
        byte[] array = _arrays.Rent(size);
        lock (_lock)
        {
            // Empty parts share one array, which counts once.
            _lent.Add(array);
        }

        return array;
    }

    public void Return(byte[] buffer)
    {
        lock (_lock)
        {
            if (!_lent.Remove(buffer))
            {
                return;
            }
        }

        _arrays.Return(buffer);
    }

    public void Dispose()
    {
    }
}
