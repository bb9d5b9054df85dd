namespace XrdCt.Live.Server.Benchmarks;

/// <summary>How long a frame, or another piece of work, took.</summary>
/// <param name="Median_ms">Median over the batches, ms of wall time per piece.</param>
/// <param name="Best_ms">The fastest batch, ms per piece.</param>
/// <param name="Cpu_ms">Median of the thread's CPU time, ms per piece; NaN where it is not known.</param>
/// <param name="Rate_Hz">Pieces per second.</param>
internal sealed record Timing(double Median_ms, double Best_ms, double Cpu_ms, double Rate_Hz);
