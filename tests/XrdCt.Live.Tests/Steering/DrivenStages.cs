using XrdCt.Live.Server.Steering;

namespace XrdCt.Live.Tests.Steering;

/// <summary>Two motors that go where they are told, when the test lets them.</summary>
internal sealed class DrivenStages : IStageControl
{
    private readonly Lock _lock = new();
    private readonly List<string> _done = [];
    private int _reads;

    /// <summary>How often they were asked where they are.</summary>
    public int Reads => Volatile.Read(ref _reads);

    /// <summary>Where they are, mm.</summary>
    public double[] Positions_mm { get; set; } = [0, 0];

    /// <summary>Until when proposals are good.</summary>
    public DateTimeOffset ExpiresAt { get; set; } = DateTimeOffset.MaxValue;

    /// <summary>Why the next proposal is refused; null for not.</summary>
    public string? Refusal { get; set; }

    /// <summary>Why the next move fails; null for not.</summary>
    public string? Failure { get; set; }

    /// <summary>Whether the motors do not answer.</summary>
    public bool IsAway { get; set; }

    /// <summary>Ends a move; moves end at once where it is completed.</summary>
    public TaskCompletionSource Arrived { get; set; } = Ended();

    /// <summary>Whether a move has begun.</summary>
    public bool IsMoving { get; private set; }

    /// <summary>Is called at the end of each move.</summary>
    public Action AfterMove { get; set; } = () => { };

    /// <summary>What was done, in its order.</summary>
    public string[] Done
    {
        get
        {
            lock (_lock)
            {
                return [.. _done];
            }
        }
    }

    public Task<IReadOnlyList<double>> ReadAsync(CancellationToken stop)
    {
        double[] positions_mm = [.. Positions_mm];
        Interlocked.Increment(ref _reads);
        return IsAway
            ? Task.FromException<IReadOnlyList<double>>(new SteeringException("px does not tell where it stands"))
            : Task.FromResult<IReadOnlyList<double>>(positions_mm);
    }

    public Task<StageStep> ProposeAsync(IReadOnlyList<double> to_mm, string by, CancellationToken stop)
    {
        // As any client does whose caller has gone.
        stop.ThrowIfCancellationRequested();
        Note($"{by} proposes {Text(to_mm)}");
        return Refusal is { } why ? Task.FromException<StageStep>(new SteeringException(why)) : Task.FromResult(new StageStep([.. Positions_mm], to_mm, ExpiresAt));
    }

    public async Task MoveAsync(StageStep step, string by, Func<string> stopper, CancellationToken stop)
    {
        IsMoving = true;
        try
        {
            await Arrived.Task.WaitAsync(stop);
        }
        catch (OperationCanceledException e)
        {
            throw new SteeringException($"stopped by {stopper()}: the motors were stopped", e);
        }

        if (Failure is { } why)
        {
            throw new SteeringException(why);
        }

        Note($"{by} moves to {Text(step.To_mm)}");
        Positions_mm = [.. step.To_mm];
        AfterMove();
    }

    public void LogRefusal(string by, string reason) => Note($"{by} refused: {reason}");

    private static TaskCompletionSource Ended()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ended.SetResult();
        return ended;
    }

    private static string Text(IReadOnlyList<double> to_mm) => FormattableString.Invariant($"{to_mm[0]:F4}, {to_mm[1]:F4}");

    private void Note(string what)
    {
        lock (_lock)
        {
            _done.Add(what);
        }
    }
}
