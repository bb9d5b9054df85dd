using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Compute.Integration;

/// <summary>Lengths that every integrator checks once, at its public edge.</summary>
internal static class BatchShapes
{
    public static void Check(
        IFrameIntegrator integrator, ReadOnlySpan<RawFrame> frames, ReadOnlySpan<DiffractionPattern> patterns)
    {
        if (frames.Length < 1 || frames.Length > integrator.BatchSize)
        {
            throw new ArgumentException($"{frames.Length} frames came at once, 1 to {integrator.BatchSize} can be taken", nameof(frames));
        }

        if (patterns.Length != frames.Length)
        {
            throw new ArgumentException($"{frames.Length} frames need as many patterns, not {patterns.Length}", nameof(patterns));
        }

        foreach (DiffractionPattern pattern in patterns)
        {
            if (pattern.BinCount != integrator.Plan.PatternSize)
            {
                throw new ArgumentException(
                    $"the pattern has {pattern.BinCount} bins, the plan {integrator.Plan.PatternSize}", nameof(patterns));
            }
        }
    }
}
