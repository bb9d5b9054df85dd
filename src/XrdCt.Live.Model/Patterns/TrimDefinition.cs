namespace XrdCt.Live.Model.Patterns;

/// <summary>The trimmed means that are in use.</summary>
public enum TrimDefinition
{
    /// <summary>
    /// Pixels sorted by signal/normalisation, kept while their cumulated normalisation lies in [lower, 1 − upper] of the total
    /// (pyFAI ≥ 2025, <c>medfilt1d_ng</c>); a bin in which no whole pixel fits takes <see cref="Exact"/>.
    /// </summary>
    Pixel,

    /// <summary>The same, but the two pixels at the limits count with the share of them that lies inside.</summary>
    Exact,

    /// <summary>
    /// The image is caked into sectors, and of the sectors' means the lowest ⌊lower·n⌋ and the highest n − ⌈(1 − upper)·n⌉ are dropped
    /// (pyFAI's legacy <c>medfilt1d</c>, ID15A's production).
    /// </summary>
    Cake,
}
