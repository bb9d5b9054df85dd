using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Pipeline;

/// <summary>
/// Reads the projections of a block of bins as slices are made of them: corrected, backward lines where they belong, gaps bridged. One thread
/// at a time.
/// </summary>
/// <remarks>
/// Cells that are placed meanwhile are not looked at: the recipe says which were there. Where lines are turned meanwhile, a projection may
/// be read half turned; the next recipe has another number, and all are read again.
/// </remarks>
internal sealed class ProjectionRows(SinogramStack sinogram)
{
    // One measured cell is no projection: its value would be held over the whole width.
    private const int LeastMeasured = 2;

    private CorrectedSinogram? _corrected;
    private int _number = -1;
    private VolumeRecipe? _recipe;
    private float[] _all = [];
    private int _allOfBlock = -1;

    /// <summary>Whether a projection takes cells of all others, so that those of a block of bins are best read one after the other.</summary>
    public bool NeedsWholeBlocks => _recipe is { Shift_px: not 0, Plan.Path: { IsZigzag: true, LinesRunOverRotations: true } };

    /// <summary>Takes another recipe.</summary>
    public void Use(VolumeRecipe recipe)
    {
        // The air is averaged over all patterns outside the sample: not each time that a line is closed.
        _corrected = recipe.Corrections is not { } corrections || recipe.Regridding is not null ? null
            : _corrected is null || recipe.Number != _number ? new CorrectedSinogram(sinogram, corrections)
            : _corrected.With(corrections);
        (_recipe, _number, _allOfBlock) = (recipe, recipe.Number, -1);
    }

    /// <summary>Reads a projection.</summary>
    /// <param name="rotation">Index of the rotation.</param>
    /// <param name="block">Number of the block of bins.</param>
    /// <param name="projection">Receives [translation, <see cref="BinBlock.Width"/>], zeros in the padding where it was measured.</param>
    /// <returns>False where too little of it was measured.</returns>
    public bool TryRead(int rotation, int block, Span<float> projection)
    {
        ScanPlan plan = _recipe!.Plan;
        if (NeedsWholeBlocks)
        {
            // A cell comes from its neighbours in angle.
            ReadAll(block);
            _all.AsSpan(rotation * projection.Length, projection.Length).CopyTo(projection);
        }
        else
        {
            ReadCells(rotation, block, projection);
            if (_recipe.Shift_px != 0 && LineAlignment.IsBackward(plan, rotation))
            {
                LineResampling.Shift(projection, plan.TranslationCount, BinBlock.Width, BinBlock.Width, _recipe.Shift_px);
            }
        }

        return ProjectionGaps.Bridge(projection, BinBlock.Width) >= LeastMeasured;
    }

    private void ReadAll(int block)
    {
        if (_allOfBlock == block)
        {
            return;
        }

        ScanPlan plan = _recipe!.Plan;
        int length = plan.TranslationCount * BinBlock.Width;
        _all = _all.Length > 0 ? _all : new float[plan.RotationCount * length];
        for (int rotation = 0; rotation < plan.RotationCount; rotation++)
        {
            ReadCells(rotation, block, _all.AsSpan(rotation * length, length));
        }

        LineAlignment.Align(plan, _all, _recipe.Shift_px, BinBlock.Width);
        _allOfBlock = block;
    }

    private void ReadCells(int rotation, int block, Span<float> projection)
    {
        int first = block * BinBlock.Width;
        int own = BinBlock.BinsOf(sinogram.BinCount, block);
        int translations = _recipe!.Plan.TranslationCount;
        for (int t = 0; t < translations; t++)
        {
            Span<float> bins = projection.Slice(t * BinBlock.Width, BinBlock.Width);
            int cell = (rotation * translations) + t;
            if (_recipe.Regridding is { } regridding)
            {
                regridding.Mix(sinogram, cell, first, bins[..own]);
            }
            else if (!_recipe.Usable[cell])
            {
                bins[..own].Fill(float.NaN);
            }
            else if (_corrected is not null)
            {
                _corrected.Read(new ScanCell(rotation, t), first, bins[..own]);
            }
            else
            {
                sinogram.Values.AsSpan((cell * sinogram.BinCount) + first, own).CopyTo(bins);
            }

            BinBlock.Pad(bins, own);
        }
    }
}
