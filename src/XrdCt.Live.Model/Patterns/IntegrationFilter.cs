namespace XrdCt.Live.Model.Patterns;

/// <summary>Which pixels of a radial bin count.</summary>
public enum IntegrationFilter
{
    /// <summary>All valid pixels.</summary>
    Mean,

    /// <summary>
    /// Pixel trimmed mean (pyFAI's <c>medfilt1d_ng</c>): pixels sorted by signal/normalisation, kept while their
    /// cumulated normalisation lies in [lower, 1 − upper] of the total.
    /// </summary>
    Trimmed,
}
