using System.Diagnostics;
using XrdCt.Live.Egress.Dialects;

namespace XrdCt.Live.Simulator.Streaming;

/// <summary>One exposure after the other at a rate. A detector that was held up goes on at its rate, it does not catch up.</summary>
/// <param name="rate_Hz">Frames per second; 0 = an exposure is over when its frame is asked for.</param>
/// <param name="period">How long an exposure lasts; shorter where the series is younger.</param>
public sealed class PacedExposures(double rate_Hz, TimeSpan period) : IExposureClock
{
    private long _armed;
    private TimeSpan _due;

    /// <inheritdoc/>
    public DateTimeOffset Arm()
    {
        DateTimeOffset date = DateTimeOffset.Now;
        _armed = Stopwatch.GetTimestamp();
        return date;
    }

    /// <inheritdoc/>
    public ImageTimes WaitFor(int index, CancellationToken cancellation)
    {
        if (rate_Hz > 0)
        {
            TimeSpan now = Stopwatch.GetElapsedTime(_armed);
            TimeSpan next = _due + TimeSpan.FromSeconds(1 / rate_Hz);
            if (next > now && cancellation.WaitHandle.WaitOne(next - now))
            {
                cancellation.ThrowIfCancellationRequested();
            }

            _due = next > now ? next : now;
        }

        TimeSpan stop = Stopwatch.GetElapsedTime(_armed);
        return new ImageTimes(stop > period ? stop - period : TimeSpan.Zero, stop);
    }
}
