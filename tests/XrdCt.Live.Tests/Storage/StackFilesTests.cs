using System.Text.Json;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Server.Commands;
using XrdCt.Live.Storage;
using XrdCt.Live.Storage.Journal;
using XrdCt.Live.Storage.Sinograms;
using XrdCt.Live.Tests.Pipeline;

namespace XrdCt.Live.Tests.Storage;

/// <summary>What files and journals say of a slice of a stack.</summary>
public sealed class StackFilesTests : IDisposable
{
    private static readonly StackSlice Slice = new(3, 12, -42.5);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Save_Slice_HasItsHeightAndNumberAndTellsThemInItsName()
    {
        ScanRecord scan = ScanSamples.Scan(title: "disc 7");
        string alone = new NexusScanStore(_folder.Path).Save(scan);
        string path = new NexusScanStore(_folder.Path).Save(scan with { Description = scan.Description with { Slice = Slice } });

        Assert.Equal("disc_7_20261122-090807.nxs", Path.GetFileName(alone));
        Assert.Equal("disc_7_slice003_20261122-090807.nxs", Path.GetFileName(path));
        JsonElement seen = ForeignPython.Run("h5py", """
            import sys, json, h5py
            f = h5py.File(sys.argv[1], 'r')
            z = f['entry/sample/z_translation']
            print(json.dumps({'z': z[()].item(), 'units': z.attrs['units'],
                'number': f['entry/scan_plan/slice_number'][()].item(), 'count': f['entry/scan_plan/slice_count'][()].item()}))
            """, path);
        Assert.Equal((-42.5, "um", 3, 12), (seen.GetProperty("z").GetDouble(), seen.GetProperty("units").GetString(), seen.GetProperty("number").GetInt32(), seen.GetProperty("count").GetInt32()));
        using (var read = new SinogramFile(path, new SinogramReading(), XrdCt.Live.Server.Conversion.ChunkUnpacking.Unpack))
        {
            Assert.Equal(Slice, read.Header.Slice);
        }

        JsonElement other = ForeignPython.Run("h5py", """
            import sys, json, h5py
            f = h5py.File(sys.argv[1], 'r')
            print(json.dumps(['z_translation' in f['entry/sample'], 'slice_number' in f['entry/scan_plan']]))
            """, alone);
        Assert.Equal("[false, false]", other.ToString());
    }

    [Fact]
    public void Journal_OfASlice_IsFoundByTheFingerprintsOfItsStack()
    {
        LiveOptions options = SmallScan.Options(JournalSamples.Plan);
        ScanSettings settings = (options with { Slice = Slice }).Settings();
        using (SqliteScanJournal journal = SqliteScanJournal.Create(_folder.Path, settings))
        {
            journal.Write(JournalSamples.Scan(1) with { SliceLayout = SliceLayout.OneSeries }, JournalSamples.Rows(0, 1), []);
            Assert.Contains("_slice003_", journal.Path);
        }

        List<string> told = [];
        Assert.Null(ScanJournals.OpenUnfinished(_folder.Path, [options.Settings().Fingerprint], keeps: false, told.Add));
        Assert.Contains("slice 3 of 12", Assert.Single(told));
        StackSlice[] slices = [.. Enumerable.Range(1, 12).Select(n => new StackSlice(n, 12, -62.5 + (10 * (n - 1))))];
        using SqliteScanJournal found = ScanJournals.OpenUnfinished(_folder.Path, options.FingerprintsOf(slices), keeps: false, told.Add)!;
        Assert.Equal(Slice, found.Settings.Description.Slice);
        Assert.Equal(SliceLayout.OneSeries, found.Scan!.SliceLayout);
    }

    [Fact]
    public void Progress_WrittenTwice_IsTheLastAndCanBeRemoved()
    {
        Assert.Null(StackProgress.Read(_folder.File("nowhere"), "disc 7"));
        StackProgress.Remove(_folder.File("nowhere"), "disc 7");

        new StackProgress("abc", 2, SliceLayout.Undecided, 7).Write(_folder.File("results"), "disc 7");
        var last = new StackProgress("abc", 3, SliceLayout.OneSeries, 8);
        last.Write(_folder.File("results"), "disc 7");

        Assert.Equal(last, StackProgress.Read(_folder.File("results"), "disc 7"));
        Assert.Equal("disc_7.stack", Path.GetFileName(Assert.Single(Directory.GetFiles(_folder.File("results")))));
        Assert.Null(StackProgress.Read(_folder.File("results"), "disc 8"));
        StackProgress.Remove(_folder.File("results"), "disc 7");
        Assert.Empty(Directory.GetFiles(_folder.File("results")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("{\"Fingerprint\":null,\"Next\":2,\"Layout\":\"OneSeries\",\"SeriesId\":1}")]
    [InlineData("{\"Fingerprint\":\"a\",\"Next\":2,\"Layout\":\"Sideways\",\"SeriesId\":1}")]
    [InlineData("{\"Fingerprint\":\"a\",\"Next\":0,\"Layout\":\"OneSeries\",\"SeriesId\":1}")]
    public void Progress_Damaged_IsOneSentence(string text)
    {
        File.WriteAllText(StackProgress.PathOf(_folder.Path, "disc"), text);

        string sentence = Assert.Throws<InvalidDataException>(() => StackProgress.Read(_folder.Path, "disc")).Message;
        Assert.Contains("disc.stack", sentence);
        Assert.Contains("remove it to begin with the first", sentence);
    }

    [Fact]
    public void BegunJournal_TellsOnceWrittenAndWhenTheLayoutIsKnown()
    {
        bool isFull = true;
        List<SliceLayout> told = [];
        using var journal = new BegunJournal(new KeptJournal(_ => isFull ? new IOException("full") : null), scan => told.Add(scan.SliceLayout));

        Assert.Throws<IOException>(() => journal.Write(JournalSamples.Scan(), [], []));
        Assert.Empty(told);
        isFull = false;
        journal.Write(JournalSamples.Scan(), [], []);
        journal.Write(JournalSamples.Scan(), [], []);
        journal.Write(JournalSamples.Scan() with { SliceLayout = SliceLayout.OneSeries }, [], []);
        Assert.Equal([SliceLayout.Undecided, SliceLayout.OneSeries], told);
    }
}
