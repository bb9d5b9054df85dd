using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Ingest.Streams;

/// <summary>Events of messages that cannot be used.</summary>
internal static class Rejections
{
    public static SourceEvent Malformed(string reason) =>
        new() { Kind = SourceEventKind.Rejected, Outcome = FrameOutcome.Malformed, Reason = reason };

    public static SourceEvent Truncated(string reason) =>
        new() { Kind = SourceEventKind.Rejected, Outcome = FrameOutcome.Truncated, Reason = reason };
}
