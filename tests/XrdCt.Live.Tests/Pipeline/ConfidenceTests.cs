using System.Text.Json;
using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Compute.Roi;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Phantoms;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Pipeline.Metrics;
using XrdCt.Live.Server.Conversion;
using XrdCt.Live.Storage;
using XrdCt.Live.Storage.Volumes;
using XrdCt.Live.Tests.Commands;
using XrdCt.Live.Tests.Roi;
using XrdCt.Live.Tests.Storage;

namespace XrdCt.Live.Tests.Pipeline;

/// <summary>How far the slices of a live scan can be trusted, on the screen and in the file.</summary>
public sealed class ConfidenceTests
{
    private const int Translations = 31, Rotations = 36;

    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    // A disc of 220 µm with a dense grain; µm of path.
    private static readonly DiscPhantom Sample = DiscPhantom.Of((0, 0, 110, 1), (30, -40, 30, 1));

    [Theory]
    [InlineData(ScanOrder.TranslationFast, true)]
    [InlineData(ScanOrder.Interlaced, false)]
    [InlineData(ScanOrder.RotationFast, false)]
    public void Update_ThirtyPercent_TellsALimitedAngle(ScanOrder order, bool isLimited)
    {
        (ScanSettings settings, float[] sinogram) = Scan(order);
        var assembly = new ScanAssembly(settings, new FrameTally());
        var reconstruction = new LiveReconstruction(settings);
        for (int i = 0; i < sinogram.Length * 3 / 10; i++)
        {
            assembly.Place(Frame(settings, i, sinogram, null));
        }

        reconstruction.Update(assembly);
        Assert.Equal(isLimited, reconstruction.Confidence!.Coverage.IsLimitedAngle);
        Assert.Equal(isLimited, reconstruction.Confidence.Sentence.StartsWith("limited angle", StringComparison.Ordinal));
        Assert.Equal(reconstruction.ProjectionCount, reconstruction.Confidence.Coverage.ProjectionCount);
    }

    [Fact]
    public void Complete_CountsOfPoisson_HasTheNoiseOfRepeatedScans()
    {
        const int Draws = 48;
        (ScanSettings settings, float[] sinogram) = Scan(ScanOrder.TranslationFast);
        double[] sum = new double[Translations * Translations], squares = new double[sum.Length];
        List<double> told = [];
        for (int draw = 0; draw < Draws; draw++)
        {
            LiveReconstruction reconstruction = Complete(settings, Enumerable.Range(0, sinogram.Length), sinogram, seed: draw).Reconstruction;
            told.Add(reconstruction.Confidence!.NoiseToSignal);
            float[] slice = reconstruction.Slices()[0].Values;
            for (int i = 0; i < slice.Length; i++)
            {
                sum[i] += slice[i];
                squares[i] += (double)slice[i] * slice[i];
            }
        }

        // Median standard deviation over median value, of the pixels that are well inside the sample.
        int[] inside = [.. Enumerable.Range(0, sum.Length).Where(i => Math.Pow((i / Translations) - 15, 2) + Math.Pow((i % Translations) - 15, 2) < 100)];
        double Deviation(int i) => Math.Sqrt((squares[i] - (sum[i] * sum[i] / Draws)) / (Draws - 1));
        double noise = inside.Select(Deviation).Order().ElementAt(inside.Length / 2);
        double level = inside.Select(i => sum[i] / Draws).Order().ElementAt(inside.Length / 2);
        Assert.InRange(told.Average() / (noise / level), 0.8, 1.25);
        Assert.InRange(told.Max() / told.Min(), 1, 1.3);
    }

    [Fact]
    public void Complete_AirTakenOffAndALineReplaced_HasTheNoiseOfRepeatedScans()
    {
        const int Draws = 100, Dead = 12;
        (ScanSettings settings, float[] sinogram) = Scan(ScanOrder.TranslationFast);
        settings = settings with { Corrections = new() { Air = true, Lines = LineCorrection.Interpolate } };
        float[] seen = [.. sinogram.Select((v, i) => (v + 15) * (i / Translations == Dead ? 0.1f : 1))];
        double[] sum = new double[Translations * Translations], squares = new double[sum.Length], told = new double[sum.Length];
        for (int draw = 0; draw < Draws; draw++)
        {
            LiveReconstruction reconstruction = Complete(settings, Enumerable.Range(0, seen.Length), seen, seed: draw).Reconstruction;
            CorrectionFindings found = reconstruction.Corrected!.Findings;
            Assert.Equal([Dead], found.DeadLines);
            Assert.NotEmpty(found.Air);
            float[] slice = reconstruction.Slices()[0].Values;
            for (int i = 0; i < slice.Length; i++)
            {
                sum[i] += slice[i];
                squares[i] += (double)slice[i] * slice[i];
                told[i] += Math.Pow(reconstruction.Noise!.Values[i], 2) / Draws;
            }
        }

        // The replaced line repeats the noise of its neighbours, which the map takes for noise of its own: that shows where they meet, at the axis.
        double[] ratios = [.. Enumerable.Range(0, sum.Length).Where(i => !double.IsNaN(sum[i])).Select(i => Math.Sqrt((squares[i] - (sum[i] * sum[i] / Draws)) / (Draws - 1) / told[i]))];
        TestContext.Current.SendDiagnosticMessage($"spread / σ: mean {ratios.Average():F4}, {ratios.Min():F3} to {ratios.Max():F3}");
        Assert.InRange(ratios.Length, 600, 760);
        Assert.InRange(ratios.Average(), 0.97, 1.03);
        Assert.All(ratios, r => Assert.InRange(r, 0.65, 1.35));
    }

    [Fact]
    public void Save_ScanOfCounts_HasTheNoiseThatReconstructMakesOfItsVariances()
    {
        (ScanSettings settings, float[] sinogram) = Scan(ScanOrder.Interlaced);
        settings = settings with { Corrections = new() { Air = true, Lines = LineCorrection.Interpolate } };
        float[] seen = [.. sinogram.Select((v, i) => (v + 15) * (i / Translations == 12 ? 0.1f : 1))];
        (ScanAssembly Assembly, LiveReconstruction Reconstruction) done = Complete(settings, Enumerable.Range(0, seen.Length).Where(i => i % 17 != 3), seen, seed: 1);
        (_, string path, TemporaryFolder folder) = Saved(settings, done);
        using (folder)
        {
            SliceMap noise = done.Reconstruction.Noise!;
            JsonElement saved = ForeignPython.Run("h5py", """
                import sys, json, h5py, numpy
                c = h5py.File(sys.argv[1], 'r')['entry/confidence']
                n = c['noise']
                print(json.dumps({'class': c.attrs['NX_class'], 'signal': c.attrs['signal'], 'axes': list(c.attrs['axes']), 'units': n.attrs['units'], 'type': str(n.dtype),
                    'x': c['x'][()].tolist(), 'y_units': c['y'].attrs['units'], 'noise': [None if numpy.isnan(v) else float(v) for v in n[()].ravel()]}))
                """, path);
            Assert.Equal(
                ("NXdata", "noise", "counts", "float32", "um"),
                (Text("class"), Text("signal"), Text("units"), Text("type"), Text("y_units")));
            Assert.Equal(["y", "x"], saved.GetProperty("axes").EnumerateArray().Select(a => a.GetString()!));
            Assert.Equal(-150, saved.GetProperty("x").EnumerateArray().First().GetDouble());
            Assert.Equal(
                noise.Values,
                saved.GetProperty("noise").EnumerateArray().Select(v => v.ValueKind == JsonValueKind.Null ? float.NaN : (float)v.GetDouble()));

            // The same map by the other way: the variances of the corrected sinogram in the file, bin by bin. The mean has an eighth of the sum.
            ReconstructRun.Of(folder.File("slices.nxs"), path, "--filter", "shepp-logan");
            using VolumeFile slices = new(folder.File("slices.nxs"), ChunkUnpacking.Unpack);
            float[] again = slices.ReadNoise()!;
            for (int i = 0; i < again.Length; i++)
            {
                Assert.True(float.IsNaN(noise.Values[i]) ? float.IsNaN(again[i]) : Math.Abs((8 * again[i] / noise.Values[i]) - 1) < 1e-3, $"{i}: {again[i]} {noise.Values[i]}");
            }

            string Text(string name) => saved.GetProperty(name).GetString()!;
        }
    }

    [Theory]
    [InlineData(RoiMode.Completion, true)]
    [InlineData(RoiMode.Completion, false)]
    [InlineData(RoiMode.Extension, false)]
    public void Complete_RoiScan_HasItsNoiseWhereThatOfTheCoarseScanIsKnown(RoiMode mode, bool hasVariance)
    {
        var scan = new RoiScan();
        (ScanAssembly assembly, LiveReconstruction reconstruction) = scan.Measure(scan.Roi(mode, hasVariance: hasVariance), updateEvery: 300);
        if (mode == RoiMode.Completion && !hasVariance)
        {
            Assert.Null(reconstruction.Noise);
            Assert.Equal(double.NaN, reconstruction.Confidence!.NoiseToSignal);
            return;
        }

        double[] angles_rad = [.. Enumerable.Range(0, scan.Plan.RotationCount).Select(r => scan.Plan.Angle_deg(r) * Math.PI / 180)];
        float[] expected = new float[41 * 41];
        NoiseMap map = mode == RoiMode.Extension ? new RoiExtension(41, scan.Settings.Filter, 3 * 41).Noise(reconstruction.Centre_px)
            : scan.Roi(mode, hasVariance: true).Coarse!.Noise(reconstruction.Outside!.Alignment!, 41, 1, scan.Settings.Filter)!;
        map.Compute(angles_rad, assembly.TotalVariance(0)!, expected);
        Assert.Equal("σ(total)", reconstruction.Noise!.Channel);
        Assert.Equal(expected, reconstruction.Noise.Values);
        Assert.True(double.IsFinite(reconstruction.Confidence!.NoiseToSignal));
    }

    [Fact]
    public void Save_WhateverTheOrderOfTheFrames_IsTheSameFileWithItsConfidence()
    {
        (ScanSettings settings, float[] sinogram) = Scan(ScanOrder.Interlaced);
        int[] order = [.. Enumerable.Range(0, sinogram.Length)];
        int[] shuffled = [.. order.OrderBy(i => i * 7919 % sinogram.Length)];
        (byte[] one, string path, TemporaryFolder folder) = Saved(settings, Complete(settings, order, sinogram, null));
        (byte[] other, _, TemporaryFolder second) = Saved(settings, Complete(settings, shuffled, sinogram, null, updateEvery: 83));
        using (folder)
        using (second)
        {
            Assert.Equal(one, other);
            JsonElement seen = Read(path, "entry/confidence");
            Assert.Equal("NXdata", seen.GetProperty("@NX_class").GetString());
            Assert.Equal(Rotations, seen.GetProperty("projections").GetInt32());
            Assert.Equal(5, seen.GetProperty("widest_gap").GetDouble(), 1e-9);
            Assert.Equal(0, seen.GetProperty("limited_angle").GetInt32());
            double halves = seen.GetProperty("half_set_correlation").GetDouble();
            Assert.InRange(halves, 0.8, 1);
            Assert.Equal(Math.Sqrt(2 * halves / (1 + halves)), seen.GetProperty("reference_correlation").GetDouble(), 1e-9);
            Assert.InRange(seen.GetProperty("noise_to_signal").GetDouble(), 0.001, 0.2);
            Assert.StartsWith("36 of 36 angles", seen.GetProperty("remark").GetString());
            Assert.Equal(JsonValueKind.Null, Read(path, "entry/roi_correction").ValueKind);
        }
    }

    [Fact]
    public void Save_RoiScan_TellsHowItWasCorrected()
    {
        var scan = new RoiScan();
        (ScanAssembly assembly, LiveReconstruction reconstruction) = scan.Measure(scan.Roi(RoiMode.Completion));
        (_, string path, TemporaryFolder folder) = Saved(scan.Settings, (assembly, reconstruction));
        using (folder)
        {
            RoiAlignment found = reconstruction.Outside!.Alignment!;
            JsonElement seen = Read(path, "entry/roi_correction");
            Assert.Equal("completion", seen.GetProperty("mode").GetString());
            Assert.Equal("coarse.nxs", seen.GetProperty("coarse").GetString());
            Assert.Equal(1, seen.GetProperty("air_taken_off").GetDouble());
            Assert.Equal(found.X_um, seen.GetProperty("x").GetDouble(), 1e-9);
            Assert.Equal(found.YUncertainty_um, seen.GetProperty("y_errors").GetDouble(), 1e-9);
            Assert.Equal(found.Scale, seen.GetProperty("scale").GetDouble(), 1e-9);
            Assert.Equal(found.OverlapResidual, seen.GetProperty("overlap_residual").GetDouble(), 1e-9);
            Assert.StartsWith("fitted on ", seen.GetProperty("status").GetString());
        }
    }

    private static (ScanSettings Settings, float[] Sinogram) Scan(ScanOrder order)
    {
        var plan = new ScanPlan(Translations, Rotations, 10, order);
        double[] angles_rad = [.. Enumerable.Range(0, Rotations).Select(r => plan.Angle_deg(r) * Math.PI / 180)];
        return (SmallScan.Options(plan).Settings() with { Corrections = new() { Air = false } }, Sample.Project(angles_rad, Translations, 10, 0, 10));
    }

    private static (ScanAssembly Assembly, LiveReconstruction Reconstruction) Complete(
        ScanSettings settings, IEnumerable<int> frames, float[] sinogram, long? seed, int updateEvery = 0)
    {
        var assembly = new ScanAssembly(settings, new FrameTally());
        var reconstruction = new LiveReconstruction(settings);
        int placed = 0;
        foreach (int index in frames)
        {
            assembly.Place(Frame(settings, index, sinogram, seed));
            if (updateEvery > 0 && ++placed % updateEvery == 0)
            {
                reconstruction.Update(assembly);
            }
        }

        assembly.Close();
        reconstruction.Complete(assembly);
        return (assembly, reconstruction);
    }

    // Each bin counts by itself, as many as there are µm of path.
    private static DiffractionPattern Frame(ScanSettings settings, int index, float[] sinogram, long? seed)
    {
        ScanPlan plan = settings.Description.Plan;
        ScanCell cell = plan.CellOf(index);
        double expected = sinogram[(cell.Rotation * plan.TranslationCount) + cell.Translation];
        var random = new SeededRandom((100_000 * (seed ?? 0)) + index);
        DiffractionPattern pattern = SmallScan.Pattern(index, 0);
        for (int b = 0; b < SmallScan.Bins; b++)
        {
            double counts = seed is null ? expected : random.NextPoisson(expected);
            pattern.Normalisation[b] = 1;
            pattern.Signal[b] = pattern.Variance[b] = counts;
            pattern.Mean[b] = (float)counts;
        }

        return pattern;
    }

    private static (byte[] Bytes, string Path, TemporaryFolder Folder) Saved(ScanSettings settings, (ScanAssembly Assembly, LiveReconstruction Reconstruction) done)
    {
        var known = new JournalledScan { StartedAt = Now, SeriesId = 1, Series = null, Counters = default };
        var folder = new TemporaryFolder();
        string path = new NexusScanStore(folder.Path).Save(ScanResult.Of(settings, known, done.Assembly, done.Reconstruction, "over", Now));
        return (File.ReadAllBytes(path), path, folder);
    }

    private static JsonElement Read(string path, string group) => ForeignPython.Run("h5py", """
        import sys, json, h5py
        f = h5py.File(sys.argv[1], 'r')
        g = f.get(sys.argv[2])
        def value(d):
            return d.asstr()[()] if h5py.check_string_dtype(d.dtype) else d[()].tolist() if d.ndim < 2 else None
        def look(g):
            seen = {k: value(v) if isinstance(v, h5py.Dataset) else look(v) for k, v in g.items()}
            seen.update({'@' + k: str(v) for k, v in g.attrs.items()})
            return seen
        print(json.dumps(None if g is None else look(g)))
        """, path, group);
}
