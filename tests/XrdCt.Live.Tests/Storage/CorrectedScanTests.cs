using System.Text.Json;
using PureHDF;
using PureHDF.VOL.Native;
using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Storage;

namespace XrdCt.Live.Tests.Storage;

/// <summary>Corrected scans in files, as h5py reads them.</summary>
public sealed class CorrectedScanTests
{
    [Fact]
    public void Save_CorrectedScan_IsReadByH5pyAsItsOwnTablesSay()
    {
        using TemporaryFolder folder = new();
        ScanRecord scan = Sample(new CorrectionOptions { Lines = LineCorrection.Interpolate });
        Assert.Equal((1, 1), (scan.Corrected!.Findings.DeadLines.Length, scan.Corrected.Findings.Count(CellFlags.NoTransmission)));
        string path = new NexusScanStore(folder.Path).Save(scan);

        // numpy does the arithmetic again with the file's own transmission, flags and air.
        JsonElement seen = ForeignPython.Run("h5py", """
            import sys, json, h5py, numpy
            f = h5py.File(sys.argv[1], 'r')
            e = f['entry']
            raw, got, flags = e['data/intensity'][()], e['corrected/intensity'][()], e['corrections/flags'][()]
            t = e['transmission/data'][()]
            with numpy.errstate(divide='ignore'):
                scaled = raw / numpy.where(t > 0, t, 1)[:, :, None]
            dead = e['corrections/lines/dead'][()]
            for r in dead:
                scaled[:, r] = numpy.where(((flags[:, r] & 128) > 0)[:, None], (scaled[:, r - 1] + scaled[:, r + 1]) / 2, scaled[:, r])
            expected = scaled - e['corrections/air/intensity'][()]
            bits = {name: int(((flags & mask) > 0).sum())
                    for name, mask in zip(e['corrections/flags'].attrs['flag_meanings'].split(), e['corrections/flags'].attrs['flag_masks'])}
            print(json.dumps({
                'largest': float(numpy.nanmax(abs(got - expected))), 'nan': bool((numpy.isnan(got) == numpy.isnan(raw)).all()),
                'type': str(flags.dtype), 'shape': flags.shape, 'bits': bits, 'legend': e['corrections/flags'].attrs['legend'],
                'same_flags': e['corrected/flags'] == e['corrections/flags'], 'other': e['corrected/intensity'] != e['data/intensity'],
                'class': [e['corrected'].attrs['NX_class'], e['corrections'].attrs['NX_class']], 'signal': e['corrected'].attrs['signal'],
                'axes': list(e['corrected'].attrs['axes']), 'compression': e['corrected/intensity'].compression,
                'sequence': [int(e['process/sequence_index'][()]), int(e['corrections/sequence_index'][()])],
                'mask': int(e['corrections/air/mask'][()].sum()), 'cells': int(e['corrections/air/cells'][()]),
                'errors': float(e['corrections/air/intensity_errors'][5]),
                'method': [e['corrections/beam/method'].asstr()[()], e['corrections/lines/method'].asstr()[()]],
                'thresholds': [float(e['corrections/' + p][()]) for p in ('air/threshold', 'lines/tolerance', 'spottiness/threshold_sigma')],
                'remark': e['corrections/remark'].asstr()[()], 'dead': dead.tolist()}))
            """, path);

        Assert.InRange(seen.GetProperty("largest").GetDouble(), 0, 1e-4);
        Assert.True(seen.GetProperty("nan").GetBoolean());
        Assert.Equal(("uint8", "[24, 20]"), (seen.GetProperty("type").GetString(), seen.GetProperty("shape").ToString().Replace(",", ", ", StringComparison.Ordinal).Replace("  ", " ", StringComparison.Ordinal)));
        CorrectionFindings found = scan.Corrected.Findings;
        JsonElement bits = seen.GetProperty("bits");
        Assert.Equal(
            (found.Count(CellFlags.Unmeasured), found.Count(CellFlags.Air), 24, found.Count(CellFlags.Interpolated), found.Count(CellFlags.NoTransmission)),
            (Bit("unmeasured"), Bit("air"), Bit("dead_line"), Bit("interpolated"), Bit("no_transmission")));
        Assert.Equal("1 unmeasured, 2 no_monitor, 4 air, 8 dead_line, 16 hot_line, 32 spotty, 64 no_transmission, 128 interpolated", seen.GetProperty("legend").GetString());
        Assert.True(seen.GetProperty("same_flags").GetBoolean());
        Assert.True(seen.GetProperty("other").GetBoolean());
        Assert.Equal(["NXdata", "NXprocess"], seen.GetProperty("class").EnumerateArray().Select(c => c.GetString()!));
        Assert.Equal(("intensity", "gzip"), (seen.GetProperty("signal").GetString(), seen.GetProperty("compression").GetString()));
        Assert.Equal([1, 2], seen.GetProperty("sequence").EnumerateArray().Select(s => s.GetInt32()));
        Assert.Equal((found.AirCount, found.AirCount), (seen.GetProperty("mask").GetInt32(), seen.GetProperty("cells").GetInt32()));
        Assert.Equal(Math.Sqrt(found.AirVariance[5]), seen.GetProperty("errors").GetDouble(), 1e-6);
        Assert.Equal(["monitor", "interpolate"], seen.GetProperty("method").EnumerateArray().Select(c => c.GetString()!));
        Assert.Equal([0.05, 0.1, 8], seen.GetProperty("thresholds").EnumerateArray().Select(t => t.GetDouble()));
        Assert.Equal(found.Sentence, seen.GetProperty("remark").GetString());

        int Bit(string name) => bits.GetProperty(name).GetInt32();
    }

    [Fact]
    public void Save_NothingCorrected_LinksTheRawSinogramInsteadOfACopy()
    {
        using TemporaryFolder folder = new();
        ScanRecord scan = Sample(new CorrectionOptions { Transmission = false, Air = false });
        string linked = new NexusScanStore(folder.Path).Save(scan);
        string without = new NexusScanStore(folder.Path).Save(scan with { KeepsCorrected = false });
        Assert.InRange(new FileInfo(linked).Length - new FileInfo(without).Length, 0, 4000);

        JsonElement seen = ForeignPython.Run("h5py", """
            import sys, json, h5py
            f, g = h5py.File(sys.argv[1], 'r')['entry'], h5py.File(sys.argv[2], 'r')['entry']
            print(json.dumps([f['corrected/intensity'] == f['data/intensity'], 'corrected' in g, 'flags' in g['corrections']]))
            """, linked, without);
        Assert.Equal("[true, false, true]", seen.ToString().Replace(", ", ",", StringComparison.Ordinal).Replace(",", ", ", StringComparison.Ordinal));
    }

    [Fact]
    public void Save_FramesThatLackTheirReadings_AreInNoCorrectedSinogramWhateverElseIsCorrected()
    {
        using TemporaryFolder folder = new();
        ScanRecord scan = Sample(new CorrectionOptions { Transmission = false, Air = false });
        bool[] unmatched = new bool[scan.Monitor.Length];
        unmatched[77] = true;
        var corrected = CorrectedSinogram.Of(
            scan.Sinogram, unmatched, scan.Monitor, null, null, new CorrectionOptions { Transmission = false, Air = false });
        string path = new NexusScanStore(folder.Path).Save(scan with { Unmatched = unmatched, Corrected = corrected });
        using NativeFile file = H5File.OpenRead(path);
        int at = ((77 % 24 * 20) + (77 / 24)) * 40;
        Assert.False(float.IsNaN(file.Dataset("/entry/data/intensity").Read<float[]>()[at]));
        Assert.True(float.IsNaN(file.Dataset("/entry/corrected/intensity").Read<float[]>()[at]));
        Assert.Equal([77 / 24], file.Dataset("/entry/readings/unmatched_frames").Read<int[]>().Select(i => scan.Sinogram.Plan.CellOf(i).Rotation));
    }

    [Fact]
    public void Save_PositionsThatDecide_PutMonitorAndTransmissionOnTheGridAndBesideTheFrames()
    {
        // Frame i lies on the cell before the last but i.
        using TemporaryFolder folder = new();
        ScanRecord scan = Sample(new CorrectionOptions());
        int cells = scan.Monitor.Length;
        float[] monitor = [.. Enumerable.Range(0, cells).Select(i => 100f + i)];
        float[] transmission = [.. Enumerable.Range(0, cells).Select(i => 0.5f + (0.001f * i))];
        var regridding = new Regridding(
            [.. Enumerable.Range(0, cells + 1)],
            [.. Enumerable.Range(0, cells).Select(cell => cells - 1 - cell)],
            [.. Enumerable.Repeat(1f, cells)],
            [.. Enumerable.Repeat(1f, cells)]);
        string path = new NexusScanStore(folder.Path).Save(scan with { Regridding = regridding, Monitor = monitor, Transmission = transmission, Corrected = null });
        using NativeFile file = H5File.OpenRead(path);
        Assert.Equal(transmission.Select(v => (double)v), file.Dataset("/entry/frames/transmission").Read<double[]>());
        float[] onGrid = file.Dataset("/entry/transmission/data").Read<float[]>();
        float[] monitors = file.Dataset("/entry/control/data").Read<float[]>();
        for (int cell = 0; cell < cells; cell++)
        {
            int at = (cell % 24 * 20) + (cell / 24);
            Assert.Equal((transmission[cells - 1 - cell], monitor[cells - 1 - cell]), (onGrid[at], monitors[at]));
        }
    }

    /// <summary>A scan of a disc in air with transmission, a dead rotation (9), an unmeasured cell and one without transmission.</summary>
    internal static ScanRecord Sample(CorrectionOptions options)
    {
        ScanRecord sample = ScanSamples.Scan(24, 20, 40);
        ScanPlan plan = sample.Sinogram.Plan;
        var stack = new SinogramStack(plan, 40);
        float[] transmission = new float[plan.CellCount];
        for (int cell = 0; cell < plan.CellCount; cell++)
        {
            var at = new ScanCell(cell / 24, cell % 24);
            double depth = Math.Sqrt(Math.Max(0, 40 - Math.Pow(at.Translation - 12 + Math.Cos(at.Rotation / 4.0), 2)));
            transmission[cell] = cell == 100 ? 0 : (float)Math.Exp(-0.03 * depth);
            if (cell == 200)
            {
                transmission[cell] = float.NaN;
                continue;
            }

            stack.TryClaim(at);
            for (int b = 0; b < 40; b++)
            {
                stack.Pattern(at)[b] = (float)((at.Rotation == 9 ? 0.2 : 1) * transmission[cell] * ((depth * (1 + (b % 7))) + 5 + (0.1 * b)));
                stack.Variance(at)[b] = 0.01f;
            }
        }

        float[] monitor = new float[plan.CellCount];
        monitor.AsSpan().Fill(1);
        return sample with
        {
            Sinogram = stack,
            Monitor = monitor,
            Transmission = transmission,
            Corrected = CorrectedSinogram.Of(stack, null, monitor, transmission, null, options),
        };
    }
}
