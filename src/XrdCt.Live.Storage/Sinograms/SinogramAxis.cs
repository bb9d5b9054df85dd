namespace XrdCt.Live.Storage.Sinograms;

/// <summary>An axis of a sinogram in a file.</summary>
public enum SinogramAxis
{
    /// <summary>Rotation of the sample.</summary>
    Rotation,

    /// <summary>Translation of the sample across the beam.</summary>
    Translation,

    /// <summary>Radial bin.</summary>
    Bin,
}
