namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>How the bins of a block converged.</summary>
/// <param name="Iterations">Iterations used, one number per bin.</param>
/// <param name="Stops">Why each bin stopped.</param>
/// <param name="Residuals">
/// Residual norm relative to that of the data, <c>‖b − A x‖ / ‖b‖</c> over the measured samples, one list per bin: at the start, then after
/// each iteration used. Empty where nothing was to be solved.
/// </param>
public sealed record SolverConvergence(
    IReadOnlyList<int> Iterations, IReadOnlyList<SolverStop> Stops, IReadOnlyList<IReadOnlyList<double>> Residuals);
