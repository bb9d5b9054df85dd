namespace XrdCt.Live.Ingest.Recording;

/// <summary>
/// Messages between the thread that receives and the one that writes: bounded in bytes and in number, in order. Allocates nothing once
/// all message objects have been made.
/// </summary>
/// <param name="limit_bytes">Bytes held at most; one larger message passes alone.</param>
internal sealed class HeldMessages(long limit_bytes)
{
    // Small messages must not pile up by the thousand, each with an object of its own.
    private const int MostMessages = 1024;

    private readonly object _lock = new();
    private readonly Queue<HeldMessage> _waiting = new(MostMessages);
    private readonly Stack<HeldMessage> _free = new(MostMessages);
    private long _held_bytes;
    private int _held;
    private bool _isClosed;

    /// <summary>Most bytes that were held at a time.</summary>
    public long Peak_bytes { get; private set; }

    /// <summary>An empty message, to be filled and handed to <see cref="Add"/> by the receiving thread.</summary>
    public HeldMessage Take()
    {
        lock (_lock)
        {
            return _free.TryPop(out HeldMessage? message) ? message : new HeldMessage();
        }
    }

    /// <summary>Hands a message on; waits while there is no room.</summary>
    /// <returns>False where the writer has closed: the message was released.</returns>
    public bool Add(HeldMessage message)
    {
        lock (_lock)
        {
            while (!_isClosed && _held > 0 && (_held_bytes + message.ByteCount > limit_bytes || _held >= MostMessages))
            {
                Monitor.Wait(_lock);
            }

            if (_isClosed)
            {
                message.Release();
                return false;
            }

            _held++;
            _held_bytes += message.ByteCount;
            Peak_bytes = Math.Max(Peak_bytes, _held_bytes);
            _waiting.Enqueue(message);
            Monitor.PulseAll(_lock);
            return true;
        }
    }

    /// <summary>The next message for the writing thread.</summary>
    /// <param name="patience">Longest wait.</param>
    /// <param name="isOver">Whether nothing can come any more.</param>
    /// <returns>Null when the time passed, or nothing can come any more.</returns>
    public HeldMessage? Next(TimeSpan patience, out bool isOver)
    {
        lock (_lock)
        {
            if (_waiting.Count == 0 && !_isClosed)
            {
                Monitor.Wait(_lock, patience);
            }

            isOver = _isClosed && _waiting.Count == 0;
            return _waiting.TryDequeue(out HeldMessage? message) ? message : null;
        }
    }

    /// <summary>Gives a written message back.</summary>
    public void Return(HeldMessage message)
    {
        long bytes = message.ByteCount;
        message.Release();
        lock (_lock)
        {
            _held--;
            _held_bytes -= bytes;
            _free.Push(message);
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Nothing is added any more; what waits can still be taken.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            Monitor.PulseAll(_lock);
        }
    }
}
