namespace XrdCt.Live.Ingest.ZeroMq;

/// <summary>Lease objects of one source, reused so that a frame costs no allocation. Thread-safe.</summary>
internal sealed class NativeLeasePool
{
    private readonly Lock _lock = new();
    private readonly Stack<NativeLease> _free = new();
    private int _liveCount;

    /// <summary>Leases that are not in the pool.</summary>
    internal int LiveCount => Volatile.Read(ref _liveCount);

    /// <summary>An empty lease.</summary>
    internal NativeLease Take()
    {
        Interlocked.Increment(ref _liveCount);
        lock (_lock)
        {
            if (_free.TryPop(out NativeLease? lease))
            {
                return lease;
            }
        }

        return new NativeLease(this);
    }

    internal void TakeBack(NativeLease lease)
    {
        Interlocked.Decrement(ref _liveCount);
        lock (_lock)
        {
            _free.Push(lease);
        }
    }
}
