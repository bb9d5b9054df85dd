namespace XrdCt.Live.Storage.Journal;

/// <summary>The tables of a journal, and how its file is told from others.</summary>
internal static class JournalSchema
{
    /// <summary>Version of the tables; a newer one is not read.</summary>
    public const int Version = 2;

    // 'XCTJ', in the field that SQLite keeps for the program a file belongs to (file format, §1.3.17).
    public const int ApplicationId = 0x5843544A;

    /// <summary>Key-value pairs of <c>scan</c>.</summary>
    public const string Settings = "settings";

    /// <summary>The mask, a bit per pixel.</summary>
    public const string Mask = "mask";

    /// <summary>The state of the scan.</summary>
    public const string State = "state";

    /// <summary>How many rows <c>pattern</c> has; counting them reads half the file.</summary>
    public const string PatternCount = "pattern_count";

    /// <summary>Path of the result, once it is saved.</summary>
    public const string Saved = "saved";

    /// <summary>The tables, a statement each, as SQLite keeps their text.</summary>
    public static IReadOnlyList<string> Tables { get; } =
    [
        "CREATE TABLE event (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, sentence TEXT NOT NULL)",
        "CREATE TABLE pattern (frame INTEGER PRIMARY KEY, rotation INTEGER NOT NULL, translation INTEGER NOT NULL, "
            + "series INTEGER NOT NULL, acquired_at INTEGER NOT NULL, monitor REAL, transmission REAL, translation_mm REAL, rotation_deg REAL, "
            + "digest INTEGER NOT NULL, bins BLOB NOT NULL)",
        "CREATE TABLE reading (id INTEGER PRIMARY KEY, series INTEGER, frame INTEGER, at INTEGER, translation_mm REAL, rotation_deg REAL, monitor REAL, transmission REAL)",
        "CREATE TABLE scan (name TEXT PRIMARY KEY, value) WITHOUT ROWID",
    ];
}
