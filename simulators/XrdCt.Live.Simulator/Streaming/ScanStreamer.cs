using System.Diagnostics;
using XrdCt.Live.Phantoms.Experiment;
using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Egress.ZeroMq;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Simulator.Streaming;

/// <summary>Streams one scan: start, images, end. One run at a time, on the caller's thread.</summary>
public sealed class ScanStreamer
{
    // Exposure that the header names when frames go out as fast as possible.
    private static readonly TimeSpan UnpacedPeriod = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    private readonly VirtualExperiment _experiment;
    private readonly StreamOptions _options;
    private readonly IMessageSink _sink;
    private readonly Stream2Writer _writer = new();
    private readonly OutgoingMessage _message = new();
    private readonly List<int> _sent = [];
    private readonly HashSet<int> _seen = [];
    private readonly List<int> _truncated = [];
    private readonly List<int> _wrongSize = [];
    private int _highest = -1;
    private int _outOfOrder;
    private long _bytes;

    /// <summary>Prepares a scan.</summary>
    /// <param name="experiment">Where the frames come from.</param>
    /// <param name="options">Rate, threads, faults.</param>
    /// <param name="sink">Where the messages go.</param>
    /// <exception cref="ArgumentException">A fault that does not fit the scan.</exception>
    public ScanStreamer(VirtualExperiment experiment, StreamOptions options, IMessageSink sink)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(sink);
        _experiment = experiment;
        _options = options;
        _sink = sink;
        Faults = new FaultPlan(experiment.Plan.CellCount, options.Faults, experiment.Seed);
    }

    /// <summary>What goes wrong on purpose.</summary>
    public FaultPlan Faults { get; }

    /// <summary>Streams the scan.</summary>
    /// <param name="progress">Told the number of image messages sent, after each; may be null.</param>
    /// <param name="cancellation">Ends the scan early; the end message is still sent if the receiver takes it in a
    /// second.</param>
    /// <exception cref="TimeoutException">The receiver took nothing for the time allowed.</exception>
    public ScanSummary Run(IProgress<int>? progress, CancellationToken cancellation)
    {
        SeriesInfo series = Describe();
        long started = Stopwatch.GetTimestamp();
        using FrameProducer producer = new(_experiment, Faults.Deliveries, _options.ThreadCount);
        bool stopped = false;
        bool headerSent = false;
        int? secondHeaderAt = null;
        int? diedAt = null;
        try
        {
            _writer.WriteStart(series, _message);
            Send(cancellation);
            headerSent = true;

            // The clock of the exposures starts when somebody listens.
            series = series with { Date = DateTimeOffset.Now };
            long armed = Stopwatch.GetTimestamp();
            started = armed;
            TimeSpan due = TimeSpan.Zero;
            while (producer.Next(cancellation) is { } frame)
            {
                using (frame)
                {
                    int index = frame.Delivery.Index;
                    if (index == _options.Faults.DieAt)
                    {
                        diedAt = index;
                        break;
                    }

                    if (index == _options.Faults.SecondHeaderAt && secondHeaderAt is null)
                    {
                        _writer.WriteStart(Successor(series), _message);
                        Send(cancellation);
                        secondHeaderAt = index;
                    }

                    due = Pace(due, armed, cancellation);
                    SendImage(series, frame, Stopwatch.GetElapsedTime(armed), cancellation);
                    progress?.Report(_sent.Count);
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            stopped = true;
        }

        bool endSent = headerSent && diedAt is null && TrySendEnd(series, stopped);
        return Summarise(producer, Stopwatch.GetElapsedTime(started), secondHeaderAt, diedAt, stopped, endSent);
    }

    private static SeriesInfo Successor(SeriesInfo series) =>
        series with { SeriesId = series.SeriesId + 1, UniqueId = Ulid.New(DateTimeOffset.Now) };

    private SeriesInfo Describe()
    {
        Model.Geometry.DetectorGeometry geometry = _experiment.Detector.Geometry;
        DateTimeOffset now = DateTimeOffset.Now;

        // The direct beam hits where 2θ is 0.
        (double row, double column) = _experiment.Detector.Directions.Project(0, 0);
        return new SeriesInfo
        {
            SeriesId = _options.SeriesId,
            UniqueId = Ulid.New(now),
            Date = now,
            ImageCount = _experiment.Plan.CellCount,
            Shape = geometry.Shape,
            FramePeriod = _options.Rate_Hz > 0 ? TimeSpan.FromSeconds(1 / _options.Rate_Hz) : UnpacedPeriod,
            Energy_keV = Phantoms.XRay.PlanckTimesLight_keVA / (geometry.Wavelength_m!.Value * 1e10),
            PixelSize_m = geometry.PixelSize1_m,
            Distance_m = geometry.Distance_m,
            BeamCentre = (column + 0.5, row + 0.5),
            Detector = "PILATUS3 X CdTe 2M (simulated)",
            DetectorNumber = "SIM-0001",
            SensorMaterial = "CdTe",
            SensorThickness_m = 0.001,
            CountCutoff = 1_048_575,
        };
    }

    /// <summary>
    /// Waits until the next exposure ends. A detector that was held up goes on at its rate, it does not catch up.
    /// </summary>
    private TimeSpan Pace(TimeSpan due, long armed, CancellationToken cancellation)
    {
        if (_options.Rate_Hz <= 0)
        {
            return due;
        }

        TimeSpan now = Stopwatch.GetElapsedTime(armed);
        TimeSpan next = due + TimeSpan.FromSeconds(1 / _options.Rate_Hz);
        if (next <= now)
        {
            return now;
        }

        if (cancellation.WaitHandle.WaitOne(next - now))
        {
            cancellation.ThrowIfCancellationRequested();
        }

        return next;
    }

    private void SendImage(SeriesInfo series, EncodedFrame frame, TimeSpan stop, CancellationToken cancellation)
    {
        int index = frame.Delivery.Index;
        TimeSpan start = stop > series.FramePeriod ? stop - series.FramePeriod : TimeSpan.Zero;
        OutgoingImage image = new()
        {
            Index = index,
            Times = new ImageTimes(start, stop),
            Shape = frame.Shape,
            Type = PixelType.Int32,
            Encoding = PixelEncoding.BitshuffleLz4,
            Payload = frame.Bslz4,
            Monitor = _experiment.MonitorOf(index),
        };
        _writer.WriteImage(series, image, _message);
        Send(cancellation);
        _bytes += _message.ByteCount;
        _sent.Add(index);
        if (_seen.Add(index) && index < _highest)
        {
            _outOfOrder++;
        }

        _highest = Math.Max(_highest, index);
        if (frame.Delivery.Kind == DeliveryKind.Truncated)
        {
            _truncated.Add(index);
        }
        else if (frame.Delivery.Kind == DeliveryKind.WrongSize)
        {
            _wrongSize.Add(index);
        }
    }

    private void Send(CancellationToken cancellation)
    {
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

    private bool TrySendEnd(SeriesInfo series, bool stopped)
    {
        _writer.WriteEnd(series, _message);
        if (stopped)
        {
            return _sink.TrySend(_message, Farewell);
        }

        Send(CancellationToken.None);
        return true;
    }

    private ScanSummary Summarise(
        FrameProducer producer, TimeSpan duration, int? secondHeaderAt, int? diedAt, bool stopped, bool endSent)
    {
        HashSet<int> twice = [.. _sent.GroupBy(i => i).Where(g => g.Count() > 1).Select(g => g.Key)];
        bool complete = diedAt is null && !stopped;
        return new ScanSummary
        {
            SeriesId = _options.SeriesId,
            FrameCount = _experiment.Plan.CellCount,
            SentCount = _sent.Count,
            Dropped = [.. Faults.Dropped.Where(i => complete || i < _highest)],
            Repeated = [.. twice.Order()],
            OutOfOrderCount = _outOfOrder,
            Truncated = _truncated,
            WrongSize = _wrongSize,
            SecondHeaderAt = secondHeaderAt,
            DiedAt = diedAt,
            Stopped = stopped,
            EndSent = endSent,
            Duration_s = duration.TotalSeconds,
            Rate_Hz = _sent.Count / Math.Max(1e-9, duration.TotalSeconds),
            ByteCount = _bytes,
            Make_ms = producer.MeanTime.TotalMilliseconds,
        };
    }
}
