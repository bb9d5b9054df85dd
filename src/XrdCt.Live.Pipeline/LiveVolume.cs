using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Pipeline;

/// <summary>
/// The slices of every bin, grown while the scan runs, behind the live channels: a thread of its own brings one block of bins after the other
/// up to date, as the last recipe says. A block whose projections have changed by less than half gets the changes, in one pass; otherwise, and
/// where corrections or the axis have changed, it is made anew beside the old one, which is shown until then.
/// </summary>
internal sealed class LiveVolume : IVoxelPatterns, IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private readonly ScanPlan _plan;
    private readonly int _bins;
    private readonly ProjectionRows _rows;
    private readonly TimeProvider _time;
    private readonly Func<bool> _isBusy;
    private readonly Block[] _blocks;
    private readonly float[] _projection;
    private readonly AutoResetEvent _news = new(false);
    private readonly ManualResetEventSlim _given = new(false);
    private Memory<float> _spare;
    private VolumeRecipe? _newest;
    private VolumeRecipe? _done;
    private bool _isComplete;
    private int _projectionCount;

    /// <summary>Takes the memory.</summary>
    /// <param name="settings">Settings of the scan.</param>
    /// <param name="sinogram">The patterns, by cell (by frame, where positions decide).</param>
    /// <param name="time">Clock.</param>
    /// <param name="isBusy">Whether frames wait: then it does.</param>
    public LiveVolume(ScanSettings settings, SinogramStack sinogram, TimeProvider time, Func<bool> isBusy)
    {
        _plan = settings.Description.Plan;
        _bins = sinogram.BinCount;
        _rows = new ProjectionRows(sinogram);
        _time = time;
        _isBusy = isBusy;
        var filter = new BlockProjectionFilter(new ProjectionFilter(_plan.TranslationCount, settings.Filter));
        _blocks = [.. Enumerable.Range(0, BinBlock.Count(_bins)).Select(_ => new Block(new ProgressiveBlock(_plan, filter), _plan.RotationCount))];
        _spare = BinBlock.Allocate((long)_plan.TranslationCount * _plan.TranslationCount * BinBlock.Width);
        _projection = new float[_plan.TranslationCount * BinBlock.Width];
    }

    /// <summary>What the slices and their projections take, bytes: 1.1 GB for 251 × 250 × 2,048.</summary>
    public static long Size_bytes(ScanPlan plan, int bins)
    {
        double projections = plan.TranslationCount * (plan.RotationCount + 1 + (plan.RotationCount / 16.0));
        return (long)(((double)plan.TranslationCount * plan.TranslationCount) + projections) * BinBlock.Width * BinBlock.Count(bins) * sizeof(float);
    }

    /// <summary>Projections in the slices of every bin.</summary>
    public int ProjectionCount => Volatile.Read(ref _projectionCount);

    /// <summary>Pixels along x and y.</summary>
    public int Size => _plan.TranslationCount;

    /// <summary>How far the slices are behind the live channels, s; 0 where they are not, NaN before the first projection.</summary>
    public double Lag_s
    {
        get
        {
            VolumeRecipe? newest = Volatile.Read(ref _newest);
            VolumeRecipe? done = Volatile.Read(ref _done);
            return newest is null ? double.NaN
                : newest == done ? 0
                : _time.GetElapsedTime(done?.Timestamp ?? newest.Timestamp).TotalSeconds;
        }
    }

    /// <summary>Hands over what the slices are to be made of.</summary>
    public void Offer(VolumeRecipe recipe)
    {
        Volatile.Write(ref _newest, recipe);
        _news.Set();
    }

    /// <summary>There will be no other recipe: the thread ends when the slices are up to date.</summary>
    public void Complete()
    {
        Volatile.Write(ref _isComplete, true);
        _news.Set();
    }

    /// <summary>Ends the thread at the next block.</summary>
    public void GiveUp()
    {
        _given.Set();
        _news.Set();
    }

    /// <summary>Works until <see cref="Complete"/> or <see cref="GiveUp"/>.</summary>
    public void Run()
    {
        while (!_given.IsSet)
        {
            // Asked before the recipe: what is offered before the end is made.
            bool isLast = Volatile.Read(ref _isComplete);
            VolumeRecipe? recipe = Volatile.Read(ref _newest);
            if (recipe is not null && recipe != _done)
            {
                BringUpToDate(recipe);
            }
            else if (isLast)
            {
                return;
            }
            else
            {
                _news.WaitOne();
            }
        }
    }

    /// <inheritdoc/>
    public int BinCount => _bins;

    /// <inheritdoc/>
    public bool TryRead(int row, int column, Span<float> pattern)
    {
        if ((uint)row >= (uint)Size || (uint)column >= (uint)Size)
        {
            return false;
        }

        Span<float> bins = stackalloc float[BinBlock.Width];
        for (int b = 0; b < _blocks.Length; b++)
        {
            lock (_blocks[b])
            {
                _blocks[b].Slices.CopyPattern(row, column, bins);
            }

            bins[..BinBlock.BinsOf(_bins, b)].CopyTo(pattern[(b * BinBlock.Width)..]);
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _news.Dispose();
        _given.Dispose();
    }

    private void BringUpToDate(VolumeRecipe recipe)
    {
        _rows.Use(recipe);
        for (int b = 0; b < _blocks.Length; b++)
        {
            // Frames come first.
            while (_isBusy() && !_given.IsSet)
            {
                _given.Wait(Pause);
            }

            if (_given.IsSet)
            {
                return;
            }

            BringUpToDate(_blocks[b], b, recipe);
        }

        Volatile.Write(ref _projectionCount, _blocks[0].Slices.ProjectionCount);
        Volatile.Write(ref _done, recipe);
    }

    private void BringUpToDate(Block block, int number, VolumeRecipe recipe)
    {
        bool isAnew = block.Number != recipe.Number;
        if (isAnew && recipe.Filters is not null)
        {
            block.Slices.Restart(recipe.Filters(number));
        }

        for (int rotation = 0; rotation < _plan.ReconstructedRotationCount; rotation++)
        {
            if (!isAnew && block.Versions[rotation] == recipe.Versions[rotation])
            {
                continue;
            }

            block.Versions[rotation] = recipe.Versions[rotation];
            if (recipe.Versions[rotation] > 0 && _rows.TryRead(rotation, number, _projection))
            {
                block.Slices.Put(rotation, _projection);
            }
            else
            {
                block.Slices.Withdraw(rotation);
            }
        }

        block.Number = recipe.Number;

        // Whoever asks for a pattern meanwhile waits for one block, a few hundredths of a second.
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

        public long[] Versions { get; } = new long[rotations];
    }
}
