using System.Globalization;
using System.Text.Json;

namespace XrdCt.Live.Gateway;

/// <summary>Our own log of what was proposed, confirmed and refused: one JSON object a line, appended and synced. The gateway has another.</summary>
internal sealed class MoveLog : IDisposable
{
    private readonly Lock _lock = new();
    private readonly FileStream? _file;

    /// <summary>Opens the file.</summary>
    /// <exception cref="IOException">It cannot be written; the message names it.</exception>
    public MoveLog(string? path)
    {
        if (path is null)
        {
            return;
        }

        try
        {
            var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            _file = new FileStream(path, options);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"cannot write the log of moves '{path}': {e.Message.TrimEnd('.')}", e);
        }
    }

    /// <summary>Writes one line; returns when the disk has it.</summary>
    public void Write(string what, TangoAction? action, string by, double? from = null, string? reason = null)
    {
        if (_file is null)
        {
            return;
        }

        var line = new Dictionary<string, object>
        {
            ["time"] = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture),
            ["event"] = what,
            ["operator"] = by,
        };
        Add("device", action?.Device);
        Add(action is TangoCommand ? "command" : "attribute", action?.Member);
        Add("from", from);
        Add("to", action?.Value);
        Add("reason", reason);
        byte[] bytes = [.. JsonSerializer.SerializeToUtf8Bytes(line), (byte)'\n'];
        lock (_lock)
        {
            // FileMode.Append seeks only once: another client that shares the file would be overwritten.
            _file.Seek(0, SeekOrigin.End);
            _file.Write(bytes);
            _file.Flush(flushToDisk: true);
        }

        void Add(string key, object? value)
        {
            if (value is not null)
            {
                line[key] = value;
            }
        }
    }

    /// <summary>Writes one line of what has happened already, or must not wait for a disk; a disk that is full hides neither.</summary>
    public void TryWrite(string what, TangoAction? action, string by, double? from = null, string? reason = null)
    {
        try
        {
            Write(what, action, by, from, reason);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next move is refused for it.
        }
    }

    public void Dispose() => _file?.Dispose();
}
