using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Compute.Integration;

/// <summary>Lengths that every integrator checks once, at its public edge.</summary>
internal static class FrameShapes
{
    public static void Check(IntegrationPlan plan, ReadOnlySpan<int> pixels, DiffractionPattern pattern)
    {
        if (pixels.Length != plan.Geometry.Shape.PixelCount)
        {
            throw new ArgumentException(
                $"the frame has {pixels.Length} pixels, the detector {plan.Geometry.Shape.PixelCount}", nameof(pixels));
        }

        if (pattern.BinCount != plan.Axis.BinCount)
        {
            throw new ArgumentException(
                $"the pattern has {pattern.BinCount} bins, the plan {plan.Axis.BinCount}", nameof(pattern));
        }
    }
}
