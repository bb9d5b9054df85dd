namespace XrdCt.Live.Model.Sinograms;

/// <summary>What takes the changes of the beam (decay, top-ups) out of a sinogram.</summary>
public enum BeamCorrection
{
    /// <summary>Nothing does.</summary>
    None,

    /// <summary>The beam monitor that comes with every frame.</summary>
    Monitor,

    /// <summary>What each line counts outside the sample; for scans whose lines run over translations and reach beyond the sample.</summary>
    Air,

    /// <summary>The total of each projection, which is constant where every projection holds the whole sample.</summary>
    ConstantTotal,
}
