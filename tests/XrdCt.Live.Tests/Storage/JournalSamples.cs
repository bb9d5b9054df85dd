using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Tests.Pipeline;

namespace XrdCt.Live.Tests.Storage;

/// <summary>Rows and states whose every number is another.</summary>
internal static class JournalSamples
{
    public static ScanPlan Plan { get; } = new(6, 5, 10, ScanPath.ByName["translation-fast-zigzag"]);

    public static ScanSettings Settings { get; } = SmallScan.Options(Plan).Settings();

    public static JournalledScan Scan(long placed = 0) => new()
    {
        StartedAt = new DateTimeOffset(2026, 11, 22, 9, 8, 7, TimeSpan.Zero),
        SeriesId = 17,
        Series = new SeriesHeader
        {
            SeriesId = 17,
            UniqueId = "01GJ1GZ8CJ4CTHZX6TXQSPWVKH",
            ImageCount = 30,
            Shape = SmallScan.Shape,
            Energy_keV = 50.1,
            FramePeriod = TimeSpan.FromMilliseconds(4),
            Detector = "Pilatus test",
            Distance_m = 0.123,
            FlatFieldApplied = true,
        },
        Counters = new FrameCounters { Received = 40 + placed, Placed = placed, Duplicate = 3 },
    };

    /// <summary>A row; every third has no monitor, every fourth no position, every fifth a transmission, and one bin is empty.</summary>
    public static JournalledPattern Row(int index)
    {
        var row = new JournalledPattern(SmallScan.Bins, Settings.Description.Channels.Count)
        {
            Header = new FrameHeader
            {
                SeriesId = 17,
                Index = index,
                AcquiredAt = new DateTimeOffset(2026, 11, 22, 9, 8, 7, 123, TimeSpan.Zero).AddTicks(index),
                Monitor = index % 3 == 2 ? double.NaN : 1e5 / (index + 1),
                Transmission = index % 5 == 4 ? 1.0 / (index + 2) : null,
                Translation_mm = index % 4 == 3 ? null : -0.1 * index,
                Rotation_deg = index % 4 == 3 ? null : 0.7 * index,
            },
            Cell = Plan.CellOf(index),
        };
        for (int b = 0; b < SmallScan.Bins; b++)
        {
            row.Intensity[b] = b == 3 ? float.NaN : (float)Math.Exp(b + (0.1 * index));
            row.Variance[b] = b == 3 ? float.NaN : (float)Math.Sqrt(b + index);
            row.Count[b] = b == 3 ? 0 : (1000 * b) + index;
        }

        row.ChannelValues[0] = 100 + index;
        row.ChannelValues[1] = float.NaN;
        return row;
    }

    public static JournalledPattern[] Rows(int first, int count) => [.. Enumerable.Range(first, count).Select(Row)];

    /// <summary>Everything a row says, for comparison to the last bit, but for a minus before zero, which SQLite drops.</summary>
    public static string Text(JournalledPattern row) =>
        $"{row.Header.SeriesId} {row.Header.Index} {row.Header.AcquiredAt.UtcTicks} {row.Header.Monitor:R} {row.Header.Transmission:R} {row.Header.Translation_mm + 0.0:R} "
        + $"{row.Header.Rotation_deg + 0.0:R} {row.Cell} {Convert.ToHexString(row.Values)}";
}
