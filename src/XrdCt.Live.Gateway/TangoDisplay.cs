using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Gateway;

/// <summary>
/// Shows the results on the gateway's Tango device, the newest only: at most four times a second, and every second even when nothing changes,
/// so that the device knows that they are not old. A gateway that is away costs the scan nothing.
/// </summary>
public sealed class TangoDisplay : ILiveDisplay, IAsyncDisposable
{
    private static readonly TimeSpan LeastPeriod = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPeriod = TimeSpan.FromSeconds(1);

    private readonly TangoGateway _gateway;
    private readonly Action<string> _say;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _run;
    private string _title = "";
    private LiveState? _state;
    private RoiSuggestion? _roi;
    private bool _isLost;

    /// <summary>Begins to show.</summary>
    /// <param name="gateway">The gateway; not disposed with the display.</param>
    /// <param name="say">Takes a sentence when the device cannot be told, and when it can again; from any thread.</param>
    public TangoDisplay(TangoGateway gateway, Action<string> say)
    {
        ArgumentNullException.ThrowIfNull(gateway);
        ArgumentNullException.ThrowIfNull(say);
        _gateway = gateway;
        _say = say;
        _run = Task.Run(RunAsync);
    }

    /// <inheritdoc/>
    public void Show(ScanDescription scan)
    {
        ArgumentNullException.ThrowIfNull(scan);
        Change(() => (_title, _roi, _state) = (scan.Title, null, null));
    }

    /// <inheritdoc/>
    public void Show(LiveState state) => Change(() => _state = state);

    /// <inheritdoc/>
    public void Show(RoiSuggestion roi) => Change(() => _roi = roi);

    /// <summary>Not shown.</summary>
    public void Show(SinogramMap sinogram)
    {
    }

    /// <summary>Not shown.</summary>
    public void Show(SliceMap slice)
    {
    }

    /// <summary>Not shown.</summary>
    public void Show(PatternView patterns)
    {
    }

    /// <summary>Not shown.</summary>
    public void Show(IVoxelPatterns voxels)
    {
    }

    /// <summary>Shows the newest once more and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _run.ConfigureAwait(false);
        await ShowNewestAsync().ConfigureAwait(false);
        _stop.Dispose();
        _changed.Dispose();
    }

    private void Change(Action change)
    {
        lock (_lock)
        {
            change();
            if (_changed.CurrentCount == 0)
            {
                _changed.Release();
            }
        }
    }

    private async Task RunAsync()
    {
        TimeSpan pause = LeastPeriod;
        try
        {
            while (true)
            {
                await _changed.WaitAsync(LongestPeriod, _stop.Token).ConfigureAwait(false);
                bool isTold = await ShowNewestAsync().ConfigureAwait(false);
                pause = isTold ? LeastPeriod : TimeSpan.FromTicks(Math.Min(2 * pause.Ticks, _gateway.Options.LongestPause.Ticks));
                await Task.Delay(pause, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private async Task<bool> ShowNewestAsync()
    {
        TangoStatus status;
        lock (_lock)
        {
            if (_state is null)
            {
                return true;
            }

            status = TangoStatus.Of(_title, _state, _roi);
        }

        try
        {
            await _gateway.ShowAsync(status).ConfigureAwait(false);
            if (_isLost)
            {
                _say("the results are shown on the Tango device again");
            }

            _isLost = false;
            return true;
        }
        catch (TangoException e)
        {
            if (!_isLost)
            {
                _say($"the results are not shown on the Tango device: {e.Message}");
            }

            _isLost = true;
            return false;
        }
    }
}
