namespace XrdCt.Live.Tests.Pipeline;

/// <summary>
/// A clock that goes only when it is told to. Its timers are the machine's: nothing here waits for one.
/// </summary>
internal sealed class FakeClock : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 9, 0, 0, TimeSpan.Zero);

    private long _ticks;

    public TimeSpan Elapsed => TimeSpan.FromTicks(Volatile.Read(ref _ticks));

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _ticks);

    public override DateTimeOffset GetUtcNow() => Start + Elapsed;

    public void Advance(TimeSpan time) => Interlocked.Add(ref _ticks, time.Ticks);
}
