namespace XrdCt.Live.Model.Ports;

/// <summary>The mean pattern of a scan: sums over all frames, divided last.</summary>
/// <param name="Intensity">Counts; NaN in empty bins.</param>
/// <param name="Sigma">Standard error, counts; NaN in empty bins.</param>
/// <param name="Count">Pixels kept, summed over the frames.</param>
public sealed record MeanPattern(double[] Intensity, double[] Sigma, long[] Count);
