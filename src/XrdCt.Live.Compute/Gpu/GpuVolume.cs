using ILGPU;
using ILGPU.Runtime;
using XrdCt.Live.Compute.Reconstruction;

namespace XrdCt.Live.Compute.Gpu;

/// <summary>
/// Blocks of bins that stay on a device, slices and filtered projections: projections go up, are filtered there and added to all slices at
/// once. The definitions are those of <see cref="BlockProjectionFilter"/> and <see cref="BlockBackProjector"/>; what weighs how much is the
/// caller's, as for those.
/// </summary>
/// <remarks>Not thread-safe; a stream of its own. Written and tested without a device at hand: how fast it is has not been measured.</remarks>
public sealed class GpuVolume : IDisposable
{
    private const int Width = BinBlock.Width;
    private const int LargestSize = 4096;

    private readonly GpuDevice _device;
    private BlockBackProjector _backProjector;
    private BlockShape _shape;
    private readonly Stack<IDisposable> _owned = [];
    private readonly AcceleratorStream _stream;
    private readonly ArrayView<float> _kernel;
    private readonly ArrayView<float> _projections;
    private readonly ArrayView<float> _filtered;
    private readonly ArrayView<float> _slices;
    private readonly Action<AcceleratorStream, KernelConfig, BlockShape, int, ArrayView<float>, ArrayView<float>, ArrayView<float>> _filterRow;
    private readonly Action<AcceleratorStream, KernelConfig, BlockShape, ArrayView<RayTerm>, ArrayView<float>, ArrayView<float>> _add;
    private MemoryBuffer1D<RayTerm, Stride1D.Dense>? _terms;

    /// <summary>
    /// Makes empty slices: 4 · <see cref="BinBlock.Width"/> bytes × blocks × (N² + (N + 2) · rows) on the device, 1.03 GB for 2,048 bins of
    /// 251 × 250.
    /// </summary>
    /// <param name="device">The device, which must outlive the volume.</param>
    /// <param name="filter">The filter; gives N, at most 4,096.</param>
    /// <param name="centre_px">Offset c of the rotation axis from sample N/2, samples; less than N/2 in magnitude.</param>
    /// <param name="blockCount">Blocks of <see cref="BinBlock.Width"/> bins.</param>
    /// <param name="rowCount">Filtered projections that are kept.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    /// <exception cref="GpuException">The volume does not fit the device, or the device does not run the kernels.</exception>
    public GpuVolume(GpuDevice device, ProjectionFilter filter, double centre_px, int blockCount, int rowCount)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(filter.Length, LargestSize, nameof(filter));
        ArgumentOutOfRangeException.ThrowIfLessThan(blockCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(rowCount, 1);
        _device = device;
        _backProjector = new BlockBackProjector(filter.Length, centre_px);
        _shape = new BlockShape { BlockCount = blockCount, RowCount = rowCount, Size = filter.Length, RadiusSquared = RadiusSquared(filter.Length, centre_px) };
        Accelerator accelerator = device.Accelerator;
        accelerator.Bind();
        try
        {
            _stream = Own(accelerator.CreateStream());
            _filterRow = accelerator.LoadKernel<BlockShape, int, ArrayView<float>, ArrayView<float>, ArrayView<float>>(FilterKernel.Run);
            _add = accelerator.LoadKernel<BlockShape, ArrayView<RayTerm>, ArrayView<float>, ArrayView<float>>(BackProjectionKernel.Run);
            _kernel = Allocate((2L * filter.Length) + 1);
            _projections = Allocate((long)blockCount * filter.Length * Width);
            _filtered = Allocate((long)blockCount * rowCount * _backProjector.RowLength);
            _slices = Allocate((long)blockCount * _backProjector.SlicesLength);
            _slices.MemSetToZero(_stream);
            SetFilter(filter);
        }
        catch (Exception e) when (GpuException.IsOfDevice(e))
        {
            Dispose();
            throw new GpuException($"{blockCount * Width} slices of {filter.Length}² cannot be kept on {device.Name}: {GpuException.Sentence(e)}", e);
        }
    }

    /// <summary>Blocks of bins.</summary>
    public int BlockCount => _shape.BlockCount;

    /// <summary>Offset c of the rotation axis from sample N/2, samples.</summary>
    public double Centre_px => _backProjector.Centre_px;

    /// <summary>Whether a pixel is in the circle that all projections see.</summary>
    /// <param name="y">Row of the slice.</param>
    /// <param name="x">Column of the slice.</param>
    public bool Sees(int y, int x) => _backProjector.Sees(y, x);

    /// <summary>Moves the rotation axis, for what is added from now on.</summary>
    /// <param name="centre_px">Offset c of the rotation axis from sample N/2, samples; less than N/2 in magnitude.</param>
    /// <exception cref="ArgumentOutOfRangeException">The axis is outside the projections.</exception>
    public void SetCentre(double centre_px)
    {
        _backProjector = new BlockBackProjector(_shape.Size, centre_px);
        _shape = _shape with { RadiusSquared = RadiusSquared(_shape.Size, centre_px) };
    }

    /// <summary>Takes another filter, for what is filtered from now on.</summary>
    /// <param name="filter">The filter, for N samples.</param>
    /// <exception cref="ArgumentException">The filter is for another number of samples.</exception>
    public void SetFilter(ProjectionFilter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        Fits(filter.Length, _shape.Size);
        _device.Accelerator.Bind();
        float[] kernel = [.. Enumerable.Range(-filter.Length, (2 * filter.Length) + 1).Select(filter.Kernel)];
        _kernel.CopyFromCPU(_stream, kernel);
        _stream.Synchronize();
    }

    /// <summary>Filters a projection of every bin.</summary>
    /// <param name="row">Row that keeps it, in place of what was there.</param>
    /// <param name="projections">[block, sample, <see cref="BinBlock.Width"/>]; NaN in a bin makes that bin's slice NaN, and no other.</param>
    /// <exception cref="ArgumentException">The projections have another length.</exception>
    public void Filter(int row, ReadOnlySpan<float> projections)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)_shape.RowCount, nameof(row));
        Fits(projections.Length, _projections.Length);
        _device.Accelerator.Bind();
        _projections.CopyFromCPU(_stream, projections);
        _filterRow(_stream, Threads((long)BlockCount * _backProjector.RowLength), _shape, row, _kernel, _projections, _filtered);
        _stream.Synchronize();
    }

    /// <summary>Takes a projection of every bin that was filtered elsewhere.</summary>
    /// <param name="row">Row that keeps it, in place of what was there.</param>
    /// <param name="filtered">[block, sample, <see cref="BinBlock.Width"/>], N + 2 samples.</param>
    /// <exception cref="ArgumentException">The projections have another length.</exception>
    public void SetRow(int row, ReadOnlySpan<float> filtered)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)_shape.RowCount, nameof(row));
        int length = _backProjector.RowLength;
        Fits(filtered.Length, (long)BlockCount * length);
        _device.Accelerator.Bind();
        for (int block = 0; block < BlockCount; block++)
        {
            long at = (((long)block * _shape.RowCount) + row) * length;
            _filtered.SubView(at, length).CopyFromCPU(_stream, filtered.Slice(block * length, length));
        }

        _stream.Synchronize();
    }

    /// <summary>Adds filtered projections to all slices.</summary>
    /// <param name="terms">Which of them, at which angles, with which weights.</param>
    /// <exception cref="ArgumentException">A term has no row or no angle.</exception>
    public void Add(ReadOnlySpan<ProjectionTerm> terms)
    {
        RayTerm[] rays = new RayTerm[terms.Length];
        for (int k = 0; k < terms.Length; k++)
        {
            rays[k] = Ray(terms[k]);
        }

        if (terms.IsEmpty)
        {
            return;
        }

        _device.Accelerator.Bind();
        if (_terms is null || _terms.Length < rays.Length)
        {
            _terms?.Dispose();
            _terms = _device.Accelerator.Allocate1D<RayTerm>(rays.Length);
        }

        ArrayView<RayTerm> view = _terms.View.BaseView.SubView(0, rays.Length);
        view.CopyFromCPU(_stream, rays);
        _add(_stream, Threads(_slices.Length), _shape, view, _filtered, _slices);
        _stream.Synchronize();
    }

    /// <summary>Makes all slices zero.</summary>
    public void Clear()
    {
        _device.Accelerator.Bind();
        _slices.MemSetToZero(_stream);
        _stream.Synchronize();
    }

    /// <summary>Copies the slices of a block down.</summary>
    /// <param name="block">Number of the block.</param>
    /// <param name="slices">Receives [y, x, <see cref="BinBlock.Width"/>]; 0 outside the circle that all projections see.</param>
    /// <exception cref="ArgumentException">The slices have another length.</exception>
    public void CopyTo(int block, Span<float> slices)
    {
        Fits(slices.Length, _backProjector.SlicesLength);
        _device.Accelerator.Bind();
        Block(block).CopyToCPU(_stream, slices);
        _stream.Synchronize();
    }

    /// <summary>Copies the pattern of a pixel down.</summary>
    /// <param name="y">Row of the slice.</param>
    /// <param name="x">Column of the slice.</param>
    /// <param name="pattern">Receives all bins, <see cref="BlockCount"/> · <see cref="BinBlock.Width"/> values.</param>
    /// <exception cref="ArgumentException">The pattern has another length.</exception>
    public void CopyPattern(int y, int x, Span<float> pattern)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)y, (uint)_shape.Size, nameof(y));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)x, (uint)_shape.Size, nameof(x));
        Fits(pattern.Length, BlockCount * Width);
        _device.Accelerator.Bind();
        for (int block = 0; block < BlockCount; block++)
        {
            Block(block).SubView((((long)y * _shape.Size) + x) * Width, Width).CopyToCPU(_stream, pattern.Slice(block * Width, Width));
        }

        _stream.Synchronize();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _terms?.Dispose();
        while (_owned.TryPop(out IDisposable? resource))
        {
            resource.Dispose();
        }
    }

    /// <summary>Sets the slices of a block.</summary>
    internal void SetSlices(int block, ReadOnlySpan<float> slices)
    {
        Fits(slices.Length, _backProjector.SlicesLength);
        _device.Accelerator.Bind();
        Block(block).CopyFromCPU(_stream, slices);
        _stream.Synchronize();
    }

    /// <summary>Sets all filtered projections of a block.</summary>
    internal void SetFiltered(int block, ReadOnlySpan<float> filtered)
    {
        long length = (long)_shape.RowCount * _backProjector.RowLength;
        Fits(filtered.Length, length);
        _device.Accelerator.Bind();
        _filtered.SubView(block * length, length).CopyFromCPU(_stream, filtered);
        _stream.Synchronize();
    }

    private static int RadiusSquared(int size, double centre_px)
    {
        double radius = (size / 2) - Math.Abs(centre_px);
        return (int)Math.Floor(radius * radius);
    }

    private static void Fits(long length, long expected)
    {
        if (length != expected)
        {
            throw new ArgumentException($"expected {expected} values, not {length}");
        }
    }

    private RayTerm Ray(ProjectionTerm term)
    {
        if ((uint)term.Row >= (uint)_shape.RowCount || !double.IsFinite(term.Angle_rad))
        {
            throw new ArgumentException($"there are {_shape.RowCount} filtered projections, none is {term}", nameof(term));
        }

        const double One = 1L << BackProjectionKernel.FractionBits;
        (double sin, double cos) = Math.SinCos(term.Angle_rad);
        return new RayTerm
        {
            Column = (long)Math.Round(cos * One),
            Row = (long)Math.Round(-sin * One),
            Axis = (long)Math.Round(((_shape.Size / 2) + ProjectionFilter.Margin + _backProjector.Centre_px) * One),
            Projection = term.Row,
            Weight = (float)term.Weight,
        };
    }

    private ArrayView<float> Block(int block)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)block, (uint)BlockCount, nameof(block));
        return _slices.SubView((long)block * _backProjector.SlicesLength, _backProjector.SlicesLength);
    }

    private KernelConfig Threads(long count) => new((int)((count + _device.GroupSize - 1) / _device.GroupSize), _device.GroupSize);

    private ArrayView<float> Allocate(long length) => Own(_device.Accelerator.Allocate1D<float>(length)).View.BaseView;

    private T Own<T>(T resource)
        where T : IDisposable
    {
        _owned.Push(resource);
        return resource;
    }
}
