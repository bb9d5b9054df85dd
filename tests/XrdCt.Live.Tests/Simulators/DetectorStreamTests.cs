using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Phantoms.Detector;
using XrdCt.Live.Simulator.Simplon;
using XrdCt.Live.Simulator.Sources;
using XrdCt.Live.Simulator.Streaming;

namespace XrdCt.Live.Tests.Simulators;

/// <summary>What <c>xrdct-sim detector</c> sends, in a dialect whose payload is a part of its own.</summary>
public sealed class DetectorStreamTests
{
    private static readonly StreamDialect Plain = StreamDialects.Of("array-1.0");
    private static readonly SeriesInfo Detector = VirtualDetector.Describe(PilatusCdTe2M.DefaultGeometry);

    [Fact]
    public void Run_Flips_ChangeOneBitOfThoseFramesAndNoOther()
    {
        StreamOptions options = new() { FrameCount = 40, Faults = new FaultOptions { Flip_percent = 10 } };
        (KeptMessages kept, SeriesSummary summary) = Stream(options);
        Assert.Equal(4, summary.Flipped.Count);
        for (int i = 0; i < 40; i++)
        {
            int wrong = WrongBits(kept.All[i][1], Bytes(i % 3));
            Assert.Equal(summary.Flipped.Contains(i) ? 1 : 0, wrong);
        }
    }

    [Fact]
    public void Run_Cycled_SendsTheFirstFramesAgainUndamaged()
    {
        FaultOptions faults = new() { Flip_percent = 20, TruncateFrame = 4, WrongSizeFrame = 5 };
        (KeptMessages kept, SeriesSummary summary) = Stream(new StreamOptions { FrameCount = 30, CycleCount = 2, Faults = faults });
        Assert.Equal(30, kept.All.Count);
        Assert.Equal(128, kept.All[4][1].Length);
        Assert.Equal(Bytes(1)[..128], kept.All[5][1]);
        foreach (int i in Enumerable.Range(0, 30).Except([4, 5, .. summary.Flipped]))
        {
            Assert.Equal(Bytes(i % 2), kept.All[i][1]);
        }
    }

    [Fact]
    public void Run_PauseAndPixels_AreAsAsked()
    {
        StreamOptions options = new()
        {
            Type = PixelType.UInt16,
            FrameCount = 3,
            Faults = new FaultOptions { PauseAt = 1, Pause = TimeSpan.FromTicks(1) },
        };
        (KeptMessages kept, SeriesSummary summary) = Stream(options);
        Assert.Equal(1, summary.PausedAt);
        ushort[] pixels = MemoryMarshal.Cast<byte, ushort>(kept.All[2][1]).ToArray();
        Assert.Equal([65535, 65534, .. Enumerable.Range(2002, 62).Select(v => (ushort)v)], pixels);
        using JsonDocument header = JsonDocument.Parse(kept.All[2][0]);
        Assert.Equal(2, header.RootElement.GetProperty("ndattr").GetProperty("monitor").GetProperty("value").GetDouble());
    }

    [Fact]
    public void SeriesStreamer_PackingThatTheDialectLacks_IsRefusedByName()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => Stream(new StreamOptions { Encoding = PixelEncoding.Lz4 }));
        Assert.Contains("array-1.0 carries no int32 pixels packed as lz4", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(PixelType.UInt8, new[] { 255.0, 254, 7, 253 })]
    [InlineData(PixelType.Int8, new[] { -1.0, -2, 7, 127 })]
    [InlineData(PixelType.UInt16, new[] { 65535.0, 65534, 7, 65533 })]
    [InlineData(PixelType.UInt64, new[] { 18446744073709551615.0, 18446744073709551614.0, 7, 1_000_000 })]
    [InlineData(PixelType.Float32, new[] { -1.0, -2, 7, 1_000_000 })]
    public void PixelCast_FlagsAndLargeCounts_StayWhatTheyMean(PixelType type, double[] expected)
    {
        byte[] bytes = new byte[4 * PixelTypes.SizeOf(type)];
        PixelCast.To([-1, -2, 7, 1_000_000], type, bytes);
        double[] found = type switch
        {
            PixelType.UInt8 => Values<byte>(bytes),
            PixelType.Int8 => Values<sbyte>(bytes),
            PixelType.UInt16 => Values<ushort>(bytes),
            PixelType.UInt64 => Values<ulong>(bytes),
            _ => Values<float>(bytes),
        };
        Assert.Equal(expected, found);
    }

    [Theory]
    [InlineData("cancel", true)]
    [InlineData("abort", false)]
    public async Task Simplon_InterruptedTrigger_EndsEarly(string command, bool isEndSent)
    {
        const int Images = 300_000;
        KeptMessages kept = new();
        using SimplonDetector detector = new(new TinySource(3), Detector, new StreamOptions { Rate_Hz = 1e6 }, kept);
        detector.Run("initialize");
        detector.Write("detector", "nimages", Images);
        detector.Write("stream", "format", "legacy");
        detector.Run("arm");
        Task? interrupt = null;
        kept.After = count => interrupt ??= count < 10
            ? null
            : Task.Factory.StartNew(() => detector.Run(command), TaskCreationOptions.LongRunning);
        detector.Run("trigger");
        await interrupt!;
        Assert.Equal("idle", detector.State);
        Assert.InRange(kept.All.Count, 10, Images - 1);
        Assert.Equal(isEndSent, System.Text.Encoding.UTF8.GetString(kept.All[^1][0]).Contains("dseries_end-1.0", StringComparison.Ordinal));
        Assert.Equal(kept.All.Count - (isEndSent ? 2 : 1), Assert.Single(detector.Sent).SentCount);
    }

    [Fact]
    public void Simplon_ArmedOrNotInitialised_RefusesWithASentence()
    {
        using SimplonDetector detector = new(new TinySource(3), Detector, new StreamOptions(), new KeptMessages());
        Assert.Contains("initialize", Assert.Throws<SimplonException>(() => detector.Run("arm")).Message, StringComparison.Ordinal);
        detector.Run("initialize");
        detector.Run("arm");
        SimplonException e = Assert.Throws<SimplonException>(() => detector.Write("detector", "nimages", 5));
        Assert.Equal((400, "nimages cannot change while the detector is armed: disarm it first"), (e.Status, e.Message));
        Assert.Equal(404, Assert.Throws<SimplonException>(() => detector.Run("explode")).Status);
    }

    [Fact]
    public void Simplon_CountTimeBeyondFrameTime_MovesTheFrameTime()
    {
        using SimplonDetector detector = new(new TinySource(3), Detector, new StreamOptions { Rate_Hz = 100 }, new KeptMessages());
        string[] changed = [.. detector.Write("detector", "count_time", 0.5).Select(n => n!.GetValue<string>())];
        Assert.Equal(["count_time", "frame_time"], changed);
        Assert.Equal(0.5, detector.Read("detector", "frame_time")["value"]!.GetValue<double>());
    }

    private static double[] Values<T>(byte[] bytes)
        where T : unmanaged, INumber<T> => [.. MemoryMarshal.Cast<byte, T>(bytes).ToArray().Select(v => double.CreateChecked(v))];

    private static byte[] Bytes(int frame) => MemoryMarshal.AsBytes<int>(TinySource.Counts(frame)).ToArray();

    private static int WrongBits(byte[] found, byte[] expected)
    {
        Assert.Equal(expected.Length, found.Length);
        return found.Zip(expected, (f, e) => BitOperations.PopCount((uint)(f ^ e))).Sum();
    }

    private static (KeptMessages Kept, SeriesSummary Summary) Stream(StreamOptions options)
    {
        KeptMessages kept = new();
        using ArrayWriter writer = new();
        using SeriesStreamer streamer = new(new TinySource(3), Detector, options, Plain, writer, kept);
        return (kept, streamer.Run(null, CancellationToken.None));
    }
}
