using XrdCt.Live.Compute.Roi;
using XrdCt.Live.Model.Roi;

namespace XrdCt.Live.Pipeline;

/// <summary>How the slices of a scan of a region of interest are freed from what lies outside its field of view.</summary>
public sealed record LiveRoi
{
    /// <summary>How; not <see cref="RoiMode.None"/>.</summary>
    public required RoiMode Mode { get; init; }

    /// <summary>The coarse scan, on the radial axis of this one; null for <see cref="RoiMode.Extension"/>.</summary>
    public CoarsePatterns? Coarse { get; init; }

    /// <summary>File of the coarse scan, for people.</summary>
    public string Origin { get; init; } = "";

    /// <summary>Nominal place in the coarse scan, and how that counted.</summary>
    public RoiRegistrationOptions Nominal { get; init; } = new();
}
