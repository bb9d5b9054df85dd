using XrdCt.Live.Compute.Reconstruction;

namespace XrdCt.Live.Server.Reconstruction;

/// <summary>An iterative solver, which may start from slices.</summary>
/// <param name="request">Which solver, and how it goes on.</param>
/// <param name="angles_rad">Angle of each rotation, rad.</param>
/// <param name="samples">Samples N of a projection.</param>
/// <param name="centre_px">Offset of the rotation axis from sample N/2, samples.</param>
/// <param name="fbp">Makes the start, disposed with this; null for another one.</param>
/// <param name="start">Has the start; null for nothing, where it is not made either.</param>
internal sealed class SolverMaker(ReconstructionRequest request, double[] angles_rad, int samples, double centre_px, FbpMaker? fbp, StartSlices? start) : IBlockMaker
{
    private readonly BlockSolver _solver = request.Solver == SolverKind.Sirt
        ? new Sirt(samples, angles_rad, BinBlock.Width, request.Options, centre_px)
        : new ConjugateGradients(samples, angles_rad, BinBlock.Width, request.Options, centre_px);

    /// <inheritdoc/>
    public bool NeedsBridges => false;

    /// <inheritdoc/>
    public SolverConvergence? Make(int block, ReadOnlyMemory<float> projections, ReadOnlySpan<bool> isPresent, Memory<float> slices)
    {
        if (fbp is not null)
        {
            float[] bridged = projections.ToArray();
            bool[] canStart = new bool[isPresent.Length];
            PreparedSinogram.Bridge(bridged, samples, canStart);
            fbp.Make(block, bridged, canStart, slices);
        }
        else if (start is not null)
        {
            start.Read(block, slices.Span);
        }
        else
        {
            slices.Span.Clear();
        }

        return _solver.Solve(projections.Span, slices.Span);
    }

    /// <inheritdoc/>
    public void Dispose() => fbp?.Dispose();
}
