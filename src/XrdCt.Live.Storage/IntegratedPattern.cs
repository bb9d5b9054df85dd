using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Storage;

/// <summary>One integrated frame, ready for a file.</summary>
/// <param name="Axis">Radial axis.</param>
/// <param name="Intensity">Intensity per bin, counts; NaN in empty bins.</param>
/// <param name="Sigma">Standard error per bin, counts; NaN in empty bins.</param>
/// <param name="Count">Pixels kept per bin.</param>
/// <param name="Source">Where the frame came from: a file name, or a file name and a frame number.</param>
/// <param name="Settings">How it was made, one <c>key: value</c> per line: filter, geometry, mask, wavelength.</param>
public sealed record IntegratedPattern(
    RadialAxis Axis,
    double[] Intensity,
    double[] Sigma,
    long[] Count,
    string Source,
    IReadOnlyList<string> Settings)
{
    /// <summary>Divides the sums of a pattern; the copies outlive the reuse of its buffers.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="axis">Its radial axis.</param>
    /// <param name="source">Where the frame came from.</param>
    /// <param name="settings">How it was made, one <c>key: value</c> per line.</param>
    /// <exception cref="ArgumentException">Pattern and axis differ in their number of bins.</exception>
    public static IntegratedPattern From(
        DiffractionPattern pattern, RadialAxis axis, string source, IReadOnlyList<string> settings)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        ArgumentNullException.ThrowIfNull(axis);
        if (pattern.BinCount != axis.BinCount)
        {
            throw new ArgumentException(
                $"pattern.BinCount is {pattern.BinCount}, expected {axis.BinCount}", nameof(pattern));
        }

        IEnumerable<int> bins = Enumerable.Range(0, axis.BinCount);
        return new IntegratedPattern(
            axis,
            [.. bins.Select(pattern.Intensity)],
            [.. bins.Select(pattern.Sigma)],
            [.. pattern.Count.Select(c => (long)c)],
            source,
            settings);
    }
}
