using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Egress.Dialects;

/// <summary>All dialects that can be sent: the one list for commands and their help.</summary>
public static class StreamDialects
{
    /// <summary>The dialects, the usual one first.</summary>
    public static IReadOnlyList<StreamDialect> All { get; } =
    [
        new("dectris-stream-2", "DECTRIS Stream V2 (CBOR)", PixelEncoding.BitshuffleLz4, () => new Stream2Writer()),
        new("dectris-stream-1", "DECTRIS Stream V1 (JSON and blobs)", PixelEncoding.BitshuffleLz4, () => new Stream1Writer()),
        new("stins", "MAX IV streaming-receiver, secondary port", PixelEncoding.BitshuffleLz4, () => new StinsWriter()),
        new("pilatus-streamer", "MAX IV pilatus-streamer, whole CBF files", PixelEncoding.CbfByteOffset, () => new PilatusStreamerWriter()),
        new("array-1.0", "PSI array-1.0 and areaDetector's ADZMQ, plain pixels", PixelEncoding.None, () => new ArrayWriter()),
        new("xrdct", "MessagePack with monitor and motor positions", PixelEncoding.BitshuffleLz4, () => new XrdctWriter()),
    ];

    /// <summary>Finds a dialect.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="ArgumentException">No dialect has this name; the message lists those that there are.</exception>
    public static StreamDialect Of(string name) =>
        All.FirstOrDefault(d => d.Name == name)
        ?? throw new ArgumentException($"'{name}' is no dialect; there are {string.Join(", ", All.Select(d => d.Name))}");
}
