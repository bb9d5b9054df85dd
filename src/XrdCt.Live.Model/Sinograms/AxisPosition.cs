namespace XrdCt.Live.Model.Sinograms;

/// <summary>Where the rotation axis is on the translation stage: what one scan can tell another of a different step.</summary>
/// <param name="Position_um">Translation at which the beam hits the axis, µm from the nominal zero of the plan.</param>
/// <param name="Uncertainty_um">Standard uncertainty, µm.</param>
public readonly record struct AxisPosition(double Position_um, double Uncertainty_um);
