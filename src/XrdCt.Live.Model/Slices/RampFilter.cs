namespace XrdCt.Live.Model.Slices;

/// <summary>Apodisation of the ramp.</summary>
public enum RampFilter
{
    /// <summary>Ram-Lak: the bare ramp, sharp and noisy.</summary>
    Ramp,

    /// <summary>Ramp × sin(ω)/ω with ω = π·frequency: a little softer, the usual choice.</summary>
    SheppLogan,

    /// <summary>Ramp × symmetric Hann window: smooth.</summary>
    Hann,

    /// <summary>Ramp × cos(ω): between Shepp-Logan and Hamming.</summary>
    Cosine,

    /// <summary>Ramp × symmetric Hamming window: nearly as smooth as Hann, but a twelfth of the highest frequencies stays.</summary>
    Hamming,
}
