using XrdCt.Live.Compute.Reconstruction;

namespace XrdCt.Live.Server.Reconstruction;

/// <summary>An iterative solver, which may start from the filtered back projection.</summary>
/// <param name="request">Which solver, and how it goes on.</param>
/// <param name="angles_rad">Angle of each rotation, rad.</param>
/// <param name="samples">Samples N of a projection.</param>
/// <param name="centre_px">Offset of the rotation axis from sample N/2, samples.</param>
/// <param name="start">Makes the start; null to start from nothing.</param>
internal sealed class SolverMaker(ReconstructionRequest request, double[] angles_rad, int samples, double centre_px, FbpMaker? start) : IBlockMaker
{
    private readonly BlockSolver _solver = request.Solver == SolverKind.Sirt
        ? new Sirt(samples, angles_rad, BinBlock.Width, request.Options, centre_px)
        : new ConjugateGradients(samples, angles_rad, BinBlock.Width, request.Options, centre_px);

    /// <inheritdoc/>
    public bool NeedsBridges => false;

    /// <inheritdoc/>
    public SolverConvergence? Make(int block, ReadOnlyMemory<float> projections, ReadOnlySpan<bool> isPresent, Memory<float> slices)
    {
        if (start is null)
        {
            slices.Span.Clear();
        }
        else
        {
            float[] bridged = projections.ToArray();
            bool[] canStart = new bool[isPresent.Length];
            PreparedSinogram.Bridge(bridged, samples, canStart);
            start.Make(block, bridged, canStart, slices);
        }

        return _solver.Solve(projections.Span, slices.Span);
    }
}
