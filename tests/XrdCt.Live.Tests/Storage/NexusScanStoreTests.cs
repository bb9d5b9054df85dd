using PureHDF;
using PureHDF.VOL.Native;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Server.Conversion;
using XrdCt.Live.Storage;
using XrdCt.Live.Storage.Sinograms;

namespace XrdCt.Live.Tests.Storage;

public class NexusScanStoreTests
{
    // λ = hc/E and asin/sin in double: a few units in the last place of numbers near 10.
    private const double AngleTolerance_deg = 1e-12;

    // One chunk alone; ragged chunks along the bins; ragged chunks along all three axes.
    [Theory]
    [InlineData(2, 1, 1)]
    [InlineData(7, 5, 130)]
    [InlineData(33, 19, 70)]
    public void Save_AsymmetricStack_KeepsEveryValueByTranslationRotationBin(int translations, int rotations, int bins)
    {
        using TemporaryFolder folder = new();
        ScanRecord scan = ScanSamples.Scan(translations, rotations, bins);

        string path = new NexusScanStore(folder.Path).Save(scan);

        using NativeFile file = H5File.OpenRead(path);
        IH5Dataset dataset = file.Dataset("/entry/data/intensity");
        Assert.Equal([(ulong)translations, (ulong)rotations, (ulong)bins], dataset.Space.Dimensions);
        float[] values = dataset.Read<float[]>();
        byte[] coverage = file.Dataset("/entry/data/coverage").Read<byte[]>();
        for (int t = 0; t < translations; t++)
        {
            for (int r = 0; r < rotations; r++)
            {
                bool measured = ScanSamples.IsMeasured(scan.Sinogram.Plan, new ScanCell(r, t));
                Assert.Equal(measured ? 1 : 0, coverage[(t * rotations) + r]);
                for (int b = 0; b < bins; b++)
                {
                    float expected = measured ? ScanSamples.Value(r, t, b) : float.NaN;
                    Assert.Equal(expected, values[(((t * rotations) + r) * bins) + b]);
                }
            }
        }
    }

    [Fact]
    public void Save_Scan_PutsAxesMonitorAndMaskWhereTheyBelong()
    {
        using TemporaryFolder folder = new();
        ScanRecord scan = ScanSamples.Scan();

        using NativeFile file = H5File.OpenRead(new NexusScanStore(folder.Path).Save(scan));

        Assert.Equal([-30, -20, -10, 0, 10, 20, 30], file.Dataset("/entry/data/translation_values").Read<double[]>());
        Assert.Equal([0, 36, 72, 108, 144], file.Dataset("/entry/data/rotation_angles").Read<double[]>());
        Assert.Equal(
            scan.Description.Axis.Centres.ToArray(), file.Dataset("/entry/data/diffraction_channel").Read<double[]>());
        float[] monitor = file.Dataset("/entry/control/data").Read<float[]>();
        Assert.Equal(scan.Monitor[(4 * 7) + 2], monitor[(2 * 5) + 4]);
        Assert.Equal(float.NaN, monitor[(3 * 5) + 0]);
        Assert.Equal(1e5, file.Dataset("/entry/control/reference").Read<double>());
        Assert.Equal(17, file.Dataset("/entry/instrument/detector/sequence_number").Read<long>());
        Assert.Equal(0.004, file.Dataset("/entry/instrument/detector/frame_time").Read<double>());
        Assert.Equal("01GJ1GZ8CJ4CTHZX6TXQSPWVKH", file.Dataset("/entry/instrument/detector/series_unique_id").Read<string>());
        Assert.Equal(
            [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0],
            file.Dataset("/entry/instrument/detector/pixel_mask").Read<byte[]>());
        Assert.Equal(scan.Mean.Intensity, file.Dataset("/entry/mean_pattern/intensity").Read<double[]>());
        Assert.Equal(scan.Mean.Sigma, file.Dataset("/entry/mean_pattern/sigma").Read<double[]>());
        Assert.Equal(scan.Mean.Count, file.Dataset("/entry/mean_pattern/count").Read<long[]>());
        Assert.Equal(scan.Slices[0].Values, file.Dataset("/entry/live/total/slice").Read<float[]>());
        Assert.Equal(scan.ChannelSinograms[0].Values, file.Dataset("/entry/live/total/sinogram").Read<float[]>());
        Assert.Equal([-30, -20, -10, 0, 10, 20], file.Dataset("/entry/live/total/x").Read<double[]>());
    }

    [Fact]
    public void Save_ChangedReconstruction_IsNamed()
    {
        using TemporaryFolder folder = new();
        ScanRecord scan = ScanSamples.Scan() with
        {
            Reconstruction = new ReconstructionSettings(RampFilter.Hann, 1.25, Air: false),
            Axis = new AxisFindings(0.9, 0.1, 1.25, "two methods agree", []) { IsSet = true },
        };

        using NativeFile file = H5File.OpenRead(new NexusScanStore(folder.Path).Save(scan));

        Assert.Equal("NXprocess", file.Group("/entry/reconstruction").Attribute("NX_class").Read<string>());
        Assert.Equal(("fbp", "hann"), (file.Dataset("/entry/reconstruction/solver").Read<string>(), file.Dataset("/entry/reconstruction/filter").Read<string>()));
        Assert.Equal(1, file.Dataset("/entry/reconstruction/axis_set_by_operator").Read<int>());
        Assert.Equal(0, file.Dataset("/entry/reconstruction/air_asked").Read<int>());
        Assert.Equal((0.9, 1.25), (file.Dataset("/entry/centre_of_rotation/offset").Read<double>(), file.Dataset("/entry/centre_of_rotation/offset_applied").Read<double>()));
        Assert.Equal("set by the operator; of the data: two methods agree", file.Dataset("/entry/centre_of_rotation/status").Read<string>());
    }

    [Fact]
    public void Save_QAxis_GivesPolarAnglesByBragg()
    {
        using TemporaryFolder folder = new();
        ScanRecord scan = ScanSamples.Scan(bins: 20, unit: RadialUnit.Q_invA);

        using NativeFile file = H5File.OpenRead(new NexusScanStore(folder.Path).Save(scan));

        double[] angles_deg = file.Dataset("/entry/instrument/detector/polar_angle").Read<double[]>();
        double wavelength_A = file.Dataset("/entry/beam/incident_wavelength").Read<double>();
        Assert.Equal(12.398419843320026 / 50, wavelength_A, AngleTolerance_deg);
        for (int bin = 0; bin < angles_deg.Length; bin++)
        {
            double q_invA = 4 * Math.PI * Math.Sin(angles_deg[bin] / 2 * Math.PI / 180) / wavelength_A;
            Assert.Equal(scan.Description.Axis.Centres[bin], q_invA, AngleTolerance_deg);
        }
    }

    [Fact]
    public void Save_NoEnergyNoChannelsNoCandidates_StillGivesAReadableFile()
    {
        using TemporaryFolder folder = new();
        ScanRecord full = ScanSamples.Scan();
        ScanRecord scan = full with
        {
            Energy_keV = null,
            Geometry = full.Geometry with { Wavelength_m = null },
            ChannelSinograms = [],
            Slices = [],
            Roi = new RoiSuggestion([], "nothing can be said yet"),
        };

        using NativeFile file = H5File.OpenRead(new NexusScanStore(folder.Path).Save(scan));

        Assert.Equal("mean_pattern", file.Group("/entry").Attribute("default").Read<string>());
        Assert.False(file.LinkExists("/entry/beam/incident_energy"));
        Assert.Equal(0, file.Dataset("/entry/roi_candidates/count").Read<int>());
        Assert.Equal("nothing can be said yet", file.Dataset("/entry/roi_candidates/explanation").Read<string>());
    }

    [Fact]
    public void Save_ForbiddenZones_StandBesideThePlacesAndAreReadBack()
    {
        using TemporaryFolder folder = new();
        ForbiddenZone[] zones = [new(-110.1, 60, 50), new(1.0 / 3, -0.25, 0)];
        ScanRecord scan = ScanSamples.Scan();

        string path = new NexusScanStore(folder.Path).Save(scan with { Roi = scan.Roi with { Forbidden = new ForbiddenZones(3, zones) } });
        using (NativeFile file = H5File.OpenRead(path))
        {
            Assert.Equal([-110.1, 1.0 / 3], file.Dataset("/entry/roi_candidates/forbidden_x_um").Read<double[]>());
            Assert.Equal([60, -0.25], file.Dataset("/entry/roi_candidates/forbidden_y_um").Read<double[]>());
            Assert.Equal([50, 0], file.Dataset("/entry/roi_candidates/forbidden_radius_um").Read<double[]>());
            Assert.Equal("um", file.Dataset("/entry/roi_candidates/forbidden_radius_um").Attribute("units").Read<string>());
        }

        using (SinogramFile read = new(path, new SinogramReading(), ChunkUnpacking.Unpack))
        {
            Assert.Equal(zones, read.Zones);
        }

        using SinogramFile without = new(new NexusScanStore(folder.Path).Save(scan), new SinogramReading(), ChunkUnpacking.Unpack);
        Assert.Empty(without.Zones);
    }

    [Fact]
    public void Save_SameScanThrice_NumbersTheFilesAndKeepsTheFirst()
    {
        using TemporaryFolder folder = new();
        NexusScanStore store = new(folder.File("new/results"));
        ScanRecord scan = ScanSamples.Scan();

        string first = store.Save(scan);
        byte[] before = File.ReadAllBytes(first);
        string second = store.Save(scan with { Ending = "another" });
        string third = store.Save(scan);

        Assert.Equal("coarse_20261122-090807.nxs", Path.GetFileName(first));
        Assert.Equal("coarse_20261122-090807-2.nxs", Path.GetFileName(second));
        Assert.Equal("coarse_20261122-090807-3.nxs", Path.GetFileName(third));
        Assert.Equal(before, File.ReadAllBytes(first));
        Assert.Equal(3, Directory.GetFiles(folder.File("new/results")).Length);
    }

    [Fact]
    public void Save_PartFileOfACrash_IsLeftAloneAndItsNumberSkipped()
    {
        using TemporaryFolder folder = new();
        string leftover = folder.File("coarse_20261122-090807.nxs.part");
        File.WriteAllText(leftover, "half a scan");

        string path = new NexusScanStore(folder.Path).Save(ScanSamples.Scan());

        Assert.Equal("coarse_20261122-090807-2.nxs", Path.GetFileName(path));
        Assert.Equal("half a scan", File.ReadAllText(leftover));
    }

    [Fact]
    public void Save_FinalNameTakenWhileWriting_TakesTheNextOne()
    {
        using TemporaryFolder folder = new();
        string taken = folder.File("coarse_20261122-090807.nxs");
        NexusScanStore store = new(folder.Path, partPath =>
        {
            File.WriteAllText(taken, "somebody else's");
            return new FileStream(partPath, FileMode.CreateNew);
        });

        string path = store.Save(ScanSamples.Scan());

        Assert.Equal("coarse_20261122-090807-2.nxs", Path.GetFileName(path));
        Assert.Equal("somebody else's", File.ReadAllText(taken));
        Assert.Equal(["coarse_20261122-090807-2.nxs", "coarse_20261122-090807.nxs"], folder.Names);
    }

    // At once; among the headers; among the chunks; while the chunk index is written at the end.
    [Theory]
    [InlineData(0.0)]
    [InlineData(0.1)]
    [InlineData(0.6)]
    [InlineData(0.999)]
    public void Save_DiskFull_SaysSoAndLeavesNothing(double share)
    {
        using TemporaryFolder folder = new();
        ScanRecord scan = ScanSamples.Scan(33, 19, 70);
        string whole = new NexusScanStore(folder.File("whole")).Save(scan);
        long limit = (long)(share * new FileInfo(whole).Length);
        string place = folder.File("full");
        NexusScanStore store = new(place, partPath => new FailingStream(partPath, limit));

        IOException fault = Assert.Throws<IOException>(() => store.Save(scan));

        Assert.Contains(Path.Combine(place, "coarse_20261122-090807.nxs"), fault.Message, StringComparison.Ordinal);
        Assert.Contains("the disk is full: free some space", fault.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(place));
    }

    [Fact]
    public void Save_FolderIsAFile_NamesPathAndRemedy()
    {
        using TemporaryFolder folder = new();
        string file = folder.File("results");
        File.WriteAllText(file, "a file");

        IOException fault = Assert.Throws<IOException>(() => new NexusScanStore(file).Save(ScanSamples.Scan()));

        Assert.Contains($"'{file}' is a file: choose a folder", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public void Save_NoPermission_NamesPathAndRemedy()
    {
        using TemporaryFolder folder = new();
        NexusScanStore store = new(folder.Path, _ => throw new UnauthorizedAccessException("Access denied."));

        IOException fault = Assert.Throws<IOException>(() => store.Save(ScanSamples.Scan()));

        Assert.Contains($"no permission to write in '{folder.Path}'", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("NMC 811 / cell #3", "NMC_811_cell_3_20261122-090807.nxs")]
    [InlineData("../../etc/passwd", "etc_passwd_20261122-090807.nxs")]
    [InlineData("...", "scan_20261122-090807.nxs")]
    [InlineData("", "scan_20261122-090807.nxs")]
    public void Save_OddTitle_StaysInTheFolder(string title, string expected)
    {
        using TemporaryFolder folder = new();

        string path = new NexusScanStore(folder.Path).Save(ScanSamples.Scan(title: title));

        Assert.Equal(folder.File(expected), path);
    }

    [Fact]
    public void Save_LongTitle_FitsTheFileSystem()
    {
        using TemporaryFolder folder = new();

        string path = new NexusScanStore(folder.Path).Save(ScanSamples.Scan(title: new string('粉', 500)));

        Assert.Equal([Path.GetFileName(path)], folder.Names);
    }

    [Fact]
    public void Save_PartsOfUnequalSize_ThrowsBeforeAnyFile()
    {
        using TemporaryFolder folder = new();
        ScanRecord scan = ScanSamples.Scan() with { Monitor = new float[3] };

        ArgumentException fault =
            Assert.Throws<ArgumentException>(() => new NexusScanStore(folder.Path).Save(scan));

        Assert.Contains("Monitor.Length is 3, expected 35", fault.Message, StringComparison.Ordinal);
        Assert.Empty(folder.Names);
    }
}
