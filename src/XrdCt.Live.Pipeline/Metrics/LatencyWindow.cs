namespace XrdCt.Live.Pipeline.Metrics;

/// <summary>Quantiles of the last latencies. One writer; readers take a copy under the lock.</summary>
public sealed class LatencyWindow
{
    private const int Size = 512;

    private readonly Lock _lock = new();
    private readonly double[] _last_ms = new double[Size];
    private readonly double[] _sorted_ms = new double[Size];
    private long _count;

    /// <summary>Adds a latency, ms.</summary>
    public void Add(double latency_ms)
    {
        lock (_lock)
        {
            _last_ms[_count++ % Size] = latency_ms;
        }
    }

    /// <summary>Median and 95th percentile, ms; NaN before the first.</summary>
    public (double Median_ms, double P95_ms) Read()
    {
        lock (_lock)
        {
            int n = (int)Math.Min(_count, Size);
            if (n == 0)
            {
                return (double.NaN, double.NaN);
            }

            Array.Copy(_last_ms, _sorted_ms, n);
            Array.Sort(_sorted_ms, 0, n);
            return (_sorted_ms[n / 2], _sorted_ms[Math.Min(n - 1, (int)(0.95 * n))]);
        }
    }
}
