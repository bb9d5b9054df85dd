using System.Collections.Concurrent;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Readings;

namespace XrdCt.Live.Tests.Pipeline;

/// <summary>A stream of readings that a test fills; waiting lets the clock run once it is told so.</summary>
internal sealed class ScriptedReadings(FakeClock clock) : IReadingSource
{
    private readonly ConcurrentQueue<object> _queue = new();

    public bool LetsTimePass { get; set; }

    public bool IsDisposed { get; private set; }

    public void Tell(StageReading reading) => _queue.Enqueue(reading);

    public void Refuse(string sentence) => _queue.Enqueue(sentence);

    public bool TryReceive(TimeSpan timeout, out StageReading reading, out string? refusal)
    {
        reading = default;
        refusal = null;
        if (!_queue.TryDequeue(out object? next))
        {
            clock.Advance(LetsTimePass ? timeout : TimeSpan.Zero);
            Thread.Yield();
            return false;
        }

        refusal = next as string;
        reading = next is StageReading told ? told : default;
        return refusal is null;
    }

    public void Dispose() => IsDisposed = true;
}
