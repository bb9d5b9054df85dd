using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text.Json;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Readings;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Storage.Files;

namespace XrdCt.Live.Storage.Journal;

/// <summary>
/// A journal in an SQLite file of its own, one per scan: <c>TITLE_yyyyMMdd-HHmmss.journal</c> beside the results, with a write-ahead log and
/// a sync of the disk at every write. Whoever has it open has it alone. Not thread-safe.
/// </summary>
/// <remarks>
/// Tables: <c>pattern</c>, a row per frame whose blob <c>bins</c> holds intensity, variance (float32) and count (int32) per bin and then the
/// channel values (float32), little-endian; <c>reading</c>, what the beamline told besides the frames; <c>event</c>; <c>scan</c> with settings and state as JSON. Times are in ticks of 100 ns since
/// year 1, UTC. Each row of a pattern has a digest (XXH3) of all its values, because SQLite has checksums in its log only.
/// </remarks>
public sealed class SqliteScanJournal : IScanJournal
{
    /// <summary>Extension of a journal's name.</summary>
    public const string Extension = ".journal";

    internal const string WalSuffix = "-wal";

    // Patterns of 2,048 bins (24.6 kB) lie in three pages and a bit; with pages of 4 kB they cost twice the bookkeeping.
    private const int PageSize = 8192;

    private const int HeaderFields = 8;

    // A billion bytes is what SQLite allows at most; what is larger than this is none of ours.
    private const int LargestText = 1 << 24;

    private readonly string? _folder;
    private readonly long? _mostPages;
    private SqliteDatabase? _database;
    private SqliteStatement? _insertPattern;
    private SqliteStatement? _insertEvent;
    private SqliteStatement? _insertReading;
    private SqliteStatement? _replaceValue;

    private SqliteScanJournal(ScanSettings settings, string? folder, bool keeps, long? mostPages)
    {
        Settings = settings;
        _folder = folder;
        Keeps = keeps;
        _mostPages = mostPages;
    }

    /// <inheritdoc />
    public string? Path { get; private set; }

    /// <inheritdoc />
    public JournalledScan? Scan { get; private set; }

    /// <summary>The settings of the scan.</summary>
    public ScanSettings Settings { get; }

    /// <summary>Patterns in it.</summary>
    public int PatternCount { get; private set; }

    /// <summary>Where the result was saved; null while it is not.</summary>
    public string? SavedPath { get; private set; }

    /// <summary>Whether the file stays when the result is saved.</summary>
    public bool Keeps { get; }

    /// <summary>Makes a journal; its file is made with the first write.</summary>
    /// <param name="folder">Folder of the file; made when needed.</param>
    /// <param name="settings">The settings of the scan.</param>
    /// <param name="keeps">Whether the file stays when the result is saved.</param>
    public static SqliteScanJournal Create(string folder, ScanSettings settings, bool keeps = false) => Create(folder, settings, keeps, mostPages: null);

    /// <summary>The same, for tests, with a file that can grow no further than so many pages of 8 kB.</summary>
    internal static SqliteScanJournal Create(string folder, ScanSettings settings, bool keeps, long? mostPages)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentNullException.ThrowIfNull(settings);
        return new SqliteScanJournal(settings, System.IO.Path.GetFullPath(folder), keeps, mostPages);
    }

    /// <summary>Opens a journal, whatever became of the process that wrote it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="keeps">Whether the file stays when the result is saved.</param>
    /// <exception cref="IOException">It cannot be opened: not there, no permission, or in use by another process.</exception>
    /// <exception cref="InvalidDataException">It is no journal, one of a newer version, or damaged where nothing can be done without. It is left
    /// as it is.</exception>
    public static SqliteScanJournal Open(string path, bool keeps = false)
    {
        string fullPath = System.IO.Path.GetFullPath(path);
        CheckHead(fullPath);
        SqliteDatabase? database = null;
        try
        {
            database = SqliteDatabase.Open(fullPath, create: false);

            // The first lock, and what a killed process left in the log.
            database.Run("BEGIN IMMEDIATE; COMMIT");
            CheckTables(database, fullPath);
            return Read(database, fullPath, keeps);
        }
        catch (Exception e)
        {
            database?.Dispose();
            throw e switch
            {
                SqliteException failure => Explain(failure, fullPath),
                JsonException or NotSupportedException or ArgumentException or OverflowException =>
                    Damaged(fullPath, "its settings cannot be read", e),
                _ => e,
            };
        }
    }

    /// <inheritdoc />
    public void Write(JournalledScan scan, ReadOnlySpan<JournalledPattern> patterns, ReadOnlySpan<JournalledEvent> events, ReadOnlySpan<StageReading> readings = default)
    {
        ArgumentNullException.ThrowIfNull(scan);
        try
        {
            SqliteDatabase database = _database ?? Make(scan);
            database.Run("BEGIN IMMEDIATE");
            int count = PatternCount;
            try
            {
                foreach (JournalledPattern pattern in patterns)
                {
                    Insert(pattern);
                }

                count += patterns.Length;
                foreach (JournalledEvent e in events)
                {
                    Insert(e);
                }

                foreach (StageReading reading in readings)
                {
                    Insert(reading);
                }

                Replace(JournalSchema.State, JournalJson.Write(scan));
                _replaceValue!.Bind(1, JournalSchema.PatternCount);
                _replaceValue.Bind(2, (long)count);
                _replaceValue.Run();
                database.Run("COMMIT");
            }
            catch
            {
                database.RollBack();
                throw;
            }

            (Scan, PatternCount) = (scan, count);
        }
        catch (SqliteException e)
        {
            throw e.IsDamage ? new IOException(Explain(e, Path ?? _folder!).Message, e) : Explain(e, Path ?? _folder!);
        }
        catch (Exception fault) when (WriteFailure.IsFileFault(fault))
        {
            throw WriteFailure.Explain("the journal", Path ?? System.IO.Path.Combine(_folder!, "scan" + Extension), fault);
        }
    }

    /// <inheritdoc />
    public int ReadReadings(Action<StageReading> take)
    {
        ArgumentNullException.ThrowIfNull(take);
        if (_database is null)
        {
            return 0;
        }

        int damaged = 0;
        using SqliteStatement select = _database.Prepare(
            "SELECT series, frame, at, translation_mm, rotation_deg, monitor, transmission FROM reading ORDER BY id");
        try
        {
            while (select.Step())
            {
                if (select.Long(2) is < 0 || select.Long(2) > DateTime.MaxValue.Ticks || select.Long(1) is < int.MinValue or > int.MaxValue)
                {
                    damaged++;
                    continue;
                }

                take(new StageReading
                {
                    SeriesId = select.Long(0),
                    Index = (int?)select.Long(1),
                    At = select.Long(2) is long ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null,
                    Translation_mm = select.Double(3),
                    Rotation_deg = select.Double(4),
                    Monitor = select.Double(5),
                    Transmission = select.Double(6),
                });
            }
        }
        catch (SqliteException)
        {
            // A damaged page or a bad place of the disk: frames that need what stood there are marked as without.
            damaged++;
        }

        return damaged;
    }

    /// <inheritdoc />
    /// <remarks>A row that its digest contradicts, or that SQLite cannot read, counts as damaged; the others are read all the same.</remarks>
    public int Read(Action<JournalledPattern> take)
    {
        ArgumentNullException.ThrowIfNull(take);
        if (_database is null)
        {
            return 0;
        }

        ScanDescription scan = Settings.Description;
        var pattern = new JournalledPattern(scan.Axis.BinCount, scan.Channels.Count);
        int read = 0;
        using (SqliteStatement select = _database.Prepare(
            "SELECT rotation, translation, series, acquired_at, monitor, transmission, translation_mm, rotation_deg, digest, bins FROM pattern WHERE frame = ?"))
        {
            for (int frame = 0; frame < scan.Plan.CellCount; frame++)
            {
                if (TryRead(select, frame, pattern))
                {
                    read++;
                    take(pattern);
                }
            }
        }

        // A damaged row is none: its frame may come again, and takes its place.
        int damaged = Math.Max(0, PatternCount - read);
        PatternCount = read;
        return damaged;
    }

    /// <inheritdoc />
    public void Complete(string savedPath, bool keep = false)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(savedPath);
        if (_database is null)
        {
            return;
        }

        IOException? unmarked = null;
        try
        {
            // First the mark: whoever finds the file after a kill between here and the end need not save it again.
            _database.InTransaction(() => Replace(JournalSchema.Saved, savedPath));
            SavedPath = savedPath;
        }
        catch (SqliteException e)
        {
            unmarked = new IOException($"the scan is saved as '{savedPath}', but its journal cannot be closed: {Explain(e, Path!).Message}", e);
        }

        Dispose();
        if (Keeps || keep)
        {
            if (unmarked is not null)
            {
                throw unmarked;
            }

            return;
        }

        // A full disk does not keep a file from being removed.
        try
        {
            File.Delete(Path!);
            File.Delete(Path + WalSuffix);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"the scan is saved as '{savedPath}', but its journal '{Path}' cannot be removed: {e.Message.TrimEnd('.')}", e);
        }
    }

    /// <summary>Closes the file. What was written stays, and can be continued.</summary>
    public void Dispose()
    {
        _insertPattern?.Dispose();
        _insertEvent?.Dispose();
        _insertReading?.Dispose();
        _replaceValue?.Dispose();
        _database?.Dispose();
        (_insertPattern, _insertEvent, _insertReading, _replaceValue, _database) = (null, null, null, null, null);
    }

    private static void CheckHead(string path)
    {
        // SQLite's file format, §1.3: 16 bytes of magic, the user version at 60, the application id at 68.
        Span<byte> head = stackalloc byte[100];
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            int length = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            if (length < head.Length || !head.StartsWith("SQLite format 3\0"u8) || BinaryPrimitives.ReadInt32BigEndian(head[68..]) != JournalSchema.ApplicationId)
            {
                throw new InvalidDataException($"'{path}' is no journal of a scan, or its beginning is damaged: it is left as it is");
            }
        }
        catch (Exception e) when (e is UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw new IOException($"the journal '{path}' cannot be opened: {(e is UnauthorizedAccessException ? "no permission" : "there is no such file")}", e);
        }

        int version = BinaryPrimitives.ReadInt32BigEndian(head[60..]);
        if (version != JournalSchema.Version)
        {
            throw new InvalidDataException(
                $"the journal '{path}' is of version {version}, this program reads version {JournalSchema.Version}: use the program that wrote it");
        }
    }

    private static void CheckTables(SqliteDatabase database, string path)
    {
        List<string> found = [];
        using SqliteStatement tables = database.Prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name");
        while (found.Count <= JournalSchema.Tables.Count && tables.Step())
        {
            found.Add(tables.Text(0) ?? "");
        }

        if (!found.SequenceEqual(JournalSchema.Tables))
        {
            throw Damaged(path, "its tables are not those of a journal");
        }
    }

    private static SqliteScanJournal Read(SqliteDatabase database, string path, bool keeps)
    {
        using SqliteStatement select = database.Prepare("SELECT value FROM scan WHERE name = ? AND length(value) < ?");
        byte[] mask = Value(JournalSchema.Mask)?.Bytes(0).ToArray() ?? throw Damaged(path, "the mask is gone");
        string settings = Value(JournalSchema.Settings)?.Text(0) ?? throw Damaged(path, "the settings are gone");
        string? state = Value(JournalSchema.State)?.Text(0);
        ScanSettings read = JournalJson.ReadSettings(settings, mask);
        CheckSize(read.Description, path);
        var journal = new SqliteScanJournal(read, folder: null, keeps, mostPages: null)
        {
            Path = path,
            Scan = state is null ? null : JournalJson.ReadScan(state, read.Description.Plan),
            PatternCount = (int)Math.Clamp(Value(JournalSchema.PatternCount)?.Long(0) ?? 0, 0, read.Description.Plan.CellCount),
            SavedPath = Value(JournalSchema.Saved)?.Text(0),
        };
        journal.Use(database);
        return journal;

        SqliteStatement? Value(string name)
        {
            select.Reset();
            select.Bind(1, name);
            select.Bind(2, (long)LargestText);
            return select.Step() ? select : null;
        }
    }

    private static void CheckSize(ScanDescription scan, string path)
    {
        // Intensities and variances, as the scan has them in memory.
        long needed = 2L * sizeof(float) * scan.Plan.CellCount * scan.Axis.BinCount;
        long available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (needed > available || (long)scan.Plan.CellCount * scan.Axis.BinCount > Array.MaxLength)
        {
            throw Damaged(path, $"it speaks of {scan.Plan.CellCount} patterns of {scan.Axis.BinCount} bins, more than this machine's memory holds");
        }
    }

    private static InvalidDataException Damaged(string path, string what, Exception? cause = null) =>
        new($"the journal '{path}' is damaged: {what}; it is left as it is", cause);

    private static Exception Explain(SqliteException failure, string path) => failure switch
    {
        { IsBusy: true } => new IOException($"the journal '{path}' is in use by another process", failure),
        { IsFull: true } => new IOException($"the journal '{path}' cannot be written, because the disk is full: free some space", failure),
        { IsDamage: true } => Damaged(path, failure.Message, failure),
        _ => new IOException($"the journal '{path}' cannot be used ({failure.Message}): check the disk and the permissions", failure),
    };

    private SqliteDatabase Make(JournalledScan scan)
    {
        Directory.CreateDirectory(_folder!);
        string path = Claim(ResultName.Stem(Settings.Description, scan.StartedAt));
        string part = path + PartFile.Suffix;
        try
        {
            // Under another name until it is whole, so that a journal always has its settings.
            using (SqliteDatabase made = SqliteDatabase.Open(part, create: true))
            {
                made.Run($"PRAGMA page_size={PageSize}; PRAGMA application_id={JournalSchema.ApplicationId}; PRAGMA user_version={JournalSchema.Version}");
                made.InTransaction(() =>
                {
                    foreach (string table in JournalSchema.Tables)
                    {
                        made.Run(table);
                    }

                    using SqliteStatement insert = made.Prepare("INSERT INTO scan VALUES (?, ?)");
                    insert.Bind(1, JournalSchema.Settings);
                    insert.Bind(2, JournalJson.Write(Settings));
                    insert.Run();
                    insert.Bind(1, JournalSchema.Mask);
                    insert.Bind(2, JournalJson.Pack(Settings.Mask));
                    insert.Run();
                });
            }

            File.Move(part, path, overwrite: false);
            FolderSync.Run(_folder!);
        }
        catch
        {
            File.Delete(part);
            throw;
        }

        SqliteDatabase database = SqliteDatabase.Open(path, create: false);
        try
        {
            Use(database);
        }
        catch
        {
            database.Dispose();
            File.Delete(path);
            throw;
        }

        Path = path;
        return database;
    }

    private string Claim(string stem)
    {
        for (int number = 1; ; number++)
        {
            string path = System.IO.Path.Combine(_folder!, ResultName.Numbered(stem, number, Extension));
            if (File.Exists(path))
            {
                continue;
            }

            try
            {
                using FileStream claim = new(path + PartFile.Suffix, FileMode.CreateNew, FileAccess.Write);
                return path;
            }
            catch (IOException) when (File.Exists(path + PartFile.Suffix) && number < ResultName.MostNumbers)
            {
                // Another process makes one of this name, or died while it did.
            }
        }
    }

    private void Use(SqliteDatabase database)
    {
        database.Run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
        if (_mostPages is long most)
        {
            database.Run($"PRAGMA max_page_count={most}");
        }

        _insertPattern = database.Prepare("INSERT OR REPLACE INTO pattern VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        _insertEvent = database.Prepare("INSERT INTO event (at, kind, sentence) VALUES (?, ?, ?)");
        _insertReading = database.Prepare(
            "INSERT INTO reading (series, frame, at, translation_mm, rotation_deg, monitor, transmission) VALUES (?, ?, ?, ?, ?, ?, ?)");
        _replaceValue = database.Prepare("INSERT OR REPLACE INTO scan VALUES (?, ?)");
        _database = database;
    }

    private void Insert(JournalledPattern pattern)
    {
        FrameHeader header = pattern.Header;
        SqliteStatement insert = _insertPattern!;
        insert.Bind(1, header.Index);
        insert.Bind(2, pattern.Cell.Rotation);
        insert.Bind(3, pattern.Cell.Translation);
        insert.Bind(4, header.SeriesId);
        insert.Bind(5, header.AcquiredAt.UtcTicks);
        insert.Bind(6, header.Monitor);
        insert.Bind(7, header.Transmission ?? double.NaN);
        insert.Bind(8, header.Translation_mm ?? double.NaN);
        insert.Bind(9, header.Rotation_deg ?? double.NaN);
        insert.Bind(10, Digest(pattern));
        insert.Bind(11, pattern.Values);
        insert.Run();
    }

    private void Insert(JournalledEvent e)
    {
        SqliteStatement insert = _insertEvent!;
        insert.Bind(1, e.At.UtcTicks);
        insert.Bind(2, e.Kind.ToString());
        insert.Bind(3, e.Sentence);
        insert.Run();
    }

    private void Insert(in StageReading reading)
    {
        SqliteStatement insert = _insertReading!;
        Bind(1, reading.SeriesId);
        Bind(2, reading.Index);
        Bind(3, reading.At?.UtcTicks);
        insert.Bind(4, reading.Translation_mm);
        insert.Bind(5, reading.Rotation_deg);
        insert.Bind(6, reading.Monitor);
        insert.Bind(7, reading.Transmission);
        insert.Run();

        void Bind(int column, long? value)
        {
            if (value is long number)
            {
                insert.Bind(column, number);
            }
            else
            {
                // SQLite keeps no NaN: it is NULL there.
                insert.Bind(column, double.NaN);
            }
        }
    }

    private void Replace(string name, string value)
    {
        _replaceValue!.Bind(1, name);
        _replaceValue.Bind(2, value);
        _replaceValue.Run();
    }

    private bool TryRead(SqliteStatement select, int frame, JournalledPattern pattern)
    {
        ScanPlan plan = Settings.Description.Plan;
        select.Reset();
        select.Bind(1, frame);
        try
        {
            if (!select.Step())
            {
                return false;
            }
        }
        catch (SqliteException)
        {
            // A damaged page or a bad place of the disk: the other rows may be whole.
            return false;
        }

        ReadOnlySpan<byte> bins = select.Bytes(9);
        if (select.Long(0) is not long rotation || rotation < 0 || rotation >= plan.RotationCount
            || select.Long(1) is not long translation || translation < 0 || translation >= plan.TranslationCount
            || select.Long(2) is not long series
            || select.Long(3) is not long ticks || ticks < 0 || ticks > DateTime.MaxValue.Ticks
            || select.Long(8) is not long digest
            || bins.Length != pattern.Values.Length)
        {
            return false;
        }

        bins.CopyTo(pattern.Values);
        pattern.Cell = new ScanCell((int)rotation, (int)translation);
        pattern.Header = new FrameHeader
        {
            SeriesId = series,
            Index = frame,
            AcquiredAt = new DateTimeOffset(ticks, TimeSpan.Zero),
            Monitor = select.Double(4),
            Transmission = Told(select.Double(5)),
            Translation_mm = Told(select.Double(6)),
            Rotation_deg = Told(select.Double(7)),
        };
        return digest == Digest(pattern);
    }

    private static double? Told(double value) => double.IsNaN(value) ? null : value;

    private static long Digest(JournalledPattern pattern)
    {
        FrameHeader header = pattern.Header;
        Span<byte> fields = stackalloc byte[HeaderFields * sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(fields, header.Index);
        BinaryPrimitives.WriteInt64LittleEndian(fields[8..], ((long)pattern.Cell.Rotation << 32) | (uint)pattern.Cell.Translation);
        BinaryPrimitives.WriteInt64LittleEndian(fields[16..], header.SeriesId);
        BinaryPrimitives.WriteInt64LittleEndian(fields[24..], header.AcquiredAt.UtcTicks);
        BinaryPrimitives.WriteDoubleLittleEndian(fields[32..], AsSqliteHasIt(header.Monitor));
        BinaryPrimitives.WriteDoubleLittleEndian(fields[40..], AsSqliteHasIt(header.Translation_mm ?? double.NaN));
        BinaryPrimitives.WriteDoubleLittleEndian(fields[48..], AsSqliteHasIt(header.Rotation_deg ?? double.NaN));
        BinaryPrimitives.WriteDoubleLittleEndian(fields[56..], AsSqliteHasIt(header.Transmission ?? double.NaN));
        return (long)XxHash3.HashToUInt64(pattern.Values, (long)XxHash3.HashToUInt64(fields));
    }

    // One NaN, and no minus before zero.
    private static double AsSqliteHasIt(double value) => double.IsNaN(value) ? double.NaN : value + 0.0;
}
