using System.Numerics.Tensors;

namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>
/// Simultaneous iterative reconstruction: <c>x ← x + λ C Aᵀ R (b − A x)</c> with R and C the inverse sums of the rows and columns of A (0
/// where a sum is 0), then values below 0 set to 0 where asked for. Slow and gentle: what it has not reached after a few dozen iterations is
/// mostly noise.
/// </summary>
/// <remarks>
/// Converges to the least-squares solution weighted by R for 0 &lt; λ &lt; 2. Sources: Gilbert, doi:10.1016/0022-5193(72)90180-4; van der
/// Sluis and van der Vorst, doi:10.1016/0024-3795(90)90215-X; Gregor and Benson, doi:10.1109/TMI.2008.923696.
/// </remarks>
public sealed class Sirt : BlockSolver
{
    private readonly float[] _inverseRowSums;
    private readonly float[] _inverseColumnSums;
    private readonly float[] _residual;
    private readonly float[] _step;

    /// <summary>Makes a solver for blocks of one shape.</summary>
    /// <param name="size">Pixels along x and y, equal to the samples of a projection, at least 2.</param>
    /// <param name="angles_rad">Angles of the projections, rad, any order.</param>
    /// <param name="width">Bins of a block, at least 1.</param>
    /// <param name="options">How it goes on and when it stops.</param>
    /// <param name="centre_px">Offset of the rotation axis from sample N/2, samples.</param>
    /// <exception cref="ArgumentException">A number is out of range, there is no angle, or the mask does not have the size of the slice.</exception>
    public Sirt(int size, ReadOnlySpan<double> angles_rad, int width, SolverOptions options, double centre_px = 0)
        : base(size, angles_rad, width, options, centre_px)
    {
        _inverseRowSums = RowSums();
        Invert(_inverseRowSums, 1);
        _inverseColumnSums = NewSlices();
        _residual = NewProjections();
        _step = NewSlices();
    }

    private protected override void Iterate(Span<float> slices)
    {
        ColumnSums.CopyTo(_inverseColumnSums);
        Invert(_inverseColumnSums, (float)Options.Relaxation);
        for (int iteration = 0; AnyRunning; iteration++)
        {
            Residual(slices, _residual);
            Record(_residual, iteration);
            StopWhereDone();
            if (!AnyRunning)
            {
                return;
            }

            TensorPrimitives.Multiply(_residual, _inverseRowSums, _residual);
            for (int bin = 0; bin < Width; bin++)
            {
                if (!IsRunning(bin))
                {
                    BlockLanes.Fill(_residual, Width, bin, 0);
                }
            }

            BackProject(_residual, _step);
            TensorPrimitives.MultiplyAdd(_step, _inverseColumnSums, slices, slices);
            if (Options.IsNonNegative)
            {
                TensorPrimitives.Max(slices, 0, slices);
            }
        }
    }

    private static void Invert(Span<float> sums, float numerator)
    {
        for (int i = 0; i < sums.Length; i++)
        {
            sums[i] = sums[i] > 0 ? numerator / sums[i] : 0;
        }
    }
}
