using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Egress.Publishing;

/// <summary>
/// Publishes the results of a scan over ZeroMQ, as MessagePack (docs/streams.md): the newest of everything, and every single pattern. A
/// subscriber that is too slow loses messages, never the scan its time; sequence numbers show the loss, and a request gets the
/// patterns again. What it is told it takes at once; a thread of its own has the sockets.
/// </summary>
/// <remarks>
/// A failure of the publisher is kept in <see cref="Failure"/> and ends it; no call throws for it, because nobody's scan shall.
/// Disposing it drops what has not been sent yet: <see cref="LingerAsync"/> first.
/// </remarks>
public sealed class ResultPublisher : ILiveDisplay, IPatternPublisher, IDisposable
{
    private const string Prefix = "latest/";

    // How often the sockets are looked at while nothing is to be sent: bounds how long a request or a late subscriber waits.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    // Whoever missed the newest of something gets it after this.
    private static readonly TimeSpan RepeatPeriod = TimeSpan.FromSeconds(2);

    private readonly ResultPublisherOptions _options;
    private readonly TimeProvider _time;
    private readonly LatestResults _latest = new();
    private readonly ResultSockets _sockets;
    private readonly AutoResetEvent _wake = new(initialState: false);
    private readonly Thread _thread;
    private volatile PublishedScan? _scan;
    private volatile bool _stopping;
    private volatile bool _hasSubscribers;
    private volatile string? _failure;

    /// <summary>Opens the sockets.</summary>
    /// <param name="options">Where, and how much memory.</param>
    /// <param name="time">Clock of the times of publication and of repetition.</param>
    /// <exception cref="ArgumentOutOfRangeException">The memory limit is below <see cref="ResultPublisherOptions.LeastMemory_bytes"/>.</exception>
    /// <exception cref="IOException">An endpoint cannot be listened on; the message says which, and the remedy.</exception>
    public ResultPublisher(ResultPublisherOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MemoryLimit_bytes, ResultPublisherOptions.LeastMemory_bytes, nameof(options));
        _options = options;
        _time = time;
        _sockets = new ResultSockets(options, _latest, time);
        _thread = new Thread(Run) { Name = "publisher", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Where the newest results are published; with the port that was chosen where any would do.</summary>
    public PublishEndpoint Latest => _sockets.Latest;

    /// <summary>Where every pattern is published.</summary>
    public PublishEndpoint Every => _sockets.Every;

    /// <summary>Where requests are answered.</summary>
    public PublishEndpoint Requests => _sockets.Requests;

    /// <summary>Why nothing is published any more, one sentence for people; null while all is well.</summary>
    public string? Failure => _failure;

    /// <summary>Whether anybody is subscribed to anything.</summary>
    public bool HasSubscribers => _hasSubscribers;

    /// <inheritdoc/>
    /// <remarks>A scan begins, with a name of its own; of an earlier one nothing can be asked for any more.</remarks>
    public void Show(ScanDescription scan)
    {
        ArgumentNullException.ThrowIfNull(scan);
        Guarded(() =>
        {
            var next = new PublishedScan(Ulid.New(_time.GetUtcNow()), scan, _options.MemoryLimit_bytes, _time);
            _latest.Clear();
            _scan = next;
            _latest.Keep(Prefix + "scan", (ref writer) =>
                Messages(next).Write(ref writer, scan, Every.Port, Requests.Port, next.Patterns.Capacity));
        });
    }

    /// <inheritdoc/>
    public void Show(LiveState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        WithScan(scan =>
        {
            long count = scan.Patterns.Count;
            _latest.Keep(Prefix + "status", (ref writer) => Messages(scan).Write(ref writer, state, count));
            if (state.Phase is ScanPhase.Complete or ScanPhase.Incomplete or ScanPhase.Failed)
            {
                scan.Patterns.Close(Messages(scan).End(state, count));
            }
        });
    }

    /// <inheritdoc/>
    public void Show(SinogramMap sinogram)
    {
        ArgumentNullException.ThrowIfNull(sinogram);
        WithScan(scan => _latest.Keep(
            $"{Prefix}sinogram/{sinogram.Channel}", (ref writer) => Messages(scan).Write(ref writer, sinogram)));
    }

    /// <inheritdoc/>
    public void Show(SliceMap slice)
    {
        ArgumentNullException.ThrowIfNull(slice);
        WithScan(scan => _latest.Keep($"{Prefix}slice/{slice.Channel}", (ref writer) => Messages(scan).Write(ref writer, slice)));
    }

    /// <inheritdoc/>
    public void Show(PatternView patterns)
    {
        ArgumentNullException.ThrowIfNull(patterns);
        WithScan(scan => _latest.Keep(
            Prefix + "pattern", (ref writer) => Messages(scan).Write(ref writer, patterns, scan.Description.Axis.Unit)));
    }

    /// <inheritdoc/>
    public void Show(RoiSuggestion roi)
    {
        ArgumentNullException.ThrowIfNull(roi);
        WithScan(scan => _latest.Keep(Prefix + "roi", (ref writer) => Messages(scan).Write(ref writer, roi)));
    }

    /// <inheritdoc/>
    /// <remarks>Half a gigabyte that changes with every projection is not sent on.</remarks>
    public void Show(IVoxelPatterns voxels)
    {
    }

    /// <inheritdoc/>
    public void Publish(in PlacedPattern pattern)
    {
        if (_failure is not null || _scan is not { } scan)
        {
            return;
        }

        try
        {
            scan.Add(pattern);
        }
        catch (Exception e)
        {
            Fail(e);
        }

        _wake.Set();
    }

    /// <summary>Waits while anybody is still subscribed, so that the end of the scan reaches them and they can ask for what they lost.</summary>
    /// <param name="longest">Longest wait.</param>
    /// <param name="stop">Ends the wait, without an exception.</param>
    public async Task LingerAsync(TimeSpan longest, CancellationToken stop)
    {
        long began = _time.GetTimestamp();
        while (HasSubscribers && _failure is null && !stop.IsCancellationRequested && _time.GetElapsedTime(began) < longest)
        {
            await Task.Delay(Tick, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Closes the sockets at once.</summary>
    public void Dispose()
    {
        if (_stopping)
        {
            return;
        }

        _stopping = true;
        _wake.Set();
        _thread.Join();
        _wake.Dispose();
    }

    private LatestMessages Messages(PublishedScan scan) => new(scan.Id, scan.AcquiredAt, _time.GetUtcNow());

    private void WithScan(Action<PublishedScan> tell)
    {
        if (_scan is { } scan)
        {
            Guarded(() => tell(scan));
        }
    }

    private void Guarded(Action tell)
    {
        if (_failure is not null)
        {
            return;
        }

        try
        {
            tell();
        }
        catch (Exception e)
        {
            Fail(e);
        }

        _wake.Set();
    }

    private void Fail(Exception e) => _failure ??= $"results are no longer published: {e.Message}";

    private void Run()
    {
        try
        {
            long repeated = _time.GetTimestamp();
            while (!_stopping && _failure is null)
            {
                bool busy = _sockets.Serve(_scan);
                _hasSubscribers = _sockets.HasSubscribers;
                if (_time.GetElapsedTime(repeated) > RepeatPeriod)
                {
                    repeated = _time.GetTimestamp();
                    _sockets.Repeat();
                }
                else if (!busy)
                {
                    _wake.WaitOne(Tick);
                }
            }
        }
        catch (Exception e)
        {
            Fail(e);
        }
        finally
        {
            Close();
        }
    }

    private void Close()
    {
        try
        {
            _sockets.Dispose();
        }
        catch (Exception e)
        {
            // ZeroMQ was shut down first and has closed them already.
            Fail(e);
        }
    }
}
