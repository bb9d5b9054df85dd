using XrdCt.Live.Ingest.Files;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Ingest.Streams;

/// <summary>Makes the event of an image out of a message whose pixels are a part of their own.</summary>
internal static class ImageParts
{
    /// <summary>Makes the event; keeps the part.</summary>
    /// <param name="message">The message.</param>
    /// <param name="part">The part that holds the packed pixels, or a whole CBF file where the encoding says so.</param>
    /// <param name="image">Size, type and packing; for a CBF file its own header decides.</param>
    /// <param name="checksDigest">Check the MD5 sum of a CBF file.</param>
    internal static SourceEvent Image(StreamMessage message, int part, in ImageDescription image, bool checksDigest = false)
    {
        ReadOnlyMemory<byte> bytes = message.Part(part);
        ImageShape shape = image.Shape;
        PixelType type = image.Type;
        Range payload = ..;
        if (image.Encoding == PixelEncoding.CbfByteOffset)
        {
            if (!CbfSection.TryFind(bytes.Span, out CbfSection section, out string? problem))
            {
                return Rejections.Malformed($"frame {image.Header.Index}: {problem}");
            }

            if (checksDigest && section.MatchesMd5(bytes.Span) == false)
            {
                return Rejections.Truncated($"frame {image.Header.Index} is damaged: its pixels do not have the MD5 sum of the file");
            }

            shape = section.Shape;
            type = PixelType.Int32;
            payload = section.Payload;
        }

        (int offset, int length) = payload.GetOffsetAndLength(bytes.Length);
        return new SourceEvent
        {
            Kind = SourceEventKind.Image,
            SeriesId = image.Header.SeriesId,
            Frame = new RawFrame
            {
                Header = image.Header,
                Shape = shape,
                Type = type,
                Encoding = image.Encoding,
                IsBigEndian = image.IsBigEndian,
                Lease = message.Keep(part),
                PayloadOffset = offset,
                PayloadLength = length,
            },
        };
    }
}
