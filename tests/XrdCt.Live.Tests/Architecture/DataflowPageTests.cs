using System.Globalization;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Pipeline.Edges;

namespace XrdCt.Live.Tests.Architecture;

/// <summary>The page that people read about the edges says what the program does.</summary>
public sealed class DataflowPageTests
{
    [Fact]
    public void Page_HasEveryEdgeWithItsCapacity()
    {
        string[] lines = File.ReadAllLines(Path.Combine(Repository.Root, "docs", "dataflow.md"));
        foreach (Edge edge in LiveGraph.Edges)
        {
            string row = Assert.Single(lines, l => l.StartsWith($"| {edge.Name} |", StringComparison.Ordinal));
            string[] cells = [.. row.Split('|', StringSplitOptions.TrimEntries).Skip(1)];
            Assert.Equal($"{edge.From} → {edge.To}", cells[1]);
            Assert.Equal(edge.Capacity.ToString(CultureInfo.InvariantCulture), cells[2]);
        }
    }

    [Fact]
    public void Edges_TogetherStayBelowAHundredMegabytes() => Assert.InRange(LiveGraph.Edges.Sum(e => e.Bytes), 1, 100_000_000);
}
