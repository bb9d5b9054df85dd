using System.Text.Json;
using System.Text.Json.Nodes;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Model.Stages;
using XrdCt.Live.Storage.Journal;
using XrdCt.Live.Tests.Pipeline;
using static XrdCt.Live.Tests.Storage.JournalSamples;

namespace XrdCt.Live.Tests.Storage;

public sealed class SqliteScanJournalTests : IDisposable
{
    private const int Mutations = 500;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_ThenOpenedAgain_ReadsBackToTheLastBit()
    {
        using (SqliteScanJournal journal = SqliteScanJournal.Create(_folder.Path, Settings))
        {
            Assert.Null(journal.Path);
            journal.Write(Scan(), Rows(4, 3), []);
            journal.Write(Scan(30), [.. Rows(0, 4), .. Rows(7, 23)], []);
        }

        Assert.Equal(["small_20261122-090807.journal"], _folder.Names);
        using SqliteScanJournal read = SqliteScanJournal.Open(_folder.File(_folder.Names[0]));
        Assert.Equal(Rows(0, 30).Select(Text), ReadAll(read, out int damaged));
        Assert.Equal(0, damaged);
        Assert.Equal(Scan(30), read.Scan);
        Assert.Equal(30, read.PatternCount);
        Assert.Null(read.SavedPath);
    }

    [Fact]
    public void Open_SettingsOfEveryKind_ReadBackTheSame()
    {
        ScanRecord sample = ScanSamples.Scan();
        ScanSettings settings = Settings with
        {
            Description = sample.Description with { Axis = new RadialAxis(RadialUnit.Q_invA, 0.1, 9.7, 7) },
            Geometry = sample.Geometry with { Corners = new PixelCorners(sample.Geometry.Shape, new float[144]) },
            Mask = sample.Mask,
            Integration = sample.Integration,
            Corrections = new CorrectionOptions { Beam = BeamCorrection.ConstantTotal, Transmission = false, Air = false, Lines = LineCorrection.Interpolate, Spotty = false },
            KeepsCorrected = false,
            Filter = RampFilter.Hann,
            Placement = new PlacementRules
            {
                Radius_um = 1.0 / 3,
                Count = 5,
                Phases = [new PhaseWeight("total", 2), .. sample.Description.Channels.Skip(1).Select(c => new PhaseWeight(c.Name, 0.1))],
                Weights = new PlacementWeights { Uniformity = 0.3, Cupping = 0 },
                EdgeMargin_um = 60,
                Forbidden = [new ForbiddenZone(-100, 200, 50)],
                Reach = new StageReach(-1, 2, -3, 4),
                Stages = new SampleStages(new StageMotor("px") { Lowest_mm = -2 }, new StageMotor("py") { Direction_deg = 90, Position_mm = 0.25 }),
                Stop = new StopRule { Updates = 7 },
            },
            Configuration = "title: é\n",
        };
        int cells = settings.Description.Plan.CellCount;
        using (SqliteScanJournal journal = SqliteScanJournal.Create(_folder.Path, settings))
        {
            journal.Write(Scan(), [], []);
        }

        using SqliteScanJournal opened = SqliteScanJournal.Open(_folder.File(_folder.Names[0]));
        ScanSettings read = opened.Settings;
        Assert.Equal(settings.Mask.Masked, read.Mask.Masked);
        Assert.Equal(settings.Description.Axis.Centres, read.Description.Axis.Centres);
        Assert.Equal(
            Enumerable.Range(0, cells).Select(settings.Description.Plan.CellOf),
            Enumerable.Range(0, cells).Select(read.Description.Plan.CellOf));
        Assert.Equal(settings.Description.Channels, read.Description.Channels);
        Assert.Equal(settings.Integration, read.Integration);
        Assert.Equal(settings.Geometry with { Corners = null }, read.Geometry with { Corners = null });

        // Where the pixels are is not kept; that they were placed by their corners is.
        Assert.NotNull(read.Geometry.Corners);
        Assert.Equivalent(settings.Placement, read.Placement, strict: true);
        Assert.Equal(Plain(settings), Plain(read));

        static ScanSettings Plain(ScanSettings s) => s with
        {
            Description = s.Description with { Plan = Settings.Description.Plan, Axis = Settings.Description.Axis, Channels = [] },
            Mask = Settings.Mask,
            Geometry = Settings.Geometry,
            Placement = Settings.Placement,
        };
    }

    [Fact]
    public void ReadSettings_OfBeforeTheRules_HasThoseOfChannelAndRadius()
    {
        JsonNode older = JsonNode.Parse(JournalJson.Write(Settings))!;
        Assert.True(older.AsObject().Remove("Placement"));

        PlacementRules read = JournalJson.ReadSettings(older.ToJsonString(), JournalJson.Pack(Settings.Mask)).Placement;

        Assert.Equivalent(new PlacementRules { Radius_um = Settings.Placement.Radius_um, Phases = [new PhaseWeight("total")] }, read, strict: true);
    }

    [Fact]
    public void ReadSettings_PhaseThatIsNoChannel_IsRefused()
    {
        ScanSettings settings = Settings with { Placement = Settings.Placement with { Phases = [new PhaseWeight("total"), new PhaseWeight("elsewhere")] } };

        Assert.Contains(
            "elsewhere",
            Assert.Throws<ArgumentException>(() => JournalJson.ReadSettings(JournalJson.Write(settings), JournalJson.Pack(settings.Mask))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AfterAKill_HasEveryWriteThatReturned()
    {
        using SqliteScanJournal journal = SqliteScanJournal.Create(_folder.Path, Settings);
        journal.Write(Scan(), Rows(0, 4), []);
        journal.Write(Scan(), Rows(4, 5), [new JournalledEvent(default, JournalledEventKind.Complaint, "noise")]);

        using SqliteScanJournal killed = SqliteScanJournal.Open(Killed(journal));
        Assert.Equal(Rows(0, 9).Select(Text), ReadAll(killed, out _));

        // It can be gone on with.
        killed.Write(Scan(30), Rows(9, 21), []);
        Assert.Equal(Rows(0, 30).Select(Text), ReadAll(killed, out int damaged));
        Assert.Equal(0, damaged);
    }

    [Fact]
    public void Open_TornLog_HasWholeWritesOnly()
    {
        const int PerWrite = 3;
        using SqliteScanJournal journal = SqliteScanJournal.Create(_folder.Path, Settings);
        for (int first = 0; first < 30; first += PerWrite)
        {
            journal.Write(Scan(first), Rows(first, PerWrite), []);
        }

        string torn = Killed(journal);
        byte[] log = File.ReadAllBytes(torn + "-wal");
        byte[] main = File.ReadAllBytes(torn);
        var counts = new HashSet<int>();
        for (int i = 0; i <= 40; i++)
        {
            File.Delete(torn + "-wal");
            File.WriteAllBytes(torn, main);
            File.WriteAllBytes(torn + "-wal", log[..(int)((long)log.Length * i / 40)]);
            using SqliteScanJournal read = SqliteScanJournal.Open(torn);
            string[] rows = ReadAll(read, out int damaged);
            Assert.Equal(0, damaged);
            Assert.Equal(0, rows.Length % PerWrite);
            Assert.Equal(Rows(0, rows.Length).Select(Text), rows);
            counts.Add(rows.Length);
        }

        // From nothing to all of it, by way of much in between.
        Assert.Contains(0, counts);
        Assert.Contains(30, counts);
        Assert.True(counts.Count > 5);
    }

    [Fact]
    public void Open_MutatedBytes_IsReadInPartOrRefusedInOneSentence()
    {
        using SqliteScanJournal journal = SqliteScanJournal.Create(_folder.Path, Settings);
        journal.Write(Scan(), Rows(0, 30), []);
        journal.Dispose();
        string path = _folder.File(_folder.Names[0]);
        byte[] whole = File.ReadAllBytes(path);
        string[] good = [.. Rows(0, 30).Select(Text)];
        var random = new Random(5);
        (int refused, int damagedOnes) = (0, 0);
        for (int i = 0; i < Mutations; i++)
        {
            byte[] bytes = [.. whole];
            int length = i % 5 == 0 ? random.Next(bytes.Length) : bytes.Length;
            for (int n = random.Next(1, 40); n > 0; n--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            string mutated = _folder.File("mutated.journal");
            File.WriteAllBytes(mutated, bytes[..length]);
            try
            {
                using SqliteScanJournal read = SqliteScanJournal.Open(mutated);

                // What is read is what was written: a pattern with a wrong number is none.
                string[] rows = ReadAll(read, out int damaged);
                if (read.Settings.Description.Axis.BinCount == SmallScan.Bins)
                {
                    Assert.Subset(good.ToHashSet(), rows.ToHashSet());
                    damagedOnes += damaged > 0 ? 1 : 0;
                }
            }
            catch (Exception e) when (e is IOException or InvalidDataException)
            {
                Assert.Contains("mutated.journal", e.Message);
                refused++;
            }

            File.Delete(mutated + "-wal");
            File.Delete(mutated + "-journal");
        }

        Assert.InRange(refused, 10, Mutations - 10);
        Assert.InRange(damagedOnes, 10, Mutations);
    }

    [Fact]
    public void Open_ForeignFile_IsRefusedAndLeftAsItIs()
    {
        string foreign = _folder.File("foreign.journal");
        using (SqliteDatabase other = SqliteDatabase.Open(foreign, create: true))
        {
            other.Run("CREATE TABLE people (name TEXT)");
        }

        Refuses(foreign, "no journal of a scan");

        // One that calls itself a journal and has other tables.
        using (SqliteDatabase other = SqliteDatabase.Open(foreign, create: false))
        {
            other.Run($"PRAGMA application_id={JournalSchema.ApplicationId}; PRAGMA user_version={JournalSchema.Version}");
        }

        Refuses(foreign, "its tables are not those of a journal");
        File.WriteAllText(foreign, "");
        Refuses(foreign, "no journal of a scan");
        File.WriteAllBytes(foreign, [.. Enumerable.Range(0, 5000).Select(i => (byte)(i * 7))]);
        Refuses(foreign, "no journal of a scan");
    }

    [Fact]
    public void Open_NewerVersion_IsRefusedAndLeftAsItIs()
    {
        string path = Finished();
        using (SqliteDatabase database = SqliteDatabase.Open(path, create: false))
        {
            database.Run("PRAGMA user_version=3");
        }

        Refuses(path, "is of version 3, this program reads version 2");
    }

    [Fact]
    public void Open_MoreThanTheMemory_IsRefusedBeforeAnyIsTaken()
    {
        string path = Finished();
        using (SqliteDatabase database = SqliteDatabase.Open(path, create: false))
        {
            string settings = database.Text("SELECT value FROM scan WHERE name = 'settings'")!;
            using JsonDocument parsed = JsonDocument.Parse(settings);
            Assert.Equal(6, parsed.RootElement.GetProperty("Plan").GetProperty("Translations").GetInt32());
            database.Run($"UPDATE scan SET value = '{settings.Replace("\"Translations\":6", "\"Translations\":200000000", StringComparison.Ordinal)}' WHERE name = 'settings'");
        }

        Refuses(path, "more than this machine's memory holds");
    }

    [Fact]
    public void Write_ChangedReconstruction_ComesBack()
    {
        var changed = new ReconstructionSettings(RampFilter.Hann, 1.0 / 3, Air: false);
        using SqliteScanJournal journal = SqliteScanJournal.Create(_folder.Path, Settings with { Axis_px = -0.25 });
        journal.Write(Scan(), Rows(0, 1), []);
        journal.Write(Scan() with { Reconstruction = changed }, [], [new JournalledEvent(Scan().StartedAt, JournalledEventKind.Changed, "changed")]);
        journal.Dispose();

        using SqliteScanJournal read = SqliteScanJournal.Open(journal.Path!);
        Assert.Equal(changed, read.Scan!.Reconstruction);
        Assert.Equal(-0.25, read.Settings.Axis_px);
    }

    [Fact]
    public void Write_DrawnZones_ComeBackToTheLastBit()
    {
        ForbiddenZone[] drawn = [new(-110.1, 1.0 / 3, 50), new(0, 0, 0)];
        using SqliteScanJournal journal = SqliteScanJournal.Create(_folder.Path, Settings);
        journal.Write(Scan() with { Zones = drawn }, Rows(0, 1), []);
        journal.Dispose();

        using SqliteScanJournal read = SqliteScanJournal.Open(journal.Path!);
        Assert.Equal(drawn, read.Scan!.Zones);
        read.Write(Scan() with { Zones = [] }, [], []);
        read.Dispose();
        using SqliteScanJournal again = SqliteScanJournal.Open(journal.Path!);
        Assert.Empty(again.Scan!.Zones!);
    }

    [Theory]
    [InlineData("[{\"X_um\":0,\"Y_um\":0,\"Radius_um\":-1}]")]
    [InlineData("[{\"X_um\":\"NaN\",\"Y_um\":0,\"Radius_um\":1}]")]
    [InlineData("[{\"X_um\":0,\"Y_um\":0,\"Radius_um\":\"Infinity\"}]")]
    [InlineData("[{\"X_um\":0,\"Y_um\":0}]")]
    [InlineData("[null]")]
    [InlineData("7")]
    public void Open_ZonesThatCannotBe_AreRefused(string damaged)
    {
        string path = Finished();
        using (SqliteDatabase database = SqliteDatabase.Open(path, create: false))
        {
            string state = database.Text("SELECT value FROM scan WHERE name = 'state'")!;
            Assert.Contains("\"Zones\":null", state);
            database.Run($"UPDATE scan SET value = '{state.Replace("\"Zones\":null", "\"Zones\":" + damaged, StringComparison.Ordinal)}' WHERE name = 'state'");
        }

        Refuses(path, "its settings cannot be read");
    }

    [Fact]
    public void Open_OfAProgramThatKnewNoChanges_HasNone()
    {
        string path = Finished();
        using (SqliteDatabase database = SqliteDatabase.Open(path, create: false))
        {
            string state = database.Text("SELECT value FROM scan WHERE name = 'state'")!;
            string settings = database.Text("SELECT value FROM scan WHERE name = 'settings'")!;
            Assert.Contains("\"Reconstruction\":null,", state);
            Assert.Contains(",\"Axis_px\":null", settings);
            database.Run($"UPDATE scan SET value = '{state.Replace("\"Reconstruction\":null,", "", StringComparison.Ordinal).Replace("\"Zones\":null,", "", StringComparison.Ordinal)}' WHERE name = 'state'");
            database.Run($"UPDATE scan SET value = '{settings.Replace(",\"Axis_px\":null", "", StringComparison.Ordinal)}' WHERE name = 'settings'");
        }

        using SqliteScanJournal read = SqliteScanJournal.Open(path);
        Assert.Null(read.Scan!.Reconstruction);
        Assert.Null(read.Scan.Zones);
        Assert.Null(read.Settings.Axis_px);
    }

    [Theory]
    [InlineData("{\"Filter\":\"Hann\",\"Axis_px\":4,\"Air\":true}")]
    [InlineData("{\"Filter\":\"Hann\",\"Axis_px\":\"NaN\",\"Air\":true}")]
    [InlineData("{\"Filter\":77,\"Axis_px\":null,\"Air\":true}")]
    [InlineData("{\"Filter\":\"Hahn\",\"Axis_px\":null,\"Air\":true}")]
    public void Open_ReconstructionThatCannotBe_IsRefused(string damaged)
    {
        string path = Finished();
        using (SqliteDatabase database = SqliteDatabase.Open(path, create: false))
        {
            string state = database.Text("SELECT value FROM scan WHERE name = 'state'")!;
            database.Run($"UPDATE scan SET value = '{state.Replace("\"Reconstruction\":null", "\"Reconstruction\":" + damaged, StringComparison.Ordinal)}' WHERE name = 'state'");
        }

        Refuses(path, "its settings cannot be read");
    }

    [Fact]
    public void Open_InUse_SaysSo()
    {
        using SqliteScanJournal journal = SqliteScanJournal.Create(_folder.Path, Settings);
        journal.Write(Scan(), Rows(0, 1), []);
        IOException refused = Assert.Throws<IOException>(() => SqliteScanJournal.Open(journal.Path!));
        Assert.Equal($"the journal '{journal.Path}' is in use by another process", refused.Message);

        // And is written on.
        journal.Write(Scan(), Rows(1, 1), []);
        Assert.Equal(2, ReadAll(journal, out _).Length);
    }

    [Fact]
    public void Open_NotThere_SaysSo()
    {
        IOException refused = Assert.Throws<IOException>(() => SqliteScanJournal.Open(_folder.File("none.journal")));
        Assert.Contains("there is no such file", refused.Message);
    }

    [Fact]
    public void Write_DiskFull_WritesNothingAndGoesOnWhenThereIsRoom()
    {
        // 40 pages of 8 kB hold the tables and some hundred rows of this size.
        using SqliteScanJournal journal = SqliteScanJournal.Create(_folder.Path, Settings, keeps: false, mostPages: 40);
        var plenty = Enumerable.Range(0, 3000).Select(i => Row(i % 30)).ToArray();
        for (int i = 0; i < plenty.Length; i++)
        {
            plenty[i].Header = plenty[i].Header with { Index = i };
        }

        journal.Write(Scan(1), Rows(0, 2), []);
        IOException full = Assert.Throws<IOException>(() => journal.Write(Scan(2), plenty, []));
        Assert.Equal($"the journal '{journal.Path}' cannot be written, because the disk is full: free some space", full.Message);
        Assert.Equal(Scan(1), journal.Scan);
        Assert.Equal(Rows(0, 2).Select(Text), ReadAll(journal, out _));

        journal.Write(Scan(3), Rows(2, 2), []);
        using SqliteScanJournal killed = SqliteScanJournal.Open(Killed(journal));
        Assert.Equal(Rows(0, 4).Select(Text), ReadAll(killed, out int damaged));
        Assert.Equal((0, Scan(3)), (damaged, killed.Scan));
    }

    [Fact]
    public void OpenUnfinished_JournalThatNothingWasWrittenTo_IsRemovedAndNone()
    {
        // The first write finds no room, so that the file has its tables and nothing else, as a kill in between leaves it.
        JournalledPattern[] plenty = [.. Enumerable.Range(0, 3000).Select(i => Row(i % 30))];
        for (int i = 0; i < plenty.Length; i++)
        {
            plenty[i].Header = plenty[i].Header with { Index = i };
        }

        using (SqliteScanJournal journal = SqliteScanJournal.Create(_folder.Path, Settings, keeps: false, mostPages: 40))
        {
            Assert.Throws<IOException>(() => journal.Write(Scan(1), plenty, []));
            Assert.Null(journal.Scan);
        }

        Assert.Single(Directory.GetFiles(_folder.Path, "*.journal"));
        List<string> told = [];
        Assert.Null(ScanJournals.OpenUnfinished(_folder.Path, ["another scan's"], keeps: false, told.Add));
        Assert.Single(Directory.GetFiles(_folder.Path, "*.journal"));
        Assert.Null(ScanJournals.OpenUnfinished(_folder.Path, [Settings.Fingerprint], keeps: false, told.Add));
        Assert.Empty(Directory.GetFiles(_folder.Path));
        Assert.Empty(told);
    }

    [Fact]
    public void Write_FolderThatCannotBeMade_SaysSo()
    {
        File.WriteAllText(_folder.File("file"), "");
        using SqliteScanJournal journal = SqliteScanJournal.Create(_folder.File("file"), Settings);
        IOException refused = Assert.Throws<IOException>(() => journal.Write(Scan(), Rows(0, 1), []));
        Assert.Contains(_folder.File("file"), refused.Message);
        Assert.Null(journal.Path);
    }

    [Fact]
    public void Write_NameTaken_TakesTheNextAndOverwritesNothing()
    {
        string first = Finished();
        byte[] before = File.ReadAllBytes(first);
        string second = Finished();
        Assert.Equal("small_20261122-090807-2.journal", Path.GetFileName(second));
        Assert.Equal(before, File.ReadAllBytes(first));
    }

    [Fact]
    public void Write_FrameWhoseRowIsDamaged_TakesItsPlace()
    {
        string path = Finished();
        using (SqliteDatabase database = SqliteDatabase.Open(path, create: false))
        {
            database.Run("UPDATE pattern SET monitor = monitor + 1 WHERE frame = 7; UPDATE pattern SET bins = substr(bins, 2) WHERE frame = 9");
        }

        using SqliteScanJournal journal = SqliteScanJournal.Open(path);
        string[] rows = ReadAll(journal, out int damaged);
        Assert.Equal((28, 2), (rows.Length, damaged));
        journal.Write(Scan(30), [Row(7), Row(9)], []);
        Assert.Equal(Rows(0, 30).Select(Text), ReadAll(journal, out damaged));
        Assert.Equal(0, damaged);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Complete_RemovesItOrKeepsItMarked(bool keeps)
    {
        using SqliteScanJournal journal = SqliteScanJournal.Create(_folder.Path, Settings, keeps);
        journal.Write(Scan(), Rows(0, 30), []);
        journal.Complete("/results/small.nxs");

        Assert.Equal(keeps ? ["small_20261122-090807.journal"] : [], _folder.Names);
        if (keeps)
        {
            using SqliteScanJournal kept = SqliteScanJournal.Open(journal.Path!);
            Assert.Equal("/results/small.nxs", kept.SavedPath);
            Assert.Equal(30, ReadAll(kept, out _).Length);
        }
    }

    [Fact]
    public void OpenUnfinished_TakesTheNewestOfTheFingerprintAndTellsTheOthers()
    {
        string older = Finished();
        string newer = Finished();
        File.SetLastWriteTimeUtc(older, DateTime.UtcNow.AddMinutes(-5));
        string foreign = Finished(Settings with { Fingerprint = "other" });
        string saved = Finished();
        using (SqliteScanJournal done = SqliteScanJournal.Open(saved, keeps: true))
        {
            done.Complete("/results/small.nxs");
        }

        File.WriteAllText(_folder.File("noise.journal"), "noise");
        List<string> told = [];
        using SqliteScanJournal? found = ScanJournals.OpenUnfinished(_folder.Path, [Settings.Fingerprint], keeps: false, told.Add);

        Assert.Equal(newer, found!.Path);
        Assert.Equal(3, told.Count);
        Assert.Contains(told, t => t.StartsWith("an older scan was left unfinished: 'small' of 2026-11-22 09:08, 30 of 30 frames", StringComparison.Ordinal) && t.Contains($"xrdct recover {older}"));
        Assert.Contains(told, t => t.StartsWith("another scan was left unfinished", StringComparison.Ordinal) && t.Contains(foreign));
        Assert.Contains(told, t => t.Contains("noise.journal") && t.Contains("left as it is"));
        Assert.Null(ScanJournals.OpenUnfinished(_folder.File("nowhere"), [Settings.Fingerprint], keeps: false, told.Add));
    }

    [Fact]
    public void Write_AfterWarmUp_AllocatesNothingPerPattern()
    {
        using SqliteScanJournal journal = SqliteScanJournal.Create(_folder.Path, Settings);
        JournalledPattern[] rows = Rows(0, 30);
        JournalledScan scan = Scan();
        long One(ReadOnlySpan<JournalledPattern> patterns)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            journal.Write(scan, patterns, []);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        // The least of several rounds: a write has its text, whatever it writes; a pattern more costs nothing.
        long none = Enumerable.Range(0, 10).Min(_ => One([]));
        long thirty = Enumerable.Range(0, 10).Min(_ => One(rows));
        Assert.InRange(thirty - none, 0, 64);
    }

    private static string[] ReadAll(SqliteScanJournal journal, out int damaged)
    {
        List<string> rows = [];
        damaged = journal.Read(row => rows.Add(Text(row)));
        return [.. rows];
    }

    private string Finished(ScanSettings? settings = null)
    {
        using SqliteScanJournal journal = SqliteScanJournal.Create(_folder.Path, settings ?? Settings);
        journal.Write(Scan(30), Rows(0, 30), []);
        return journal.Path!;
    }

    // What a killed process leaves: the files as they are now, without being closed.
    private string Killed(SqliteScanJournal journal)
    {
        string copy = _folder.File("killed.journal");
        File.Copy(journal.Path!, copy);
        File.Copy(journal.Path + "-wal", copy + "-wal");
        return copy;
    }

    private static void Refuses(string path, string because)
    {
        byte[] before = File.ReadAllBytes(path);
        InvalidDataException refused = Assert.Throws<InvalidDataException>(() => SqliteScanJournal.Open(path));
        Assert.Contains(because, refused.Message);
        Assert.Contains(path, refused.Message);
        Assert.Equal(before, File.ReadAllBytes(path));
    }
}
