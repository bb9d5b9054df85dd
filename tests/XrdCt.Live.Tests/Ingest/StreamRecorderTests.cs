using System.Text;
using XrdCt.Live.Ingest.MaxIv;
using XrdCt.Live.Ingest.Recording;
using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Tests.Ingest;

/// <summary>Between socket and disk: bounded memory, no allocation, every lease given back.</summary>
public sealed class StreamRecorderTests : IDisposable
{
    private const int Images = 600;
    private const int WarmUp = 100;

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Run_Stream_AllocatesNothingPerMessageAndGivesEverythingBack()
    {
        string path = _folder.PathOf("stream.xrec");
        using Sender sender = new();
        using RecordingWriter writer = new(path, new RecordingHeader());

        // Little room, so that all message objects have been made while the first hundred pass.
        StreamRecorder recorder = new(
            sender, new StinsDialect("STINS", new DialectOptions()), writer, new RecorderOptions { SeriesLimit = 1, MemoryLimit_bytes = 20_000 });
        Assert.Equal(RecordingEnd.Series, recorder.Run(CancellationToken.None));
        Assert.Equal((Images, 0, 1), (recorder.Tally.FrameCount, recorder.Tally.MissingCount, recorder.Tally.EndedCount));
        Assert.Equal(0, sender.AllocatedBytes);
        Assert.Equal(0, sender.LentCount);
        Assert.InRange(recorder.PeakHeld_bytes, 1, 20_000);
        using RecordingReader reader = new(path);
        while (reader.Skip())
        {
        }

        Assert.Equal(Images + 2, reader.RecordCount);
        Assert.True(reader.IsWhole);
    }

    [Fact]
    public void Run_FileLimit_EndsBefore()
    {
        string path = _folder.PathOf("stream.xrec");
        using Sender sender = new();
        using RecordingWriter writer = new(path, new RecordingHeader());
        StreamRecorder recorder = new(
            sender, new StinsDialect("STINS", new DialectOptions()), writer, new RecorderOptions { FileLimit_bytes = 100_000 });
        Assert.Equal(RecordingEnd.FileLimit, recorder.Run(CancellationToken.None));
        Assert.InRange(new FileInfo(path).Length, 100_000 - (2 * Sender.ImageBytes), 100_000);
        using RecordingReader reader = new(path);
        while (reader.Read() is not null)
        {
        }

        Assert.True(reader.IsWhole);
        Assert.Equal(0, sender.LentCount);
    }

    [Fact]
    public async Task HeldMessages_WriterBehind_HoldsNoMoreThanTheLimit()
    {
        HeldMessages messages = new(limit_bytes: 100);
        Task adding = Task.Run(
            () =>
            {
                for (int i = 0; i < 1000; i++)
                {
                    HeldMessage held = messages.Take();
                    held.TakeOver(new MemoryMessage([new byte[i == 500 ? 1000 : 30]], DateTimeOffset.UnixEpoch.AddTicks(i)));
                    Assert.True(messages.Add(held));
                }

                messages.Close();
            },
            TestContext.Current.CancellationToken);
        int next = 0;
        bool isOver = false;
        while (!isOver)
        {
            if (messages.Next(TimeSpan.FromSeconds(1), out isOver) is { } message)
            {
                Assert.Equal(next++, (message.ReceivedAt - DateTimeOffset.UnixEpoch).Ticks);
                messages.Return(message);
            }
        }

        await adding;
        Assert.Equal(1000, next);

        // One message larger than the limit passes, alone.
        Assert.Equal(1000, messages.Peak_bytes);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>A socket that never waits, with leases that are counted and reused.</summary>
    private sealed class Sender : IMessageReceiver
    {
        public const int ImageBytes = 2000;

        private const int NumberAt = 28;

        private readonly byte[] _pixels = new byte[ImageBytes];
        private readonly byte[] _json = Encoding.UTF8.GetBytes(
            """{"htype": "image", "frame": @@@@@, "shape": [20, 25], "type": "int32", "compression": "none", "msg_number": 1}""");

        private readonly Message _message = new();
        private int _next = -1;
        private long _before;

        public string Endpoint => "nowhere";

        public int LentCount => _message.LentCount;

        /// <summary>By the receiving thread, least of the spans of a hundred images after the first (as <see cref="Allocation"/> has it).</summary>
        public long AllocatedBytes { get; private set; } = long.MaxValue;

        public StreamMessage? Receive(TimeSpan timeout)
        {
            int index = _next++;
            if (index is -1 or Images)
            {
                return _message.Be(Encoding.UTF8.GetBytes(index < 0 ? """{"htype": "header"}""" : """{"htype": "series_end"}"""), null);
            }

            if (index % WarmUp == 0)
            {
                long now = GC.GetAllocatedBytesForCurrentThread();
                AllocatedBytes = index >= 2 * WarmUp ? Math.Min(AllocatedBytes, now - _before) : AllocatedBytes;
                _before = now;
            }

            // The header is written again while the one before may still wait to be written: this is about memory, not content.
            Span<byte> number = _json.AsSpan(NumberAt, 5);
            number.Fill((byte)' ');
            index.TryFormat(number, out _);
            return _message.Be(_json, _pixels);
        }

        public void Dispose()
        {
        }

        private sealed class Message : StreamMessage
        {
            private readonly List<Lease> _all = [];
            private byte[] _first = [];
            private byte[]? _second;

            public int LentCount => _all.Count(l => l.IsLent);

            public override int PartCount => _second is null ? 1 : 2;

            public StreamMessage Be(byte[] first, byte[]? second)
            {
                (_first, _second) = (first, second);
                return this;
            }

            public override ReadOnlyMemory<byte> Part(int index) => index == 0 ? _first : _second!;

            public override FrameLease Keep(int index)
            {
                Lease? lease = _all.Find(l => !l.IsLent);
                if (lease is null)
                {
                    _all.Add(lease = new Lease());
                }

                lease.IsLent = true;
                return lease;
            }
        }

        private sealed class Lease : FrameLease
        {
            private volatile bool _isLent;

            public bool IsLent
            {
                get => _isLent;
                set => _isLent = value;
            }

            public override ReadOnlySpan<byte> Bytes => default;

            public override void Dispose() => _isLent = false;
        }
    }
}
