using System.Buffers;
using System.Runtime.InteropServices;
using MessagePack;
using XrdCt.Live.Server.Display;

namespace XrdCt.Live.Tests.Display;

public class DisplayMessagesTests
{
    [Fact]
    public void Encode_State_HoldsEveryCounterUnderItsName()
    {
        Dictionary<object, object?> state = Body(DisplayMessages.Encode(ExampleScan.State), "state");
        Dictionary<object, object?> counters = (Dictionary<object, object?>)state["counters"]!;

        Assert.Equal("Incomplete", state["phase"]);
        Assert.Equal(47.5, state["rate_Hz"]);
        Assert.Equal(double.NaN, state["latency_ms"]);
        Assert.Equal("/data/disc 7.nxs", state["savedPath"]);
        string[] names =
        [
            "integrated", "placed", "duplicate", "outOfOrder", "malformed", "truncated", "wrongShape", "foreignSeries",
            "outsidePlan", "beforeHeader", "missing",
        ];
        Assert.Equal(70_001L, Convert.ToInt64(counters["received"]));
        Assert.Equal(Enumerable.Range(2, 11).Select(v => (long)v), names.Select(n => Convert.ToInt64(counters[n])));
        Assert.Equal(names.Length + 1, counters.Count);
    }

    [Fact]
    public void Encode_Scan_HoldsPlanAxisAndChannels()
    {
        Dictionary<object, object?> scan = Body(DisplayMessages.Encode(ExampleScan.Description), "scan");
        Dictionary<object, object?> plan = (Dictionary<object, object?>)scan["plan"]!;
        Dictionary<object, object?> axis = (Dictionary<object, object?>)scan["axis"]!;
        Dictionary<object, object?> total = (Dictionary<object, object?>)((object?[])scan["channels"]!)[0]!;

        Assert.Equal("Disc 7, µ-scan", scan["title"]);
        Assert.Equal((3, 2), (Convert.ToInt32(plan["translationCount"]), Convert.ToInt32(plan["rotationCount"])));
        Assert.Equal("interlaced", plan["order"]);
        Assert.Equal("Q_invA", axis["unit"]);
        Assert.Equal(0.5, axis["step"]);
        Assert.Equal(double.NegativeInfinity, total["lower"]);
    }

    [Fact]
    public void Encode_Slice_KeepsNaNAndBits()
    {
        Dictionary<object, object?> slice = Body(DisplayMessages.Encode(ExampleScan.Slice("total", 1)), "slice/total");
        byte[] bytes = (byte[])slice["values"]!;

        Assert.Equal(2, Convert.ToInt32(slice["size"]));
        Assert.Equal(16, bytes.Length);
        Assert.Equal([1, -2, float.NaN, 4e5f], MemoryMarshal.Cast<byte, float>(bytes).ToArray());
    }

    [Fact]
    public void Encode_Example_IsTheGoldenFileThatThePageIsTestedWith()
    {
        byte[][] messages =
        [
            DisplayMessages.Encode(ExampleScan.Description),
            DisplayMessages.Encode(ExampleScan.State),
            DisplayMessages.Encode(ExampleScan.Roi),
            DisplayMessages.Encode(ExampleScan.Patterns),
            DisplayMessages.Encode(ExampleScan.Sinogram("total", 1)),
            DisplayMessages.Encode(ExampleScan.Slice("total", 1)),
        ];
        byte[] encoded = [.. messages.SelectMany(m => m)];
        string golden = Path.Combine(AppContext.BaseDirectory, "Golden", "display", "messages.bin");
        if (Environment.GetEnvironmentVariable("XRDCT_WRITE_GOLDEN") is string folder)
        {
            File.WriteAllBytes(Path.Combine(folder, "display", "messages.bin"), encoded);
            Assert.Skip("the golden file was written, not compared: build and run again");
        }

        Assert.Equal(File.ReadAllBytes(golden), encoded);
    }

    internal static Dictionary<object, object?> Body(byte[] message, string key)
    {
        MessagePackReader reader = new(message);
        object?[] parts = (object?[])Read(ref reader)!;
        Assert.True(reader.End, "bytes are left over");
        Assert.Equal(2, parts.Length);
        Assert.Equal(key, parts[0]);
        return (Dictionary<object, object?>)parts[1]!;
    }

    internal static object? Read(ref MessagePackReader reader)
    {
        switch (reader.NextMessagePackType)
        {
            case MessagePackType.Array:
                object?[] items = new object?[reader.ReadArrayHeader()];
                for (int i = 0; i < items.Length; i++)
                {
                    items[i] = Read(ref reader);
                }

                return items;
            case MessagePackType.Map:
                int count = reader.ReadMapHeader();
                Dictionary<object, object?> map = [];
                for (int i = 0; i < count; i++)
                {
                    map.Add(Read(ref reader)!, Read(ref reader));
                }

                return map;
            case MessagePackType.Binary:
                return reader.ReadBytes()!.Value.ToArray();
            case MessagePackType.Integer:
                return reader.ReadInt64();
            case MessagePackType.Float:
                return reader.ReadDouble();
            case MessagePackType.String:
                return reader.ReadString();
            case MessagePackType.Boolean:
                return reader.ReadBoolean();
            case MessagePackType.Nil:
                reader.ReadNil();
                return null;
            default:
                throw new InvalidDataException($"unexpected MessagePack type {reader.NextMessagePackType}");
        }
    }
}
