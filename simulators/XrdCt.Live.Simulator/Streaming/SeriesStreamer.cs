using System.Diagnostics;
using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Egress.ZeroMq;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Readings;
using XrdCt.Live.Simulator.Beamline;
using XrdCt.Live.Simulator.Sources;

namespace XrdCt.Live.Simulator.Streaming;

/// <summary>
/// Streams one series: start, images, end; all at once (<see cref="Run"/>) or in steps, as a detector is armed and triggered. One thread at
/// a time.
/// </summary>
public sealed class SeriesStreamer : IDisposable
{
    // Exposure that the header names when frames go out as fast as possible.
    private static readonly TimeSpan UnpacedPeriod = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    private readonly IFrameSource _source;
    private readonly StreamOptions _options;
    private readonly IStreamWriter _writer;
    private readonly IMessageSink _sink;
    private readonly IExposureClock _exposures;
    private readonly OutgoingMessage _message = new();
    private readonly List<int> _sent = [];
    private readonly HashSet<int> _seen = [];
    private readonly List<int> _truncated = [];
    private readonly List<int> _wrongSize = [];
    private readonly List<int> _flipped = [];
    private readonly int _frameCount;
    private SeriesInfo _series;
    private IFrameSupply? _supply;
    private long _armed;
    private bool _headerSent;
    private bool _endSent;
    private int? _secondHeaderAt;
    private int? _diedAt;
    private int? _pausedAt;
    private int _highest = -1;
    private int _outOfOrder;
    private long _bytes;

    /// <summary>Prepares a series.</summary>
    /// <param name="source">Where the frames come from.</param>
    /// <param name="detector">What the messages say of the detector; number, date, size and times of the series are filled in here.</param>
    /// <param name="options">Rate, threads, pixels, faults.</param>
    /// <param name="dialect">Dialect; its <see cref="StreamDialect.UsualEncoding"/> where the options name none.</param>
    /// <param name="writer">Writer of that dialect; one that goes on over several series keeps its numbers.</param>
    /// <param name="sink">Where the messages go.</param>
    /// <exception cref="ArgumentException">A fault that does not fit the series, or pixels that the dialect does not carry.</exception>
    public SeriesStreamer(
        IFrameSource source, SeriesInfo detector, StreamOptions options, StreamDialect dialect, IStreamWriter writer, IMessageSink sink)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(detector);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(dialect);
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(sink);
        PixelType type = options.Type ?? source.Type;
        PixelEncoding encoding = options.Encoding ?? dialect.UsualEncoding;
        if (!writer.Carries(type, encoding))
        {
            throw new ArgumentException(
                $"{dialect.Name} carries no {PixelNames.Of(type)} pixels packed as {PixelNames.Of(encoding)}; choose another type or packing");
        }

        _source = source;
        _options = options;
        _writer = writer;
        _sink = sink;
        _frameCount = options.FrameCount ?? source.FrameCount;
        DateTimeOffset now = DateTimeOffset.Now;
        _series = detector with
        {
            SeriesId = options.SeriesId,
            UniqueId = Ulid.New(now),
            Date = now,
            ImageCount = _frameCount,
            Shape = source.Shape,
            Type = type,
            Encoding = encoding,
            FramePeriod = options.Rate_Hz > 0 ? TimeSpan.FromSeconds(1 / options.Rate_Hz) : UnpacedPeriod,
        };
        _exposures = options.Exposures ?? new PacedExposures(options.Rate_Hz, _series.FramePeriod);
        Faults = new FaultPlan(_frameCount, options.Faults, options.Seed);
    }

    /// <summary>What goes wrong on purpose.</summary>
    public FaultPlan Faults { get; }

    /// <summary>Image messages sent.</summary>
    public int SentCount => _sent.Count;

    /// <summary>Streams the series.</summary>
    /// <param name="progress">Told the number of image messages sent, after each; may be null.</param>
    /// <param name="cancellation">Ends the series early; the end message is still sent if the receiver takes it in a
    /// second.</param>
    /// <exception cref="TimeoutException">The receiver took nothing for the time allowed.</exception>
    /// <exception cref="InvalidDataException">A frame cannot be read.</exception>
    /// <exception cref="BeamlineException">The beamline that the exposures depend on has failed; the end message was sent.</exception>
    public SeriesSummary Run(IProgress<int>? progress, CancellationToken cancellation)
    {
        bool isStopped = false;
        try
        {
            Start(cancellation);
            while (SendNext(cancellation))
            {
                progress?.Report(_sent.Count);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            isStopped = true;
        }
        catch (BeamlineException) when (_headerSent)
        {
            End(isHurried: true);
            throw;
        }

        if (_headerSent && _diedAt is null)
        {
            End(isStopped);
        }

        return Summarise(isStopped);
    }

    /// <summary>Sends the start message; the clock of the exposures starts when it was taken.</summary>
    /// <exception cref="TimeoutException">The receiver took nothing for the time allowed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void Start(CancellationToken cancellation)
    {
        _supply = _options.CycleCount > 0
            ? new CycledFrames(NewEncoder(), Faults.Deliveries, Math.Min(_options.CycleCount, _source.FrameCount))
            : new FrameProducer(NewEncoder, Faults.Deliveries, _options.ThreadCount);
        _writer.WriteStart(_series, _message);
        _armed = Stopwatch.GetTimestamp();
        Send(cancellation);
        _headerSent = true;
        _series = _series with { Date = _exposures.Arm() };
        _armed = Stopwatch.GetTimestamp();
    }

    /// <summary>Sends the next image, at its time.</summary>
    /// <returns>False after the last one, or where the sender dies as asked.</returns>
    /// <exception cref="TimeoutException">The receiver took nothing for the time allowed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="InvalidDataException">A frame cannot be read.</exception>
    /// <exception cref="BeamlineException">The beamline that the exposures depend on has failed.</exception>
    public bool SendNext(CancellationToken cancellation)
    {
        if (_supply is null)
        {
            throw new InvalidOperationException("the series was not started");
        }

        if (_diedAt is not null || _supply.Next(cancellation) is not { } frame)
        {
            return false;
        }

        using (frame)
        {
            int index = frame.Delivery.Index;
            if (index == _options.Faults.DieAt)
            {
                _diedAt = index;
                return false;
            }

            if (index == _options.Faults.PauseAt && _pausedAt is null)
            {
                _pausedAt = index;
                Wait(_options.Faults.Pause, cancellation);
            }

            if (index == _options.Faults.SecondHeaderAt && _secondHeaderAt is null)
            {
                _writer.WriteStart(Successor(_series), _message);
                Send(cancellation);
                _secondHeaderAt = index;
            }

            SendImage(frame, _exposures.WaitFor(index, cancellation), cancellation);
        }

        return true;
    }

    /// <summary>Sends the end message.</summary>
    /// <param name="isHurried">True to give up after a second, silently.</param>
    /// <exception cref="TimeoutException">The receiver took nothing for the time allowed.</exception>
    public void End(bool isHurried)
    {
        _writer.WriteEnd(_series, _message);
        if (_message.Parts.Count == 0)
        {
            return;
        }

        if (isHurried)
        {
            _endSent = _sink.TrySend(_message, Farewell);
            return;
        }

        Send(CancellationToken.None);
        _endSent = true;
    }

    /// <summary>What was sent so far.</summary>
    /// <param name="isStopped">Whether somebody ended the series early.</param>
    public SeriesSummary Summarise(bool isStopped)
    {
        TimeSpan duration = _armed == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(_armed);
        HashSet<int> twice = [.. _sent.GroupBy(i => i).Where(g => g.Count() > 1).Select(g => g.Key)];
        bool isComplete = _diedAt is null && !isStopped;
        return new SeriesSummary
        {
            SeriesId = _options.SeriesId,
            FrameCount = _frameCount,
            SentCount = _sent.Count,
            Dropped = [.. Faults.Dropped.Where(i => isComplete || i < _highest)],
            Repeated = [.. twice.Order()],
            OutOfOrderCount = _outOfOrder,
            Truncated = _truncated,
            WrongSize = _wrongSize,
            Flipped = _flipped,
            PausedAt = _pausedAt,
            SecondHeaderAt = _secondHeaderAt,
            DiedAt = _diedAt,
            Stopped = isStopped,
            EndSent = _endSent,
            Duration_s = duration.TotalSeconds,
            Rate_Hz = _sent.Count / Math.Max(1e-9, duration.TotalSeconds),
            ByteCount = _bytes,
            Make_ms = _supply?.MeanTime.TotalMilliseconds ?? 0,
        };
    }

    /// <summary>Ends the workers that make frames.</summary>
    public void Dispose() => _supply?.Dispose();

    private static SeriesInfo Successor(SeriesInfo series) =>
        series with { SeriesId = series.SeriesId + 1, UniqueId = Ulid.New(DateTimeOffset.Now) };

    private static void Wait(TimeSpan time, CancellationToken cancellation)
    {
        if (cancellation.WaitHandle.WaitOne(time))
        {
            cancellation.ThrowIfCancellationRequested();
        }
    }

    private FrameEncoder NewEncoder() => new(_source, _series, _options.Hashes, _options.Seed);

    private void SendImage(EncodedFrame frame, ImageTimes times, CancellationToken cancellation)
    {
        int index = frame.Delivery.Index;
        OutgoingImage image = new()
        {
            Index = index,
            Times = times,
            Shape = frame.Shape,
            Type = _series.Type,
            Encoding = _series.Encoding,
            Payload = frame.Payload,
            PlainMd5 = frame.PlainMd5,
            Monitor = _options.Readings is null ? frame.Facts.Monitor : null,
            Transmission = _options.Readings is null ? frame.Facts.Transmission : null,
            Translation_mm = _options.Readings is null ? frame.Facts.Translation_mm : null,
            Rotation_deg = _options.Readings is null ? frame.Facts.Rotation_deg : null,
        };
        _writer.WriteImage(_series, image, _message);
        Send(cancellation);
        _options.Readings?.Tell(new StageReading
        {
            SeriesId = _series.SeriesId,
            Index = index,
            At = _series.Date + ((times.Start + times.Stop) / 2),
            Translation_mm = frame.Facts.Translation_mm ?? double.NaN,
            Rotation_deg = frame.Facts.Rotation_deg ?? double.NaN,
            Monitor = frame.Facts.Monitor ?? double.NaN,
            Transmission = frame.Facts.Transmission ?? double.NaN,
        });
        _bytes += _message.ByteCount;
        _sent.Add(index);
        if (_seen.Add(index) && index < _highest)
        {
            _outOfOrder++;
        }

        _highest = Math.Max(_highest, index);
        List<int>? damaged = frame.Delivery.Kind switch
        {
            DeliveryKind.Truncated => _truncated,
            DeliveryKind.WrongSize => _wrongSize,
            DeliveryKind.Flipped => _flipped,
            _ => null,
        };
        damaged?.Add(index);
    }

    private void Send(CancellationToken cancellation)
    {
        // The dialect has no such message.
        if (_message.Parts.Count == 0)
        {
            return;
        }

        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            TimeSpan left = _options.Timeout - Stopwatch.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                throw new TimeoutException(
                    $"nobody took a message for {_options.Timeout.TotalSeconds:0.#} s after {_sent.Count} images");
            }

            if (_sink.TrySend(_message, left < Slice ? left : Slice))
            {
                return;
            }
        }
    }
}
