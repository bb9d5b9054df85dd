namespace XrdCt.Live.Phantoms.Projection;

/// <summary>Shadows of a sample at one rotation angle. Immutable and thread-safe.</summary>
public sealed class ProjectionProfile
{
    private readonly double[][] _cumulated;
    private readonly int _half;
    private readonly double _pixelSize_um;

    /// <summary>Takes over cumulated shadows: element i is the sum of the bins before bin i.</summary>
    internal ProjectionProfile(double[][] cumulated, int half, double pixelSize_um)
    {
        _cumulated = cumulated;
        _half = half;
        _pixelSize_um = pixelSize_um;
    }

    /// <summary>
    /// Mean path through one component under a box-shaped beam, <c>(C(t + w/2) − C(t − w/2)) / w</c> with C the
    /// cumulated shadow: a stage that moves while the detector counts smears the beam over its step.
    /// </summary>
    /// <param name="component">Index of the map.</param>
    /// <param name="translation_um">Translation t, µm from the rotation axis.</param>
    /// <param name="width_um">Width of the beam plus movement, µm, positive.</param>
    /// <returns>Path length × density, µm.</returns>
    public double Path_um(int component, double translation_um, double width_um)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width_um);
        double upper = CumulatedAt(component, (translation_um + (width_um / 2)) / _pixelSize_um);
        double lower = CumulatedAt(component, (translation_um - (width_um / 2)) / _pixelSize_um);
        return (upper - lower) * _pixelSize_um * _pixelSize_um / width_um;
    }

    private double CumulatedAt(int component, double t)
    {
        double[] sums = _cumulated[component];
        double place = Math.Clamp(t + _half + 0.5, 0, sums.Length - 1);
        int below = Math.Min((int)place, sums.Length - 2);
        return double.Lerp(sums[below], sums[below + 1], place - below);
    }
}
