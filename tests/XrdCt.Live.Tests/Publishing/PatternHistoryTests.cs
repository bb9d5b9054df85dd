using System.Buffers;
using XrdCt.Live.Egress.Publishing;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Tests.Pipeline;

namespace XrdCt.Live.Tests.Publishing;

public sealed class PatternHistoryTests
{
    private const int Bins = 4;

    private static readonly ScanPlan Plan = new(50, 40, 10);
    private static readonly int SlotBytes = PatternMessage.MaximumLength(Bins, 2);

    private readonly PatternMessage _message = new("scan", Plan, RadialUnit.Q_invA, new FakeClock());

    [Fact]
    public void Write_Pattern_HoldsEveryFieldUnderItsName()
    {
        var buffer = new ArrayBufferWriter<byte>();
        _message.Write(buffer, 7, Pattern(53, position_mm: 0.25, angle_deg: 4.5));
        var read = new PublishedMessage(buffer.WrittenSpan.ToArray());

        Assert.Equal("scan", read["scan_id"]);
        Assert.Equal((7, 53, 9), (read.Number("sequence"), read.Number("frame_index"), read.Number("series_id")));
        Assert.Equal((1, 3), (read.Number("rotation"), read.Number("translation")));
        Assert.Equal((4.5, -220.0), ((double)read["angle_deg"]!, (double)read["position_um"]!));
        Assert.Equal((4.5, 0.25), ((double)read["measured_rotation_deg"]!, (double)read["measured_translation_mm"]!));
        Assert.Equal((2e5, 2.0), ((double)read["monitor"]!, (double)read["monitor_divisor"]!));
        Assert.Equal(("q_invA", "counts"), ((string)read["radial_unit"]!, (string)read["intensity_unit"]!));
        Assert.Equal(1_795_338_000.5, (double)read["acquired_at"]!);
        Assert.Equal(1_795_338_000, (double)read["published_at"]!);
        Assert.Equal([53, float.NaN, 1e-30f, 3], read.Array<float>("intensity", "<f4", Bins));
        Assert.Equal([0.5f, float.NaN, 0, 1], read.Array<float>("sigma", "<f4", Bins));
        Assert.Equal([1_000_000, 0, 2, 3], read.Array<int>("count", "<i4", Bins));
        Assert.Equal([5, float.NaN], read.Array<float>("channel_values", "<f4", 2));
        Assert.Equal(21, read.Keys.Count());
    }

    [Fact]
    public void Write_NoPositionsNoMonitor_AreNilAndNaN()
    {
        var buffer = new ArrayBufferWriter<byte>();
        _message.Write(buffer, 0, Pattern(0, monitor: double.NaN));
        var read = new PublishedMessage(buffer.WrittenSpan.ToArray());
        Assert.Null(read["measured_rotation_deg"]);
        Assert.Null(read["measured_translation_mm"]);
        Assert.Equal(double.NaN, read["monitor"]);
    }

    [Fact]
    public void MaximumLength_LargestNumbersAndLongestNames_Suffices()
    {
        var message = new PatternMessage(new string('Z', 26), Plan, RadialUnit.TwoTheta_deg, TimeProvider.System);
        var buffer = new FixedBuffer();
        buffer.Begin(new byte[SlotBytes]);
        FrameHeader header = new()
        {
            SeriesId = long.MinValue,
            Index = Plan.CellCount - 1,
            AcquiredAt = DateTimeOffset.MaxValue,
            Monitor = double.MaxValue,
            Rotation_deg = double.MinValue,
            Translation_mm = double.MinValue,
        };
        message.Write(buffer, long.MaxValue, new PlacedPattern
        {
            Header = header,
            Cell = new ScanCell(int.MaxValue, int.MaxValue),
            MonitorDivisor = double.MaxValue,
            Intensity = new float[Bins],
            Sigma = new float[Bins],
            Count = new int[Bins],
            ChannelValues = new float[2],
        });
        Assert.InRange(buffer.WrittenCount, 1, SlotBytes);
    }

    [Fact]
    public void Add_MoreThanFit_OverwritesTheOldestWithinItsBytes()
    {
        const long Limit = 50_000;
        var history = new PatternHistory(Plan.CellCount, SlotBytes, Limit);
        int capacity = history.Capacity;
        Assert.InRange(capacity, (int)(Limit / SlotBytes) - 1, (int)(Limit / SlotBytes));
        int added = (2 * capacity) + 3;
        for (int i = 0; i < added; i++)
        {
            history.Add(_message, Pattern(i));
        }

        Assert.InRange(history.TakenBytes, 1, Limit);
        Assert.Equal((added, added - capacity), (history.Count, history.First));
        byte[] copy = new byte[SlotBytes];
        Assert.Equal(0, history.Copy(history.First - 1, copy));
        Assert.Equal(0, history.Copy(added, copy));
        for (long i = history.First; i < added; i++)
        {
            var read = new PublishedMessage(copy[..history.Copy(i, copy)]);
            Assert.Equal((i, i), (read.Number("sequence"), read.Number("frame_index")));
        }
    }

    [Fact]
    public void Add_SmallScan_TakesNoMoreThanItNeeds()
    {
        var history = new PatternHistory(3, SlotBytes, 1L << 30);
        Assert.Equal(3, history.Capacity);
        history.Add(_message, Pattern(0));
        Assert.Equal(3 * SlotBytes, history.TakenBytes);
    }

    [Fact]
    public void Add_LimitBelowOnePattern_KeepsThatOne()
    {
        var history = new PatternHistory(Plan.CellCount, SlotBytes, 10);
        history.Add(_message, Pattern(0));
        history.Add(_message, Pattern(1));
        Assert.Equal((1, 1), (history.Capacity, history.First));
    }

    internal static PlacedPattern Pattern(
        int index, double monitor = 2e5, double? position_mm = null, double? angle_deg = null) => new()
        {
            Header = new FrameHeader
            {
                SeriesId = 9,
                Index = index,
                AcquiredAt = DateTimeOffset.UnixEpoch.AddSeconds(1_795_338_000.5),
                Monitor = monitor,
                Rotation_deg = angle_deg,
                Translation_mm = position_mm,
            },
            Cell = Plan.CellOf(index),
            MonitorDivisor = 2,
            Intensity = new[] { index, float.NaN, 1e-30f, 3 },
            Sigma = new[] { 0.5f, float.NaN, 0, 1 },
            Count = new[] { 1_000_000, 0, 2, 3 },
            ChannelValues = new[] { 5, float.NaN },
        };
}
