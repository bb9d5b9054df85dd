namespace XrdCt.Live.Model.Slices;

/// <summary>One point of the curve along which a slice converges.</summary>
/// <param name="Fraction">Share of the planned projections, 0…1.</param>
/// <param name="HalfSetCorrelation">See <see cref="SliceConfidence.HalfSetCorrelation"/>.</param>
/// <param name="SuccessiveCorrelation">See <see cref="SliceConfidence.SuccessiveCorrelation"/>.</param>
public readonly record struct ConvergencePoint(double Fraction, double HalfSetCorrelation, double SuccessiveCorrelation);
