using System.Numerics;
using NetMQ;

namespace XrdCt.Live.Ingest.ZeroMq;

/// <summary>
/// Memory of received messages: arrays in size classes, pinned (so that a GPU can copy from them), kept for the next
/// message of about that size. NetMQ's own pool takes a new array per message, hence a full garbage collection every
/// few frames. Thread-safe.
/// </summary>
/// <remarks>
/// Classes: powers of two from 256 bytes to 1 MiB, then whole MiB up to 64 MiB. Larger arrays are made to measure and
/// dropped. What is kept is bounded in bytes; what is lent out is bounded by the sockets (high watermark × largest
/// message) and by the lease holders.
/// </remarks>
internal sealed class PinnedBufferPool : IBufferPool
{
    private const int SmallestBytes = 256;
    private const int MiB = 1 << 20;
    private const int LargestBytes = 64 * MiB;

    private static readonly int PowerClasses = BitOperations.Log2(MiB) - BitOperations.Log2(SmallestBytes);

    private static readonly Lock InstallationLock = new();
    private static PinnedBufferPool? _installed;

    private readonly Lock _lock = new();
    private readonly Stack<byte[]>[] _kept;
    private long _mostKeptBytes;
    private long _keptBytes;
    private long _allocatedCount;

    /// <summary>Makes a pool that keeps at most <paramref name="mostKeptBytes"/> for reuse.</summary>
    internal PinnedBufferPool(long mostKeptBytes)
    {
        _mostKeptBytes = mostKeptBytes;
        _kept = new Stack<byte[]>[PowerClasses + (LargestBytes / MiB)];
        for (int i = 0; i < _kept.Length; i++)
        {
            _kept[i] = new Stack<byte[]>();
        }
    }

    /// <summary>Bytes kept for reuse.</summary>
    internal long KeptBytes
    {
        get
        {
            lock (_lock)
            {
                return _keptBytes;
            }
        }
    }

    /// <summary>How many arrays have been made since the start; it stops rising once the pool is warm.</summary>
    internal long AllocatedCount => Interlocked.Read(ref _allocatedCount);

    /// <summary>Makes NetMQ use the pool of this process: one for all sources, which keeps what the newest of them allows.</summary>
    /// <param name="mostKeptBytes">Bytes kept for reuse, at most.</param>
    internal static PinnedBufferPool Install(long mostKeptBytes)
    {
        lock (InstallationLock)
        {
            if (_installed is null)
            {
                _installed = new PinnedBufferPool(mostKeptBytes);
                BufferPool.SetCustomBufferPool(_installed);
            }

            _installed._mostKeptBytes = mostKeptBytes;
            return _installed;
        }
    }

    /// <inheritdoc/>
    public byte[] Take(int size)
    {
        int index = ClassOf(size);
        if (index >= 0)
        {
            lock (_lock)
            {
                if (_kept[index].TryPop(out byte[]? kept))
                {
                    _keptBytes -= kept.Length;
                    return kept;
                }
            }
        }

        Interlocked.Increment(ref _allocatedCount);
        return GC.AllocateUninitializedArray<byte>(index >= 0 ? SizeOf(index) : size, pinned: true);
    }

    /// <inheritdoc/>
    public void Return(byte[] buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        int index = ClassOf(buffer.Length);

        // Arrays of other sizes come from NetMQ's previous pool, or are larger than any class.
        if (index < 0 || SizeOf(index) != buffer.Length)
        {
            return;
        }

        lock (_lock)
        {
            if (_keptBytes + buffer.Length <= _mostKeptBytes)
            {
                _keptBytes += buffer.Length;
                _kept[index].Push(buffer);
            }
        }
    }

    /// <summary>Forgets what is kept; arrays that are lent out stay valid, and the pool goes on working.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (Stack<byte[]> kept in _kept)
            {
                kept.Clear();
            }

            _keptBytes = 0;
        }
    }

    private static int ClassOf(int size)
    {
        if (size > LargestBytes)
        {
            return -1;
        }

        return size > MiB
            ? PowerClasses + ((size - 1) / MiB)
            : BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)Math.Max(size, SmallestBytes)))
                - BitOperations.Log2(SmallestBytes);
    }

    private static int SizeOf(int index) =>
        index <= PowerClasses ? SmallestBytes << index : (index - PowerClasses + 1) * MiB;
}
