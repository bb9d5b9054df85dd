namespace XrdCt.Live.Pipeline.Metrics;

/// <summary>Rate of a counter over the last seconds. Not thread-safe.</summary>
/// <param name="span">How far back it looks.</param>
public sealed class RateWindow(TimeSpan span)
{
    private readonly Queue<(TimeSpan At, long Count)> _samples = new();

    /// <summary>Takes a sample.</summary>
    /// <param name="now">Time on any monotonic clock.</param>
    /// <param name="count">The counter.</param>
    /// <returns>Events per second between the oldest sample of the window and this one, Hz; 0 for the first.</returns>
    public double Sample(TimeSpan now, long count)
    {
        _samples.Enqueue((now, count));
        while (_samples.Count > 2 && now - _samples.Peek().At > span)
        {
            _samples.Dequeue();
        }

        (TimeSpan at, long first) = _samples.Peek();
        return now > at ? (count - first) / (now - at).TotalSeconds : 0;
    }
}
