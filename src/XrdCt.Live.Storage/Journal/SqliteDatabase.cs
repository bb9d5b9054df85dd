using SQLitePCL;

namespace XrdCt.Live.Storage.Journal;

/// <summary>
/// One connection to an SQLite file, by SQLite's own functions: parameters are bound from spans and nothing is allocated per row. Whatever
/// SQLite answers comes as an <see cref="SqliteException"/>. Not thread-safe.
/// </summary>
internal sealed class SqliteDatabase : IDisposable
{
    private readonly sqlite3 _handle;

    static SqliteDatabase() => Batteries_V2.Init();

    private SqliteDatabase(sqlite3 handle) => _handle = handle;

    /// <summary>Opens a file for reading and writing. It may hold anything: nothing in it is run as code.</summary>
    /// <param name="path">The file.</param>
    /// <param name="create">Whether it is made where it does not exist.</param>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public static SqliteDatabase Open(string path, bool create)
    {
        int flags = raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_NOMUTEX | (create ? raw.SQLITE_OPEN_CREATE : 0);
        int answer = raw.sqlite3_open_v2(path, out sqlite3 handle, flags, null);
        var database = new SqliteDatabase(handle);
        if (answer != raw.SQLITE_OK)
        {
            SqliteException failure = database.Failure(answer);
            database.Dispose();
            throw failure;
        }

        raw.sqlite3_extended_result_codes(handle, 1);
        database.Run("PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA locking_mode=EXCLUSIVE");
        return database;
    }

    /// <summary>Runs statements that return nothing anybody looks at.</summary>
    public void Run(string sql)
    {
        int answer = raw.sqlite3_exec(_handle, sql);
        if (answer != raw.SQLITE_OK)
        {
            throw Failure(answer);
        }
    }

    /// <summary>Prepares a statement.</summary>
    public SqliteStatement Prepare(string sql)
    {
        int answer = raw.sqlite3_prepare_v3(_handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out sqlite3_stmt statement);
        return answer == raw.SQLITE_OK ? new SqliteStatement(this, statement) : throw Failure(answer);
    }

    /// <summary>The first text of the first row; null for NULL or no row.</summary>
    public string? Text(string sql)
    {
        using SqliteStatement statement = Prepare(sql);
        return statement.Step() ? statement.Text(0) : null;
    }

    /// <summary>Runs a step in one transaction: all of it is durable afterwards, or nothing happened.</summary>
    public void InTransaction(Action step)
    {
        Run("BEGIN IMMEDIATE");
        try
        {
            step();
            Run("COMMIT");
        }
        catch
        {
            RollBack();
            throw;
        }
    }

    /// <summary>Undoes a transaction; where SQLite has done so by itself there is nothing left to undo.</summary>
    public void RollBack()
    {
        if (raw.sqlite3_get_autocommit(_handle) == 0)
        {
            _ = raw.sqlite3_exec(_handle, "ROLLBACK");
        }
    }

    /// <summary>What SQLite's answer means.</summary>
    public SqliteException Failure(int answer) => new(
        answer & 0xFF,
        _handle.IsInvalid ? raw.sqlite3_errstr(answer).utf8_to_string() : raw.sqlite3_errmsg(_handle).utf8_to_string());

    /// <summary>Closes the file; a write-ahead log is worked into it.</summary>
    public void Dispose() => _handle.Dispose();
}
