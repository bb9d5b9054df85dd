using System.Threading.Channels;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Server.Display;

namespace XrdCt.Live.Tests.Display;

public class DisplayHubTests
{
    private readonly DisplayHub _hub = new();
    private readonly Dictionary<string, long> _seen = [];
    private readonly List<DisplayMessage> _news = [];

    [Fact]
    public void Collect_LateJoiner_GetsNewestOfEverythingInOrder()
    {
        ShowAll();
        _hub.Show(ExampleScan.Slice("total", 99));

        Assert.Equal(["scan", "state", "roi", "pattern", "sinogram/total", "slice/total"], Collect(null));
        Assert.Equal(DisplayMessages.Encode(ExampleScan.Slice("total", 99)), _news[^1].Bytes);
    }

    [Fact]
    public void Collect_Again_GetsOnlyWhatChanged()
    {
        ShowAll();
        Collect(null);
        Assert.Empty(Collect(null));

        _hub.Show(ExampleScan.State);
        Assert.Equal(["state"], Collect(null));
    }

    [Fact]
    public void Collect_OtherChannel_GetsOnlyItsMaps()
    {
        ShowAll();
        Collect("total");

        Assert.Equal(["sinogram/peak 003", "slice/peak 003"], Collect("peak 003"));
        Assert.Empty(Collect("total"));
    }

    [Fact]
    public void Collect_NoiseOfTheChannel_ComesWithItsSlice()
    {
        ShowAll();
        _hub.Show(ExampleScan.Slice(SliceMap.NoiseOf("total"), 1));

        Assert.Equal(["sinogram/total", "slice/total", "slice/σ(total)"], Collect("total").Where(k => k.Contains('/')));
        Assert.DoesNotContain("slice/σ(total)", Collect("peak 003"));
    }

    [Fact]
    public void Collect_UnknownChannel_GetsTheFirstOne()
    {
        ShowAll();

        Assert.Equal(["sinogram/total", "slice/total"], Collect("no such channel").Where(k => k.Contains('/')));
    }

    [Fact]
    public void Show_NewScan_ForgetsTheOldOne()
    {
        ShowAll();
        Collect(null);
        _hub.Show(ExampleScan.Description with { Channels = [new LiveChannel("new", LiveChannelKind.Total)] });

        Assert.Null(_hub.State);
        Assert.Equal(["scan"], Collect("total"));
        Assert.Equal(["scan"], _seen.Keys);

        _hub.Show(ExampleScan.Slice("new", 1));
        Assert.Equal(["slice/new"], Collect("total"));
    }

    [Fact]
    public void Collect_BeforeAnyScan_GetsNothingAndDoesNotThrow()
    {
        _hub.Show(ExampleScan.Slice("total", 1));

        Assert.Empty(Collect("total"));
    }

    [Fact]
    public void Show_ManyTimes_WakesListenersOnceAndNeverBlocks()
    {
        Channel<bool> wake = Channel.CreateBounded<bool>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        Assert.True(_hub.TryJoin(wake.Writer, 1));
        Assert.False(_hub.TryJoin(Channel.CreateBounded<bool>(1).Writer, 1));

        ShowAll();
        ShowAll();

        Assert.Equal(1, wake.Reader.Count);
        _hub.Leave(wake.Writer);
        Assert.Equal(0, _hub.ClientCount);
    }

    private void ShowAll()
    {
        _hub.Show(ExampleScan.Description);
        _hub.Show(ExampleScan.Slice("total", 1));
        _hub.Show(ExampleScan.Slice("peak 003", 2));
        _hub.Show(ExampleScan.Sinogram("total", 1));
        _hub.Show(ExampleScan.Sinogram("peak 003", 2));
        _hub.Show(ExampleScan.Patterns);
        _hub.Show(ExampleScan.Roi);
        _hub.Show(ExampleScan.State);
    }

    private string[] Collect(string? channel)
    {
        _hub.Collect(channel, _seen, _news);
        return [.. _news.Select(m => m.Key)];
    }
}
