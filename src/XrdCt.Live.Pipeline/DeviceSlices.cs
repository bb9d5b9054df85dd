using XrdCt.Live.Compute.Gpu;
using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Pipeline;

/// <summary>The slices of every bin on a device, all bins of a projection at a time. When it is disposed they come down, to be asked for still.</summary>
internal sealed class DeviceSlices : IVolumeSlices
{
    private readonly ScanPlan _plan;
    private readonly int _bins;
    private readonly GpuProgressiveVolume _volume;
    private readonly float[] _projections;
    private readonly float[] _pattern;
    private readonly long[] _versions;
    private readonly Lock _lock = new();
    private float[] _filtered = [];
    private RowFilter[] _filters = [];
    private Func<int, RowFilter>? _filtersOf;
    private RampFilter _filter;
    private int _number = -1;
    private int _projectionCount;
    private Memory<float>[]? _here;

    /// <summary>Takes the device's memory.</summary>
    /// <param name="device">The device.</param>
    /// <param name="plan">The scan plan.</param>
    /// <param name="filter">The ramp.</param>
    /// <param name="bins">Radial bins.</param>
    /// <exception cref="GpuException">The slices do not fit, or the device does not run the kernels.</exception>
    public DeviceSlices(GpuDevice device, ScanPlan plan, ProjectionFilter filter, int bins)
    {
        (_plan, _bins, _filter) = (plan, bins, filter.Filter);
        _volume = new GpuProgressiveVolume(device, plan, filter, bins);
        _projections = new float[_volume.BlockCount * plan.TranslationCount * BinBlock.Width];
        _pattern = new float[_volume.BlockCount * BinBlock.Width];
        _versions = new long[plan.RotationCount];
    }

    /// <inheritdoc/>
    public int ProjectionCount => Volatile.Read(ref _projectionCount);

    /// <inheritdoc/>
    public bool BringUpToDate(VolumeRecipe recipe, ProjectionRows rows, Func<bool> mayGoOn)
    {
        if (rows.NeedsWholeBlocks)
        {
            throw new GpuException("lines that run over the rotations and are moved cannot be followed on a device");
        }

        bool isAnew = _number != recipe.Number;
        if (isAnew && recipe.Filters is { } filters)
        {
            // Where only corrections changed, the filters stay.
            if (_filtersOf != filters)
            {
                _filters = [.. Enumerable.Range(0, _volume.BlockCount).Select(filters)];
                _filtersOf = filters;
                _volume.Restart();
            }
        }
        else if (isAnew && recipe.Filter != _filter)
        {
            _filter = recipe.Filter;
            lock (_lock)
            {
                _volume.Restart(new ProjectionFilter(_plan.TranslationCount, recipe.Filter));
            }
        }

        for (int rotation = 0; rotation < _plan.ReconstructedRotationCount; rotation++)
        {
            if (!isAnew && _versions[rotation] == recipe.Versions[rotation])
            {
                continue;
            }

            if (!mayGoOn())
            {
                // What is not done yet of a new number must be done with the next.
                _number = isAnew ? -1 : _number;
                return false;
            }

            _versions[rotation] = recipe.Versions[rotation];
            bool isMeasured = recipe.Versions[rotation] > 0 && TryRead(rotation, rows);

            // The page may ask for a pattern meanwhile, on the same stream of the device.
            lock (_lock)
            {
                if (isMeasured)
                {
                    Put(rotation);
                }
                else
                {
                    _volume.Withdraw(rotation);
                }
            }
        }

        _number = recipe.Number;
        lock (_lock)
        {
            _volume.SetCentre(recipe.Centre_px);
            _volume.Update();
        }

        Volatile.Write(ref _projectionCount, _volume.ProjectionCount);
        return true;
    }

    /// <inheritdoc/>
    public void CopyPattern(int row, int column, Span<float> pattern)
    {
        lock (_lock)
        {
            if (_here is null)
            {
                _volume.CopyPattern(row, column, _pattern);
            }
            else
            {
                int at = ((row * _plan.TranslationCount) + column) * BinBlock.Width;
                for (int b = 0; b < _here.Length; b++)
                {
                    _here[b].Span.Slice(at, BinBlock.Width).CopyTo(_pattern.AsSpan(b * BinBlock.Width));
                }
            }

            _pattern.AsSpan(0, _bins).CopyTo(pattern);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_here is not null)
            {
                return;
            }

            var here = new Memory<float>[_volume.BlockCount];
            try
            {
                int size = _plan.TranslationCount;
                for (int b = 0; b < here.Length; b++)
                {
                    here[b] = BinBlock.Allocate((long)size * size * BinBlock.Width);
                    _volume.CopyTo(b, here[b].Span);
                    for (int pixel = 0; pixel < size * size; pixel++)
                    {
                        if (ProjectionCount == 0 || !_volume.Sees(pixel / size, pixel % size))
                        {
                            here[b].Span.Slice(pixel * BinBlock.Width, BinBlock.Width).Fill(float.NaN);
                        }
                    }
                }
            }
            catch (GpuException)
            {
                // A device that failed has nothing to give any more.
                here = [];
                Array.Fill(_pattern, float.NaN);
            }

            _here = here;
            _volume.Dispose();
        }
    }

    private bool TryRead(int rotation, ProjectionRows rows)
    {
        int length = _plan.TranslationCount * BinBlock.Width;
        bool isMeasured = true;
        for (int b = 0; isMeasured && b < _volume.BlockCount; b++)
        {
            isMeasured = rows.TryRead(rotation, b, _projections.AsSpan(b * length, length));
        }

        return isMeasured;
    }

    private void Put(int rotation)
    {
        if (_filters.Length == 0)
        {
            _volume.Put(rotation, _projections);
            return;
        }

        // What lies outside the field of view is taken out here: it takes the coarse scan, which is not on the device.
        int length = _plan.TranslationCount * BinBlock.Width;
        int filtered = (_plan.TranslationCount + 2) * BinBlock.Width;
        _filtered = _filtered.Length > 0 ? _filtered : new float[_volume.BlockCount * filtered];
        for (int b = 0; b < _volume.BlockCount; b++)
        {
            _filters[b](_plan.Angle_deg(rotation) * (Math.PI / 180), _projections.AsSpan(b * length, length), _filtered.AsSpan(b * filtered, filtered));
        }

        _volume.PutFiltered(rotation, _filtered);
    }
}
