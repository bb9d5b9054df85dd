using System.Globalization;
using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Ingest.ZeroMq;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Pipeline;

namespace XrdCt.Live.Server.Configuration;

/// <summary>Where the frames come from, checked.</summary>
/// <param name="Zmq">The socket.</param>
/// <param name="Dialect">Name of the dialect.</param>
/// <param name="Reading">How the dialect is read.</param>
/// <param name="Batches_bytes">Frames that the workers may hold beyond one each, bytes.</param>
internal sealed record SourceSetUp(ZmqOptions Zmq, string Dialect, DialectOptions Reading, long Batches_bytes)
{
    private const double BytesPerMB = 1e6;

    // Of the memory limit, for messages that were let go and wait for the next ones; the rest is for those in flight.
    private const double PooledShare = 0.25;

    /// <summary>Ways to attach a socket by the names that configurations use.</summary>
    public static readonly IReadOnlyDictionary<string, ZmqAttachment> Attachments = new Dictionary<string, ZmqAttachment>(StringComparer.OrdinalIgnoreCase)
    {
        ["connect"] = ZmqAttachment.Connect,
        ["bind"] = ZmqAttachment.Bind,
    };

    /// <summary>Sockets by the names that configurations use.</summary>
    public static readonly IReadOnlyDictionary<string, ZmqPattern> Sockets = new Dictionary<string, ZmqPattern>(StringComparer.OrdinalIgnoreCase)
    {
        ["pull"] = ZmqPattern.Pull,
        ["sub"] = ZmqPattern.Subscribe,
    };

    /// <summary>The ZeroMQ libraries by the names that configurations and commands use.</summary>
    public static readonly IReadOnlyDictionary<string, ZmqLibrary> Libraries = new Dictionary<string, ZmqLibrary>(StringComparer.OrdinalIgnoreCase)
    {
        ["auto"] = ZmqLibrary.Auto,
        ["managed"] = ZmqLibrary.Managed,
        ["native"] = ZmqLibrary.Native,
    };

    private static readonly string[] HeaderParts = ["mask", "flat_field", "energy", "distance"];

    /// <summary>What frames of later slices may take that are held, bytes; the last may pass it.</summary>
    public long Held_bytes => (LiveGraph.HeldMessages - 1) * Zmq.LargestMessage_bytes;

    /// <summary>For people: the endpoint, the dialect and the library.</summary>
    public string Description =>
        $"{Zmq.Endpoint} ({StreamDialects.Create(Dialect, Reading).Name}, {ZmqRuntime.LibraryName(Zmq.Library)})";

    /// <summary>Checks the section.</summary>
    /// <param name="source">What the file says.</param>
    /// <param name="shape">Image size of the geometry.</param>
    /// <param name="workers">Workers that integrate at the same time.</param>
    /// <param name="held">Messages of the largest size that are held while it is not certain that the slice before theirs is over.</param>
    /// <param name="file">Name of the file, for messages.</param>
    public static SourceSetUp Of(SourceSection source, ImageShape shape, int workers, int held, string file)
    {
        if (!StreamDialects.Names.Contains(source.Dialect))
        {
            throw UserException.WrongUse(
                $"{file}: source.dialect '{source.Dialect}' is not known; known are {string.Join(", ", StreamDialects.Names)}");
        }

        if (source.FromHeader.Except(HeaderParts).FirstOrDefault() is string unknown)
        {
            throw UserException.WrongUse($"{file}: source.from_header '{unknown}' is none of {string.Join(", ", HeaderParts)}");
        }

        int watermark = (int)SetUp.Within(source.Watermark, 100_000, file, "source.watermark");
        long largest_bytes = source.LargestMessage_MB is double largest_MB
            ? (long)(SetUp.Within(largest_MB, Array.MaxLength / BytesPerMB, file, "source.largest_message_mb") * BytesPerMB)
            : LargestMessage_bytes(shape);
        string endpoint = SetUp.Required(source.Endpoint, file, "source.endpoint");

        // Each endpoint that is connected to has a queue of its own.
        int queues = endpoint.Count(c => c == ',') + 1;

        int inFlight = InFlight(workers) + held;
        long batches_bytes = LiveGraph.Frames.Capacity * largest_bytes;
        double limit_MB = SetUp.Within(source.MemoryLimit_MB, 1e6, file, "source.memory_limit_mb");
        long pooled_bytes = (long)(limit_MB * BytesPerMB * PooledShare);
        long room = ((long)(((limit_MB * BytesPerMB) - pooled_bytes) / largest_bytes) - inFlight) / queues;
        if (room < 1)
        {
            double needed_MB = Math.Ceiling((inFlight + queues) * largest_bytes / (1 - PooledShare) / BytesPerMB);
            throw UserException.WrongUse(string.Create(
                CultureInfo.InvariantCulture,
                $"{file}: source.memory_limit_mb {limit_MB} is too little for frames of {shape}: at least {needed_MB} MB are needed"));
        }

        var zmq = new ZmqOptions
        {
            Endpoint = endpoint,
            Attachment = SetUp.OneOf(Attachments, source.Attach, file, "source.attach"),
            Pattern = SetUp.OneOf(Sockets, source.Socket, file, "source.socket"),
            Library = SetUp.OneOf(Libraries, source.ZeroMq, file, "source.zeromq"),
            ReceiveHighWatermark = (int)Math.Min(watermark, room),
            LargestMessage_bytes = largest_bytes,
            Pooled_bytes = pooled_bytes,
        };
        try
        {
            ZmqRuntime.Check(zmq);
        }
        catch (ArgumentException e)
        {
            throw UserException.WrongUse($"{file}: source.endpoint {SetUp.Sentence(e)}", e);
        }

        return new SourceSetUp(
            zmq,
            source.Dialect,
            new DialectOptions
            {
                Channel = source.ThresholdChannel,
                FirstFrame = source.FirstFrame,
                KeepTables = source.FromHeader.Contains("mask") || source.FromHeader.Contains("flat_field"),
                CheckDigests = source.CheckDigests,
            },
            batches_bytes);
    }

    /// <summary>Opens the source.</summary>
    /// <exception cref="InvalidOperationException">The endpoint cannot be used; the message names it.</exception>
    public StreamSource Open() => new(ZmqRuntime.Open(Zmq), StreamDialects.Create(Dialect, Reading));

    /// <summary>
    /// Messages of the largest size that can be in flight behind the socket: those that wait for the workers, one that is being
    /// received, and what the workers hold: <see cref="Batches_bytes"/>, each its first frame, and its last, which may pass that.
    /// </summary>
    public static int InFlight(int workers) => (2 * LiveGraph.Frames.Capacity) + (2 * workers) + 1;

    /// <summary>
    /// Largest part of a message that is taken: a header with mask and flat field (8 bytes a pixel) and count-rate table, or an image
    /// of 64 bits that did not compress.
    /// </summary>
    private static long LargestMessage_bytes(ImageShape shape)
    {
        const int BytesPerPixel = 8;
        const int Room = 2 << 20;
        return Math.Min(((long)shape.PixelCount * BytesPerPixel * 101 / 100) + Room, Array.MaxLength);
    }
}
