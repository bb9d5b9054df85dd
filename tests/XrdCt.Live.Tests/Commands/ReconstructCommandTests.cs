using System.Text.Json;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Storage;
using XrdCt.Live.Tests.Storage;

namespace XrdCt.Live.Tests.Commands;

/// <summary><c>reconstruct</c> on sinograms of scikit-image, and of spots that are known in closed form.</summary>
public sealed class ReconstructCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("ramp", "gaps")]
    [InlineData("ramp", "even")]
    [InlineData("shepp-logan", "gaps")]
    [InlineData("hann", "even")]
    public void Fbp_SinogramOfScikitImage_IsItsIradon(string filter, string weights)
    {
        string[] sinogram = Golden("sino_radon_251x250.npy", bins: 1);

        ReconstructRun run = Run([.. sinogram, "--cor", "0", "--filter", filter, "--weights", weights]);

        Assert.Equal((251, 1), (run.Size, run.Bins));
        Assert.InRange(run.Error(0, Npy(ReferenceData.Require($"golden/fbp/iradon_{filter}_251x250.npy"))), 0, 1e-4);
        Assert.True(float.IsNaN(run.Slice(0)[0]));
    }

    [Fact]
    public void Fbp_BinsSideBySide_AreEachReconstructed()
    {
        // Bin b is b + 1 times the sinogram; the dataset is [translation, rotation, bin].
        ReconstructRun run = Run([.. Golden("sino_radon_101x100.npy", bins: 3, 100), "--cor", "0", "--filter", "shepp-logan"]);
        float[] golden = Npy(ReferenceData.Require("golden/fbp/iradon_shepp-logan_101x100.npy"));
        for (int bin = 0; bin < 3; bin++)
        {
            Assert.InRange(run.Error(bin, [.. golden.Select(v => (bin + 1) * v)]), 0, 1e-4);
        }
    }

    [Fact]
    public void Cor_AxisAside_IsFoundAndPutRight()
    {
        string[] sinogram = Golden("sino_analytic_cor126.3_251x250.npy", bins: 1);
        float[] golden = Npy(ReferenceData.Require("golden/fbp/iradon_ramp_from_analytic_251x250.npy"));

        ReconstructRun found = Run([.. sinogram, "--cor", "data", "--filter", "ramp"]);
        ReconstructRun told = Run([.. sinogram, "--cor", "1.3", "--filter", "ramp"]);
        ReconstructRun left = Run([.. sinogram, "--cor", "0", "--filter", "ramp"]);

        Assert.Equal(1.3, found.Axis_px, 0.05);
        Assert.Equal((1.3, "as told"), (told.Axis_px, told.Said.GetProperty("axis_status").GetString()));
        Assert.InRange(found.Error(0, told.Slice(0), 0.9), 0, 0.02);

        // Other points of sharp edges are met; without the offset they are double.
        Assert.InRange(told.Error(0, golden, 0.9), 0, 0.08);
        Assert.InRange(left.Error(0, golden, 0.9), 3 * told.Error(0, golden, 0.9), 1);
    }

    [Fact]
    public void Confidence_NothingButNoiseOnASample_IsNoAgreement()
    {
        // A disc that fills the circle: its level is the same everywhere, and the corners that no projection sees are no structure either.
        const int Count = 41;
        const double Radius = 20.5;
        var random = new Random(4);
        float[] values =
        [
            .. Enumerable.Range(0, Count * 60).Select(i =>
            {
                double t = (i / 60) - (Count / 2);
                return (float)((2 * Math.Sqrt((Radius * Radius) - (t * t))) + (12 * (random.NextDouble() - 0.5)));
            }),
        ];
        string[] sinogram = SpotSinogram.Write(
            _folder,
            "noise.h5",
            values,
            [Count, 60],
            [.. Enumerable.Range(0, 60).Select(r => r * 3.0)],
            [.. Enumerable.Range(0, Count).Select(t => (double)(t - (Count / 2)))],
            "translation,rotation");
        ReconstructRun run = Run([.. sinogram, "--cor", "0"]);
        Assert.InRange(run.Said.GetProperty("confidence").GetProperty("half_set_correlation").GetDouble(), -0.25, 0.25);
    }

    [Fact]
    public void Fbp_Spots_AreWhereTheyAreAndAsHigh()
    {
        ReconstructRun run = Run([.. new SpotSinogram().Write(_folder, "s.h5"), "--filter", "ramp"]);
        for (int bin = 0; bin < 3; bin++)
        {
            Assert.InRange(run.Error(bin, (y, x) => SpotSinogram.Truth((x - 30) * 10, (y - 30) * 10, bin)), 0, 0.02);
        }
    }

    [Theory]
    [InlineData("60:140", 60, 80)]
    [InlineData("149:", 149, 1)]
    [InlineData(":1", 0, 1)]
    [InlineData("64:128", 64, 64)]
    public void Bins_SomeOfThem_AreThoseOfTheWhole(string range, int first, int count)
    {
        string[] sinogram = new SpotSinogram(21, 20, 150).Write(_folder, "s.h5");
        ReconstructRun whole = Run(sinogram);

        ReconstructRun some = Run([.. sinogram, "--bins", range]);

        Assert.Equal(count, some.Bins);
        Assert.Equal(whole.Radial[first..(first + count)], some.Radial);
        Assert.Equal(whole.Bits(first, count), some.Bits(0, count));
        Assert.Equal(whole.Said.GetProperty("confidence").ToString(), some.Said.GetProperty("confidence").ToString());
    }

    [Fact]
    public void Run_Twice_GivesTheSameValues()
    {
        string[] sinogram = new SpotSinogram(21, 20, 150).Write(_folder, "s.h5");
        ReconstructRun one = Run([.. sinogram, "--threads", "1"]);
        Assert.Equal(one.Bits(0, 150), Run(sinogram).Bits(0, 150));
    }

    [Fact]
    public void Translations_Descending_AreTurned()
    {
        SpotSinogram ascending = new();
        SpotSinogram descending = new(ascending.Angles_deg, [.. ascending.Translations_um.Reverse()], 3);
        Assert.Equal(
            Run(ascending.Write(_folder, "a.h5")).Bits(0, 3),
            Run(descending.Write(_folder, "d.h5")).Bits(0, 3));
    }

    [Fact]
    public void Translations_Uneven_AreBroughtOntoEvenSteps()
    {
        SpotSinogram even = new();
        var random = new Random(3);
        double[] moved_um = [.. even.Translations_um.Select((t, i) => t + (i is 0 or 60 ? 0 : 6 * (random.NextDouble() - 0.5)))];
        string[] uneven = new SpotSinogram(even.Angles_deg, moved_um, 3).Write(_folder, "u.h5");
        float[] expected = Run([.. even.Write(_folder, "e.h5"), "--cor", "0"]).Slice(1);

        ReconstructRun run = Run([.. uneven, "--cor", "0"]);
        ReconstructRun left = Run([.. uneven[..^1], "-300:300:61", "--cor", "0"]);

        Assert.Contains("not on even steps", run.Remarks, StringComparison.Ordinal);
        Assert.InRange(run.Error(1, expected), 0, 0.03);
        Assert.InRange(left.Error(1, expected), 2 * run.Error(1, expected), 1);
    }

    [Theory]
    [InlineData("fbp", "zero")]
    [InlineData("cgls", "zero")]
    [InlineData("cgls", "fbp")]
    [InlineData("sirt", "fbp")]
    public void Rotation_NotMeasured_IsAsIfItWereNotThere(string solver, string start)
    {
        SpotSinogram whole = new(21, 20);
        double[] there_deg = [.. whole.Angles_deg.Where((_, r) => r != 7)];
        string[] how = ["--cor", "0", "--solver", solver, "--start", start, "--iterations", "5"];
        ReconstructRun expected = Run([.. new SpotSinogram(there_deg, whole.Translations_um, 3).Write(_folder, "e.h5"), .. how]);
        for (int t = 0; t < 21; t++)
        {
            whole[7, t].Fill(float.NaN);
        }

        ReconstructRun run = Run([.. whole.Write(_folder, "m.h5"), .. how]);

        Assert.Equal((19, 20), (run.Said.GetProperty("projections").GetInt32(), run.Said.GetProperty("confidence").GetProperty("coverage").GetProperty("planned_count").GetInt32()));
        Assert.InRange(run.Error(2, expected.Slice(2)), 0, 1e-4);
    }

    [Fact]
    public void Cells_NotMeasured_AreBridgedBetweenTheirNeighbours()
    {
        SpotSinogram missing = new(21, 20), bridged = new(21, 20);
        foreach ((int r, int t) in new[] { (3, 10), (11, 4), (19, 15) })
        {
            for (int b = 0; b < 3; b++)
            {
                (missing[r, t][b], bridged[r, t][b]) = (float.NaN, 0.5f * (bridged[r, t - 1][b] + bridged[r, t + 1][b]));
            }
        }

        (missing[5, 9][1], bridged[5, 9][1]) = (float.NaN, 0.5f * (bridged[5, 8][1] + bridged[5, 10][1]));
        ReconstructRun run = Run([.. missing.Write(_folder, "m.h5"), "--cor", "0"]);
        ReconstructRun expected = Run([.. bridged.Write(_folder, "b.h5"), "--cor", "0"]);
        Assert.All(Enumerable.Range(0, 3), bin => Assert.InRange(run.Error(bin, expected.Slice(bin)), 0, 1e-6));
        Assert.Equal(20, run.Said.GetProperty("projections").GetInt32());
    }

    [Theory]
    [InlineData("fbp")]
    [InlineData("cgls")]
    public void Bins_WithoutValuesOrAllZero_StayWhatTheyAre(string solver)
    {
        SpotSinogram sinogram = new(61, 60, 4);
        for (int cell = 0; cell < 61 * 60; cell++)
        {
            sinogram.Values[(cell * 4) + 1] = float.NaN;
            sinogram.Values[(cell * 4) + 2] = 0;
        }

        ReconstructRun run = Run([.. sinogram.Write(_folder, "s.h5"), "--cor", "0", "--solver", solver, "--iterations", "20"]);

        Assert.All(run.Slice(1), v => Assert.True(float.IsNaN(v)));
        Assert.All(run.Slice(2), v => Assert.True(float.IsNaN(v) || v == 0));
        Assert.Equal(0, run.Slice(2)[(30 * 61) + 30]);
        foreach (int bin in new[] { 0, 3 })
        {
            Assert.InRange(run.Error(bin, (y, x) => SpotSinogram.Truth((x - 30) * 10, (y - 30) * 10, bin)), 0, 0.1);
        }
    }

    [Fact]
    public void Bins_NoneOfThemMeasured_AreNaNAndSaidToHaveNoProjection()
    {
        SpotSinogram sinogram = new(21, 20, 2);
        for (int cell = 0; cell < 21 * 20; cell++)
        {
            sinogram.Values[cell * 2] = float.NaN;
        }

        ReconstructRun run = Run([.. sinogram.Write(_folder, "s.h5"), "--bins", "0:1"]);
        Assert.All(run.Values, v => Assert.True(float.IsNaN(v)));
        Assert.Equal(0, run.Said.GetProperty("projections").GetInt32());
        Assert.Contains("no projection", run.Said.GetProperty("confidence").GetProperty("sentence").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Rotations_OneOnly_AreSmearedAlongTheRays()
    {
        ReconstructRun run = Run(new SpotSinogram(251, 1, 1).Write(_folder, "s.h5"));
        float[] slice = run.Slice(0);
        Assert.Equal(1, run.Said.GetProperty("projections").GetInt32());
        Assert.Contains("limited angle", run.Said.GetProperty("confidence").GetProperty("sentence").GetString(), StringComparison.Ordinal);
        Assert.All(Enumerable.Range(50, 150), y => Assert.Equal(slice[(125 * 251) + 128], slice[(y * 251) + 128], 1e-6));
        Assert.True(slice[(125 * 251) + 127] > 0);
    }

    [Theory]
    [InlineData(0, 360, 120, false)]
    [InlineData(0, 180, 61, true)]
    [InlineData(-90, 180, 60, false)]
    [InlineData(0, -180, 60, false)]
    public void Angles_OfAnyRange_GiveTheSameSlice(double first_deg, double range_deg, int count, bool includesEnd)
    {
        SpotSinogram half = new();
        double[] angles_deg = [.. Enumerable.Range(0, count).Select(r => first_deg + (r * range_deg / (includesEnd ? count - 1 : count)))];
        float[] expected = Run([.. half.Write(_folder, "h.h5"), "--cor", "0"]).Slice(2);

        ReconstructRun run = Run(new SpotSinogram(angles_deg, half.Translations_um, 3).Write(_folder, "s.h5"));

        Assert.InRange(run.Error(2, expected), 0, 0.002);
        Assert.Equal(0, run.Axis_px, 0.005);
        Assert.DoesNotContain("assumed", run.Said.GetProperty("axis_status").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Scan_ZigzagWithBacklash_IsThatOfTheRaster()
    {
        const double Shift_px = 1.4;
        StageFindings found = StageFindings.None with { AppliedShift_px = Shift_px };
        ScanPlan raster = new(61, 60, SpotSinogram.Step_um);
        ScanPlan zigzag = new(61, 60, SpotSinogram.Step_um, new ScanPath(ScanOrder.TranslationFast, IsZigzag: true));
        float[] expected = Run([Save(raster, "raster", _ => 0, StageFindings.None)]).Slice(1);

        ReconstructRun run = Run([Save(zigzag, "zigzag", rotation => rotation % 2 == 1 ? Shift_px : 0, found)]);
        ReconstructRun left = Run([Save(zigzag, "left", rotation => rotation % 2 == 1 ? Shift_px : 0, StageFindings.None)]);

        Assert.Contains("moved by 1.40 steps", run.Remarks, StringComparison.Ordinal);
        Assert.InRange(run.Error(1, expected, 0.85), 0, 0.02);
        Assert.InRange(left.Error(1, expected, 0.85), 5 * run.Error(1, expected, 0.85), 1);
    }

    [Fact]
    public void Scan_AxisOfTheFile_IsTakenUnlessToldOtherwise()
    {
        ScanRecord scan = Record(new ScanPlan(61, 60, SpotSinogram.Step_um), "aside", _ => 0);
        string path = new NexusScanStore(_folder.Path).Save(scan with { Axis = AxisFindings.None with { AppliedOffset_px = 2.5, Status = "three methods agree" } });

        ReconstructRun run = Run([path]);

        Assert.Equal((2.5, "as the file says: three methods agree"), (run.Axis_px, run.Said.GetProperty("axis_status").GetString()));
        Assert.Equal(0, Run([path, "--cor", "data"]).Axis_px, 0.02);
        Assert.Equal(-1.5, Run([path, "--cor", "-1.5"]).Axis_px);
    }

    [Fact]
    public void Scan_WithCorrectedSinogram_IsMadeOfThatUnlessRawIsTold()
    {
        string path = new NexusScanStore(_folder.Path).Save(CorrectedScanTests.Sample(new Model.Sinograms.CorrectionOptions()));

        ReconstructRun corrected = Run([path]);
        ReconstructRun raw = Run([path, "--raw"]);

        Assert.Contains("/entry/corrected/intensity", corrected.Origin, StringComparison.Ordinal);
        Assert.Contains("/entry/data/intensity", raw.Origin, StringComparison.Ordinal);
        Assert.Equal(corrected.Bits(0, 40), Run([$"{path}::/entry/corrected/intensity"]).Bits(0, 40));
        Assert.InRange(raw.Error(3, corrected.Slice(3)), 0.1, 10);
    }

    [Theory]
    [InlineData("sirt")]
    [InlineData("cgls")]
    public void Solver_NonNegativeFromFbp_IsNowhereBelowZeroAndNearTheTruth(string solver)
    {
        string[] sparse = new SpotSinogram(61, 9).Write(_folder, "s.h5");
        ReconstructRun run = Run([.. sparse, "--cor", "0", "--solver", solver, "--non-negative", "--start", "fbp", "--iterations", "30"]);
        ReconstructRun fbp = Run([.. sparse, "--cor", "0"]);

        Assert.All(run.Values, v => Assert.True(float.IsNaN(v) || v >= 0));
        Assert.Contains(fbp.Values, v => v < 0);
        Assert.Equal(30, run.Said.GetProperty("iterations").GetInt32());
        Assert.InRange(run.Error(0, Truth), 0, 0.9 * fbp.Error(0, Truth));

        double Truth(int y, int x) => SpotSinogram.Truth((x - 30) * 10, (y - 30) * 10, 0);
    }

    [Theory]
    [InlineData("cgls", "0:3")]
    [InlineData("sirt", "1:3")]
    public void Start_FromAFileOfSlices_GoesOnFromThere(string solver, string bins)
    {
        string[] sparse = new SpotSinogram(61, 9).Write(_folder, "s.h5");
        string[] how = ["--cor", "0", "--solver", solver, "--iterations", "4", "--bins", bins];
        string slices = Path.Combine(_folder.Path, "fbp.nxs");
        _ = ReconstructRun.Of(slices, [.. sparse, "--cor", "0"]);

        ReconstructRun fromFile = Run([.. sparse, .. how, "--start", slices]);
        ReconstructRun fromFbp = Run([.. sparse, .. how, "--start", "fbp"]);
        ReconstructRun fromZero = Run([.. sparse, .. how]);

        Assert.Equal(fromFbp.Bits(0, fromFbp.Bins), fromFile.Bits(0, fromFile.Bins));
        Assert.InRange(fromZero.Error(0, fromFile.Slice(0)), 0.01, 1);
    }

    [Fact]
    public void Start_SirtThatWentHalfTheWay_EndsWhereTheWholeWayEnds()
    {
        string[] sparse = new SpotSinogram(61, 9).Write(_folder, "s.h5");
        string half = Path.Combine(_folder.Path, "half.nxs");
        _ = ReconstructRun.Of(half, [.. sparse, "--cor", "0", "--solver", "sirt", "--iterations", "8"]);

        ReconstructRun twice = Run([.. sparse, "--cor", "0", "--solver", "sirt", "--iterations", "8", "--start", half]);
        ReconstructRun whole = Run([.. sparse, "--cor", "0", "--solver", "sirt", "--iterations", "16"]);

        Assert.InRange(twice.Error(1, whole.Slice(1)), 0, 1e-5);
    }

    [Fact]
    public void Start_SlicesThatDoNotFit_AreRefusedWithTheReason()
    {
        string[] sinogram = new SpotSinogram(21, 20).Write(_folder, "s.h5");
        string some = Path.Combine(_folder.Path, "some.nxs"), small = Path.Combine(_folder.Path, "small.nxs");
        _ = ReconstructRun.Of(some, [.. sinogram, "--bins", "1:3"]);
        _ = ReconstructRun.Of(small, new SpotSinogram(19, 20).Write(_folder, "small.h5"));
        string[] how = [.. sinogram, "--solver", "sirt", "--output", Path.Combine(_folder.Path, "o.nxs"), "--start"];

        Assert.Contains("19 × 19 pixels", ReconstructRun.Refusal(2, [.. how, small]), StringComparison.Ordinal);
        Assert.Contains("has 2 bins from", ReconstructRun.Refusal(2, [.. how, some]), StringComparison.Ordinal);
        Assert.Contains("zero, fbp or a file of slices", ReconstructRun.Refusal(2, [.. how, "nothing.nxs"]), StringComparison.Ordinal);
        Assert.Contains("no reconstructed slices", ReconstructRun.Refusal(1, [.. how, Path.Combine(_folder.Path, "small.h5")]), StringComparison.Ordinal);
    }

    [Fact]
    public void Raw_FramesThatNeverGotTheirReadings_AreInNoSlice()
    {
        // What came with frame 77 is not to be trusted, wherever it was put.
        ScanRecord scan = CorrectedScanTests.Sample(new Model.Sinograms.CorrectionOptions()) with { Corrected = null };
        bool[] unmatched = new bool[scan.Monitor.Length];
        unmatched[77] = true;
        string path = new NexusScanStore(_folder.Path).Save(scan with { Unmatched = unmatched });
        scan.Sinogram.Pattern(new ScanCell(77 / 24, 77 % 24)).Fill(float.NaN);
        string without = new NexusScanStore(Path.Combine(_folder.Path, "without")).Save(scan);

        ReconstructRun run = Run([path, "--raw"]);

        Assert.Equal(Run([without, "--raw"]).Bits(0, 40), run.Bits(0, 40));
        Assert.Contains("value they needed are left out: 1", run.Remarks, StringComparison.Ordinal);
    }

    [Fact]
    public void Output_NowhereToWrite_IsSaidBeforeAnythingIsRead()
    {
        string file = Path.Combine(_folder.Path, "file");
        File.WriteAllText(file, "");
        File.WriteAllText(Path.Combine(_folder.Path, "no.h5"), "no HDF5 file");
        Assert.Contains(
            "is a file: choose a folder", ReconstructRun.Refusal(1, Path.Combine(_folder.Path, "no.h5"), "--output", Path.Combine(file, "o.nxs")), StringComparison.Ordinal);
    }

    [Fact]
    public void Json_Summary_HasItsFields()
    {
        JsonElement said = Run(new SpotSinogram(21, 20).Write(_folder, "s.h5")).Said;
        Assert.Equal(
            ["output", "bins", "size", "pixel_size_um", "projections", "axis_px", "axis_status", "confidence", "alignment", "iterations", "remarks", "elapsed_s"],
            said.EnumerateObject().Select(p => p.Name));
        Assert.Equal((3, 21, 10.0, 20), (said.GetProperty("bins").GetInt32(), said.GetProperty("size").GetInt32(), said.GetProperty("pixel_size_um").GetDouble(), said.GetProperty("projections").GetInt32()));
        Assert.InRange(said.GetProperty("confidence").GetProperty("half_set_correlation").GetDouble(), 0.8, 1);
        Assert.Equal(JsonValueKind.Null, said.GetProperty("alignment").ValueKind);
    }

    [Fact]
    public void Text_Summary_SaysWhatAPersonNeeds()
    {
        string[] sinogram = new SpotSinogram(21, 20).Write(_folder, "scan.h5");
        StringWriter said = new();
        Assert.Equal(0, ReconstructRun.Invoke([.. sinogram], said));
        string[] lines = said.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("3 bins of 21 × 21 pixels of 10 µm from 20 projections in ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("rotation axis ", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("20 of 20 angles, nowhere more than 9.0° apart", lines[2], StringComparison.Ordinal);
        Assert.Equal(_folder.File("scan_slices.nxs"), lines[^1]);
        Assert.True(File.Exists(lines[^1]));
    }

    [Fact]
    public void Output_OpenedWithH5pyAndSilx_HasAxesUnitsAndADefaultPlot()
    {
        Run([.. new SpotSinogram(21, 20, 70).Write(_folder, "s.h5"), "--radial", "1:8:70", "--unit", "q_invA"]);

        JsonElement seen = ForeignPython.Run("h5py, silx.io.nxdata", """
            import json, sys, h5py, numpy
            from silx.io import nxdata
            with h5py.File(sys.argv[1], 'r') as f:
                plot, volume = nxdata.get_default(f), nxdata.NXdata(f['entry/reconstruction'])
                v = f['entry/reconstruction/intensity'][()]
                print(json.dumps({
                    'plot': [plot.group.name, plot.signal_name, list(plot.axes_dataset_names), list(plot.signal.shape), plot.is_valid],
                    'volume': [volume.is_valid, list(volume.axes_dataset_names), list(volume.signal.shape)],
                    'units': [f['entry/reconstruction/' + n].attrs['units'] for n in ('diffraction_channel', 'y', 'x')],
                    'radial': f['entry/reconstruction/diffraction_channel'][[0, -1]].tolist(), 'x': f['entry/reconstruction/x'][[0, -1]].tolist(),
                    'middle': [float(v[3, 4, 10]), float(v[3, 10, 4])],
                    'mean': float(abs(numpy.nanmean(v, axis=0) - f['entry/total/intensity'][()])[10, 10]),
                    'filter': f['entry/process/filter'].asstr()[()]}))
            """, _folder.File("r1.nxs"));

        Assert.Equal("[\"/entry/total\",\"intensity\",[\"y\",\"x\"],[21,21],true]", Text("plot"));
        Assert.Equal("[true,[\"diffraction_channel\",\"y\",\"x\"],[70,21,21]]", Text("volume"));
        Assert.Equal("[\"1/angstrom\",\"um\",\"um\"]", Text("units"));
        Assert.Equal(("[1.0,8.0]", "[-100.0,100.0]", "\"shepp-logan\""), (Text("radial"), Text("x"), Text("filter")));
        Assert.InRange(seen.GetProperty("mean").GetDouble(), 0, 1e-5);

        // (x, y) = (0, −60) µm is between the spots, (−60, 0) is nearer to that at (−60, 130).
        double[] middle = [.. seen.GetProperty("middle").EnumerateArray().Select(m => m.GetDouble())];
        Assert.Equal(SpotSinogram.Truth(0, -60, 3), middle[0], 0.15);
        Assert.Equal(SpotSinogram.Truth(-60, 0, 3), middle[1], 0.15);

        string Text(string name) => JsonSerializer.Serialize(seen.GetProperty(name));
    }

    [Fact]
    public void Info_Volume_SaysWhatItIsAndHowItWasMade()
    {
        string[] sinogram = [.. new SpotSinogram(21, 20, 70).Write(_folder, "s.h5"), "--radial", "1:8:70", "--unit", "q_invA"];
        Run([.. sinogram, "--cor", "0.5", "--solver", "sirt", "--iterations", "3"]);
        StringWriter said = new();
        Assert.Equal(0, ReconstructRun.Invoke(["info", _folder.File("r1.nxs"), "--json"], said));
        JsonElement info = JsonDocument.Parse(said.ToString()).RootElement;
        Assert.Equal(
            ("volume", 21, 10.0, 70, "q_invA", 1.0, 8.0),
            (info.GetProperty("kind").GetString(), info.GetProperty("size").GetInt32(), info.GetProperty("pixel_size_um").GetDouble(), info.GetProperty("bins").GetInt32(),
                info.GetProperty("radial_unit").GetString(), info.GetProperty("radial_first").GetDouble(), info.GetProperty("radial_last").GetDouble()));
        JsonElement parameters = info.GetProperty("parameters");
        Assert.Equal(
            ("sirt", "3", "0.5 step", "as told"),
            (parameters.GetProperty("solver").GetString(), parameters.GetProperty("most_iterations").GetString(),
                parameters.GetProperty("centre_of_rotation/offset").GetString(), parameters.GetProperty("centre_of_rotation/status").GetString()));
        Assert.False(parameters.TryGetProperty("date", out _));
        Assert.Equal(("20", "3"), (info.GetProperty("confidence").GetProperty("projections").GetString(), info.GetProperty("confidence").GetProperty("iterations").GetString()));
        Assert.Contains("s.h5::/sino", info.GetProperty("sinogram").GetString(), StringComparison.Ordinal);

        said = new StringWriter();
        Assert.Equal(0, ReconstructRun.Invoke(["info", _folder.File("r1.nxs")], said));
        Assert.Contains($"kind: volume{Environment.NewLine}", said.ToString(), StringComparison.Ordinal);
        Assert.Contains($"  solver: sirt{Environment.NewLine}", said.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Reconstruct_Volume_SaysThatItHoldsSlices()
    {
        Run(new SpotSinogram(21, 20).Write(_folder, "s.h5"));
        string refusal = ReconstructRun.Refusal(1, _folder.File("r1.nxs"));
        Assert.Contains("holds slices, not a sinogram", refusal, StringComparison.Ordinal);
        Assert.Contains("s.h5::/sino", refusal, StringComparison.Ordinal);
        Assert.Equal(["r1.nxs", "s.h5"], _folder.Names);
    }

    [Theory]
    [InlineData(2, "does not exist", "absent.h5")]
    [InlineData(1, "is no HDF5 file", "text.h5")]
    [InlineData(1, "no NXxrdct entry", "s.h5")]
    [InlineData(1, "there is no dataset /other", "s.h5::/other")]
    [InlineData(1, "the file says no angles", "s.h5::/sino")]
    [InlineData(2, "needs the coarse scan", "S", "--roi-mode", "completion")]
    [InlineData(2, "needs the coarse scan", "S", "--roi-mode", "subtraction")]
    [InlineData(2, "goes with --solver fbp", "S", "--roi-mode", "extension", "--solver", "sirt")]
    [InlineData(2, "--coarse is of no use", "S", "--roi-mode", "none", "--coarse", "s.h5")]
    [InlineData(2, "does not exist", "S", "--coarse", "absent.h5")]
    [InlineData(2, "within half of the 21 translations", "S", "--cor", "11")]
    [InlineData(2, "within half of the 21 translations", "S", "--cor", "-10")]
    [InlineData(2, "--cor must be file, data or a number", "S", "--cor", "middle")]
    [InlineData(2, "--cor must be file, data or a number", "S", "--cor", "NaN")]
    [InlineData(2, "--bins must be A:B", "S", "--bins", "1-2")]
    [InlineData(2, "--bins must be A:B", "S", "--bins", "-3:")]
    [InlineData(2, "beyond the 3 bins", "S", "--bins", "1:4")]
    [InlineData(2, "beyond the 3 bins", "S", "--bins", "3:1")]
    [InlineData(2, "names no bin of the 3", "S", "--bins", "2:2")]
    [InlineData(2, "--solver", "S", "--solver", "art")]
    [InlineData(2, "--filter", "S", "--filter", "box")]
    [InlineData(2, "--weights", "S", "--weights", "odd")]
    [InlineData(2, "--iterations must be 1 to 10000, not 0", "S", "--solver", "sirt", "--iterations", "0")]
    [InlineData(2, "--relaxation must be above 0 and below 2", "S", "--solver", "sirt", "--relaxation", "2")]
    [InlineData(2, "--backend", "S", "--backend", "auto")]
    [InlineData(2, "--backend cuda goes with --solver fbp", "S", "--backend", "cuda", "--solver", "sirt")]
    [InlineData(1, ": use --backend cpu", "S", "--backend", "opencl")]
    [InlineData(2, "--threads must be 1 to 256", "S", "--threads", "0")]
    [InlineData(2, "--roi-centre-um must be X,Y", "S", "--roi-centre-um", "3")]
    [InlineData(2, "give another --output", "S", "--output", "s.h5", "--overwrite")]
    [InlineData(1, "exists: choose another --output, or --overwrite", "S", "--output", "text.h5")]
    [InlineData(1, "is a file: choose a folder", "S", "--output", "text.h5/slices.nxs")]
    [InlineData(1, "a folder has that name", "S", "--output", ".")]
    public void Wrong_Anything_IsOneSentenceAndLeavesNothing(int exit, string expected, params string[] arguments)
    {
        string[] sinogram = new SpotSinogram(21, 20).Write(_folder, "s.h5");
        File.WriteAllText(_folder.File("text.h5"), "text, and no more than that");

        string sentence = ReconstructRun.Refusal(exit, [.. arguments.SelectMany(Argument)]);

        Assert.Contains(expected, sentence, StringComparison.Ordinal);
        Assert.Equal(["s.h5", "text.h5"], _folder.Names);
        Assert.Equal("text, and no more than that", File.ReadAllText(_folder.File("text.h5")));

        IEnumerable<string> Argument(string argument) => argument == "S" ? sinogram : argument == "." ? [_folder.Path]
            : [argument.Contains(".h5", StringComparison.Ordinal) ? _folder.File(argument) : argument];
    }

    [Fact]
    public void Wrong_DiskFull_IsOneSentenceAndLeavesNothing()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "no /dev/full here");
        string[] sinogram = new SpotSinogram(41, 20, 70).Write(_folder, "s.h5");
        File.CreateSymbolicLink(_folder.File("slices.nxs.part"), "/dev/full");

        string sentence = ReconstructRun.Refusal(1, [.. sinogram, "--output", _folder.File("slices.nxs")]);

        Assert.Contains($"the slices cannot be saved to '{_folder.File("slices.nxs")}'", sentence, StringComparison.Ordinal);
        Assert.Equal(["s.h5"], _folder.Names);
    }

    [Fact]
    public void Wrong_FolderWithoutPermission_SaysSo()
    {
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess)
        {
            Assert.Skip("root may write everywhere");
            return;
        }

        string[] sinogram = new SpotSinogram(21, 20).Write(_folder, "s.h5");
        string locked = Directory.CreateDirectory(_folder.File("locked")).FullName;
        File.SetUnixFileMode(locked, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.Contains("no permission to write", ReconstructRun.Refusal(1, [.. sinogram, "--output", Path.Combine(locked, "slices.nxs")]), StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_DamagedChunkOfLaterBins_IsOneSentenceAndLeavesNothing()
    {
        // Met by the pass that reads ahead while the first bins are made and written.
        ForeignPython.Run("h5py, numpy", """
            import sys, h5py, numpy
            with h5py.File(sys.argv[1], 'w') as f:
                d = f.create_dataset('sino', data=numpy.random.rand(20, 21, 300).astype('f4'), chunks=(20, 21, 64), compression='gzip')
                f['angles'], f['translations'] = numpy.arange(20) * 9., numpy.arange(21.)
                at = d.id.get_chunk_info_by_coord((0, 0, 192))
            with open(sys.argv[1], 'r+b') as f:
                f.seek(at.byte_offset + 50)
                f.write(b'\xff' * (at.size - 100))
            print(1)
            """, _folder.File("damaged.h5"));

        string sentence = ReconstructRun.Refusal(
            1, _folder.File("damaged.h5") + "::/sino", "--angles-deg", "/angles", "--translations-um", "/translations", "--cor", "0", "--threads", "1");

        Assert.Contains($"{_folder.File("damaged.h5")}: /sino", sentence, StringComparison.Ordinal);
        Assert.Equal(["damaged.h5"], _folder.Names);
    }

    [Fact]
    public void Wrong_SinogramThatClaimsTooMuch_IsRefusedBeforeMemoryIsTaken()
    {
        // An empty dataset in chunks takes no room in the file.
        ForeignPython.Run("h5py, numpy", """
            import sys, h5py, numpy
            with h5py.File(sys.argv[1], 'w') as f: f.create_dataset('sino', (4096, 8192, 4), 'f4', chunks=(16, 16, 4))
            print(1)
            """, _folder.File("claim.h5"));
        long before = GC.GetAllocatedBytesForCurrentThread();
        string sentence = ReconstructRun.Refusal(
            1, _folder.File("claim.h5") + "::/sino", "--angles-deg", "0:179:4096", "--translations-um", "0:8191:8192", "--axes", "rotation,translation,bin");
        Assert.Contains("4096 rotations of 8192 translations", sentence, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 24);
    }

    private ReconstructRun Run(string[] arguments) => ReconstructRun.Of(_folder.File($"r{_folder.Names.Count(n => n.StartsWith('r')) + 1}.nxs"), arguments);

    private static float[] Npy(string path) => [.. Tests.Npy.Read(path).Values.Select(v => (float)v)];

    // [translation, rotation(, bin)] as scikit-image has it.
    private string[] Golden(string name, int bins, int rotations = 250)
    {
        float[] values = Npy(ReferenceData.Require($"golden/fbp/{name}"));
        int translations = values.Length / rotations;
        return SpotSinogram.Write(
            _folder,
            "golden.h5",
            bins == 1 ? values : [.. values.SelectMany(v => Enumerable.Range(1, bins).Select(b => b * v))],
            bins == 1 ? [(ulong)translations, (ulong)rotations] : [(ulong)translations, (ulong)rotations, (ulong)bins],
            [.. Enumerable.Range(0, rotations).Select(r => r * 180.0 / rotations)],
            [.. Enumerable.Range(0, translations).Select(t => (double)(t - (translations / 2)))],
            bins == 1 ? "translation,rotation" : "translation,rotation,bin");
    }

    private string Save(ScanPlan plan, string title, Func<int, double> shift_px, StageFindings stage) =>
        new NexusScanStore(_folder.Path).Save(Record(plan, title, shift_px) with { Stage = stage });

    private static ScanRecord Record(ScanPlan plan, string title, Func<int, double> shift_px)
    {
        const int Bins = 3;
        ScanRecord sample = ScanSamples.Scan(plan.TranslationCount, plan.RotationCount, Bins, title);
        SinogramStack stack = new(plan, Bins);
        for (int cell = 0; cell < plan.CellCount; cell++)
        {
            ScanCell at = new(cell / plan.TranslationCount, cell % plan.TranslationCount);
            stack.TryClaim(at);
            for (int b = 0; b < Bins; b++)
            {
                stack.Pattern(at)[b] = SpotSinogram.Exact(plan.Angle_deg(at.Rotation), plan.Position_um(at.Translation) + (shift_px(at.Rotation) * plan.Step_um), b);
            }
        }

        return sample with
        {
            Description = new ScanDescription(title, "", plan, new RadialAxis(RadialUnit.TwoTheta_deg, 1, 11, Bins), sample.Description.Channels, ""),
            Sinogram = stack,
        };
    }
}
