using System.Collections.Concurrent;
using System.Diagnostics;
using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Egress.ZeroMq;
using XrdCt.Live.Model.Readings;
using XrdCt.Live.Phantoms;

namespace XrdCt.Live.Simulator.Streaming;

/// <summary>
/// Sends what the beamline tells of each frame on a stream of its own, late as asked, from a thread of its own: frames do not wait for it.
/// </summary>
public sealed class ReadingSender : IDisposable
{
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(200);

    // Beyond the end of the usual exposures, within the gap that readings may usually have.
    private static readonly TimeSpan Standing = TimeSpan.FromMilliseconds(500);

    private readonly BlockingCollection<(long Due, StageReading Reading)> _queue = [];
    private readonly PushSink _sink;
    private readonly ReadingSenderOptions _options;
    private readonly Thread _thread;
    private SeededRandom _random;
    private StageReading? _last;
    private long _unsent;

    /// <summary>Starts the thread.</summary>
    /// <param name="sink">Where the readings go; never closed, as that of the frames.</param>
    /// <param name="options">What is told, and when.</param>
    public ReadingSender(PushSink sink, ReadingSenderOptions options)
    {
        ArgumentNullException.ThrowIfNull(sink);
        ArgumentNullException.ThrowIfNull(options);
        _sink = sink;
        _options = options;
        _random = new SeededRandom(options.Seed, 77);
        _thread = new Thread(Run) { IsBackground = true, Name = "readings" };
        _thread.Start();
    }

    /// <summary>Readings that nobody took.</summary>
    public long UnsentCount => Interlocked.Read(ref _unsent);

    /// <summary>Tells of a frame.</summary>
    /// <param name="reading">All that can be told; what the options leave out is left out.</param>
    public void Tell(StageReading reading)
    {
        _last = reading;
        bool isLost = _random.NextUnit() < _options.LostShare;
        if (!isLost)
        {
            long due = Stopwatch.GetTimestamp() + (long)(_options.Delay.TotalSeconds * Stopwatch.Frequency);
            _queue.Add((due, _options.ByTime ? reading with { Index = null } : reading with { At = null }));
        }
    }

    /// <summary>Sends what is left, each at its time, with times once more where the stage stands at the end, and waits until the receiver's machine has it.</summary>
    /// <returns>False where not all was taken in time.</returns>
    public bool Finish()
    {
        // A stage goes on telling where it stands when the last frame is taken.
        if (_options.ByTime && _last is { At: { } at } last)
        {
            _last = null;
            Tell(last with { At = at + Standing });
        }

        _queue.CompleteAdding();
        _thread.Join();
        return UnsentCount == 0 && _sink.Drain(_options.Timeout);
    }

    /// <summary>Sends what is left, and ends.</summary>
    public void Dispose()
    {
        if (_thread.IsAlive)
        {
            Finish();
        }

        _queue.Dispose();
    }

    private void Run()
    {
        var writer = new ReadingWriter();
        var message = new OutgoingMessage();
        bool isTaken = true;
        foreach ((long due, StageReading reading) in _queue.GetConsumingEnumerable())
        {
            TimeSpan left = TimeSpan.FromSeconds((due - Stopwatch.GetTimestamp()) / (double)Stopwatch.Frequency);
            if (left > TimeSpan.Zero && isTaken)
            {
                Thread.Sleep(left);
            }

            writer.Write(reading, message);
            long started = Stopwatch.GetTimestamp();
            while (isTaken && !_sink.TrySend(message, Slice))
            {
                isTaken = Stopwatch.GetElapsedTime(started) < _options.Timeout;
            }

            _unsent += isTaken ? 0 : 1;
        }
    }
}
