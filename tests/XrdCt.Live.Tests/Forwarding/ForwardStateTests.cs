using XrdCt.Live.Server;
using XrdCt.Live.Server.Forwarding;
using XrdCt.Live.Tests.Ingest;

namespace XrdCt.Live.Tests.Forwarding;

public sealed class ForwardStateTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder.PathOf("state.json");

    [Fact]
    public void Begin_Gaps_AreNotSentUntilTheyCome()
    {
        using (ForwardState state = ForwardState.Open(Path))
        {
            state.Begin("a_", [(0, "a_0"), (1, "a_1"), (4, "a_4")]);
            state.Confirm([]);
        }

        using ForwardState later = ForwardState.Open(Path);
        Assert.Equal([true, true, false, false, true, false], Enumerable.Range(0, 6).Select(n => later.IsSent("a_", n)));
        Assert.Empty(later.Unconfirmed);
        later.Begin("a_", [(3, "a_3")]);
        later.Confirm([]);
        Assert.Equal([true, true, false, true, true, false], Enumerable.Range(0, 6).Select(n => later.IsSent("a_", n)));
        Assert.Equal(4, later.LastNumber("a_"));
        Assert.False(later.IsSent("b_", 0));
        Assert.NotEqual(later.SeriesId("a_"), later.SeriesId("b_"));
    }

    [Fact]
    public void Open_AfterABatchThatWasNotConfirmed_NamesItOnceAndKeepsItSent()
    {
        using (ForwardState state = ForwardState.Open(Path))
        {
            state.Begin("a_", [(0, "a_0"), (1, "a_1"), (2, "a_2")]);
            state.TakeBack("a_", [(1, "a_1")]);
        }

        using (ForwardState next = ForwardState.Open(Path))
        {
            Assert.Equal(["a_0", "a_2"], next.Unconfirmed);
            Assert.Equal([true, false, true], Enumerable.Range(0, 3).Select(n => next.IsSent("a_", n)));
        }

        using ForwardState third = ForwardState.Open(Path);
        Assert.Empty(third.Unconfirmed);
    }

    [Fact]
    public void Open_DamagedFile_IsRefusedWithTheRemedy()
    {
        File.WriteAllText(Path, "{ \"version\": 7 }");
        Assert.Contains("remove it", Assert.Throws<UserException>(() => ForwardState.Open(Path)).Message);
        File.WriteAllText(Path, "nonsense");
        Assert.Contains(Path, Assert.Throws<UserException>(() => ForwardState.Open(Path)).Message);
    }

    [Fact]
    public void Open_Twice_IsRefused()
    {
        using ForwardState state = ForwardState.Open(Path);
        Assert.Contains("another xrdct forward", Assert.Throws<UserException>(() => ForwardState.Open(Path)).Message);
    }

    public void Dispose() => _folder.Dispose();
}
