using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace XrdCt.Live.Ingest.Recording;

/// <summary>
/// A file that only grows, written in large blocks at aligned places from memory of its own. Not thread-safe. After an
/// <see cref="IOException"/> only <see cref="CutTo"/> and <see cref="Dispose"/> make sense.
/// </summary>
internal sealed unsafe class AlignedFile : IDisposable
{
    // Both the logical block of any disk and the page of memory divide it.
    private const int Alignment = 4096;

    // From 4 MiB on the disk was as fast as it gets.
    private const int BufferBytes = 8 << 20;

    private readonly SafeFileHandle _file;
    private byte* _buffer;
    private int _filled;
    private long _start;

    /// <summary>Makes the file.</summary>
    /// <exception cref="IOException">It cannot be made, or exists and must not be replaced.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission.</exception>
    public AlignedFile(string path, bool overwrite)
    {
        _file = File.OpenHandle(path, overwrite ? FileMode.Create : FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        IsDirect = DirectIo.TryEnable(_file);
        _buffer = (byte*)NativeMemory.AlignedAlloc(BufferBytes, Alignment);
    }

    /// <summary>Whether it is written past the page cache.</summary>
    public bool IsDirect { get; }

    /// <summary>Bytes appended.</summary>
    public long Length => _start + _filled;

    /// <summary>Bytes that the disk has taken.</summary>
    public long WrittenLength => _start;

    /// <summary>Adds bytes at the end; they reach the disk when a block is full.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            ReadOnlySpan<byte> piece = bytes[..Math.Min(bytes.Length, BufferBytes - _filled)];
            piece.CopyTo(new Span<byte>(_buffer + _filled, piece.Length));
            _filled += piece.Length;
            bytes = bytes[piece.Length..];
            if (_filled == BufferBytes)
            {
                RandomAccess.Write(_file, new ReadOnlySpan<byte>(_buffer, BufferBytes), _start);
                _start += BufferBytes;
                _filled = 0;
            }
        }
    }

    /// <summary>Brings everything appended to the disk. The file has then exactly <see cref="Length"/> bytes.</summary>
    public void Flush()
    {
        if (_filled == 0)
        {
            return;
        }

        int padded = (_filled + Alignment - 1) / Alignment * Alignment;
        new Span<byte>(_buffer + _filled, padded - _filled).Clear();
        RandomAccess.Write(_file, new ReadOnlySpan<byte>(_buffer, padded), _start);
        RandomAccess.SetLength(_file, Length);

        // The last, partial block is written again with what comes next.
        int whole = _filled / Alignment * Alignment;
        new Span<byte>(_buffer + whole, _filled - whole).CopyTo(new Span<byte>(_buffer, Alignment));
        _start += whole;
        _filled -= whole;
    }

    /// <summary>Ends the file after so many bytes, which have been written, and a tail; what is still in memory is forgotten.</summary>
    public void CutTo(long length, ReadOnlySpan<byte> tail)
    {
        _filled = 0;
        RandomAccess.SetLength(_file, length);
        DirectIo.Disable(_file);
        RandomAccess.Write(_file, tail, length);
        _start = length + tail.Length;
    }

    /// <summary>Closes the file; what was not flushed is lost.</summary>
    public void Dispose()
    {
        _file.Dispose();
        NativeMemory.AlignedFree(_buffer);
        _buffer = null;
    }
}
