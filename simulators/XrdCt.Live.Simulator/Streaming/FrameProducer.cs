using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace XrdCt.Live.Simulator.Streaming;

/// <summary>
/// Makes frames on several threads and hands them out in order: worker w makes every T-th frame from the w-th on, into
/// a short queue of its own, and the reader takes from the queues in turn.
/// </summary>
internal sealed class FrameProducer : IFrameSupply
{
    // Per worker: one frame waiting while the next is made.
    private const int QueueLength = 2;

    private readonly BlockingCollection<EncodedFrame>[] _queues;
    private readonly Thread[] _workers;
    private readonly FrameEncoder[] _encoders;
    private readonly CancellationTokenSource _stop = new();
    private readonly IReadOnlyList<Delivery> _deliveries;
    private volatile Exception? _failure;
    private int _next;

    public FrameProducer(Func<FrameEncoder> newEncoder, IReadOnlyList<Delivery> deliveries, int threadCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threadCount, 1);
        _deliveries = deliveries;
        _queues = [.. Enumerable.Range(0, threadCount).Select(_ => new BlockingCollection<EncodedFrame>(QueueLength))];
        _encoders = [.. Enumerable.Range(0, threadCount).Select(_ => newEncoder())];
        _workers = [.. Enumerable.Range(0, threadCount).Select(w => new Thread(() => Work(w)) { IsBackground = true })];
        foreach (Thread worker in _workers)
        {
            worker.Start();
        }
    }

    /// <inheritdoc/>
    public TimeSpan MeanTime
    {
        get
        {
            int frames = _encoders.Sum(e => e.FrameCount);
            return frames == 0 ? TimeSpan.Zero : TimeSpan.FromTicks(_encoders.Sum(e => e.Busy.Ticks) / frames);
        }
    }

    /// <inheritdoc/>
    public EncodedFrame? Next(CancellationToken cancellation)
    {
        if (_next == _deliveries.Count)
        {
            return null;
        }

        BlockingCollection<EncodedFrame> queue = _queues[_next % _queues.Length];
        _next++;
        if (queue.TryTake(out EncodedFrame? frame, Timeout.Infinite, cancellation))
        {
            return frame;
        }

        ExceptionDispatchInfo.Throw(_failure ?? new InvalidOperationException("a worker that makes frames ended early"));
        return null;
    }

    public void Dispose()
    {
        _stop.Cancel();
        foreach (Thread worker in _workers)
        {
            worker.Join();
        }

        foreach (BlockingCollection<EncodedFrame> queue in _queues)
        {
            while (queue.TryTake(out EncodedFrame? frame))
            {
                frame.Dispose();
            }

            queue.Dispose();
        }

        _stop.Dispose();
    }

    private void Work(int worker)
    {
        try
        {
            for (int i = worker; i < _deliveries.Count; i += _queues.Length)
            {
                _queues[worker].Add(_encoders[worker].Make(_deliveries[i]), _stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The reader has gone; nothing waits for these frames.
        }
        catch (Exception e)
        {
            // Reaches the reader through Next, as the cause of its exception.
            _failure = e;
        }
        finally
        {
            _queues[worker].CompleteAdding();
        }
    }
}
