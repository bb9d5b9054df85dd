using System.Runtime.InteropServices;
using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Ingest.Recording;
using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Simulator.Sources;
using FrameFacts = XrdCt.Live.Simulator.Sources.FrameFacts;
using StreamDialects = XrdCt.Live.Egress.Dialects.StreamDialects;

namespace XrdCt.Live.Tests.Simulators;

public sealed class RecordingSourceTests : IDisposable
{
    private static readonly ImageShape Shape = new(3, 4);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("xrdct-sim-recording");

    private string File => Path.Combine(_folder.FullName, "series.xrec");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Read_ShuffledRecording_GivesTheFramesOfItsFirstSeriesByIndex()
    {
        Record("xrdct", [(1, 2), (1, 0), (1, 3), (1, 0), (2, 1)]);
        using RecordingSource source = new(File);
        int[] pixels = new int[Shape.PixelCount];
        IFrameReader reader = source.NewReader();

        Assert.Equal((3, Shape), (source.FrameCount, source.Shape));
        foreach ((int place, int index) in new[] { (2, 3), (0, 0), (1, 2) })
        {
            reader.Read(place, pixels);
            Assert.Equal(Pixels(index), pixels);
            Assert.Equal(new FrameFacts(10 + index, 0.5 * index, null), source.FactsOf(place));
        }
    }

    [Fact]
    public void Constructor_RecordingWithoutADialect_SaysTheRemedy()
    {
        Record("", [(1, 0)]);

        Assert.Contains("--dialect", Assert.Throws<InvalidDataException>(() => new RecordingSource(File)).Message);
    }

    private static int[] Pixels(int index) => [.. Enumerable.Range(0, Shape.PixelCount).Select(i => i == 0 ? -1 : (100 * index) + i)];

    private void Record(string dialect, (long Series, int Index)[] frames)
    {
        using RecordingWriter recording = new(File, new RecordingHeader { Dialect = dialect });
        IStreamWriter writer = StreamDialects.Of("xrdct").NewWriter();
        OutgoingMessage message = new();
        foreach ((long series, int index) in frames)
        {
            SeriesInfo info = Simulator.Streaming.VirtualDetector.Describe(Phantoms.Detector.PilatusCdTe2M.DefaultGeometry) with
            {
                SeriesId = series,
                Shape = Shape,
            };
            OutgoingImage image = new()
            {
                Index = index,
                Times = default,
                Shape = Shape,
                Type = PixelType.Int32,
                Encoding = PixelEncoding.None,
                Payload = MemoryMarshal.AsBytes<int>(Pixels(index)).ToArray(),
                Monitor = 10 + index,
                Translation_mm = 0.5 * index,
            };
            writer.WriteImage(info, image, message);
            recording.Append(new MemoryMessage([.. message.Parts.Select(p => (ReadOnlyMemory<byte>)p.ToArray())], DateTimeOffset.UnixEpoch));
        }

        recording.Finish();
    }
}
