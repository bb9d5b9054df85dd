using System.Diagnostics;

namespace XrdCt.Live.Fuzzing;

/// <summary>A thread that looks twice a second whether a case has taken longer than it may, and says so once.</summary>
internal sealed class HangWatch : IDisposable
{
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;
    private readonly TimeSpan _limit;
    private readonly Action<TimeSpan> _report;
    private long _startedAt;

    internal HangWatch(TimeSpan limit, Action<TimeSpan> report)
    {
        _limit = limit;
        _report = report;
        _thread = new Thread(Watch) { IsBackground = true, Name = "hang watch" };
        _thread.Start();
    }

    /// <summary>A case begins.</summary>
    internal void Begin() => Volatile.Write(ref _startedAt, Stopwatch.GetTimestamp());

    /// <summary>It is over.</summary>
    internal void End() => Volatile.Write(ref _startedAt, 0);

    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _stop.Dispose();
    }

    private void Watch()
    {
        while (!_stop.Wait(TimeSpan.FromMilliseconds(500)))
        {
            long startedAt = Volatile.Read(ref _startedAt);
            if (startedAt != 0 && Stopwatch.GetElapsedTime(startedAt) is var elapsed && elapsed > _limit)
            {
                _report(elapsed);
                return;
            }
        }
    }
}
