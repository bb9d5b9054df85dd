namespace XrdCt.Live.Model.Sinograms;

/// <summary>Kinds of <see cref="LiveChannel"/>.</summary>
public enum LiveChannelKind
{
    /// <summary>Sum of the intensity over the window (over all bins where no window is given).</summary>
    Total,

    /// <summary>Sum over the window less a straight background between its two shoulders.</summary>
    Peak,

    /// <summary>Mean over the bins of the window of |mean − trimmed mean|: what large crystallites add.</summary>
    Spottiness,
}
