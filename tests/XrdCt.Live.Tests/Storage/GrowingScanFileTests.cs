using System.Text.Json;
using PureHDF;
using PureHDF.VOL.Native;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Storage;

namespace XrdCt.Live.Tests.Storage;

/// <summary>The file that is filled in place while a scan runs.</summary>
public class GrowingScanFileTests
{
    private const string Name = "coarse_20261122-090807.growing.nxs";

    private static readonly CancellationToken Go = CancellationToken.None;

    [Fact]
    public void Write_EveryCellInAnyOrderSomeTwice_IsTheResultToTheBit()
    {
        using TemporaryFolder folder = new();
        ScanRecord scan = ScanSamples.Scan(9, 6, 70);
        string result = new NexusScanStore(folder.Path).Save(scan);
        using GrowingScanFile file = Made(folder, scan);
        int[] order = [.. Enumerable.Range(0, scan.Sinogram.Plan.CellCount)];
        new Random(5).Shuffle(order);
        foreach (int cell in order.Concat(order.Take(10)))
        {
            file.Write(Cell(scan, cell));
        }

        // What h5py finds in one file and not, or otherwise, in the other: datasets, attributes, types, links, to the bit.
        JsonElement seen = ForeignPython.Run("h5py", """
            import sys, json, h5py
            def look(path):
                seen = {}
                def node(name, n):
                    seen[name] = 'group' if isinstance(n, h5py.Group) else f'{n.shape} {n.dtype} {n[()].tobytes().hex() if n.dtype.kind != "O" else n[()]}'
                    for k, v in n.attrs.items():
                        seen[f'{name}@{k}'] = str(v)
                    if isinstance(n, h5py.Group):
                        for k in n:
                            node(f'{name}/{k}', n[k])
                with h5py.File(path, 'r') as f:
                    node('', f)
                return seen
            a, b = look(sys.argv[1]), look(sys.argv[2])
            print(json.dumps({'differ': sorted(k for k in a.keys() | b.keys() if a.get(k) != b.get(k)), 'count': len(a)}))
            """, result, file.Path!);

        // Told in the result only: how it ended, and what the whole scan is needed for.
        string[] expected =
        [
            "/entry/centre_of_rotation/status",
            "/entry/ending",
            "/entry/roi_candidates/count",
            "/entry/roi_candidates/edge_distance_um",
            "/entry/roi_candidates/edge_distance_um@units",
            "/entry/roi_candidates/explanation",
            "/entry/roi_candidates/material_fraction",
            "/entry/roi_candidates/material_fraction@units",
            "/entry/roi_candidates/radius_um",
            "/entry/roi_candidates/radius_um@units",
            "/entry/roi_candidates/score",
            "/entry/roi_candidates/score@units",
            "/entry/roi_candidates/score_sigma",
            "/entry/roi_candidates/score_sigma@units",
            "/entry/roi_candidates/term",
            "/entry/roi_candidates/term_value",
            "/entry/roi_candidates/term_value@units",
            "/entry/roi_candidates/term_weight",
            "/entry/roi_candidates/term_weight@units",
            "/entry/roi_candidates/x_um",
            "/entry/roi_candidates/x_um@units",
            "/entry/roi_candidates/y_um",
            "/entry/roi_candidates/y_um@units",
            "/entry/stage/remark",
        ];
        Assert.Equal(expected, seen.GetProperty("differ").EnumerateArray().Select(e => e.GetString()!));
        Assert.InRange(seen.GetProperty("count").GetInt32(), 200, int.MaxValue);
    }

    [Fact]
    public void Write_CellByCell_IsSeenByAReaderThatHasItOpenAndByOneThatOpensIt()
    {
        using TemporaryFolder folder = new();
        ScanRecord scan = ScanSamples.Scan(5, 4, 3);
        using GrowingScanFile file = Made(folder, scan);
        using H5pyFollower reader = new(file.Path!);
        Assert.Equal("[true, 0, true]", reader.Ask(
            "[bool(numpy.isnan(fresh('entry/data/intensity')).all()), int(fresh('entry/data/coverage').sum()), held.swmr_mode]"));
        for (int i = 0; i < 8; i++)
        {
            PlacedCell cell = Cell(scan, i);
            file.Write(cell);
            string at = $"[{cell.Cell.Translation}, {cell.Cell.Rotation}]";
            string intensity = cell.IsMeasured
                ? JsonSerializer.Serialize(cell.Intensity.ToArray().Select(v => FormattableString.Invariant($"{v:0.0}"))).Replace("\"", "").Replace(",", ", ")
                : "[NaN, NaN, NaN]";
            foreach (string how in (string[])["fresh", "plain"])
            {
                Assert.Equal(intensity, reader.Ask($"{how}('entry/data/intensity'){at}"));
                Assert.Equal(cell.IsMeasured ? "1" : "0", reader.Ask($"{how}('entry/data/coverage'){at}"));
            }
        }

        Assert.True(file.Show(scan with { Counters = scan.Counters with { Placed = 8 } }, Go) is false);
        Assert.Equal("8", reader.Ask("fresh('entry/counters/placed')"));
    }

    [Fact]
    public void Write_ReadersOfOurs_ReadItMeanwhile()
    {
        using TemporaryFolder folder = new();
        ScanRecord scan = ScanSamples.Scan();
        using GrowingScanFile file = Made(folder, scan);
        file.Write(Cell(scan, 2));

        using NativeFile read = H5File.OpenRead(file.Path!);

        float[] values = read.Dataset("/entry/data/intensity").Read<float[]>();
        Assert.Equal(ScanSamples.Value(0, 2, 129), values[(((2 * 5) + 0) * 130) + 129]);
        Assert.Equal(130, values.Count(float.IsFinite));
    }

    [Fact]
    public void Write_WherePositionsDecide_PutsFrameAfterFrameBesideAnEmptyGrid()
    {
        using TemporaryFolder folder = new();
        ScanRecord whole = ScanSamples.Scan(4, 3, 5);
        ScanRecord scan = whole with { Positions = null, Regridding = new Regridding(new int[13], [], [], new float[12]) };
        using GrowingScanFile file = Made(folder, scan);
        file.Write(Cell(whole, 5));
        Assert.False(file.Show(scan with { Positions = whole.Positions }, Go));

        using NativeFile read = H5File.OpenRead(file.Path!);
        float[] frames = read.Dataset("/entry/frames/intensity").Read<float[]>();
        Assert.Equal([ScanSamples.Value(1, 1, 0), ScanSamples.Value(1, 1, 4)], [frames[5 * 5], frames[(5 * 5) + 4]]);
        Assert.Equal(5, frames.Count(float.IsFinite));
        Assert.Equal(whole.Monitor[5], read.Dataset("/entry/frames/monitor").Read<double[]>()[5]);
        Assert.Equal(whole.Positions!.Rotation_deg[5], read.Dataset("/entry/frames/rotation").Read<double[]>()[5]);
        Assert.All(read.Dataset("/entry/data/intensity").Read<float[]>(), v => Assert.True(float.IsNaN(v)));
        Assert.All(read.Dataset("/entry/data/coverage").Read<byte[]>(), v => Assert.Equal(0, v));
    }

    [Fact]
    public void Write_Cell_AllocatesNothing()
    {
        using TemporaryFolder folder = new();
        ScanRecord scan = ScanSamples.Scan();
        using GrowingScanFile file = Made(folder, scan);
        PlacedCell cell = Cell(scan, 2);
        file.Write(cell);

        Assert.Equal(0, Allocation.OfRound_bytes(() => file.Write(cell)));
    }

    [Fact]
    public void Write_BeforeShow_Throws()
    {
        using TemporaryFolder folder = new();
        using GrowingScanFile file = new(folder.Path);

        Assert.Throws<InvalidOperationException>(() => file.Write(new PlacedCell(3)));
    }

    [Fact]
    public void Show_WhatHasNoPlaceYet_MakesTheFileAnewUnderItsName()
    {
        using TemporaryFolder folder = new();
        ScanRecord whole = ScanSamples.Scan(6, 4, 3);
        ScanRecord scan = whole with { Series = null, Positions = null };
        using GrowingScanFile file = Made(folder, scan);
        Assert.False(file.Show(scan, Go));
        Assert.True(file.Show(scan with { Series = whole.Series }, Go));
        Assert.False(file.Show(scan with { Series = whole.Series }, Go));
        Assert.True(file.Show(whole, Go));
        whole.Sinogram.TurnOddLines();
        Assert.True(file.Show(whole, Go));

        Assert.Equal([Name], folder.Names);
        file.Write(Cell(whole, 0));
        using NativeFile read = H5File.OpenRead(file.Path!);
        Assert.Equal("translation-fast-zigzag", read.Dataset("/entry/scan_plan/order").Read<string>());
        Assert.True(read.LinkExists("/entry/instrument/detector/sequence_number"));
        Assert.Equal(1, read.Dataset("/entry/data/coverage").Read<byte[]>().Sum(v => v));
        Assert.Equal(1, read.Dataset("/entry/positions/translation").Read<double[]>().Count(double.IsFinite));
    }

    [Fact]
    public void Show_NameTaken_TakesTheNextUnlessTheScanGoesOn()
    {
        using TemporaryFolder folder = new();
        ScanRecord scan = ScanSamples.Scan();
        File.WriteAllText(folder.File(Name), "somebody else's");
        using (GrowingScanFile other = Made(folder, scan))
        {
            Assert.Equal(folder.File("coarse_20261122-090807-2.growing.nxs"), other.Path);
            Assert.Equal("somebody else's", File.ReadAllText(folder.File(Name)));
            other.Remove();
        }

        File.WriteAllText(folder.File(Name + ".part"), "half");
        using GrowingScanFile file = GrowingScanFile.Continued(folder.Path, scan.Description, scan.StartedAt);
        Assert.True(file.Show(scan, Go));
        Assert.Equal([Name], folder.Names);
        Assert.Equal("\x89HDF", File.ReadAllText(folder.File(Name), System.Text.Encoding.Latin1)[..4]);
    }

    [Fact]
    public void Show_NoRoomForJournalAndResult_SaysSoAndLeavesNothing()
    {
        using TemporaryFolder folder = new();
        ScanRecord scan = ScanSamples.Scan();
        long needed_bytes = 7L * 5 * 130 * 6 * 4;
        using GrowingScanFile file = new(folder.Path, _ => needed_bytes - 1);
        using GrowingScanFile enough = new(folder.Path, _ => needed_bytes);

        IOException fault = Assert.Throws<IOException>(() => file.Show(scan, Go));
        Assert.Contains($"the growing file cannot be saved to '{folder.File(Name)}', because 0.0 GB are free and 0.0 GB are needed", fault.Message);
        Assert.Empty(folder.Names);
        Assert.Null(file.Path);
        Assert.True(enough.Show(scan, Go));
    }

    [Fact]
    public void Show_FileLargerThanAllowed_SaysSoInOneSentence()
    {
        using TemporaryFolder folder = new();

        // What a write beyond RLIMIT_FSIZE, or 4 GB of a FAT file system, comes to in .NET.
        using GrowingScanFile file = new(folder.Path, _ => throw new ArgumentOutOfRangeException("value", "too large"));

        IOException fault = Assert.Throws<IOException>(() => file.Show(ScanSamples.Scan(), Go));

        Assert.EndsWith("because the disk, or the user's limit, allows no file of that size: choose another folder", fault.Message, StringComparison.Ordinal);
        Assert.Empty(folder.Names);
    }

    [Fact]
    public void Show_FolderIsAFile_NamesPathAndRemedy()
    {
        using TemporaryFolder folder = new();
        string place = folder.File("results");
        File.WriteAllText(place, "a file");
        using GrowingScanFile file = new(place);

        IOException fault = Assert.Throws<IOException>(() => file.Show(ScanSamples.Scan(), Go));

        Assert.Contains($"'{place}' is a file: choose a folder", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public void Show_ToldToEnd_MakesNoFile()
    {
        using TemporaryFolder folder = new();
        using GrowingScanFile file = new(folder.Path);
        using CancellationTokenSource over = new();
        over.Cancel();

        Assert.Throws<OperationCanceledException>(() => file.Show(ScanSamples.Scan(), over.Token));

        Assert.Empty(folder.Names);
        Assert.Null(file.Path);
    }

    [Fact]
    public void Remove_File_IsGoneAndTheNextIsMadeAnew()
    {
        using TemporaryFolder folder = new();
        ScanRecord scan = ScanSamples.Scan();
        using GrowingScanFile file = Made(folder, scan);

        file.Remove();
        file.Remove();

        Assert.Empty(folder.Names);
        Assert.Null(file.Path);
    }

    [Fact]
    public void Remove_OfAContinuedScanThatMadeNone_RemovesWhatWasLeftOfThisScanOnly()
    {
        using TemporaryFolder folder = new();
        ScanRecord scan = ScanSamples.Scan();
        Made(folder, scan).Dispose();
        Made(folder, scan with { StartedAt = scan.StartedAt.AddSeconds(1) }).Dispose();
        File.WriteAllText(folder.File(Name + ".part"), "half");
        using (GrowingScanFile own = new(folder.Path))
        {
            own.Remove();
        }

        Assert.Equal(3, folder.Names.Length);
        using GrowingScanFile file = GrowingScanFile.Continued(folder.Path, scan.Description, scan.StartedAt);
        file.Remove();
        file.Remove();

        Assert.Equal(["coarse_20261122-090808.growing.nxs"], folder.Names);
    }

    private static GrowingScanFile Made(TemporaryFolder folder, ScanRecord scan)
    {
        GrowingScanFile file = new(folder.Path);
        Assert.True(file.Show(scan, Go));
        return file;
    }

    private static PlacedCell Cell(ScanRecord scan, int offset)
    {
        SinogramStack stack = scan.Sinogram;
        var cell = new ScanCell(offset / stack.Plan.TranslationCount, offset % stack.Plan.TranslationCount);
        var copy = new PlacedCell(stack.BinCount)
        {
            Cell = cell,
            IsMeasured = stack.Measured[offset],
            Monitor = scan.Monitor[offset],
            Translation_mm = scan.Positions?.Translation_mm[offset] ?? double.NaN,
            Rotation_deg = scan.Positions?.Rotation_deg[offset] ?? double.NaN,
        };
        stack.Pattern(cell).CopyTo(copy.Intensity);
        return copy;
    }
}
