using XrdCt.Live.Ingest.Dectris;
using XrdCt.Live.Ingest.MaxIv;
using XrdCt.Live.Ingest.Psi;
using XrdCt.Live.Ingest.Xrdct;

namespace XrdCt.Live.Ingest.Streams;

/// <summary>The dialects by the names that configurations and commands use.</summary>
public static class StreamDialects
{
    private static readonly Dictionary<string, Func<DialectOptions, IStreamDialect>> Makers = new()
    {
        ["dectris-stream-2"] = options => new Stream2Dialect(options),
        ["dectris-stream-1"] = options => new Stream1Dialect(options),
        ["stins"] = options => new StinsDialect("STINS", options),
        ["pilatus-streamer"] = options => new StinsDialect("pilatus-streamer", options),
        ["array-1.0"] = options => new ArrayDialect(options),
        ["xrdct"] = options => new XrdctDialect(options),
    };

    /// <summary>All names.</summary>
    public static IReadOnlyCollection<string> Names => Makers.Keys;

    /// <summary>Makes a dialect for one stream.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="options">How it is read.</param>
    /// <exception cref="ArgumentException">The name is unknown; the message lists the known ones.</exception>
    public static IStreamDialect Create(string name, DialectOptions options)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(options);
        return Makers.TryGetValue(name, out Func<DialectOptions, IStreamDialect>? make)
            ? make(options)
            : throw new ArgumentException($"'{name}' is no dialect; known are {string.Join(", ", Names)}");
    }
}
