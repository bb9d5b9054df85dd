using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Compute.Integration;

/// <summary>Integrates frames over radial bins. Not thread-safe: one instance per worker, many share a plan.</summary>
public interface IFrameIntegrator
{
    /// <summary>The plan it works from.</summary>
    IntegrationPlan Plan { get; }

    /// <summary>Integrates one frame; allocates nothing.</summary>
    /// <param name="pixels">
    /// Counts, row-major, length = pixels of the detector. Negative pixels have no value and count nowhere.
    /// </param>
    /// <param name="pattern">Receives all sums; its header and outcome are left alone. Same number of bins as the plan.</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    void Integrate(ReadOnlySpan<int> pixels, DiffractionPattern pattern);
}
