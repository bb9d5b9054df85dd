namespace XrdCt.Live.Egress.Dialects;

/// <summary>How much the header of a DECTRIS stream says (<c>header_detail</c>).</summary>
public enum HeaderDetail
{
    /// <summary>That a series begins; Stream V1 leaves the configuration out.</summary>
    None,

    /// <summary>The configuration of the detector too.</summary>
    Basic,

    /// <summary>Flat field, pixel mask and count-rate table too, which is some megabytes; as <see cref="Basic"/> where the series has no tables.</summary>
    All,
}
