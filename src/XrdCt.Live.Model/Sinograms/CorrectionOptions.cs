namespace XrdCt.Live.Model.Sinograms;

/// <summary>Which corrections a sinogram gets. The raw sinogram stays as it is; these make the corrected one beside it.</summary>
public sealed record CorrectionOptions
{
    /// <summary>What takes the changes of the beam out. Default the monitor, where frames carry one.</summary>
    public BeamCorrection Beam { get; init; } = BeamCorrection.Monitor;

    /// <summary>
    /// Divide by the transmission of the sample, where frames carry one. Default true: whoever sends it has measured it, and at small
    /// scattering angles all of a ray's scatter is attenuated alike, wherever in the sample it arose.
    /// </summary>
    public bool Transmission { get; init; } = true;

    /// <summary>
    /// Take off what is scattered outside the sample. Default true: it is found only where the ends of all projections agree, and left on
    /// it is a constant that a slice shows as a ring.
    /// </summary>
    public bool Air { get; init; } = true;

    /// <summary>Dead and hot lines. Default flagged: a value that nobody measured needs somebody who asks for it.</summary>
    public LineCorrection Lines { get; init; } = LineCorrection.Flag;

    /// <summary>Flag cells in which large crystallites reflect. Default true; needs a live channel of the spottiness.</summary>
    public bool Spotty { get; init; } = true;
}
