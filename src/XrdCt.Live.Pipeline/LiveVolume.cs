using XrdCt.Live.Compute.Gpu;
using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Pipeline;

/// <summary>
/// The slices of every bin, grown while the scan runs, behind the live channels: a thread of its own brings them up to date, on a device or one
/// block of bins after the other, as the last recipe says. A block whose projections have changed by less than half gets the changes, in one pass; otherwise, and
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
    private readonly Func<IVolumeSlices> _onCpu;
    private readonly Action<string> _say;
    private readonly AutoResetEvent _news = new(false);
    private readonly ManualResetEventSlim _given = new(false);
    private readonly Lock _recipes = new();

    // When each was offered that is not done yet; only the newest is worked on.
    private readonly Queue<long> _waiting = new();
    private volatile IVolumeSlices _slices;
    private VolumeRecipe? _newest;
    private bool _isComplete;
    private long _offered;
    private long _done;

    /// <summary>Takes the memory.</summary>
    /// <param name="settings">Settings of the scan.</param>
    /// <param name="sinogram">The patterns, by cell (by frame, where positions decide).</param>
    /// <param name="time">Clock.</param>
    /// <param name="isBusy">Whether frames wait: then it does.</param>
    /// <param name="onDevice">Keeps the slices on a device; null for this machine's memory, which takes over when it fails.</param>
    /// <param name="say">Is told where that happens.</param>
    public LiveVolume(
        ScanSettings settings,
        SinogramStack sinogram,
        TimeProvider time,
        Func<bool> isBusy,
        Func<ProjectionFilter, IVolumeSlices>? onDevice = null,
        Action<string>? say = null)
    {
        _plan = settings.Description.Plan;
        _bins = sinogram.BinCount;
        _rows = new ProjectionRows(sinogram);
        _time = time;
        _isBusy = isBusy;
        _say = say ?? (_ => { });
        var filter = new ProjectionFilter(_plan.TranslationCount, settings.Filter);
        _onCpu = () => new BlockSlices(_plan, filter, _bins);
        _slices = OnDevice(onDevice, filter) ?? _onCpu();
    }

    /// <summary>What the slices and their projections take, bytes: 1.1 GB for 251 × 250 × 2,048.</summary>
    public static long Size_bytes(ScanPlan plan, int bins)
    {
        double projections = plan.TranslationCount * (plan.RotationCount + 1 + (plan.RotationCount / 16.0));
        return (long)(((double)plan.TranslationCount * plan.TranslationCount) + projections) * BinBlock.Width * BinBlock.Count(bins) * sizeof(float);
    }

    /// <summary>Projections in the slices of every bin.</summary>
    public int ProjectionCount => _slices.ProjectionCount;

    /// <summary>Pixels along x and y.</summary>
    public int Size => _plan.TranslationCount;

    /// <summary>Number of the recipe that the slices are made of, as <see cref="Offer"/> gave it; 0 before the first.</summary>
    public long Done
    {
        get
        {
            lock (_recipes)
            {
                return _done;
            }
        }
    }

    /// <summary>How far the slices are behind the live channels, s; 0 where they are not, NaN before the first projection.</summary>
    public double Lag_s
    {
        get
        {
            lock (_recipes)
            {
                return _newest is null ? double.NaN
                    : _waiting.TryPeek(out long oldest) ? _time.GetElapsedTime(oldest).TotalSeconds
                    : 0;
            }
        }
    }

    /// <summary>Hands over what the slices are to be made of.</summary>
    /// <returns>Its number, from 1.</returns>
    public long Offer(VolumeRecipe recipe)
    {
        long number;
        lock (_recipes)
        {
            _newest = recipe;
            _waiting.Enqueue(recipe.Timestamp);
            number = ++_offered;
        }

        _news.Set();
        return number;
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
            if (Newest(out long number) is VolumeRecipe recipe)
            {
                BringUpToDate(recipe, number);
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

        try
        {
            _slices.CopyPattern(row, column, pattern);
        }
        catch (GpuException)
        {
            // The thread that works there will find out too, and go on elsewhere.
            pattern.Fill(float.NaN);
        }

        return true;
    }

    /// <summary>Lets go of a device. Patterns can be asked for still.</summary>
    public void Dispose()
    {
        _slices.Dispose();
        _news.Dispose();
        _given.Dispose();
    }

    private void BringUpToDate(VolumeRecipe recipe, long number)
    {
        _rows.Use(recipe);
        bool isDone;
        try
        {
            isDone = _slices.BringUpToDate(recipe, _rows, MayGoOn);
        }
        catch (GpuException e)
        {
            _say($"{e.Message}: the slices of every bin are made on the CPU from now on");
            IVolumeSlices failed = _slices;
            _slices = _onCpu();
            failed.Dispose();
            isDone = _slices.BringUpToDate(recipe, _rows, MayGoOn);
        }

        lock (_recipes)
        {
            // One that was offered before holds nothing that this one does not.
            for (; isDone && _done < number; _done++)
            {
                _waiting.Dequeue();
            }
        }
    }

    private VolumeRecipe? Newest(out long number)
    {
        lock (_recipes)
        {
            number = _offered;
            return _waiting.Count > 0 ? _newest : null;
        }
    }

    // Frames come first.
    private bool MayGoOn()
    {
        while (_isBusy() && !_given.IsSet)
        {
            _given.Wait(Pause);
        }

        return !_given.IsSet;
    }

    private IVolumeSlices? OnDevice(Func<ProjectionFilter, IVolumeSlices>? make, ProjectionFilter filter)
    {
        try
        {
            return make?.Invoke(filter);
        }
        catch (GpuException e)
        {
            _say($"{e.Message}: the slices of every bin are made on the CPU");
            return null;
        }
    }
}
