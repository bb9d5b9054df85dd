namespace XrdCt.Live.Phantoms.Samples;

/// <summary>What a sample is made of; the order is that of the projections.</summary>
public enum SampleComponent
{
    /// <summary>NMC of the particles near the centre of the disc.</summary>
    NmcCore,

    /// <summary>NMC with the slightly different cell of the particles near the rim.</summary>
    NmcRim,

    /// <summary>Carbon and binder between the particles: no rings, a weak broad halo.</summary>
    Matrix,

    /// <summary>Aluminium current collector: single-crystal spots, no rings.</summary>
    Aluminium,
}
