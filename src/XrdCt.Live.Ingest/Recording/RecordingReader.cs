using System.Buffers.Binary;
using System.IO.Hashing;
using Microsoft.Win32.SafeHandles;
using XrdCt.Live.Ingest.Streams;

namespace XrdCt.Live.Ingest.Recording;

/// <summary>
/// Reads a recording (<see cref="RecordingWriter"/> describes the file) message by message, each one checked before it is handed out.
/// Memory is that of the largest message, which the length of the file bounds. Not thread-safe.
/// </summary>
public sealed class RecordingReader : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly long _length;
    private readonly RecordedMessage _message = new();
    private readonly XxHash3 _checksum = new();
    private readonly byte[] _head = new byte[RecordingFormat.LongestHead];
    private readonly int[] _lengths = new int[StreamMessage.MostParts];
    private long _at;

    /// <summary>Opens a recording.</summary>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission.</exception>
    /// <exception cref="InvalidDataException">It is no recording, one of another version, or its header is damaged; the message names
    /// it.</exception>
    public RecordingReader(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        _file = File.OpenHandle(path, options: FileOptions.SequentialScan);
        try
        {
            _length = RandomAccess.GetLength(_file);
            Header = ReadHeader(path);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>What the recording says of itself.</summary>
    public RecordingHeader Header { get; }

    /// <summary>Records passed so far: the number of the next one.</summary>
    public long RecordCount { get; private set; }

    /// <summary>Bytes passed so far.</summary>
    public long Position_bytes => _at;

    /// <summary>Bytes of the file.</summary>
    public long Length_bytes => _length;

    /// <summary>Whether the end mark was reached: the recording is whole.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Why it ended before the end mark; null as long as all is well.</summary>
    public RecordingDamage? Damage { get; private set; }

    /// <summary>Whether a file is a recording, by its first bytes.</summary>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static bool IsRecording(string path)
    {
        using SafeFileHandle file = File.OpenHandle(path);
        Span<byte> magic = stackalloc byte[RecordingFormat.Magic.Length];
        return RandomAccess.Read(file, magic, 0) == magic.Length && magic.SequenceEqual(RecordingFormat.Magic);
    }

    /// <summary>Reads the next message.</summary>
    /// <returns>The message, valid until the next call; null at the end, and at the first damage (see <see cref="Damage"/>).</returns>
    public StreamMessage? Read() => Next(skip: false) ? _message : null;

    /// <summary>Passes over the next message without reading its parts, whose checksum is not looked at then.</summary>
    /// <returns>False at the end, and at the first damage.</returns>
    public bool Skip() => Next(skip: true);

    /// <summary>Goes to a record that was passed before.</summary>
    /// <param name="position_bytes"><see cref="Position_bytes"/> before it was read.</param>
    /// <param name="record"><see cref="RecordCount"/> before it was read.</param>
    /// <exception cref="ArgumentOutOfRangeException">The place lies outside the file.</exception>
    public void GoTo(long position_bytes, long record)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(record);
        ArgumentOutOfRangeException.ThrowIfNegative(position_bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(position_bytes, _length);
        _at = position_bytes;
        RecordCount = record;
        IsWhole = false;
        Damage = null;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private RecordingHeader ReadHeader(string path)
    {
        byte[] prefix = new byte[RecordingFormat.PrefixBytes];
        if (!TryRead(0, prefix) || !prefix.AsSpan(0, 8).SequenceEqual(RecordingFormat.Magic))
        {
            throw new InvalidDataException($"{path} is no recording of xrdct record");
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(prefix.AsSpan(8));
        if (version != RecordingFormat.Version)
        {
            throw new InvalidDataException($"{path} is a recording of version {version}; this program reads version {RecordingFormat.Version}");
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(prefix.AsSpan(12));
        byte[] rest = new byte[Math.Min(length, RecordingFormat.LongestHeader) + RecordingFormat.ChecksumBytes];
        bool isThere = length <= RecordingFormat.LongestHeader && TryRead(prefix.Length, rest);
        _checksum.Append(prefix);
        _checksum.Append(rest.AsSpan(0, rest.Length - RecordingFormat.ChecksumBytes));
        ulong checksum = BinaryPrimitives.ReadUInt64LittleEndian(rest.AsSpan(rest.Length - RecordingFormat.ChecksumBytes));
        bool isSound = isThere && checksum == _checksum.GetCurrentHashAsUInt64();
        _checksum.Reset();
        _at = prefix.Length + rest.Length;
        return (isSound ? RecordingHeader.FromJson(rest.AsSpan(0, rest.Length - RecordingFormat.ChecksumBytes)) : null)
            ?? throw new InvalidDataException($"{path}: the header of the recording is damaged; record again or take another copy");
    }

    private bool Next(bool skip)
    {
        if (IsWhole || Damage is not null)
        {
            return false;
        }

        Span<byte> start = _head.AsSpan(0, RecordingFormat.RecordHeadBytes);
        if (_at == _length)
        {
            return Stop("the file ends without an end mark: it was cut, or recording was broken off");
        }

        if (!TryRead(_at, start))
        {
            return Stop($"the file ends after {_length - _at} bytes of the record's head: it was cut");
        }

        if (start.StartsWith(RecordingFormat.EndMarker))
        {
            return ReadEnd();
        }

        if (!start.StartsWith(RecordingFormat.RecordMarker))
        {
            return Stop("no record begins here: the marker is damaged");
        }

        return TryReadHead(out long bytes) && (skip ? Pass(bytes) : TryReadParts());
    }

    private bool TryReadHead(out long bytes)
    {
        bytes = 0;
        int parts = BinaryPrimitives.ReadInt32LittleEndian(_head.AsSpan(4));
        if (parts is < 1 or > StreamMessage.MostParts)
        {
            return Stop("the part count is damaged");
        }

        int length = RecordingFormat.HeadBytes(parts);
        Span<byte> head = _head.AsSpan(0, length + RecordingFormat.ChecksumBytes);
        if (!TryRead(_at, head))
        {
            return Stop($"the file ends after {_length - _at} bytes of the record's head: it was cut");
        }

        if (BinaryPrimitives.ReadUInt64LittleEndian(head[length..]) != XxHash3.HashToUInt64(head[..length]))
        {
            return Stop("the head of the record does not have its checksum");
        }

        long number = BinaryPrimitives.ReadInt64LittleEndian(head[8..]);
        if (number != RecordCount)
        {
            return Stop($"record {number} stands here: what was between is lost");
        }

        for (int i = 0; i < parts; i++)
        {
            _lengths[i] = BinaryPrimitives.ReadInt32LittleEndian(head[(RecordingFormat.RecordHeadBytes + (i * 4))..]);
            bytes += (uint)_lengths[i];
        }

        bytes += head.Length + RecordingFormat.ChecksumBytes;
        return bytes <= _length - _at || Stop($"the file ends after {_length - _at} of the {bytes} bytes of the record: it was cut");
    }

    private bool TryReadParts()
    {
        int parts = BinaryPrimitives.ReadInt32LittleEndian(_head.AsSpan(4));
        _message.Begin(RecordingTime.FromUnix_ns(BinaryPrimitives.ReadInt64LittleEndian(_head.AsSpan(16))));
        long at = _at + RecordingFormat.HeadBytes(parts) + RecordingFormat.ChecksumBytes;
        for (int i = 0; i < parts; i++)
        {
            if ((uint)_lengths[i] > Array.MaxLength)
            {
                return Stop($"part {i} has {(uint)_lengths[i]} bytes, more than this program can hold");
            }

            Span<byte> part = _message.Add(_lengths[i]);
            if (!TryRead(at, part))
            {
                return Stop("the file became shorter while it was read");
            }

            _checksum.Append(part);
            at += part.Length;
        }

        ulong found = _checksum.GetCurrentHashAsUInt64();
        _checksum.Reset();
        Span<byte> checksum = stackalloc byte[RecordingFormat.ChecksumBytes];
        return TryRead(at, checksum) && BinaryPrimitives.ReadUInt64LittleEndian(checksum) == found
            ? Pass(at + checksum.Length - _at)
            : Stop("the parts do not have their checksum");
    }

    private bool ReadEnd()
    {
        Span<byte> end = stackalloc byte[RecordingFormat.EndBytes];
        if (!TryRead(_at, end))
        {
            return Stop($"the file ends after {_length - _at} bytes of the end mark: it was cut");
        }

        if (BinaryPrimitives.ReadUInt64LittleEndian(end[24..]) != XxHash3.HashToUInt64(end[..24])
            || BinaryPrimitives.ReadInt64LittleEndian(end[8..]) != RecordCount
            || BinaryPrimitives.ReadInt64LittleEndian(end[16..]) != _at)
        {
            return Stop("the end mark is damaged, or stands where it does not belong");
        }

        if (_at + end.Length != _length)
        {
            return Stop($"{_length - _at - end.Length} bytes follow the end mark");
        }

        _at = _length;
        IsWhole = true;
        return false;
    }

    private bool Pass(long bytes)
    {
        _at += bytes;
        RecordCount++;
        return true;
    }

    private bool Stop(string reason)
    {
        _checksum.Reset();
        Damage = new RecordingDamage(_at, RecordCount, reason);
        return false;
    }

    private bool TryRead(long at, Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int read = RandomAccess.Read(_file, bytes, at);
            if (read == 0)
            {
                return false;
            }

            at += read;
            bytes = bytes[read..];
        }

        return true;
    }
}
