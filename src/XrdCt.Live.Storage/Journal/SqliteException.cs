using SQLitePCL;

namespace XrdCt.Live.Storage.Journal;

/// <summary>SQLite's answer to what could not be done; turned into a sentence for people before it leaves the journal.</summary>
internal sealed class SqliteException(int code, string message) : Exception(message)
{
    /// <summary>Whether another process has the file.</summary>
    public bool IsBusy => code is raw.SQLITE_BUSY or raw.SQLITE_LOCKED;

    /// <summary>Whether there is no room.</summary>
    public bool IsFull => code == raw.SQLITE_FULL;

    /// <summary>Whether the file is no SQLite file, or a damaged one.</summary>
    public bool IsDamage => code is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB or raw.SQLITE_FORMAT;
}
