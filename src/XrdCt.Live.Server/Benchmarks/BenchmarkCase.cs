using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Server.Benchmarks;

/// <summary>A row of the table: what is integrated, from which bytes.</summary>
/// <param name="Name">Name for people, in pyFAI's terms where it has them.</param>
/// <param name="Options">The integration.</param>
/// <param name="IsPacked">From bitshuffle-LZ4 bytes, else from plain 32-bit pixels.</param>
internal sealed record BenchmarkCase(string Name, IntegrationOptions Options, bool IsPacked)
{
    /// <summary>All rows, 2,048 bins of 2θ each.</summary>
    public static IReadOnlyList<BenchmarkCase> All { get; } = Make();

    private static BenchmarkCase[] Make()
    {
        var trimmed = new IntegrationOptions();
        IntegrationOptions mean = trimmed with { Filter = IntegrationFilter.Mean };
        return
        [
            new("mean", mean, false),
            new("trimmed mean 10–90 %, pixel", trimmed, false),
            new("trimmed mean 10–90 %, exact", trimmed with { TrimDefinition = TrimDefinition.Exact }, false),
            new("median", trimmed with { Filter = IntegrationFilter.Median }, false),
            new("sigma-clip 5 σ", trimmed with { Filter = IntegrationFilter.SigmaClip }, false),
            new("trimmed mean 10–90 %, cake of 256 sectors", trimmed with { TrimDefinition = TrimDefinition.Cake }, false),
            new("mean, bounding-box split", mean with { Splitting = PixelSplitting.BoundingBox }, false),
            new("mean, full split", mean with { Splitting = PixelSplitting.Full }, false),
            new("trimmed mean 10–90 %, full split", trimmed with { Splitting = PixelSplitting.Full }, false),
            new("mean", mean, true),
            new("trimmed mean 10–90 %, pixel", trimmed, true),
        ];
    }
}
