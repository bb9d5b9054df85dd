using System.Text;
using XrdCt.Live.Ingest.MaxIv;
using XrdCt.Live.Ingest.Recording;
using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Server;
using XrdCt.Live.Server.Commands;
using XrdCt.Live.Server.Conversion;
using XrdCt.Live.Tests.Ingest;

namespace XrdCt.Live.Tests.Conversion;

public sealed class RecordingInputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder.PathOf("stream.xrec");

    [Fact]
    public void TryNext_SeveralSeries_GivesTheOneWanted()
    {
        Record("header", "0 2 3", "1 2 3", "series_end", "header", "0 2 3", "3 2 3", "series_end");
        using (RecordingInput first = Open(null))
        {
            Assert.Equal((2, new ImageShape(2, 3), PixelType.UInt16), (first.FrameCount, first.Shape, first.Type));
            Assert.Equal([0, 1], Indices(first));
            Assert.Contains("--series 2", Assert.Single(first.Notes));
        }

        using RecordingInput second = Open(2);
        Assert.Equal(4, second.FrameCount);
        Assert.Equal([0, 3], Indices(second));
        Assert.Contains("series 9", Assert.Throws<UserException>(() => Open(9)).Message);
    }

    [Fact]
    public void TryNext_FramesThatDoNotFit_AreNamedAndLeftOut()
    {
        Record("header", "0 2 3", "1 3 2", "2 2 3 short", "3 2 3");
        using RecordingInput input = Open(null);
        Assert.Equal([0, 3], Indices(input));
        Assert.Equal(2, input.Problems.Count);
        Assert.Contains("frame 1 is 3×2", input.Problems[0]);
        Assert.Contains("frame 2 does not unpack", input.Problems[1]);
    }

    public void Dispose() => _folder.Dispose();

    private static List<int> Indices(RecordingInput input)
    {
        List<int> indices = [];
        while (input.TryNext(out ConvertedFrame frame))
        {
            // Every pixel of a frame holds its index.
            Assert.All(frame.Plain.ToArray(), b => Assert.Equal(frame.Index, b));
            indices.Add(frame.Index);
        }

        return indices;
    }

    private RecordingInput Open(long? series) =>
        new(Path, () => new StinsDialect("STINS", new DialectOptions()), series, new SeriesOptionSet.SeriesFacts());

    /// <summary>Messages: a kind, or index, rows and columns of an image.</summary>
    private void Record(params string[] messages)
    {
        using RecordingWriter writer = new(Path, new RecordingHeader());
        foreach (string message in messages)
        {
            string[] fields = message.Split(' ');
            if (fields.Length == 1)
            {
                Append(writer, $$"""{"htype": "{{message}}"}""");
                continue;
            }

            byte[] pixels = new byte[fields.Length == 4 ? 11 : 12];
            Array.Fill(pixels, byte.Parse(fields[0]));
            Append(
                writer,
                $$"""{"htype": "image", "frame": {{fields[0]}}, "shape": [{{fields[1]}}, {{fields[2]}}], "type": "uint16", "compression": "none"}""",
                pixels);
        }

        writer.Finish();
    }

    private static void Append(RecordingWriter writer, string json, params byte[][] more) =>
        writer.Append(new MemoryMessage(
            [Encoding.UTF8.GetBytes(json), .. more.Select(m => (ReadOnlyMemory<byte>)m)], DateTimeOffset.UnixEpoch));
}
