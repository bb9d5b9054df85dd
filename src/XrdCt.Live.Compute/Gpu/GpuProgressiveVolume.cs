using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Compute.Gpu;

/// <summary>
/// The slices of every bin on a device, growing with the scan: what <see cref="ProgressiveBlock"/> is for a block of bins, for all of them at once.
/// A projection goes up once and is filtered there; slices stay there, and patterns come down when asked for.
/// </summary>
/// <remarks>Not thread-safe. Written and tested without a device at hand: how fast it is has not been measured.</remarks>
public sealed class GpuProgressiveVolume : IDisposable
{
    private readonly ScanPlan _plan;
    private readonly ProjectionLedger _ledger;
    private readonly GpuVolume _volume;

    /// <summary>Makes empty slices: 4 · <see cref="BinBlock.Width"/> bytes × blocks × (N² + 17/16 · (N + 2) · rotations) on the device.</summary>
    /// <param name="device">The device, which must outlive the volume.</param>
    /// <param name="plan">Scan plan; gives the angles and the samples of a projection.</param>
    /// <param name="filter">The filter, for <see cref="ScanPlan.TranslationCount"/> samples.</param>
    /// <param name="binCount">Radial bins.</param>
    /// <param name="centre_px">Centre of rotation, as <see cref="ProgressiveBlock.Centre_px"/>.</param>
    /// <exception cref="ArgumentException">The filter is for another number of samples.</exception>
    /// <exception cref="GpuException">The volume does not fit the device, or the device does not run the kernels.</exception>
    public GpuProgressiveVolume(GpuDevice device, ScanPlan plan, ProjectionFilter filter, int binCount, double centre_px = 0)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentOutOfRangeException.ThrowIfLessThan(binCount, 1);
        if (filter.Length != plan.TranslationCount)
        {
            throw new ArgumentException($"the filter is for {filter.Length} samples, the scan has {plan.TranslationCount} translations", nameof(filter));
        }

        _plan = plan;
        _ledger = new ProjectionLedger(plan);
        _volume = new GpuVolume(device, filter, centre_px, BinBlock.Count(binCount), _ledger.RowCount);
    }

    /// <summary>Centre of rotation, see <see cref="ProgressiveBlock.Centre_px"/>.</summary>
    public double Centre_px => _volume.Centre_px;

    /// <summary>Blocks of <see cref="BinBlock.Width"/> bins.</summary>
    public int BlockCount => _volume.BlockCount;

    /// <summary>Projections that are in, whether the slices show them already or not.</summary>
    public int ProjectionCount => _ledger.ProjectionCount;

    /// <summary>Widest angle between neighbouring projections in the slices, degrees: 180 before the second.</summary>
    public double LargestGap_deg => _ledger.LargestGap_deg;

    /// <summary>Whether something changed since the last <see cref="Update"/>.</summary>
    public bool IsBehind => _ledger.IsBehind;

    /// <summary>Whether a pixel is in the circle that all projections see.</summary>
    /// <param name="y">Row of the slice.</param>
    /// <param name="x">Column of the slice.</param>
    public bool Sees(int y, int x) => _volume.Sees(y, x);

    /// <summary>Puts a projection of every bin in, or exchanges it for a better one.</summary>
    /// <param name="rotation">Index of the rotation.</param>
    /// <param name="projections">[block, translation, <see cref="BinBlock.Width"/>]; NaN in a bin makes that bin's slice NaN, and no other.</param>
    /// <exception cref="ArgumentException">The projections have another length.</exception>
    /// <exception cref="GpuException">The device failed.</exception>
    public void Put(int rotation, ReadOnlySpan<float> projections)
    {
        Fits(projections.Length, _plan.TranslationCount);
        int row = _ledger.Put(rotation);
        OnDevice(row, projections, static (volume, row, values) => volume.Filter(row, values));
    }

    /// <summary>The same with a projection that was filtered elsewhere, such as for a scan of a region of interest.</summary>
    /// <param name="rotation">Index of the rotation.</param>
    /// <param name="filtered">[block, sample, <see cref="BinBlock.Width"/>], two samples more than translations.</param>
    /// <exception cref="ArgumentException">The projections have another length.</exception>
    /// <exception cref="GpuException">The device failed.</exception>
    public void PutFiltered(int rotation, ReadOnlySpan<float> filtered)
    {
        Fits(filtered.Length, _plan.TranslationCount + 2);
        int row = _ledger.Put(rotation);
        OnDevice(row, filtered, static (volume, row, values) => volume.SetRow(row, values));
    }

    /// <summary>Takes a projection out; without effect where it is not in.</summary>
    /// <param name="rotation">Index of the rotation.</param>
    public void Withdraw(int rotation) => _ledger.Withdraw(rotation);

    /// <summary>Takes all projections out, to be put in again through another filter. The slices stay what they are until the next <see cref="Update"/>.</summary>
    public void Restart() => _ledger.WithdrawAll();

    /// <summary>The same, with the filter.</summary>
    /// <param name="filter">The filter, for <see cref="ScanPlan.TranslationCount"/> samples.</param>
    /// <exception cref="ArgumentException">The filter is for another number of samples; nothing changed.</exception>
    /// <exception cref="GpuException">The device failed.</exception>
    public void Restart(ProjectionFilter filter)
    {
        OnDevice(0, default, (volume, _, _) => volume.SetFilter(filter));
        Restart();
    }

    /// <summary>Moves the centre of rotation.</summary>
    /// <param name="centre_px">Centre of rotation, see <see cref="Centre_px"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The axis is outside the projections.</exception>
    public void SetCentre(double centre_px)
    {
        if (centre_px != Centre_px)
        {
            _volume.SetCentre(centre_px);
            _ledger.Renew();
        }
    }

    /// <summary>Brings the slices up to date, in one pass over them.</summary>
    /// <exception cref="GpuException">The device failed.</exception>
    public void Update()
    {
        if (!IsBehind)
        {
            return;
        }

        ProjectionTerm[] terms = _ledger.Terms(out bool isAnew).ToArray();
        OnDevice(0, default, (volume, _, _) =>
        {
            if (isAnew)
            {
                volume.Clear();
            }

            volume.Add(terms);
        });
        _ledger.Settle();
    }

    /// <summary>Copies the pattern of a pixel down, as of the last <see cref="Update"/>.</summary>
    /// <param name="y">Row of the slice.</param>
    /// <param name="x">Column of the slice.</param>
    /// <param name="pattern">
    /// Receives <see cref="BlockCount"/> · <see cref="BinBlock.Width"/> values, zeros in the padding; NaN outside the circle, and before the first
    /// projection.
    /// </param>
    /// <exception cref="GpuException">The device failed.</exception>
    public void CopyPattern(int y, int x, Span<float> pattern)
    {
        if (_ledger.ShownCount == 0 || !_volume.Sees(y, x))
        {
            pattern.Fill(float.NaN);
            return;
        }

        try
        {
            _volume.CopyPattern(y, x, pattern);
        }
        catch (Exception e) when (GpuException.IsOfDevice(e))
        {
            throw Failed(e);
        }
    }

    /// <summary>Copies the slices of a block down, as of the last <see cref="Update"/>.</summary>
    /// <param name="block">Number of the block.</param>
    /// <param name="slices">Receives [y, x, <see cref="BinBlock.Width"/>]; 0 outside the circle that all projections see.</param>
    /// <exception cref="GpuException">The device failed.</exception>
    public void CopyTo(int block, Span<float> slices)
    {
        try
        {
            _volume.CopyTo(block, slices);
        }
        catch (Exception e) when (GpuException.IsOfDevice(e))
        {
            throw Failed(e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _volume.Dispose();

    private delegate void Work(GpuVolume volume, int row, ReadOnlySpan<float> values);

    private static GpuException Failed(Exception e) => new($"the slices on the device are lost: {GpuException.Sentence(e)}", e);

    private static bool HasNonFinite(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if (!float.IsFinite(value))
            {
                return true;
            }
        }

        return false;
    }

    private void OnDevice(int row, ReadOnlySpan<float> values, Work work)
    {
        try
        {
            work(_volume, row, values);
        }
        catch (Exception e) when (GpuException.IsOfDevice(e))
        {
            throw Failed(e);
        }

        // NaN cannot be taken out again.
        if (!values.IsEmpty)
        {
            _ledger.SetBroken(row, HasNonFinite(values));
        }
    }

    private void Fits(int length, int samples)
    {
        if (length != (long)BlockCount * samples * BinBlock.Width)
        {
            throw new ArgumentException($"expected {BlockCount} blocks of {samples} samples of {BinBlock.Width} bins, not {length} values");
        }
    }
}
