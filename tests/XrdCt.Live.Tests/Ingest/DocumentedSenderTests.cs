using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Ingest.Xrdct;
using XrdCt.Live.Ingest.ZeroMq;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Readings;

namespace XrdCt.Live.Tests.Ingest;

/// <summary>The sender that <c>docs/streams.md</c> gives to whoever wants to write one.</summary>
public class DocumentedSenderTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public void Receive_SenderOfTheDocumentation_GivesItsFrames()
    {
        using TemporaryFolder folder = new();
        string script = folder.PathOf("sender.py");
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "streams.md"));
        int start = page.IndexOf("```python", StringComparison.Ordinal) + "```python".Length;
        File.WriteAllText(script, page[start..page.IndexOf("```", start, StringComparison.Ordinal)]);
        using StreamSource source = new(
            ZmqRuntime.Open(new ZmqOptions { Endpoint = "tcp://127.0.0.1:0", Attachment = ZmqAttachment.Bind }),
            StreamDialects.Create("xrdct", new DialectOptions()));
        using PythonPeer peer = PythonPeer.Start("bitshuffle, msgpack, numpy, zmq", script, source.Endpoint);
        FrameDecoder decoder = new(ImageShape.Pilatus2M);
        int[] pixels = new int[ImageShape.Pilatus2M.PixelCount];

        SourceEvent begin = source.Receive(Patience);
        Assert.Equal(3, begin.Series!.ImageCount);
        Assert.Equal(ImageShape.Pilatus2M, begin.Series.Shape);
        Assert.Equal(71.0, begin.Series.Energy_keV);
        for (int k = 0; k < 3; k++)
        {
            using RawFrame frame = source.Receive(Patience).Frame;
            Assert.Equal(k, frame.Header.Index);
            Assert.Equal(1e6, frame.Header.Monitor);
            Assert.Equal(0.01 * k, frame.Header.Translation_mm);
            Assert.Equal(0.0, frame.Header.Rotation_deg);
            Assert.Equal(FrameOutcome.Accepted, decoder.Decode(frame, pixels));

            // Poisson counts around 5: the mean of 2.5 million has a standard deviation of 0.0014.
            Assert.InRange(pixels.Average(), 4.99, 5.01);
        }

        Assert.Equal(SourceEventKind.SeriesEnded, source.Receive(Patience).Kind);
        peer.Finish();
    }

    [Fact]
    public void Receive_SenderOfReadingsOfTheDocumentation_GivesItsReadings()
    {
        using TemporaryFolder folder = new();
        string script = folder.PathOf("readings.py");
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "streams.md"));
        int section = page.IndexOf("## Readings", StringComparison.Ordinal);
        int start = page.IndexOf("```python", section, StringComparison.Ordinal) + "```python".Length;

        // The script binds; here the port is ours to choose.
        File.WriteAllText(script, page[start..page.IndexOf("```", start, StringComparison.Ordinal)].Replace(".bind(", ".connect(", StringComparison.Ordinal));
        using ReadingStream source = new(
            ZmqRuntime.Open(new ZmqOptions { Endpoint = "tcp://127.0.0.1:0", Attachment = ZmqAttachment.Bind }), firstFrame: 0);
        using PythonPeer peer = PythonPeer.Start("msgpack, zmq", script, source.Endpoint);
        DateTimeOffset before = DateTimeOffset.UtcNow.AddSeconds(-1);
        for (int k = 0; k < 3; k++)
        {
            Assert.True(source.TryReceive(Patience, out StageReading reading, out string? refusal), refusal);
            Assert.Equal((1L, k), (reading.SeriesId, reading.Index));
            Assert.Equal((0.01 * k, 0.0, 1e6 + k), (reading.Translation_mm, reading.Rotation_deg, reading.Monitor));
            Assert.InRange(reading.At!.Value, before, before + Patience);
        }

        peer.Finish();
    }
}
