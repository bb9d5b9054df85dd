using System.Diagnostics;
using System.Runtime.ExceptionServices;
using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Ingest.Recording;

/// <summary>
/// Records a stream: the calling thread receives, takes the parts over where they lie and reads their headers; a thread of its own
/// writes them. Between them wait <see cref="RecorderOptions.MemoryLimit_bytes"/> at most, then the socket.
/// </summary>
/// <param name="receiver">Where the messages come from; stays the caller's.</param>
/// <param name="dialect">Reads the headers, for the counters and the end of a series; what it cannot read is recorded all the same.</param>
/// <param name="writer">Where they go; stays the caller's, finished at the end.</param>
/// <param name="options">How long.</param>
public sealed class StreamRecorder(
    IMessageReceiver receiver, IStreamDialect dialect, RecordingWriter writer, RecorderOptions options)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    // What came is on the disk after this time, also while nothing follows.
    private static readonly TimeSpan FlushAfter = TimeSpan.FromSeconds(1);

    private readonly HeldMessages _messages = new(options.MemoryLimit_bytes);
    private long _messageCount;
    private long _bytes;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Frames, gaps and series; read it after <see cref="Run"/>, or for a rough idea before.</summary>
    public SeriesTally Tally { get; } = new();

    /// <summary>Messages taken.</summary>
    public long MessageCount => Volatile.Read(ref _messageCount);

    /// <summary>Bytes of their parts.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Messages with more parts than a recording holds; they are not in it.</summary>
    public long RefusedCount { get; private set; }

    /// <summary>Most bytes that waited for the disk at a time.</summary>
    public long PeakHeld_bytes => _messages.Peak_bytes;

    /// <summary>When the first message came; null if none did.</summary>
    public DateTimeOffset? FirstAt { get; private set; }

    /// <summary>When the last message came.</summary>
    public DateTimeOffset? LastAt { get; private set; }

    /// <summary>Records until one of the limits is reached or it is told to stop; the file is then whole and on the disk.</summary>
    /// <param name="stop">Ends it; what was received is written first.</param>
    /// <returns>Why it ended.</returns>
    /// <exception cref="IOException">The disk is full or failed; the file is whole as far as it goes.</exception>
    public RecordingEnd Run(CancellationToken stop)
    {
        Thread writing = new(Write) { Name = "recording", IsBackground = true };
        writing.Start();
        RecordingEnd end;
        try
        {
            end = Receive(stop);
        }
        finally
        {
            _messages.Close();
            writing.Join();
        }

        _failure?.Throw();
        writer.Finish();
        return end;
    }

    private RecordingEnd Receive(CancellationToken stop)
    {
        long started = Stopwatch.GetTimestamp();
        long file_bytes = writer.Length_bytes;
        while (!stop.IsCancellationRequested && Volatile.Read(ref _failure) is null)
        {
            TimeSpan wait = Tick;
            if (options.LongestTime is { } longest)
            {
                TimeSpan left = longest - Stopwatch.GetElapsedTime(started);
                if (left <= TimeSpan.Zero)
                {
                    return RecordingEnd.Time;
                }

                wait = left < wait ? left : wait;
            }

            if (receiver.Receive(wait) is not { } message)
            {
                continue;
            }

            if (message.PartCount > StreamMessage.MostParts)
            {
                RefusedCount++;
                continue;
            }

            HeldMessage held = _messages.Take();
            held.TakeOver(message);
            file_bytes += held.ByteCount + RecordingFormat.HeadBytes(held.PartCount) + (2 * RecordingFormat.ChecksumBytes);
            if (file_bytes + RecordingFormat.EndBytes > options.FileLimit_bytes)
            {
                held.Release();
                return RecordingEnd.FileLimit;
            }

            Count(held);
            if (!_messages.Add(held))
            {
                break;
            }

            if (Tally.EndedCount >= options.SeriesLimit)
            {
                return RecordingEnd.Series;
            }
        }

        return RecordingEnd.Stopped;
    }

    private void Count(HeldMessage message)
    {
        SourceEvent happened = dialect.Read(message);
        Tally.Count(happened);
        if (happened.Kind == SourceEventKind.Image)
        {
            happened.Frame.Dispose();
        }

        FirstAt ??= message.ReceivedAt;
        LastAt = message.ReceivedAt;
        Volatile.Write(ref _messageCount, _messageCount + 1);
        Volatile.Write(ref _bytes, _bytes + message.ByteCount);
    }

    private void Write()
    {
        try
        {
            bool isFlushed = true;
            while (true)
            {
                if (_messages.Next(FlushAfter, out bool isOver) is { } message)
                {
                    try
                    {
                        writer.Append(message);
                    }
                    finally
                    {
                        _messages.Return(message);
                    }

                    isFlushed = false;
                }
                else if (isOver)
                {
                    return;
                }
                else if (!isFlushed)
                {
                    writer.Flush();
                    isFlushed = true;
                }
            }
        }
        catch (Exception e)
        {
            // Thrown again by the thread that called: whatever it is, it ends the recording.
            Volatile.Write(ref _failure, ExceptionDispatchInfo.Capture(e));
            Abandon();
        }
    }

    private void Abandon()
    {
        _messages.Close();
        while (_messages.Next(TimeSpan.Zero, out _) is { } message)
        {
            _messages.Return(message);
        }
    }
}
