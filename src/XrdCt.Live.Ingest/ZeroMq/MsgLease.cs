using NetMQ;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Ingest.ZeroMq;

/// <summary>
/// A received ZeroMQ message that stays where it was received; disposing it, on any thread, frees that memory.
/// </summary>
internal sealed class MsgLease : FrameLease
{
    private readonly MsgLeasePool _pool;
    private Msg _message;
    private int _isLent;

    internal MsgLease(MsgLeasePool pool)
    {
        _pool = pool;
        _message.InitEmpty();
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Bytes =>
        Volatile.Read(ref _isLent) == 1 ? _message.Slice() : throw new ObjectDisposedException(nameof(MsgLease));

    /// <inheritdoc/>
    public override void Dispose()
    {
        // A second call is harmless as long as the lease has not been lent again.
        if (Interlocked.Exchange(ref _isLent, 0) == 1)
        {
            _message.Close();
            _message.InitEmpty();
            _pool.TakeBack(this);
        }
    }

    /// <summary>Takes over the memory of <paramref name="message"/>, which is empty afterwards.</summary>
    internal void Lend(ref Msg message)
    {
        _message.Move(ref message);
        Volatile.Write(ref _isLent, 1);
    }
}
