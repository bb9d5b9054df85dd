namespace XrdCt.Live.Storage.Files;

/// <summary>
/// A file in the making: written as <c>NAME.part</c> beside its place, moved there in one step when complete. Disposed
/// before <see cref="Publish(string, bool)"/>, it leaves nothing behind. Not thread-safe.
/// </summary>
internal sealed class PartFile : IDisposable
{
    /// <summary>What is appended to the name while the file is incomplete.</summary>
    public const string Suffix = ".part";

    // HDF5 seeks between headers and chunks; chunks are larger than this and bypass the buffer.
    private const int BufferSize = 1 << 15;

    private readonly string _partPath;
    private bool _published;

    private PartFile(string partPath, Stream stream)
    {
        _partPath = partPath;
        Stream = stream;
    }

    /// <summary>Readable, writable, seekable.</summary>
    public Stream Stream { get; }

    /// <summary>Starts <c>path.part</c>.</summary>
    /// <param name="path">Final path.</param>
    /// <param name="reuse">Whether a part file that an earlier run left behind may be replaced.</param>
    /// <exception cref="IOException">It cannot be made, or exists already and must not be replaced.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission.</exception>
    public static PartFile Start(string path, bool reuse)
    {
        string partPath = path + Suffix;
        return new PartFile(partPath, OpenFile(partPath, reuse ? FileMode.Create : FileMode.CreateNew));
    }

    /// <summary>Starts <c>path.part</c>, which must not exist, with a stream of the caller's making.</summary>
    public static PartFile Start(string path, Func<string, Stream> open)
    {
        string partPath = path + Suffix;
        return new PartFile(partPath, open(partPath));
    }

    /// <summary>The stream that <see cref="Start(string, bool)"/> writes to.</summary>
    public static Stream OpenFile(string partPath, FileMode mode) =>
        new FileStream(partPath, mode, FileAccess.ReadWrite, FileShare.Read, BufferSize);

    /// <summary>Brings all bytes to the disk and gives the file its final name, both of which outlast a power cut.</summary>
    /// <param name="path">Final path.</param>
    /// <param name="overwrite">Whether an existing file is replaced.</param>
    /// <exception cref="IOException">The disk is full, or the file exists and must not be replaced.</exception>
    public void Publish(string path, bool overwrite)
    {
        if (Stream.CanWrite)
        {
            // The name must not become durable before the content: a power cut would leave an empty file under it.
            if (Stream is FileStream file)
            {
                file.Flush(flushToDisk: true);
            }

            Stream.Dispose();
        }

        File.Move(_partPath, path, overwrite);
        FolderSync.Run(Path.GetDirectoryName(Path.GetFullPath(path))!);
        _published = true;
    }

    /// <summary>Removes the part file unless it was published; a failure to do so is not reported.</summary>
    public void Dispose()
    {
        if (_published)
        {
            return;
        }

        try
        {
            Stream.Dispose();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // Flushing to a full disk fails again; the cause is on its way to the caller already.
        }

        try
        {
            File.Delete(_partPath);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The name says that it is incomplete.
        }
    }
}
