namespace XrdCt.Live.Model.Patterns;

/// <summary>Which pixels of a radial bin count.</summary>
public enum IntegrationFilter
{
    /// <summary>All valid pixels.</summary>
    Mean,

    /// <summary>The pixel (or the two) in the middle: a trimmed mean that cuts one half off each end.</summary>
    Median,

    /// <summary>Trimmed mean, in one of the definitions of <see cref="TrimDefinition"/>.</summary>
    Trimmed,

    /// <summary>
    /// Sigma-clip: pixels farther from the mean than max(threshold, √(2 ln(n/√(2π)))) standard deviations are dropped, again and
    /// again until none is (pyFAI's <c>sigma_clip_ng</c>).
    /// </summary>
    SigmaClip,
}
