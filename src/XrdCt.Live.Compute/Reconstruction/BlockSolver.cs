using System.Numerics.Tensors;

namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>
/// Slices of a block of bins as least-squares solutions of <c>A x = b</c>, for angles too few or too uneven for filtered back projection: b
/// are the samples, A is <see cref="BlockForwardProjector"/> and Aᵀ the back projection of the same interpolation.
/// </summary>
/// <remarks>
/// A sample that was not measured (NaN, infinite) has no equation: nothing is bridged, and angles that were not measured are not in the
/// list. Each bin stops for itself; the block ends with its last one. All buffers are made once, so a solver goes from block to block;
/// not thread-safe: one per thread.
/// </remarks>
public abstract class BlockSolver
{
    private readonly double[] _angles_rad;
    private readonly BlockForwardProjector _projector;
    private readonly BlockTranspose _transpose;
    private readonly BackProjector _circle;
    private readonly bool[] _free;
    private readonly float[] _data;
    private readonly float[] _measured;
    private readonly float[] _seen;
    private readonly double[] _power;
    private readonly double[] _limits;
    private readonly double[] _squares;
    private readonly bool[] _running;
    private readonly int[] _iterations;
    private readonly SolverStop[] _stops;
    private readonly List<double>[] _residuals;

    private protected BlockSolver(int size, ReadOnlySpan<double> angles_rad, int width, SolverOptions options, double centre_px)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        Check(options, size);
        _projector = new BlockForwardProjector(size, centre_px);
        _circle = new BackProjector(size, centre_px);
        if (angles_rad.IsEmpty)
        {
            throw new ArgumentException("a solver needs at least one angle", nameof(angles_rad));
        }

        if ((long)size * size * width > Array.MaxLength || (long)angles_rad.Length * _projector.ProjectionLength * width > Array.MaxLength)
        {
            throw new ArgumentOutOfRangeException(nameof(width), width, "the block is too large for one array: take fewer bins at a time");
        }

        _angles_rad = angles_rad.ToArray();
        _transpose = new BlockTranspose(_circle, angles_rad, width);
        Width = width;
        Options = options;
        _free = FreePixels();
        _data = NewProjections();
        _measured = NewProjections();
        _seen = NewSlices();
        _power = new double[width];
        _limits = new double[width];
        _squares = new double[width];
        _running = new bool[width];
        _iterations = new int[width];
        _stops = new SolverStop[width];
        _residuals = [.. Enumerable.Range(0, width).Select(_ => new List<double>())];
    }

    /// <summary>Pixels along x and y, and samples of a projection.</summary>
    public int Size => _projector.Size;

    /// <summary>Bins of a block.</summary>
    public int Width { get; }

    /// <summary>How it goes on and when it stops.</summary>
    public SolverOptions Options { get; }

    /// <summary>Data b with the margins of a projection, [row, sample, bin]; 0 where nothing was measured.</summary>
    private protected ReadOnlySpan<float> Data => _data;

    /// <summary>1 for a measured sample, 0 for another one; shape of <see cref="Data"/>.</summary>
    private protected ReadOnlySpan<float> Measured => _measured;

    /// <summary>Sums of the columns of A over the measured samples, [y, x, bin]: 0 for pixels outside circle and mask, or seen by no ray.</summary>
    private protected ReadOnlySpan<float> ColumnSums => _seen;

    /// <summary>Solves a block.</summary>
    /// <param name="projections">Samples, [row, sample, bin], one row per angle; NaN where unmeasured.</param>
    /// <param name="slices">
    /// Start and result, [y, x, bin]. The start is zero, or slices that are already near (the live ones, a filtered back projection); its NaN
    /// count as 0. The result is NaN outside the circle of radius N/2 − |c| and where no measured ray passes, and 0 outside the mask.
    /// A bin without any measured sample is NaN everywhere, one whose samples are all 0 is 0.
    /// </param>
    /// <param name="noise">
    /// σ of a sample, one per bin, in the unit of the samples: a bin stops where its residual norm falls to σ·√(measured samples), Morozov's
    /// discrepancy principle (doi:10.1007/978-1-4612-5280-1). Absent, NaN or 0: it does not.
    /// </param>
    /// <returns>How each bin converged.</returns>
    /// <exception cref="ArgumentException">The lengths do not belong to the angles, size and width of the solver.</exception>
    public SolverConvergence Solve(ReadOnlySpan<float> projections, Span<float> slices, ReadOnlySpan<float> noise = default)
    {
        if (projections.Length != _angles_rad.Length * Size * Width || slices.Length != Size * Size * Width)
        {
            throw new ArgumentException(
                $"{_angles_rad.Length} angles of {Size} samples and {Width} bins are expected, and slices of {Size}² pixels, not "
                + $"{projections.Length} and {slices.Length} values");
        }

        if (!noise.IsEmpty && noise.Length != Width)
        {
            throw new ArgumentException($"the noise needs one value for each of the {Width} bins, not {noise.Length}", nameof(noise));
        }

        Load(projections, noise);
        Start(slices);
        Iterate(slices);
        Finish(slices);
        return new SolverConvergence([.. _iterations], [.. _stops], [.. _residuals.Select(r => r.ToArray())]);
    }

    /// <summary>Goes on until <see cref="IsRunning"/> is false for all bins, and tells <see cref="Record"/> each residual.</summary>
    private protected abstract void Iterate(Span<float> slices);

    private protected bool IsRunning(int bin) => _running[bin];

    private protected bool AnyRunning => Array.IndexOf(_running, true) >= 0;

    private protected float[] NewProjections() => new float[_angles_rad.Length * _projector.ProjectionLength * Width];

    private protected float[] NewSlices() => new float[Size * Size * Width];

    /// <summary>A x at the measured samples, 0 at the others.</summary>
    private protected void Project(ReadOnlySpan<float> slices, Span<float> projections)
    {
        int length = _projector.ProjectionLength * Width;
        for (int row = 0; row < _angles_rad.Length; row++)
        {
            _projector.Project(slices, _angles_rad[row], projections.Slice(row * length, length));
        }

        TensorPrimitives.Multiply(projections, _measured, projections);
    }

    /// <summary>Aᵀ y inside circle and mask, 0 elsewhere.</summary>
    private protected void BackProject(ReadOnlySpan<float> projections, Span<float> slices)
    {
        slices.Clear();
        _transpose.Add(projections, slices);
        ClearOutside(slices);
    }

    /// <summary>b − A x at the measured samples.</summary>
    private protected void Residual(ReadOnlySpan<float> slices, Span<float> residual)
    {
        Project(slices, residual);
        TensorPrimitives.Subtract(_data, residual, residual);
    }

    /// <summary>Sums of the rows of A inside circle and mask, the same for all bins: [row, sample, bin].</summary>
    private protected float[] RowSums()
    {
        float[] ones = NewSlices();
        Array.Fill(ones, 1);
        ClearOutside(ones);
        float[] sums = NewProjections();
        int length = _projector.ProjectionLength * Width;
        for (int row = 0; row < _angles_rad.Length; row++)
        {
            _projector.Project(ones, _angles_rad[row], sums.AsSpan(row * length, length));
        }

        return sums;
    }

    /// <summary>Keeps the residuals of the running bins after an iteration (0: the start), without ending any.</summary>
    private protected void Record(ReadOnlySpan<float> residual, int iteration)
    {
        BlockLanes.Dot(residual, residual, _squares);
        for (int bin = 0; bin < Width; bin++)
        {
            if (_running[bin])
            {
                // An iteration that ends in another point than it reached first counts once, with the last.
                List<double> history = _residuals[bin];
                history.RemoveRange(iteration, history.Count - iteration);
                history.Add(Math.Sqrt(_squares[bin] / _power[bin]));
                _iterations[bin] = iteration;
            }
        }
    }

    /// <summary>Ends the bins whose last recorded residual says so, against the one that lies some iterations before.</summary>
    private protected void StopWhereDone(int iterations = 1)
    {
        for (int bin = 0; bin < Width; bin++)
        {
            List<double> history = _residuals[bin];
            if (!_running[bin])
            {
                continue;
            }

            if (history[^1] <= _limits[bin])
            {
                Stop(bin, SolverStop.Discrepancy);
            }
            else if (history.Count > iterations && history[^1] >= (1 - Options.LeastChange) * history[^(1 + iterations)] && Options.LeastChange > 0)
            {
                Stop(bin, SolverStop.Settled);
            }
            else if (_iterations[bin] >= Options.Iterations)
            {
                Stop(bin, SolverStop.Iterations);
            }
        }
    }

    /// <summary>Ends a bin.</summary>
    private protected void Stop(int bin, SolverStop stop)
    {
        _running[bin] = false;
        _stops[bin] = stop;
    }

    private static void Check(SolverOptions options, int size)
    {
        if (options.Iterations < 1)
        {
            throw new ArgumentException($"a solver needs at least one iteration, not {options.Iterations}", nameof(options));
        }

        if (!(options.Relaxation > 0 && options.Relaxation < 2))
        {
            throw new ArgumentException($"the relaxation must lie between 0 and 2, not at {options.Relaxation}", nameof(options));
        }

        if (!(options.LeastChange >= 0 && options.LeastChange < 1))
        {
            throw new ArgumentException($"the least change must be a share from 0 to below 1, not {options.LeastChange}", nameof(options));
        }

        if (options.Mask is { } mask && mask.Count != (long)size * size)
        {
            throw new ArgumentException($"the mask must have {size}² pixels, not {mask.Count}", nameof(options));
        }
    }

    private bool[] FreePixels()
    {
        bool[] free = new bool[Size * Size];
        for (int row = 0; row < Size; row++)
        {
            (int first, int last) = _circle.Columns(row);
            for (int column = first; column <= last; column++)
            {
                int pixel = (row * Size) + column;
                free[pixel] = Options.Mask is null || Options.Mask[pixel];
            }
        }

        return free;
    }

    private void Load(ReadOnlySpan<float> projections, ReadOnlySpan<float> noise)
    {
        Array.Clear(_data);
        Array.Clear(_measured);
        int length = Size * Width;
        for (int row = 0; row < _angles_rad.Length; row++)
        {
            int into = ((row * _projector.ProjectionLength) + ProjectionFilter.Margin) * Width;
            for (int i = 0; i < length; i++)
            {
                float value = projections[(row * length) + i];
                if (float.IsFinite(value))
                {
                    _data[into + i] = value;
                    _measured[into + i] = 1;
                }
            }
        }

        Span<double> counts = _limits;
        BlockLanes.Dot(_measured, _measured, counts);
        BlockLanes.Dot(_data, _data, _power);
        for (int bin = 0; bin < Width; bin++)
        {
            _residuals[bin].Clear();
            _iterations[bin] = 0;
            _running[bin] = _power[bin] > 0;
            _stops[bin] = counts[bin] > 0 ? SolverStop.Empty : SolverStop.Unmeasured;
            _limits[bin] = noise.IsEmpty || !(noise[bin] > 0) ? -1 : noise[bin] * Math.Sqrt(counts[bin] / _power[bin]);
        }

        BackProject(_measured, _seen);
    }

    private void Start(Span<float> slices)
    {
        for (int i = 0; i < slices.Length; i++)
        {
            slices[i] = float.IsFinite(slices[i]) && !(Options.IsNonNegative && slices[i] < 0) ? slices[i] : 0;
        }

        ClearOutside(slices);
        for (int bin = 0; bin < Width; bin++)
        {
            if (!_running[bin])
            {
                BlockLanes.Fill(slices, Width, bin, 0);
            }
        }
    }

    private void Finish(Span<float> slices)
    {
        for (int row = 0; row < Size; row++)
        {
            (int first, int last) = _circle.Columns(row);
            for (int column = 0; column < Size; column++)
            {
                int pixel = (row * Size) + column;
                bool isInside = column >= first && column <= last;
                for (int i = pixel * Width; i < (pixel + 1) * Width; i++)
                {
                    if (!isInside || (_free[pixel] && _seen[i] == 0))
                    {
                        slices[i] = float.NaN;
                    }
                }
            }
        }

        for (int bin = 0; bin < Width; bin++)
        {
            if (_stops[bin] == SolverStop.Unmeasured)
            {
                BlockLanes.Fill(slices, Width, bin, float.NaN);
            }
        }
    }

    private void ClearOutside(Span<float> slices)
    {
        for (int pixel = 0; pixel < _free.Length; pixel++)
        {
            if (!_free[pixel])
            {
                slices.Slice(pixel * Width, Width).Clear();
            }
        }
    }
}
