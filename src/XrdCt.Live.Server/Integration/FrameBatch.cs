namespace XrdCt.Live.Server.Integration;

/// <summary>Frames that are integrated together.</summary>
internal sealed class FrameBatch
{
    private TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FrameBatch(int size, int patternSize) => Slots = [.. Enumerable.Range(0, size).Select(_ => new FrameSlot(patternSize))];

    /// <summary>Room for frames.</summary>
    public FrameSlot[] Slots { get; }

    /// <summary>Slots in use.</summary>
    public int Count { get; set; }

    /// <summary>Is done when all frames are integrated or failed.</summary>
    public Task Done => _done.Task;

    /// <summary>Says that the batch is done.</summary>
    public void Complete() => _done.SetResult();

    /// <summary>Says that the worker failed, not a frame.</summary>
    public void Fail(Exception fault) => _done.SetException(fault);

    /// <summary>Makes it an empty one.</summary>
    public void Reuse()
    {
        Count = 0;
        _done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
