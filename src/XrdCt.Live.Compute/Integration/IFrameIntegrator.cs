using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Compute.Integration;

/// <summary>
/// Packed frames in, patterns out: decodes and integrates a few frames at once, on whatever it is made for. Not thread-safe: one instance
/// per worker, many share a plan.
/// </summary>
public interface IFrameIntegrator : IDisposable
{
    /// <summary>The plan it works from.</summary>
    IntegrationPlan Plan { get; }

    /// <summary>Most frames that it takes at once, and the number at which it is fastest; at least 1.</summary>
    int BatchSize { get; }

    /// <summary>Decodes and integrates frames; allocates nothing after the first call.</summary>
    /// <param name="frames">1 to <see cref="BatchSize"/> frames; they stay the caller's, and are not needed any more on return.</param>
    /// <param name="patterns">
    /// One for each frame. Header and outcome are set, the sums too where the outcome is <see cref="FrameOutcome.Accepted"/>; one
    /// frame that does not decode leaves the others alone.
    /// </param>
    /// <exception cref="ArgumentException">There are no frames, too many, or not one pattern of the plan's size for each.</exception>
    void Integrate(ReadOnlySpan<RawFrame> frames, ReadOnlySpan<DiffractionPattern> patterns);
}
