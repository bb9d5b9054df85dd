using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Pipeline;

/// <summary>The slices of every bin in this machine's memory, one block of bins after the other.</summary>
internal sealed class BlockSlices : IVolumeSlices
{
    private readonly ScanPlan _plan;
    private readonly int _bins;
    private readonly Block[] _blocks;
    private readonly float[] _projection;
    private BlockProjectionFilter _filter;
    private Memory<float> _spare;
    private int _projectionCount;

    /// <summary>Takes the memory.</summary>
    /// <param name="plan">The scan plan.</param>
    /// <param name="filter">The ramp.</param>
    /// <param name="bins">Radial bins.</param>
    public BlockSlices(ScanPlan plan, ProjectionFilter filter, int bins)
    {
        (_plan, _bins) = (plan, bins);
        _filter = new BlockProjectionFilter(filter);
        _blocks = [.. Enumerable.Range(0, BinBlock.Count(bins)).Select(_ => new Block(new ProgressiveBlock(plan, _filter), plan.RotationCount))];
        _spare = BinBlock.Allocate((long)plan.TranslationCount * plan.TranslationCount * BinBlock.Width);
        _projection = new float[plan.TranslationCount * BinBlock.Width];
    }

    /// <inheritdoc/>
    public int ProjectionCount => Volatile.Read(ref _projectionCount);

    /// <inheritdoc/>
    public bool BringUpToDate(VolumeRecipe recipe, ProjectionRows rows, Func<bool> mayGoOn)
    {
        if (recipe.Filter != _filter.Filter.Filter)
        {
            _filter = new BlockProjectionFilter(new ProjectionFilter(_plan.TranslationCount, recipe.Filter));
        }

        for (int b = 0; b < _blocks.Length; b++)
        {
            if (!mayGoOn())
            {
                return false;
            }

            BringUpToDate(_blocks[b], b, recipe, rows);
        }

        Volatile.Write(ref _projectionCount, _blocks[0].Slices.ProjectionCount);
        return true;
    }

    /// <inheritdoc/>
    public void CopyPattern(int row, int column, Span<float> pattern)
    {
        Span<float> bins = stackalloc float[BinBlock.Width];
        for (int b = 0; b < _blocks.Length; b++)
        {
            lock (_blocks[b])
            {
                _blocks[b].Slices.CopyPattern(row, column, bins);
            }

            bins[..BinBlock.BinsOf(_bins, b)].CopyTo(pattern[(b * BinBlock.Width)..]);
        }
    }

    /// <summary>Nothing is held but memory.</summary>
    public void Dispose()
    {
    }

    private void BringUpToDate(Block block, int number, VolumeRecipe recipe, ProjectionRows rows)
    {
        bool isAnew = block.Number != recipe.Number;
        if (isAnew && recipe.Filters is not null)
        {
            // Where only corrections changed, the filters stay: those of a coarse scan take memory and time.
            if (block.Filters != recipe.Filters)
            {
                block.Slices.Restart(recipe.Filters(number));
                block.Filters = recipe.Filters;
            }
        }
        else if (isAnew && block.Slices.Filter != _filter)
        {
            block.Slices.Restart(_filter);
        }

        for (int rotation = 0; rotation < _plan.ReconstructedRotationCount; rotation++)
        {
            if (!isAnew && block.Versions[rotation] == recipe.Versions[rotation])
            {
                continue;
            }

            block.Versions[rotation] = recipe.Versions[rotation];
            if (recipe.Versions[rotation] > 0 && rows.TryRead(rotation, number, _projection))
            {
                block.Slices.Put(rotation, _projection);
            }
            else
            {
                block.Slices.Withdraw(rotation);
            }
        }

        block.Number = recipe.Number;

        // Whoever asks for a pattern meanwhile waits for one block: a few hundredths of a second, where all of it is made anew a tenth.
        lock (block)
        {
            block.Slices.SetCentre(recipe.Centre_px);
            block.Slices.Update(ref _spare);
        }
    }

    private sealed class Block(ProgressiveBlock slices, int rotations)
    {
        public ProgressiveBlock Slices { get; } = slices;

        public int Number { get; set; } = -1;

        public Func<int, RowFilter>? Filters { get; set; }

        public long[] Versions { get; } = new long[rotations];
    }
}
