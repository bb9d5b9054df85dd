using System.Runtime.InteropServices;
using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Egress.Files;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Server.Conversion;

/// <summary>Makes whole CBF files of frames. Pixels become signed 32-bit counts with negative flags, as CBF holds nothing else.</summary>
internal sealed class CbfImages(ImageShape shape, PixelType type)
{
    private readonly FrameDecoder _decoder = new(shape);
    private readonly int[] _pixels = new int[shape.PixelCount];
    private byte[] _file = [];

    /// <summary>One file; valid until the next.</summary>
    public ReadOnlyMemory<byte> Write(SeriesInfo series, in ConvertedFrame frame)
    {
        if (type == PixelType.Int32)
        {
            frame.Plain.Span.CopyTo(MemoryMarshal.AsBytes(_pixels.AsSpan()));
        }
        else
        {
            using RawFrame raw = new()
            {
                Header = new FrameHeader { SeriesId = 0, Index = 0, AcquiredAt = default },
                Shape = shape,
                Type = type,
                Encoding = PixelEncoding.None,
                Lease = new MemoryLease(frame.Plain),
                PayloadOffset = 0,
                PayloadLength = frame.Plain.Length,
            };
            _decoder.Decode(raw, _pixels);
        }

        int room = CbfWriter.RoomFor(_pixels);
        if (_file.Length < room)
        {
            _file = GC.AllocateUninitializedArray<byte>(room + (room / 4));
        }

        return _file.AsMemory(0, CbfWriter.Write(series, frame.Index, Times(series, frame), shape, _pixels, _file));
    }

    /// <summary>Exposure of a frame, counted from the date of its series.</summary>
    public static ImageTimes Times(SeriesInfo series, in ConvertedFrame frame)
    {
        TimeSpan exposure = series.Exposure ?? series.FramePeriod;
        TimeSpan end = frame.Time is { } time && time > series.Date ? time - series.Date : (series.FramePeriod * frame.Index) + exposure;
        return new ImageTimes(end > exposure ? end - exposure : TimeSpan.Zero, end);
    }
}
