namespace XrdCt.Live.Model.Sinograms;

/// <summary>Where one method has the rotation axis.</summary>
/// <param name="Method">Name of the method.</param>
/// <param name="Offset_px">Offset from translation index TranslationCount/2, steps; NaN where undetermined.</param>
/// <param name="Uncertainty_px">Standard uncertainty, steps; NaN where undetermined.</param>
/// <param name="Status">On what it rests, or why there is none.</param>
public sealed record AxisEstimate(string Method, double Offset_px, double Uncertainty_px, string Status);
