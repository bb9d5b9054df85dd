namespace XrdCt.Live.Tests.Storage;

/// <summary>A file on a disk that has room for so many bytes.</summary>
internal sealed class FailingStream : Stream
{
    // ENOSPC on Unix, ERROR_DISK_FULL on Windows: what .NET puts into HResult there.
    private static readonly int DiskFull = OperatingSystem.IsWindows() ? unchecked((int)0x80070070) : 28;

    private readonly FileStream _file;
    private readonly long _limit;

    public FailingStream(string path, long limit)
    {
        _file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite);
        _limit = limit;
    }

    public override bool CanRead => _file.CanRead;

    public override bool CanSeek => _file.CanSeek;

    public override bool CanWrite => _file.CanWrite;

    public override long Length => _file.Length;

    public override long Position { get => _file.Position; set => _file.Position = value; }

    public override void Flush() => _file.Flush();

    public override int Read(byte[] buffer, int offset, int count) => _file.Read(buffer, offset, count);

    public override long Seek(long offset, SeekOrigin origin) => _file.Seek(offset, origin);

    public override void SetLength(long value) => _file.SetLength(value);

    public override void Write(byte[] buffer, int offset, int count)
    {
        if (Position + count > _limit)
        {
            throw new IOException("No space left on device", DiskFull);
        }

        _file.Write(buffer, offset, count);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
        }

        base.Dispose(disposing);
    }
}
