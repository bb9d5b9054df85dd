using NetMQ;

namespace XrdCt.Live.Ingest.ZeroMq;

/// <summary>Lease objects of one source, reused so that a frame costs no allocation. Thread-safe.</summary>
internal sealed class MsgLeasePool
{
    private readonly Lock _lock = new();
    private readonly Stack<MsgLease> _free = new();
    private int _liveCount;

    /// <summary>Leases that somebody holds.</summary>
    internal int LiveCount => Volatile.Read(ref _liveCount);

    /// <summary>Lends the memory of <paramref name="message"/>, which is empty afterwards.</summary>
    internal MsgLease Lend(ref Msg message)
    {
        MsgLease? lease;
        lock (_lock)
        {
            _free.TryPop(out lease);
        }

        lease ??= new MsgLease(this);
        lease.Lend(ref message);
        Interlocked.Increment(ref _liveCount);
        return lease;
    }

    internal void TakeBack(MsgLease lease)
    {
        Interlocked.Decrement(ref _liveCount);
        lock (_lock)
        {
            _free.Push(lease);
        }
    }
}
