using XrdCt.Live.Simulator.Streaming;

namespace XrdCt.Live.Simulator.Commands;

/// <summary>What was sent, for people.</summary>
internal static class SeriesReport
{
    public static void Write(string endpoint, SeriesSummary summary)
    {
        Console.WriteLine($"{endpoint}: series {summary.SeriesId}, {summary.SentCount} images of "
            + $"{summary.FrameCount} frames in "
            + $"{summary.Duration_s:0.0} s ({summary.Rate_Hz:0.0} Hz, {summary.ByteCount / 1e6:0} MB, "
            + $"{summary.Make_ms:0.0} ms per frame and thread)");
        Describe("dropped", summary.Dropped);
        Describe("sent twice", summary.Repeated);
        Describe("truncated", summary.Truncated);
        Describe("of the wrong size", summary.WrongSize);
        Describe("with one wrong bit", summary.Flipped);
        if (summary.OutOfOrderCount > 0)
        {
            Console.WriteLine($"  out of order: {summary.OutOfOrderCount}");
        }

        if (summary.PausedAt is { } paused)
        {
            Console.WriteLine($"  paused before frame {paused}");
        }

        if (summary.SecondHeaderAt is { } header)
        {
            Console.WriteLine($"  second start message before frame {header}");
        }

        if (summary.DiedAt is { } died)
        {
            Console.WriteLine($"  died before frame {died}, as asked: no end message");
        }

        if (summary.Stopped)
        {
            Console.WriteLine(
                $"  stopped early; end message {(summary.EndSent ? "sent" : "not taken by the receiver")}");
        }
    }

    private static void Describe(string what, IReadOnlyList<int> indices)
    {
        if (indices.Count > 0)
        {
            Console.WriteLine($"  {what}: {indices.Count} ({string.Join(", ", indices)})");
        }
    }
}
