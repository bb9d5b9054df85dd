namespace XrdCt.Live.Model.Patterns;

/// <summary>Where the variance of a pixel comes from; names are pyFAI's.</summary>
public enum ErrorModel
{
    /// <summary>Counting statistics: max(counts, 1), plus max(dark, 0).</summary>
    Poisson,

    /// <summary>The scatter of the pixels of a bin around their mean.</summary>
    Azimuthal,

    /// <summary>Azimuthal to decide what is clipped, Poisson for what is reported.</summary>
    Hybrid,
}
