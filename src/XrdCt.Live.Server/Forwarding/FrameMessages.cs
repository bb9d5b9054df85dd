using System.Runtime.InteropServices;
using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Egress.Encoding;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Ingest.Files;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Server.Commands;

namespace XrdCt.Live.Server.Forwarding;

/// <summary>
/// Makes messages of a dialect out of CBF files: the whole file where the dialect carries files, else its pixels packed as usual there.
/// Not thread-safe; a message is valid until the next one.
/// </summary>
internal sealed class FrameMessages(StreamDialect dialect, SeriesOptionSet.SeriesFacts told)
{
    private readonly IStreamWriter _writer = dialect.NewWriter();
    private readonly PixelPacker _packer = new();
    private byte[] _packed = [];
    private int[] _pixels = [];
    private SeriesInfo? _series;

    /// <summary>The message; its parts may be none where the dialect has no such message.</summary>
    public OutgoingMessage Message { get; } = new();

    /// <summary>The message before the first image.</summary>
    public void WriteStart(long id, int imageCount, CbfFile first, string name, DateTimeOffset date)
    {
        _series = told.With(first).Info(dialect, id, imageCount, first.Shape, PixelType.Int32, dialect.UsualEncoding, date) with
        {
            FileName = name,
        };
        _writer.WriteStart(_series, Message);
    }

    /// <summary>One image.</summary>
    /// <exception cref="FormatException">The packed pixels are damaged.</exception>
    public void WriteImage(int index, CbfFile file, string name, ReadOnlyMemory<byte> bytes)
    {
        SeriesInfo series = _series!;
        _writer.WriteImage(
            series,
            new OutgoingImage
            {
                Index = index,
                Times = new ImageTimes(series.FramePeriod * index, (series.FramePeriod * index) + (series.Exposure ?? series.FramePeriod)),
                Shape = file.Shape,
                Type = PixelType.Int32,
                Encoding = dialect.UsualEncoding,
                Payload = dialect.UsualEncoding == PixelEncoding.CbfByteOffset ? bytes : Pack(file, name),
            },
            Message);
    }

    /// <summary>The message after the last image.</summary>
    public void WriteEnd() => _writer.WriteEnd(_series!, Message);

    private ReadOnlyMemory<byte> Pack(CbfFile file, string name)
    {
        if (_pixels.Length != file.Shape.PixelCount)
        {
            _pixels = new int[file.Shape.PixelCount];
        }

        if (!CbfByteOffset.TryDecode(file.Payload, _pixels))
        {
            throw new FormatException($"{name}: the packed bytes do not give {file.Shape} pixels");
        }

        ReadOnlySpan<byte> pixels = MemoryMarshal.AsBytes(_pixels.AsSpan());
        int room = PixelPacker.RoomFor(pixels, PixelType.Int32, dialect.UsualEncoding);
        if (_packed.Length < room)
        {
            _packed = GC.AllocateUninitializedArray<byte>(room);
        }

        return _packed.AsMemory(0, _packer.Pack(pixels, PixelType.Int32, dialect.UsualEncoding, _packed));
    }
}
