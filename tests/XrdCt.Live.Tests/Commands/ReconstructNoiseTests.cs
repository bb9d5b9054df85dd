using System.Text.Json;
using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Compute.Roi;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Server.Conversion;
using XrdCt.Live.Storage;
using XrdCt.Live.Storage.Sinograms;
using XrdCt.Live.Storage.Volumes;
using XrdCt.Live.Tests.Roi;
using XrdCt.Live.Tests.Storage;

namespace XrdCt.Live.Tests.Commands;

/// <summary>The noise map in the files of slices: what scikit-image makes of the variances that a scan file keeps, as h5py reads it.</summary>
public sealed class ReconstructNoiseTests : IDisposable
{
    private const int Translations = 21, Rotations = 14, Bins = 40;

    private static readonly string Archive = Path.Combine(AppContext.BaseDirectory, "Golden", "reconstruction", "noise_21x14.npz");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("variance", "sigma_ramp", "ramp", "gaps")]
    [InlineData("variance", "sigma_shepp-logan", "shepp-logan", "even")]
    [InlineData("variance", "sigma_hann", "hann", "gaps")]
    [InlineData("holes", "sigma_holes", "shepp-logan", "gaps")]
    public void Fbp_ScanOfOurs_HasTheNoiseOfScikitImageOverTheBins(string variances, string expected, string filter, string weights)
    {
        // One bin was never measured: it is in no mean.
        string path = Save(Npy.Read(Archive, variances), emptyBin: 7);

        ReconstructRun.Of(_folder.File("out.nxs"), path, "--filter", filter, "--weights", weights, "--cor", "0");

        JsonElement seen = Look();
        Assert.Equal(("NXdata", "noise", "counts", "um"), (Text(seen, "class"), Text(seen, "signal"), Text(seen, "units"), Text(seen, "x_units")));
        Assert.Equal(["y", "x"], seen.GetProperty("axes").EnumerateArray().Select(a => a.GetString()!));
        Assert.Equal(("float32", -100, 100), (Text(seen, "type"), seen.GetProperty("x").EnumerateArray().First().GetDouble(), seen.GetProperty("y").EnumerateArray().Last().GetDouble()));
        AssertNear([.. Npy.Read(Archive, expected).Select(v => v / (Bins - 1))], Sigma(), 2e-5);

        // The share that is told is that of the map and the mean that stand beside it.
        Assert.Equal(seen.GetProperty("share").GetDouble(), seen.GetProperty("noise_to_signal").GetDouble(), 1e-5);
    }

    [Fact]
    public void Bins_OfWholeBands_HaveTheirNoiseAndOthersSayWhatIsLacking()
    {
        string path = Save(Npy.Read(Archive, "variance"));
        double[] golden = Npy.Read(Archive, "sigma_shepp-logan");

        // Bin b has b + 1 of 820 parts of the variance.
        ReconstructRun.Of(_folder.File("out.nxs"), path, "--bins", "16:40", "--cor", "0");
        AssertNear([.. golden.Select(v => v * Math.Sqrt(Enumerable.Range(17, 24).Sum() / 820.0) / 24)], Sigma(), 2e-5);

        ReconstructRun cut = ReconstructRun.Of(_folder.File("out.nxs"), path, "--bins", "10:40", "--cor", "0", "--overwrite");
        Assert.Contains("the file keeps the variances of 16 bins together", cut.Remarks, StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, Look().ValueKind);
    }

    [Fact]
    public void Solver_AndForeignSinogram_SayNothingOfNoise()
    {
        string path = Save(Npy.Read(Archive, "variance"));
        ReconstructRun sirt = ReconstructRun.Of(_folder.File("out.nxs"), path, "--solver", "sirt", "--iterations", "2", "--cor", "0");
        Assert.Equal(JsonValueKind.Null, Look().ValueKind);
        ReconstructRun foreign = ReconstructRun.Of(_folder.File("out.nxs"), [.. new SpotSinogram().Write(_folder, "s.h5"), "--overwrite"]);
        Assert.Equal(JsonValueKind.Null, Look().ValueKind);
        Assert.DoesNotContain("noise", sirt.Remarks + foreign.Remarks, StringComparison.Ordinal);
    }

    [Fact]
    public void Corrected_AndRaw_HaveEachTheirOwnVariances()
    {
        string path = new NexusScanStore(_folder.Path).Save(CorrectedScanTests.Sample(new CorrectionOptions { Lines = LineCorrection.Interpolate }));
        ScanRecord scan = CorrectedScanTests.Sample(new CorrectionOptions { Lines = LineCorrection.Interpolate });
        float[] bins = new float[40];
        foreach (bool isRaw in (bool[])[false, true])
        {
            using SinogramFile file = new(path, new SinogramReading { IsCorrected = !isRaw }, ChunkUnpacking.Unpack);
            float[] read = file.SumVariance(0, 40)!;
            float[] second = file.SumVariance(16, 16)!;
            for (int cell = 0; cell < read.Length; cell++)
            {
                ScanCell at = new(cell / 24, cell % 24);
                if (isRaw)
                {
                    scan.Sinogram.Variance(at).CopyTo(bins);
                }
                else
                {
                    scan.Corrected!.ReadVariance(at, 0, bins);
                }

                Assert.True(IsNear(bins, read[cell]) && IsNear(bins[16..32], second[cell]), $"{at}: {bins.Sum()} {read[cell]} {second[cell]}");
            }
        }
    }

    [Fact]
    public void Variances_ThatDoNotFitTheSinogram_AreNotLookedAt()
    {
        string path = Save(Npy.Read(Archive, "variance"));
        ForeignPython.Run("h5py", """
            import sys, json, h5py
            with h5py.File(sys.argv[1], 'r+') as f:
                f['entry/variance/bins_per_band'][...] = int(sys.argv[2])
            print(json.dumps(None))
            """, path, "4");
        ReconstructRun.Of(_folder.File("out.nxs"), path, "--cor", "0");
        Assert.Equal(JsonValueKind.Null, Look().ValueKind);
    }

    [Theory]
    [InlineData("completion")]
    [InlineData("extension")]
    public void RoiScan_OfOurs_HasTheNoiseOfItsModeAndOfTheCoarseScan(string mode)
    {
        RoiExperiment experiment = new()
        {
            Phantom = DiscPhantom.Of((0, 0, 130, 1), (-80, 40, 20, 4), (45, -20, 12, 3), (32, -24, 5, 4)),
            CoarseCount = 61,
            CoarseStep_um = 5,
            CoarseRotations = 60,
            RoiCount = 41,
            RoiRotations = 45,
            X_um = 30,
            Y_um = -22,
        };
        (float[] coarse, float[] roi) = experiment.Exact();

        // A coarse scan that counts much less than the other: its noise shows.
        string coarsePath = Save("coarse", experiment.CoarseCount, experiment.CoarseRotations, 5, coarse, (_, v) => 30_000 * v);
        string roiPath = Save("roi", experiment.RoiCount, experiment.RoiRotations, 1, roi, (_, v) => v);
        string[] arguments = mode == "extension"
            ? [roiPath, "--roi-mode", "extension", "--cor", "0"]
            : [roiPath, "--coarse", coarsePath, "--roi-centre-um", "30,-22"];
        ReconstructRun run = ReconstructRun.Of(_folder.File("out.nxs"), arguments);

        NoiseMap map = new RoiExtension(41, RampFilter.SheppLogan, fade_px: 3 * 41).Noise(0);
        if (mode == "completion")
        {
            JsonElement found = run.Said.GetProperty("alignment");
            RoiAlignment alignment = experiment.True with
            {
                X_um = found.GetProperty("x_um").GetDouble(),
                Y_um = found.GetProperty("y_um").GetDouble(),
                Scale = found.GetProperty("scale").GetDouble(),
                Centre_px = run.Axis_px,
                Angle_rad = found.TryGetProperty("angle_deg", out JsonElement angle) ? angle.GetDouble() * Math.PI / 180 : 0,
            };
            map = new RoiCompletion(41, 1, alignment, new CoarseSinogram(experiment.CoarseRays, coarse), RampFilter.SheppLogan)
                .Noise(experiment.CoarseRays, [.. coarse.Select(v => 30_000 * v)]);
        }

        float[] expected = new float[41 * 41];
        map.Compute(experiment.RoiAngles_rad, roi, expected);
        AssertNear([.. expected.Select(v => (double)v / Bins)], Sigma(), 1e-3);
        float[] plain = new float[41 * 41];
        new NoiseMap(41, RampFilter.SheppLogan, run.Axis_px).Compute(experiment.RoiAngles_rad, roi, plain);
        Assert.InRange(expected[(20 * 41) + 20] / plain[(20 * 41) + 20], mode == "completion" ? 1.05 : 0.98, 2);
    }

    private static bool IsNear(float[] bins, float sum) => float.IsNaN(bins.Sum()) ? float.IsNaN(sum) : Math.Abs((sum / bins.Sum()) - 1) < 1e-5;

    private static string Text(JsonElement seen, string name) => seen.GetProperty(name).GetString()!;

    private static void AssertNear(double[] expected, float[] sigma, double tolerance)
    {
        int side = (int)Math.Sqrt(sigma.Length);
        Assert.Equal(expected.Length, sigma.Length);
        Assert.InRange(sigma.Count(float.IsFinite), 0.9 * Math.PI / 4 * (side - 1) * (side - 1), 0.8 * side * side);
        for (int i = 0; i < sigma.Length; i++)
        {
            if (float.IsFinite(sigma[i]))
            {
                Assert.Equal(expected[i], sigma[i], tolerance * expected[i]);
            }
        }
    }

    private float[] Sigma()
    {
        using VolumeFile file = new(_folder.File("out.nxs"), ChunkUnpacking.Unpack);
        Assert.True(file.Header.HasNoise);
        return file.ReadNoise()!;
    }

    private JsonElement Look() => ForeignPython.Run("h5py", """
        import sys, json, h5py, numpy
        f = h5py.File(sys.argv[1], 'r')
        c = f['entry/confidence']
        if 'noise' not in c:
            print(json.dumps(None))
            sys.exit()
        n, total = c['noise'][()], f['entry/total/intensity'][()]
        there = numpy.isfinite(n) & numpy.isfinite(total)
        m = there & (total >= total[there].astype('f8').mean())
        middle = lambda v: float(numpy.sort(v)[v.size // 2])
        print(json.dumps({
            'class': c.attrs['NX_class'], 'signal': c.attrs['signal'], 'axes': list(c.attrs['axes']), 'units': c['noise'].attrs['units'],
            'x_units': c['x'].attrs['units'], 'type': str(n.dtype), 'x': c['x'][()].tolist(), 'y': c['y'][()].tolist(),
            'noise_to_signal': float(c['noise_to_signal'][()].ravel()[0]), 'share': middle(n[m]) / middle(total[m])}))
        """, _folder.File("out.nxs"));

    private string Save(double[] variance, int? emptyBin = null) => Save(
        "scan",
        Translations,
        Rotations,
        10,
        [.. variance.Select(v => double.IsNaN(v) ? float.NaN : 1)],
        (cell, _) => variance[cell],
        emptyBin);

    // Bin b has b + 1 parts of a cell's intensity and variance; a bin that was never measured leaves its part to the one before it.
    private string Save(string title, int translations, int rotations, double step_um, float[] values, Func<int, float, double> variance, int? emptyBin = null)
    {
        double parts = Bins * (Bins + 1) / 2.0;
        ScanRecord sample = ScanSamples.Scan(translations, rotations, Bins, title);
        ScanPlan plan = new(translations, rotations, step_um);
        SinogramStack stack = new(plan, Bins);
        for (int cell = 0; cell < plan.CellCount; cell++)
        {
            ScanCell at = new(cell / translations, cell % translations);
            if (float.IsNaN(values[cell]))
            {
                continue;
            }

            stack.TryClaim(at);
            for (int b = 0; b < Bins; b++)
            {
                double part = (b + 1 + (b + 1 == emptyBin ? emptyBin.Value + 1 : 0)) / parts;
                stack.Pattern(at)[b] = b == emptyBin ? float.NaN : (float)(values[cell] * part);
                stack.Variance(at)[b] = b == emptyBin ? float.NaN : (float)(variance(cell, values[cell]) * part);
            }
        }

        return new NexusScanStore(_folder.Path).Save(sample with
        {
            Description = new ScanDescription(title, "", plan, new RadialAxis(RadialUnit.Q_invA, 1, 5, Bins), sample.Description.Channels, ""),
            Sinogram = stack,
            ChannelSinograms = [],
            Slices = [],
        });
    }
}
