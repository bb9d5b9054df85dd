namespace XrdCt.Live.Server.Integration;

/// <summary>The file that is being read: stays open while frames of it follow each other. Not thread-safe.</summary>
internal sealed class OpenStack(FrameSequence frames) : IDisposable
{
    private IFrameStack? _stack;
    private FrameArgument _file;

    /// <summary>The file of a frame.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="FormatException">It is none that is known.</exception>
    /// <exception cref="InvalidDataException">The same, of HDF5.</exception>
    public IFrameStack Of(int frame)
    {
        if (_stack is null || _file != frames.FileOf(frame))
        {
            _stack?.Dispose();
            _stack = null;
            _stack = frames.Open(frame);
            _file = frames.FileOf(frame);
        }

        return _stack;
    }

    /// <inheritdoc/>
    public void Dispose() => _stack?.Dispose();
}
