using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>
/// Filtered back projection of a block of bins that grows with the scan: the counterpart of <see cref="ProgressiveSlice"/> for
/// <see cref="BinBlock.Width"/> bins, which agrees with it bin by bin.
/// </summary>
/// <remarks>
/// <para>
/// Projections that are put in or withdrawn take effect in <see cref="Update"/>, in one pass over the slices: what comes, what goes and what
/// got other neighbours, hence another weight, are terms of the same sum. Where more than half of the projections change, the slices are
/// made anew from nothing, which costs less than the changes; always so for a new centre of rotation or a new filter.
/// </para>
/// <para>
/// NaN in a projection makes the slice of that bin NaN, and no other; cells that were not measured are bridged before
/// (<see cref="Sinograms.ProjectionGaps"/>). Slices and filtered projections are floats; after the last projection the slices equal the batch's
/// to 1e-5 of the largest range that they had. Not thread-safe. Nothing is allocated after construction.
/// </para>
/// </remarks>
public sealed class ProgressiveBlock
{
    private readonly ScanPlan _plan;
    private readonly ProjectionLedger _ledger;
    private readonly Memory<float> _filtered;
    private BlockProjectionFilter _filter;
    private RowFilter _apply;
    private BlockBackProjector _backProjector;
    private Memory<float> _slices;

    /// <summary>
    /// Makes empty slices: 4 · <see cref="BinBlock.Width"/> bytes × (N² + 17/16 · N · rotations), for N translations; 33 MB for 251 × 250.
    /// </summary>
    /// <param name="plan">Scan plan; gives the angles and the samples of a projection.</param>
    /// <param name="filter">The filter, for <see cref="ScanPlan.TranslationCount"/> samples; blocks share it.</param>
    /// <param name="centre_px">Centre of rotation, see <see cref="Centre_px"/>.</param>
    /// <exception cref="ArgumentException">The filter is for another number of samples.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The axis is outside the projections, or a block has more values than one array can hold.</exception>
    public ProgressiveBlock(ScanPlan plan, BlockProjectionFilter filter, double centre_px = 0)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(filter);
        _plan = plan;
        _filter = Fitting(filter);
        _apply = (_, projection, filtered) => _filter.Apply(projection, filtered);
        _backProjector = new BlockBackProjector(plan.TranslationCount, centre_px);
        _ledger = new ProjectionLedger(plan);
        _filtered = BinBlock.Allocate((long)_ledger.RowCount * _backProjector.RowLength);
        _slices = BinBlock.Allocate(_backProjector.SlicesLength);
        _slices.Span.Clear();
    }

    /// <summary>
    /// Centre of rotation c: the rotation axis is at translation index TranslationCount/2 + c (integer division), steps of the translation.
    /// </summary>
    public double Centre_px => _backProjector.Centre_px;

    /// <summary>Apodisation.</summary>
    public BlockProjectionFilter Filter => _filter;

    /// <summary>Projections that are in, whether the slices show them already or not.</summary>
    public int ProjectionCount => _ledger.ProjectionCount;

    /// <summary>Widest angle between neighbouring projections in the slices, degrees: 180 before the second.</summary>
    public double LargestGap_deg => _ledger.LargestGap_deg;

    /// <summary>Whether something changed since the last <see cref="Update"/>.</summary>
    public bool IsBehind => _ledger.IsBehind;

    /// <summary>Slices as of the last <see cref="Update"/>, [y, x, bin]; 0 outside the circle that all projections see.</summary>
    public ReadOnlySpan<float> Slices => _slices.Span;

    /// <summary>Puts a projection of every bin in, or exchanges it for a better one.</summary>
    /// <param name="rotation">Index of the rotation.</param>
    /// <param name="projection">[translation, <see cref="BinBlock.Width"/>].</param>
    /// <exception cref="ArgumentException">The projection has another length.</exception>
    public void Put(int rotation, ReadOnlySpan<float> projection)
    {
        if (projection.Length != _plan.TranslationCount * BinBlock.Width)
        {
            throw new ArgumentException($"expected {_plan.TranslationCount} samples of {BinBlock.Width} bins, not {projection.Length} values", nameof(projection));
        }

        int row = _ledger.Put(rotation);
        Span<float> filtered = _filtered.Span.Slice(row * _backProjector.RowLength, _backProjector.RowLength);
        _apply(_ledger.Angle_rad(rotation), projection, filtered);

        // NaN cannot be taken out again.
        _ledger.SetBroken(row, HasNonFinite(filtered[..BinBlock.Width]));
    }

    /// <summary>Takes a projection out; without effect where it is not in.</summary>
    /// <param name="rotation">Index of the rotation.</param>
    public void Withdraw(int rotation) => _ledger.Withdraw(rotation);

    /// <summary>Moves the centre of rotation.</summary>
    /// <param name="centre_px">Centre of rotation, see <see cref="Centre_px"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The axis is outside the projections.</exception>
    public void SetCentre(double centre_px)
    {
        if (centre_px != Centre_px)
        {
            _backProjector = new BlockBackProjector(_plan.TranslationCount, centre_px);
            Renew();
        }
    }

    /// <summary>
    /// Withdraws all projections, to be put in again through another filter. The slices stay what they are until the next
    /// <see cref="Update"/>.
    /// </summary>
    /// <param name="filter">The filter.</param>
    /// <exception cref="ArgumentException">The filter is for another number of samples.</exception>
    public void Restart(BlockProjectionFilter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        _filter = Fitting(filter);
        Restart((_, projection, filtered) => _filter.Apply(projection, filtered));
    }

    /// <summary>The same with a filter that does more, such as that of a scan of a region of interest.</summary>
    /// <param name="filter">The filter, for <see cref="ScanPlan.TranslationCount"/> samples.</param>
    public void Restart(RowFilter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        _apply = filter;
        _ledger.WithdrawAll();
    }

    /// <summary>
    /// Has the slices made anew by the next <see cref="Update"/>: the same numbers to the last bit, whatever came in between. Every change
    /// leaves a rounding of 6e-8 of what the slices held behind, which matters only where that was far larger than it is now.
    /// </summary>
    public void Renew() => _ledger.Renew();

    /// <summary>Brings the slices up to date.</summary>
    /// <param name="spare">
    /// Memory of N² · <see cref="BinBlock.Width"/> values, best from <see cref="BinBlock.Allocate"/>, in which slices are made anew: it then
    /// changes places with the block's own, so that these are whole at any time. One does for many blocks.
    /// </param>
    /// <exception cref="ArgumentException">The spare memory has another length; nothing changed.</exception>
    public void Update(ref Memory<float> spare)
    {
        if (spare.Length != _slices.Length)
        {
            throw new ArgumentException($"slices take {_slices.Length} values, not {spare.Length}", nameof(spare));
        }

        if (!IsBehind)
        {
            return;
        }

        ReadOnlySpan<ProjectionTerm> terms = _ledger.Terms(out bool isAnew);
        if (isAnew)
        {
            spare.Span.Clear();
            _backProjector.Add(_filtered.Span, terms, spare.Span);
            (_slices, spare) = (spare, _slices);
        }
        else
        {
            _backProjector.Add(_filtered.Span, terms, _slices.Span);
        }

        _ledger.Settle();
    }

    /// <summary>Copies the pattern of a pixel out, as of the last <see cref="Update"/>.</summary>
    /// <param name="y">Row of the slice.</param>
    /// <param name="x">Column of the slice.</param>
    /// <param name="pattern">Receives <see cref="BinBlock.Width"/> bins; NaN outside the circle, and before the first projection.</param>
    public void CopyPattern(int y, int x, Span<float> pattern)
    {
        int size = _backProjector.Size;
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)y, (uint)size, nameof(y));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)x, (uint)size, nameof(x));
        pattern = pattern[..BinBlock.Width];
        if (_ledger.ShownCount == 0 || !_backProjector.Sees(y, x))
        {
            pattern.Fill(float.NaN);
        }
        else
        {
            _slices.Span.Slice(((y * size) + x) * BinBlock.Width, BinBlock.Width).CopyTo(pattern);
        }
    }

    /// <summary>Copies the slice of a bin out, as of the last <see cref="Update"/>.</summary>
    /// <param name="bin">Bin of the block.</param>
    /// <param name="slice">Receives [y, x], N² values; NaN outside the circle, and before the first projection.</param>
    public void CopySlice(int bin, Span<float> slice)
    {
        int size = _backProjector.Size;
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)bin, (uint)BinBlock.Width, nameof(bin));
        slice = slice[..(size * size)];
        slice.Fill(float.NaN);
        ReadOnlySpan<float> values = _slices.Span;
        for (int y = 0; _ledger.ShownCount > 0 && y < size; y++)
        {
            (int first, int last) = _backProjector.Columns(y);
            for (int x = first; x <= last; x++)
            {
                slice[(y * size) + x] = values[(((y * size) + x) * BinBlock.Width) + bin];
            }
        }
    }

    private static bool HasNonFinite(ReadOnlySpan<float> filtered)
    {
        foreach (float value in filtered)
        {
            if (!float.IsFinite(value))
            {
                return true;
            }
        }

        return false;
    }

    private BlockProjectionFilter Fitting(BlockProjectionFilter filter) => filter.Filter.Length == _plan.TranslationCount
        ? filter
        : throw new ArgumentException($"the filter is for {filter.Filter.Length} samples, the scan has {_plan.TranslationCount} translations", nameof(filter));
}
