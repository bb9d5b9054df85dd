using System.Buffers.Binary;
using System.IO.Hashing;
using XrdCt.Live.Ingest.Streams;

namespace XrdCt.Live.Ingest.Recording;

/// <summary>
/// Writes a recording: messages as they came, part by part, byte for byte. Not thread-safe; allocates nothing per message.
/// </summary>
/// <remarks>
/// <para>All numbers little endian, all checksums XXH3 (64 bits, seed 0). The file is</para>
/// <list type="bullet">
/// <item>prefix: <c>XRDCTREC</c>, version (u32, 1), length n of the header (u32, at most 65536); n bytes of JSON
/// (<see cref="RecordingHeader"/>); checksum of prefix and header (u64);</item>
/// <item>records: marker <c>#MSG</c>, part count p (u32, 1 to 16), number of the record (u64, from 0), time of arrival (i64, ns since
/// 1970-01-01 UTC), p part lengths (u32), checksum of the head so far (u64); the parts; checksum of the parts (u64);</item>
/// <item>end: marker <c>#END</c>, 0 (u32), number of records (u64), bytes before the end mark (u64), checksum of the mark so far (u64).
/// A file without it was cut, or its writer was killed.</item>
/// </list>
/// <para>A head is checked before its lengths are believed, so a damaged length costs no memory; records begin anywhere.</para>
/// </remarks>
public sealed class RecordingWriter : IDisposable
{
    private readonly string _path;
    private readonly AlignedFile _file;
    private readonly XxHash3 _checksum = new();
    private readonly byte[] _head = new byte[RecordingFormat.LongestHead];
    private long _recordsEnd;
    private long _safeEnd;
    private long _safeCount;
    private bool _isBroken;

    /// <summary>Makes the file and writes its header.</summary>
    /// <param name="path">Where.</param>
    /// <param name="header">What the recording says of itself.</param>
    /// <param name="overwrite">Whether an existing file is replaced.</param>
    /// <exception cref="IOException">The file cannot be made, or exists and must not be replaced; the message names it and the
    /// remedy.</exception>
    public RecordingWriter(string path, RecordingHeader header, bool overwrite = false)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(header);
        _path = path;
        _file = Open(path, overwrite);
        byte[] json = header.ToJson();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(json.Length, RecordingFormat.LongestHeader, nameof(header));
        byte[] prefix = new byte[RecordingFormat.PrefixBytes];
        RecordingFormat.Magic.CopyTo(prefix);
        BinaryPrimitives.WriteUInt32LittleEndian(prefix.AsSpan(8), RecordingFormat.Version);
        BinaryPrimitives.WriteInt32LittleEndian(prefix.AsSpan(12), json.Length);
        _checksum.Append(prefix);
        _checksum.Append(json);
        try
        {
            _file.Append(prefix);
            _file.Append(json);
            AppendChecksum();
            _file.Flush();
        }
        catch (IOException e)
        {
            _file.Dispose();
            throw Explain(e);
        }

        _safeEnd = _recordsEnd = _file.Length;
    }

    /// <summary>Messages written.</summary>
    public long RecordCount { get; private set; }

    /// <summary>Bytes written, those still in memory included.</summary>
    public long Length_bytes => _file.Length;

    /// <summary>Adds a message.</summary>
    /// <param name="message">At most <see cref="StreamMessage.MostParts"/> parts; it stays the caller's.</param>
    /// <exception cref="ArgumentException">It has more parts.</exception>
    /// <exception cref="IOException">The disk is full or failed. The file was cut after the last whole message that the disk had
    /// taken, and ended properly there; <see cref="RecordCount"/> says how many it holds.</exception>
    public void Append(StreamMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        int parts = message.PartCount;
        if (parts is < 1 or > StreamMessage.MostParts)
        {
            throw new ArgumentException($"the message has {parts} parts, 1 to {StreamMessage.MostParts} can be recorded");
        }

        ObjectDisposedException.ThrowIf(_isBroken, this);
        try
        {
            _file.Append(Head(message, parts));
            for (int i = 0; i < parts; i++)
            {
                ReadOnlySpan<byte> part = message.Part(i).Span;
                _checksum.Append(part);
                _file.Append(part);
            }

            AppendChecksum();
        }
        catch (IOException e)
        {
            throw CutBack(e);
        }

        NoteSafe();
        RecordCount++;
        _recordsEnd = _file.Length;
    }

    /// <summary>Brings everything to the disk, so that nothing is lost if the program is killed.</summary>
    /// <exception cref="IOException">As for <see cref="Append"/>.</exception>
    public void Flush()
    {
        ObjectDisposedException.ThrowIf(_isBroken, this);
        try
        {
            _file.Flush();
        }
        catch (IOException e)
        {
            throw CutBack(e);
        }

        (_safeEnd, _safeCount) = (_recordsEnd, RecordCount);
    }

    /// <summary>Ends the recording; nothing can be added afterwards.</summary>
    /// <exception cref="IOException">As for <see cref="Append"/>.</exception>
    public void Finish()
    {
        ObjectDisposedException.ThrowIf(_isBroken, this);
        try
        {
            AppendEnd();
        }
        catch (IOException e)
        {
            throw CutBack(e);
        }

        _isBroken = true;
    }

    /// <summary>Closes the file. Without <see cref="Finish"/> it has no end mark, and what was not flushed is lost.</summary>
    public void Dispose() => _file.Dispose();

    private static AlignedFile Open(string path, bool overwrite)
    {
        try
        {
            return new AlignedFile(path, overwrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string why = e switch
            {
                _ when Directory.Exists(path) => "it is a folder: name a file",
                DirectoryNotFoundException => "its folder does not exist: make it or choose another",
                UnauthorizedAccessException => "there is no permission: grant it or choose another folder",
                _ when File.Exists(path) && !overwrite => "it exists: choose another name, or --overwrite",
                _ => e.Message.TrimEnd('.'),
            };
            throw new IOException($"{path} cannot be written, because {why}", e);
        }
    }

    private ReadOnlySpan<byte> Head(StreamMessage message, int parts)
    {
        int length = RecordingFormat.HeadBytes(parts);
        Span<byte> head = _head.AsSpan(0, length + RecordingFormat.ChecksumBytes);
        RecordingFormat.RecordMarker.CopyTo(head);
        BinaryPrimitives.WriteInt32LittleEndian(head[4..], parts);
        BinaryPrimitives.WriteInt64LittleEndian(head[8..], RecordCount);
        BinaryPrimitives.WriteInt64LittleEndian(head[16..], RecordingTime.ToUnix_ns(message.ReceivedAt));
        for (int i = 0; i < parts; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(head[(RecordingFormat.RecordHeadBytes + (i * 4))..], message.Part(i).Length);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(head[length..], XxHash3.HashToUInt64(head[..length]));
        return head;
    }

    private void AppendChecksum()
    {
        Span<byte> checksum = stackalloc byte[RecordingFormat.ChecksumBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(checksum, _checksum.GetCurrentHashAsUInt64());
        _checksum.Reset();
        _file.Append(checksum);
    }

    private void WriteEnd(Span<byte> end, long position)
    {
        end.Clear();
        RecordingFormat.EndMarker.CopyTo(end);
        BinaryPrimitives.WriteInt64LittleEndian(end[8..], RecordCount);
        BinaryPrimitives.WriteInt64LittleEndian(end[16..], position);
        BinaryPrimitives.WriteUInt64LittleEndian(end[24..], XxHash3.HashToUInt64(end[..24]));
    }

    private void AppendEnd()
    {
        Span<byte> end = stackalloc byte[RecordingFormat.EndBytes];
        WriteEnd(end, _file.Length);
        _file.Append(end);
        _file.Flush();
    }

    // What the disk has taken ends somewhere in the newest message; those before it are whole.
    private void NoteSafe()
    {
        if (_file.WrittenLength > _safeEnd && _recordsEnd <= _file.WrittenLength)
        {
            (_safeEnd, _safeCount) = (_recordsEnd, RecordCount);
        }
    }

    private IOException CutBack(IOException cause)
    {
        _isBroken = true;
        IOException sentence = Explain(cause);
        try
        {
            NoteSafe();
            RecordCount = _safeCount;
            Span<byte> end = stackalloc byte[RecordingFormat.EndBytes];
            WriteEnd(end, _safeEnd);
            _file.CutTo(_safeEnd, end);
        }
        catch (IOException)
        {
            // The disk is gone altogether; the reader finds the damage.
        }

        return sentence;
    }

    private IOException Explain(IOException cause) => new(
        DiskFaults.IsDiskFull(cause, _path)
            ? $"{_path}: the disk is full; free some space or choose another folder"
            : $"{_path} cannot be written: {cause.Message.TrimEnd('.')}; check the disk or choose another folder",
        cause);
}
