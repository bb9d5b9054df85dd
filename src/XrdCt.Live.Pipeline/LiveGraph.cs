using XrdCt.Live.Pipeline.Edges;

namespace XrdCt.Live.Pipeline;

/// <summary>
/// The whole dataflow on one page:
/// <code>
///  socket ─► Receive ─frames─► Integrate ×workers ─patterns─► Place ─lines─► Reconstruct ─► display, ROI, result
///            (series,          (decode, trim,                 (sinogram,     (FBP, at the
///             counters)         no allocation)                 channels)      display's pace)
///                                      ▲────────patterns to reuse────┤
///                                                                    ├─rows─► Journal ─► disk
///  socket ─► Follow ──────────positions, monitor─────────────────────┤            ▲
///                 └─readings─────────────────────────────────────────┼────────────┘
///                                                                    └╌╌cells that changed, once a second╌╌► growing file
/// </code>
/// Data edges wait: pressure runs back to the socket's receive watermark, and from there to the sender. Frames can be lost at the
/// socket only, and what is lost there shows as missing cells. The one edge that may drop carries no data, only the
/// news that there is some.
/// </summary>
public static class LiveGraph
{
    /// <summary>Frames that a worker takes at once, at most: a device's batch.</summary>
    public const int LargestBatch = 16;

    /// <summary>
    /// Frames of later slices that are held, at most, while late frames of a slice may still come: as many as overtake each other on their
    /// way through several senders and workers.
    /// </summary>
    public const int HeldFrames = 32;

    /// <summary>
    /// Messages of the largest size that held frames may take in all: of a Pilatus 2M 88 MB, which is more than 32 frames take that are
    /// packed, and 8 that are not.
    /// </summary>
    public const int HeldMessages = 4;

    /// <summary>Compressed frames, still in the receiver's message memory. 16 frames are 64 ms at 250 Hz.</summary>
    public static Edge Frames { get; } = new("frames", "Receive", "Integrate", 16, 1_500_000, EdgePolicy.Wait);

    /// <summary>Integrated patterns (4 doubles, an int and a float per bin).</summary>
    public static Edge Patterns { get; } = new("patterns", "Integrate", "Place", 64, 2048 * 40, EdgePolicy.Wait);

    /// <summary>
    /// Patterns that were placed and are free to be filled again: enough for a full patterns edge and 16 workers with a full batch each;
    /// fewer workers make fewer patterns, more take smaller batches.
    /// </summary>
    public static Edge FreePatterns { get; } =
        new("patterns to reuse", "Place", "Integrate", 64 + (16 * LargestBatch), 2048 * 40, EdgePolicy.Wait);

    /// <summary>
    /// Placed patterns on their way to the disk (intensity, variance, count: 12 bytes per bin). 256 are a second at 250 Hz, four times
    /// what a write takes along: Place waits only for a disk that stands still.
    /// </summary>
    public static Edge Rows { get; } = new("rows", "Place", "Journal", 256, (2048 * 12) + 64, EdgePolicy.Wait);

    /// <summary>Rows that are durable and free to be filled again; there are as many as the rows edge holds.</summary>
    public static Edge FreeRows { get; } = new("rows to reuse", "Journal", "Place", 256, (2048 * 12) + 64, EdgePolicy.Wait);

    /// <summary>
    /// What the beamline told besides the frames, on its way to the disk. Where the disk stands still, whoever receives them waits, and the
    /// socket's watermark holds the sender.
    /// </summary>
    public static Edge Readings { get; } = new("readings", "Follow", "Journal", 1024, 64, EdgePolicy.Wait);

    /// <summary>News that a line of the scan can be reconstructed; which one stands in the set of stale projections.</summary>
    public static Edge Lines { get; } = new("lines", "Place", "Reconstruct", 1, 1, EdgePolicy.KeepNewest);

    /// <summary>All edges, in order of the flow.</summary>
    public static IReadOnlyList<Edge> Edges { get; } = [Frames, Patterns, FreePatterns, Rows, FreeRows, Readings, Lines];
}
