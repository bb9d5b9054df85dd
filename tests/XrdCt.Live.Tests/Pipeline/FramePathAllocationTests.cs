using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Compute.Simd;
using XrdCt.Live.Egress.Encoding;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Storage.Journal;
using XrdCt.Live.Tests.Storage;

namespace XrdCt.Live.Tests.Pipeline;

/// <summary>
/// After warm-up a frame costs no memory. The count is the whole process's, hence no other test at the same time.
/// </summary>
[Collection(nameof(Alone))]
public sealed class FramePathAllocationTests
{
    private const int First = 200;
    private const int Last = 600;

    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Channels allocate a little when a reader or writer has to wait: measured 40 to 140 bytes per frame on two busy
    /// cores. A
    /// pattern per frame would be 90 kB, an image 0.8 MB.
    /// </summary>
    private const long Allowed_bytes = 1024;

    [Theory]
    [InlineData(IntegrationFilter.Trimmed, false)]
    [InlineData(IntegrationFilter.Mean, false)]
    [InlineData(IntegrationFilter.Mean, true)]
    public async Task RunAsync_AfterWarmUp_AllocatesAlmostNothingPerFrame(IntegrationFilter filter, bool isJournalled)
    {
        using var folder = new TemporaryFolder();
        var plan = new ScanPlan(31, 20, 10);
        var clock = new HeldClock();
        SqliteScanJournal? journal = null;

        // Its first write, which holds the settings with the mask, belongs to the warm-up.
        var source = new EndlessSource(
            plan.CellCount, () => Assert.True(SpinWait.SpinUntil(() => !isJournalled || journal!.Scan is not null, Hang)), clock.Release);
        LiveOptions options = SmallScan.Options(plan) with
        {
            Integration = new IntegrationPlan(
                EndlessSource.Geometry,
                PixelMask.None(EndlessSource.Geometry.Shape),
                new IntegrationOptions { Unit = RadialUnit.Q_invA, BinCount = 2048, Filter = filter }),
        };
        using SqliteScanJournal? opened = isJournalled ? SqliteScanJournal.Create(folder.Path, options.Settings()) : null;
        journal = opened;
        var scan = new LiveScan(
            options,
            () => source,
            () => new SimdIntegrator(options.Integration, () => new PixelReader(EndlessSource.Geometry.Shape)),
            new KeptDisplay(),
            new KeptStore(),
            clock,
            patterns: null,
            journal);
        LiveOutcome outcome = await scan.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(ScanPhase.Complete, outcome.Phase);
        long perFrame_bytes = (source.After_bytes - source.Before_bytes) / (Last - First);
        TestContext.Current.SendDiagnosticMessage($"{filter}{(isJournalled ? ", journalled" : "")}: {perFrame_bytes} bytes per frame");
        Assert.InRange(perFrame_bytes, 0, Allowed_bytes);
    }

    [CollectionDefinition(nameof(Alone), DisableParallelization = true)]
    public sealed class Alone;

    /// <summary>
    /// The system's clock, but its timers tick only when released: display and reconstruction wait till then.
    /// </summary>
    private sealed class HeldClock : TimeProvider
    {
        private readonly List<(ITimer Timer, TimeSpan Period)> _held = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ITimer timer = base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _held.Add((timer, period));
            return timer;
        }

        public void Release() => _held.ForEach(h => h.Timer.Change(h.Period, h.Period));
    }

    /// <summary>
    /// Hands out the same encoded frame under every index, and reads the allocation count on the way.
    /// </summary>
    private sealed class EndlessSource : IFrameSource
    {
        private readonly int _count;
        private readonly Action _warmUp;
        private readonly Action _ended;
        private readonly Lease _lease;
        private int _next = -1;

        public EndlessSource(int count, Action warmUp, Action ended)
        {
            _count = count;
            _warmUp = warmUp;
            _ended = ended;
            int[] pixels = new int[Geometry.Shape.PixelCount];
            var random = new Random(3);
            for (int i = 0; i < pixels.Length; i++)
            {
                pixels[i] = random.Next(200) == 0 ? -1 : random.Next(40);
            }

            byte[] buffer = new byte[Bslz4Encoder.MaximumLength(pixels.Length)];
            int length = new Bslz4Encoder().Encode(pixels, buffer);
            _lease = new Lease(buffer[..length]);
        }

        public static DetectorGeometry Geometry { get; } = new()
        {
            Shape = new ImageShape(407, 487),
            PixelSize1_m = 172e-6,
            PixelSize2_m = 172e-6,
            Distance_m = 0.3,
            Poni1_m = 0.03,
            Poni2_m = 0.04,
            Wavelength_m = 2.48e-11,
        };

        public string Name => "the same frame again and again";

        public long Before_bytes { get; private set; }

        public long After_bytes { get; private set; }

        public SourceEvent Receive(TimeSpan timeout)
        {
            int index = _next++;
            if (index == First)
            {
                _warmUp();
                Before_bytes = GC.GetTotalAllocatedBytes(precise: true);
            }
            else if (index == Last)
            {
                After_bytes = GC.GetTotalAllocatedBytes(precise: true);
                _ended();
            }

            return index switch
            {
                -1 => new SourceEvent
                {
                    Kind = SourceEventKind.SeriesStarted,
                    SeriesId = 1,
                    Series = new SeriesHeader { SeriesId = 1 },
                },
                _ when index < _count => new SourceEvent
                {
                    Kind = SourceEventKind.Image,
                    SeriesId = 1,
                    Frame = Frame(index),
                },
                _ => new SourceEvent { Kind = SourceEventKind.SeriesEnded, SeriesId = 1 },
            };
        }

        public void Dispose()
        {
        }

        private RawFrame Frame(int index) => new()
        {
            Header = new FrameHeader { SeriesId = 1, Index = index, AcquiredAt = DateTimeOffset.UtcNow, Monitor = 1e5 },
            Shape = Geometry.Shape,
            Type = PixelType.Int32,
            Encoding = PixelEncoding.BitshuffleLz4,
            Lease = _lease,
            PayloadOffset = 0,
            PayloadLength = _lease.Bytes.Length,
        };

        private sealed class Lease(byte[] bytes) : FrameLease
        {
            public override ReadOnlySpan<byte> Bytes => bytes;

            public override void Dispose()
            {
            }
        }
    }
}
