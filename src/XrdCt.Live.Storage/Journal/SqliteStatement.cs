using SQLitePCL;

namespace XrdCt.Live.Storage.Journal;

/// <summary>A prepared statement. Parameters count from 1, columns from 0. Not thread-safe.</summary>
internal sealed class SqliteStatement(SqliteDatabase database, sqlite3_stmt statement) : IDisposable
{
    /// <summary>Binds a number.</summary>
    public void Bind(int parameter, long value) => Check(raw.sqlite3_bind_int64(statement, parameter, value));

    /// <summary>Binds a number; NULL for NaN, as SQLite has it.</summary>
    public void Bind(int parameter, double value) => Check(raw.sqlite3_bind_double(statement, parameter, value));

    /// <summary>Binds a text.</summary>
    public void Bind(int parameter, string value) => Check(raw.sqlite3_bind_text(statement, parameter, value));

    /// <summary>Binds bytes, which are copied.</summary>
    public void Bind(int parameter, ReadOnlySpan<byte> value) => Check(raw.sqlite3_bind_blob(statement, parameter, value));

    /// <summary>Goes to the next row.</summary>
    /// <returns>False where there is none.</returns>
    public bool Step()
    {
        int answer = raw.sqlite3_step(statement);
        return answer switch
        {
            raw.SQLITE_ROW => true,
            raw.SQLITE_DONE => false,
            _ => throw database.Failure(answer),
        };
    }

    /// <summary>Runs a statement that returns no rows, and makes it ready for the next time.</summary>
    public void Run()
    {
        try
        {
            Step();
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>Makes it ready for the next time; parameters stay.</summary>
    public void Reset() => _ = raw.sqlite3_reset(statement);

    /// <summary>A column as a number; null for NULL or what is none.</summary>
    public long? Long(int column) =>
        raw.sqlite3_column_type(statement, column) == raw.SQLITE_INTEGER ? raw.sqlite3_column_int64(statement, column) : null;

    /// <summary>A column as a number; NaN for NULL or what is none.</summary>
    public double Double(int column) =>
        raw.sqlite3_column_type(statement, column) is raw.SQLITE_FLOAT or raw.SQLITE_INTEGER
            ? raw.sqlite3_column_double(statement, column)
            : double.NaN;

    /// <summary>A column as text; null for what is none.</summary>
    public string? Text(int column) =>
        raw.sqlite3_column_type(statement, column) == raw.SQLITE_TEXT ? raw.sqlite3_column_text(statement, column).utf8_to_string() : null;

    /// <summary>A column as bytes, valid until the next step; empty for what is none.</summary>
    public ReadOnlySpan<byte> Bytes(int column) =>
        raw.sqlite3_column_type(statement, column) == raw.SQLITE_BLOB ? raw.sqlite3_column_blob(statement, column) : default;

    /// <inheritdoc />
    public void Dispose() => statement.Dispose();

    private void Check(int answer)
    {
        if (answer != raw.SQLITE_OK)
        {
            throw database.Failure(answer);
        }
    }
}
