using XrdCt.Live.Ingest.Files;

namespace XrdCt.Live.Tests.Ingest;

public sealed class CbfArrivalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Look_FileThatGrows_IsCompleteWithItsLastPixel()
    {
        byte[] whole = File.ReadAllBytes(GoldenFiles.PathOf("image.cbf"));
        int start = whole.AsSpan().IndexOf([(byte)0x0C, (byte)0x1A, (byte)0x04, (byte)0xD5]) + 4;
        int end = start + CbfFile.Parse(whole, "image.cbf").Payload.Length;
        Assert.InRange(end, start + 1, whole.Length);
        for (int length = 0; length <= whole.Length; length += length < start + 50 || length > end - 50 ? 1 : 997)
        {
            CbfArrival arrival = CbfArrival.Look(_folder.Write("growing.cbf", whole.AsSpan(0, length)));
            Assert.Equal(length >= end, arrival.IsComplete);
            Assert.Equal(arrival.IsComplete, arrival.Problem is null);
            Assert.Equal(length, arrival.Length_bytes);
            Assert.False(arrival.HasEnd && !arrival.IsComplete);
        }

        Assert.True(CbfArrival.Look(GoldenFiles.PathOf("image.cbf")).HasEnd);
        Assert.False(CbfArrival.Look(_folder.Write("no-end.cbf", whole.AsSpan(0, end))).HasEnd);
    }

    public void Dispose() => _folder.Dispose();
}
