using System.Reflection;
using System.Text.RegularExpressions;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Egress.Publishing;
using XrdCt.Live.Ingest.ZeroMq;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Server;
using XrdCt.Live.Server.Commands;
using XrdCt.Live.Server.Configuration;
using XrdCt.Live.Storage;
using XrdCt.Live.Tests.Storage;
using YamlDotNet.Serialization;

namespace XrdCt.Live.Tests.Configuration;

public sealed class ConfigurationFileTests : IDisposable
{
    private const string Whole = """
        title: test
        source: { endpoint: "tcp://127.0.0.1:31001" }
        geometry: { poni: test.poni }
        scan: { order: interlaced, translations: 21, rotations: 16, step_um: 50, range_deg: 180 }
        channels: [ { name: total, kind: total }, { name: NMC, kind: peak, lower: 1.24, upper: 1.4 } ]
        roi: { radius_um: 100, channel: NMC }
        """;

    private static readonly string Demo = Path.Combine(AppContext.BaseDirectory, "config", "demo.yml");

    private readonly TemporaryFolder _folder = new();

    public ConfigurationFileTests() =>
        File.Copy(Path.Combine(AppContext.BaseDirectory, "config", "demo.poni"), _folder.File("test.poni"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_Demo_GivesTheScanItDescribes()
    {
        LiveOptions options = SetUp.LiveOptions(ConfigurationFile.Read(Demo), Path.GetDirectoryName(Demo)!, Demo);

        ScanPlan plan = options.Plan;
        Assert.Equal((101, 80, 11.0), (plan.TranslationCount, plan.RotationCount, plan.Step_um));
        Assert.Equal((new ScanPath(ScanOrder.Interlaced), 4, 180.0), (plan.Path, plan.Subsets.Count, plan.Range_deg));
        Assert.Equal((RadialUnit.Q_invA, 2048), (options.Integration.Axis.Unit, options.Integration.Axis.BinCount));
        Assert.Equal(IntegrationFilter.Trimmed, options.Integration.Options.Filter);
        Assert.Equal((0.1, 0.1), (options.Integration.Options.TrimLower, options.Integration.Options.TrimUpper));
        Assert.Equal(0.95, options.Integration.Options.PolarisationFactor);
        Assert.Equal(["NMC (003)", "NMC (104)", "total", "spottiness"], options.Channels.Select(c => c.Name));
        Assert.Equal((1.24, 1.40), (options.Channels[0].Lower, options.Channels[0].Upper));
        Assert.Equal(("NMC (003)", 125.5), (options.Placement.Phases[0].Channel, options.Placement.Radius_um));
        Assert.Equal(RampFilter.SheppLogan, options.Filter);
        Assert.Equal((30.0, 2.0), (options.SilenceLimit.TotalSeconds, options.EndGrace.TotalSeconds));
        Assert.Equal(BeamCorrection.Monitor, options.Corrections.Beam);
    }

    [Fact]
    public void Read_KeysLeftOut_HaveTheDefaultsThatTheDemoShows()
    {
        // The demo file is what people copy: its values are the defaults, so that leaving a line out changes nothing
        // (but for the
        // sizes of this one scan, and the watermark, which goes with its slow detector).
        BeamlineConfiguration read = Read(Whole);
        BeamlineConfiguration demo = ConfigurationFile.Read(Demo);
        Assert.Equal(demo.Source!.SilenceLimit_s, read.Source!.SilenceLimit_s);
        Assert.Equal(demo.Source.EndGrace_s, read.Source.EndGrace_s);
        Assert.Equal(demo.Source.Attach, read.Source.Attach);
        Assert.Equal(demo.Source.Socket, read.Source.Socket);
        Assert.Equal(demo.Integration.Bins, read.Integration.Bins);
        Assert.Equal(demo.Integration.Filter, read.Integration.Filter);
        Assert.Equal(demo.Integration.TrimLower, read.Integration.TrimLower);
        Assert.Equal(demo.Corrections.Beam, read.Corrections.Beam ?? "monitor");
        Assert.Equal(demo.Scan!.Range_deg, read.Scan!.Range_deg);
        Assert.Equal(demo.Reconstruction.Filter, read.Reconstruction.Filter);
        Assert.Equal(demo.Display.Port, read.Display.Port);
        Assert.Equal(demo.Output.Folder, read.Output.Folder);
    }

    [Theory]
    [InlineData("", "Monitor True True Flag True")]
    [InlineData("corrections: { beam: none, transmission: false, air: false, lines: none, spotty: false }", "None False False None False")]
    [InlineData("corrections: { beam: Constant-Total, lines: interpolate }", "ConstantTotal True True Interpolate True")]
    [InlineData("corrections: { beam: air }", "Air True True Flag True")]
    public void Read_Corrections_AreWhatTheyAre(string section, string expected)
    {
        CorrectionOptions read = SetUp.LiveOptions(Read($"{Whole}\n{section}\n"), _folder.Path, "beamline.yml").Corrections;
        Assert.Equal(expected, $"{read.Beam} {read.Transmission} {read.Air} {read.Lines} {read.Spotty}");
    }

    [Theory]
    [InlineData("true", BeamCorrection.Monitor)]
    [InlineData("false", BeamCorrection.None)]
    public void Read_OlderNameOfTheMonitor_IsUnderstood(string isNormalised, BeamCorrection expected)
    {
        string older = Whole.Replace("range_deg: 180", $"range_deg: 180, normalise_to_monitor: {isNormalised}", StringComparison.Ordinal);
        Assert.Equal(expected, SetUp.LiveOptions(Read(older), _folder.Path, "beamline.yml").Corrections.Beam);
    }

    [Theory]
    [InlineData("interlaced", "beam: sun", "monitor, air, constant-total, none")]
    [InlineData("interlaced", "lines: mend", "none, flag, interpolate")]
    [InlineData("interlaced", "spotty: true", "needs a live channel of the kind spottiness")]
    [InlineData("rotation-fast", "beam: constant-total", "measured over the whole scan")]
    [InlineData("rotation-fast-zigzag", "beam: air", "measured over the whole scan")]
    [InlineData("interlaced, normalise_to_monitor: true", "beam: air", "leave the latter out")]
    [InlineData("interlaced, normalise_to_monitor: false", "beam: monitor", "leave the latter out")]
    public void Read_CorrectionsThatCannotBe_AreRefusedWithTheReason(string order, string section, string expected)
    {
        string text = Whole.Replace("order: interlaced", $"order: {order}", StringComparison.Ordinal);
        UserException e = Assert.Throws<UserException>(
            () => SetUp.LiveOptions(Read($"{text}\ncorrections: {{ {section} }}\n"), _folder.Path, "beamline.yml"));
        Assert.Contains(expected, e.Message);
        Assert.Equal(2, e.ExitCode);
    }

    public static TheoryData<string> Keys { get; } = [.. Sections(typeof(BeamlineConfiguration), "")];

    [Theory]
    [MemberData(nameof(Keys))]
    public void Demo_EveryKey_IsThereOrInAComment(string key) =>
        Assert.Matches($@"(?m)(^|[\s{{#]){Regex.Escape(key.Split('.')[^1])}:", Section(key));

    [Theory]
    [InlineData("  watermrak: 3", "source:", "'watermrak'", "watermark", "silence_limit_s")]
    [InlineData("watermark: 3", "the top level", "'watermark'", "source", "channels")]
    public void Read_UnknownKey_NamesKeyLineSectionAndKnownKeys(string line, string section, params string[] gist)
    {
        string path = Write($"title: x\nsource:\n  endpoint: tcp://h:1\n{line}\n");
        UserException e = Assert.Throws<UserException>(() => ConfigurationFile.Read(path));

        Assert.Equal(2, e.ExitCode);
        Assert.StartsWith($"{path}, line 4: ", e.Message);
        Assert.Contains(section, e.Message);
        Assert.All(gist, part => Assert.Contains(part, e.Message));
        Assert.DoesNotContain("Exception", e.Message);
        Assert.DoesNotContain("\n", e.Message);
    }

    [Fact]
    public void Read_UnknownKeyInAChannel_NamesItsKnownKeys()
    {
        string path = Write(Whole.Replace("lower: 1.24", "lwoer: 1.24", StringComparison.Ordinal));
        UserException e = Assert.Throws<UserException>(() => ConfigurationFile.Read(path));
        Assert.Contains("line 5", e.Message);
        Assert.Contains("'lwoer'", e.Message);
        Assert.Contains("name, kind, lower, upper", e.Message);
    }

    [Fact]
    public void Read_KeyTwice_IsRefused()
    {
        string path = Write(Whole + "\ntitle: again\n");
        UserException e = Assert.Throws<UserException>(() => ConfigurationFile.Read(path));
        Assert.Contains("title", e.Message);
        Assert.Equal(2, e.ExitCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# only a comment\n")]
    [InlineData("title: [unclosed\n")]
    [InlineData("- a\n- list\n")]
    [InlineData("scan: { translations: many }\n")]
    [InlineData("scan: { translations: 3.5 }\n")]
    [InlineData("source: 5\n")]
    [InlineData("\0\u0001\u0002")]
    public void Read_NoConfiguration_IsOneSentenceWithTheFile(string text)
    {
        string path = Write(text);
        UserException e = Assert.Throws<UserException>(() => ConfigurationFile.Read(path));
        Assert.Equal(2, e.ExitCode);
        Assert.StartsWith(path, e.Message);
        Assert.DoesNotContain("\n", e.Message);
        Assert.DoesNotContain("Exception", e.Message);
    }

    [Fact]
    public void Read_NoFile_NamesIt()
    {
        UserException e = Assert.Throws<UserException>(() => ConfigurationFile.Read(_folder.File("nowhere.yml")));
        Assert.Equal(2, e.ExitCode);
        Assert.Contains("nowhere.yml", e.Message);
    }

    [Theory]
    [InlineData("source: { endpoint: \"tcp://127.0.0.1:31001\" }", "source")]
    [InlineData("geometry: { poni: test.poni }", "geometry")]
    [InlineData("poni: test.poni", "geometry.poni")]
    [InlineData("scan: { order: interlaced, translations: 21, rotations: 16, step_um: 50, range_deg: 180 }", "scan")]
    [InlineData("order: interlaced, ", "scan.order")]
    [InlineData("translations: 21, ", "scan.translations")]
    [InlineData("rotations: 16, ", "scan.rotations")]
    [InlineData(", step_um: 50", "scan.step_um")]
    [InlineData(", range_deg: 180", "scan.range_deg")]
    [InlineData("roi: { radius_um: 100, channel: NMC }", "roi")]
    [InlineData("radius_um: 100, ", "roi.radius_um")]
    [InlineData("name: NMC, ", "channels[1].name")]
    [InlineData(", kind: total", "channels[0].kind")]
    public void LiveOptions_MissingKey_IsNamed(string left, string key)
    {
        UserException e = Refused(Whole.Replace(left, "", StringComparison.Ordinal));
        Assert.Contains($"the key '{key}' is missing", e.Message);
    }

    [Theory]
    [InlineData("order: interlaced", "order: sideways", "scan.order", "rotation-fast-zigzag")]
    [InlineData("kind: peak", "kind: valley", "channels[1].kind", "spottiness")]
    [InlineData("title: test", "integration: { unit: inches }", "integration.unit", "two_theta_deg")]
    [InlineData("title: test", "integration: { filter: mode }", "integration.filter", "trimmed", "median", "sigma-clip")]
    [InlineData("title: test", "integration: { splitting: pseudo }", "integration.splitting", "bbox")]
    [InlineData("title: test", "integration: { trim: whole }", "integration.trim", "exact")]
    [InlineData("title: test", "integration: { error_model: gauss }", "integration.error_model", "hybrid")]
    [InlineData("title: test", "integration: { azimuth_sectors: 36 }", "integration.azimuth_sectors", "xrdct integrate")]
    [InlineData("{ endpoint: \"tcp://127.0.0.1:31001\" }\ngeometry: { poni: test.poni }", "{ endpoint: \"tcp://h:1\", from_header: [flat_field] }\ngeometry: { poni: test.poni, flat_field: flat.edf }", "geometry.flat_field", "source.from_header")]
    [InlineData("title: test", "reconstruction: { filter: gaussian }", "reconstruction.filter", "shepp-logan")]
    [InlineData("channel: NMC", "channel: LFP", "roi.channel", "total, NMC")]
    [InlineData("radius_um: 100", "radius_um: -1", "roi.radius_um", "above 0")]
    [InlineData("radius_um: 100", "radius_um: .nan", "roi.radius_um", "above 0")]
    [InlineData("title: test", "compute: { workers: 0 }", "compute.workers", "above 0")]
    [InlineData("name: NMC", "name: total", "same name", "total")]
    [InlineData("lower: 1.24", "lower: 124", "NMC", "bins")]
    [InlineData("title: test", "integration: { bins: 0 }", "bins", "1 to 65534")]
    [InlineData("title: test", "integration: { trim_lower: 0.5 }", "trim", "0.5")]
    [InlineData("rotations: 16", "rotations: 0", "rotation", "0")]
    [InlineData("rotations: 16", "rotations: 16, slices: 3", "the key 'scan.slice_step_um' is missing")]
    [InlineData("rotations: 16", "rotations: 16, slices: 0, slice_step_um: 5", "scan.slices", "above 0")]
    [InlineData("rotations: 16", "rotations: 16, slices: 100000000, slice_step_um: 5", "scan.slices", "at most 6391320")]
    [InlineData("rotations: 16", "rotations: 16, slices: 3, slice_step_um: 0", "scan.slice_step_um", "other than 0")]
    [InlineData("rotations: 16", "rotations: 16, slices: 3, slice_step_um: .inf", "scan.slice_step_um", "other than 0")]
    [InlineData("rotations: 16", "rotations: 16, slices: 3, slice_step_um: 5, slice_start_um: .nan", "scan.slice_start_um", "a number")]
    [InlineData("rotations: 16", "rotations: 16, slices: 3, slice_step_um: 5, slice_series: all", "scan.slice_series", "auto, each, one")]
    [InlineData("rotations: 16", "rotations: 16, slice_step_um: 5", "scan.slice_step_um", "need scan.slices above 1")]
    public void LiveOptions_WrongValue_IsNamedWithThePossibleOnes(string right, string wrong, params string[] gist)
    {
        UserException e = Refused(Whole.Replace(right, wrong, StringComparison.Ordinal));
        Assert.All(gist, part => Assert.Contains(part, e.Message));
    }

    [Theory]
    [InlineData("title: test", "title:")]
    [InlineData("title: test", "title: \"\"")]
    [InlineData("title: test", "compute:")]
    [InlineData("title: test", "integration:")]
    [InlineData("title: test", "integration: { filter: }")]
    [InlineData("title: test", "reconstruction: { filter: }")]
    [InlineData("title: test", "output:")]
    [InlineData("title: test", "channels:")]
    [InlineData("title: test", "display: { port: }")]
    [InlineData("order: interlaced", "order:")]
    [InlineData("poni: test.poni", "poni:")]
    [InlineData("radius_um: 100", "radius_um: 1e9")]
    [InlineData("title: test", "compute: { workers: 1000000 }")]
    public void LiveOptions_EmptyOrAbsurdValue_IsRefusedInASentence(string right, string wrong)
    {
        UserException e = Assert.Throws<UserException>(() => SetUp.LiveOptions(
            Read(Whole.Replace(right, wrong, StringComparison.Ordinal)), _folder.Path, "beamline.yml"));
        Assert.Equal(2, e.ExitCode);
        Assert.DoesNotContain("\n", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Stack_AllKeys_ReachTheSlices()
    {
        BeamlineConfiguration read = Read(Whole.Replace(
            "rotations: 16", "rotations: 16, slices: 3, slice_step_um: -5, slice_start_um: 100, slice_series: one", StringComparison.Ordinal));
        StackSetUp stack = SetUp.Stack(read, "beamline.yml")!;

        Assert.Equal([new StackSlice(1, 3, 100), new StackSlice(2, 3, 95), new StackSlice(3, 3, 90)], stack.Slices);
        Assert.Equal((336, SliceLayout.OneSeries), (stack.Cells, stack.ToldLayout!.Value));
        Assert.Null(SetUp.Stack(Read(Whole), "beamline.yml"));

        // What is held between two slices is part of what may be in flight.
        BeamlineConfiguration alone = Read(Whole);
        read.Source!.MemoryLimit_MB = alone.Source!.MemoryLimit_MB = 1400;
        int usual = SourceSetUp.Of(alone.Source, ImageShape.Pilatus2M, 2, 0, "beamline.yml").Zmq.ReceiveHighWatermark;
        int held = SourceSetUp.Of(read.Source, ImageShape.Pilatus2M, 2, LiveGraph.HeldMessages, "beamline.yml").Zmq.ReceiveHighWatermark;
        Assert.Equal(LiveGraph.HeldMessages, usual - held);
    }

    [Fact]
    public void Integration_AllKeys_ReachTheOptions()
    {
        BeamlineConfiguration read = Read(Whole + """

            integration:
              { unit: d_A, bins: 500, lower: 0.5, upper: 6, azimuth_lower_deg: 90, azimuth_upper_deg: 270, azimuth_sectors: 12, splitting: full,
                filter: sigma-clip, trim: cake, trim_lower: 0.05, trim_upper: 0.2, cake_sectors: 64, correct_poisson_bias: true,
                clip_threshold_sigma: 3.5, clip_iterations: 7, error_model: azimuthal, solid_angle: false, polarisation: 0.9,
                sensor_absorption: true, dummy: 65535, dummy_delta: 0.5 }
            """);

        Assert.Equal(
            new IntegrationOptions
            {
                Unit = RadialUnit.D_A,
                BinCount = 500,
                Lower = 0.5,
                Upper = 6,
                AzimuthLower_deg = 90,
                AzimuthUpper_deg = 270,
                AzimuthSectors = 12,
                Splitting = PixelSplitting.Full,
                Filter = IntegrationFilter.SigmaClip,
                TrimDefinition = TrimDefinition.Cake,
                TrimLower = 0.05,
                TrimUpper = 0.2,
                CakeSectors = 64,
                CorrectPoissonBias = true,
                ClipThreshold_sigma = 3.5,
                ClipIterations = 7,
                ErrorModel = ErrorModel.Azimuthal,
                SolidAngle = false,
                PolarisationFactor = 0.9,
                SensorAbsorption = true,
                Dummy = 65535,
                DummyDelta = 0.5,
            },
            SetUp.Integration(read.Integration, "beamline.yml"));
    }

    [Fact]
    public void Integration_NothingSaid_IsTheDefaultOnAnAxisInQ() => Assert.Equal(
        new IntegrationOptions { Unit = RadialUnit.Q_invA }, SetUp.Integration(Read(Whole).Integration, "beamline.yml"));

    [Fact]
    public void Integration_PyFaisConfiguration_SaysWhatTheFileLeavesOpen()
    {
        File.WriteAllText(_folder.File("pyfai.json"), """
            {"version": 5, "poni": "test.poni", "unit": "2th_deg", "nbpt_rad": 700, "method": ["bbox", "csr", "cython"], "polarization_description": [0.9, 0]}
            """);

        BeamlineConfiguration read = Read(Whole.Replace("geometry: { poni: test.poni }", "integration: { pyfai: pyfai.json, bins: 3000, filter: trimmed }"));
        LiveOptions options = SetUp.LiveOptions(read, _folder.Path, "beamline.yml");

        IntegrationOptions integration = options.Integration.Options;
        Assert.Equal((3000, IntegrationFilter.Trimmed), (integration.BinCount, integration.Filter));
        Assert.Equal((RadialUnit.TwoTheta_deg, PixelSplitting.BoundingBox, 0.9), (integration.Unit, integration.Splitting, integration.PolarisationFactor));
        Assert.Equal(ImageShape.Pilatus2M, options.Integration.Geometry.Shape);
    }

    [Fact]
    public void Read_PyFaisConfigurationThatIsMissing_IsNamed()
    {
        UserException e = Assert.Throws<UserException>(() => Read(Whole + "\nintegration: { pyfai: missing.json }\n"));

        Assert.Equal(2, e.ExitCode);
        Assert.Contains("missing.json", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LiveOptions_MaskFlatAndDark_ReachThePlan()
    {
        ForeignPython.Run("fabio", """
            import sys, numpy, h5py, fabio.cbfimage, fabio.edfimage
            mask = numpy.zeros((1679, 1475), 'int32'); mask[0, 0] = 1
            fabio.cbfimage.CbfImage(data=mask).write(sys.argv[1] + '/mask.cbf')
            flat = numpy.full(mask.shape, 2, 'float32'); flat[0, 1] = 0
            with h5py.File(sys.argv[1] + '/corrections.h5', 'w') as f:
                f['entry/flat'] = flat
                f['entry/other'] = flat
            dark = numpy.ones(mask.shape, 'float32'); dark[0, 2] = numpy.nan
            fabio.edfimage.EdfImage(data=dark).write(sys.argv[1] + '/dark.edf')
            print('null')
            """, _folder.Path);
        BeamlineConfiguration plain = Read(Whole);
        BeamlineConfiguration read = Read(Whole.Replace(
            "{ poni: test.poni }", "{ poni: test.poni, mask: mask.cbf, flat_field: \"corrections.h5::/entry/flat\", dark: dark.edf }"));

        int before = SetUp.LiveOptions(plain, _folder.Path, "beamline.yml").Integration.Mask.MaskedCount;
        IntegrationPlan plan = SetUp.LiveOptions(read, _folder.Path, "beamline.yml").Integration;

        Assert.Equal(before + 3, plan.Mask.MaskedCount);
        Assert.Equal([true, true, true, false], plan.Mask.Masked[..4].ToArray());
    }

    [Fact]
    public void LiveOptions_NoChannels_ShowsWhatOneLooksLike()
    {
        UserException e = Refused(Regex.Replace(Whole, @"channels: \[.*\]", "channels: []"));
        Assert.Contains("{name: total, kind: total}", e.Message);
    }

    [Theory]
    [InlineData("attach: sideways", "source.attach", "connect, bind")]
    [InlineData("socket: push", "source.socket", "pull, sub")]
    [InlineData("dialect: morse", "source.dialect", "dectris-stream-2")]
    [InlineData("watermark: 0", "source.watermark", "above 0")]
    [InlineData("memory_limit_mb: 100", "source.memory_limit_mb", "at least 1121 MB")]
    [InlineData("zeromq: zmq5", "source.zeromq", "auto, managed, native")]
    [InlineData("from_header: [mask, colour]", "source.from_header", "colour", "flat_field")]
    public void Source_WrongValue_IsNamedWithThePossibleOnes(string line, params string[] gist)
    {
        string text = Whole.Replace("source: { ", $"source: {{ {line}, ", StringComparison.Ordinal);
        BeamlineConfiguration read = Read(text);
        UserException e = Assert.Throws<UserException>(() => SourceSetUp.Of(read.Source!, ImageShape.Pilatus2M, 2, 0, "beamline.yml"));
        Assert.Equal(2, e.ExitCode);
        Assert.All(gist.Append("beamline.yml"), part => Assert.Contains(part, e.Message));
    }

    [Theory]
    [InlineData("detector:31001")]
    [InlineData("tcp://detector")]
    [InlineData("tcp://detector:310011")]
    [InlineData("tcp://detector:31001, foo")]
    public void Source_EndpointThatIsNone_IsNamedBeforeAnythingStarts(string endpoint)
    {
        BeamlineConfiguration read = Read(Whole);
        read.Source!.Endpoint = endpoint;

        UserException e = Assert.Throws<UserException>(() => SourceSetUp.Of(read.Source, ImageShape.Pilatus2M, 2, 0, "beamline.yml"));

        Assert.Equal(2, e.ExitCode);
        Assert.StartsWith($"beamline.yml: source.endpoint '{endpoint.Split(' ')[^1]}'", e.Message);
        Assert.Contains("write tcp://host:port", e.Message);
    }

    [Theory]
    [InlineData(1121, 1)]
    [InlineData(1400, 1)]
    [InlineData(1400, 2)]
    [InlineData(2048, 1)]
    [InlineData(2048, 3)]
    [InlineData(8000, 2)]
    public void Source_MemoryLimit_BoundsAllThatCanBeInFlight(int limit_MB, int endpoints)
    {
        const int Workers = 2;
        BeamlineConfiguration read = Read(Whole.Replace("source: { ", $"source: {{ memory_limit_mb: {limit_MB}, ", StringComparison.Ordinal));
        read.Source!.Endpoint = string.Join(", ", Enumerable.Repeat(read.Source.Endpoint, endpoints));
        ZmqOptions zmq = SourceSetUp.Of(read.Source, ImageShape.Pilatus2M, Workers, 0, "beamline.yml").Zmq;

        // A start message with mask and flat field of 32 bits must get through.
        Assert.True(zmq.LargestMessage_bytes > ImageShape.Pilatus2M.PixelCount * 8L);
        long inFlight = (endpoints * zmq.ReceiveHighWatermark) + SourceSetUp.InFlight(Workers);
        Assert.InRange((inFlight * zmq.LargestMessage_bytes) + zmq.Pooled_bytes, 1, limit_MB * 1_000_000L);
        Assert.InRange(zmq.ReceiveHighWatermark, 1, 32);
    }

    [Fact]
    public void Source_SeveralEndpoints_ShareTheMemory()
    {
        BeamlineConfiguration read = Read(Whole.Replace("source: { ", "source: { memory_limit_mb: 1600, ", StringComparison.Ordinal));
        int one = SourceSetUp.Of(read.Source!, ImageShape.Pilatus2M, 2, 0, "beamline.yml").Zmq.ReceiveHighWatermark;
        read.Source!.Endpoint += ", tcp://127.0.0.1:31002";

        Assert.Equal(one / 2, SourceSetUp.Of(read.Source, ImageShape.Pilatus2M, 2, 0, "beamline.yml").Zmq.ReceiveHighWatermark);
    }

    [Fact]
    public void Source_AllKeys_ReachTheSocket()
    {
        BeamlineConfiguration read = Read(Whole.Replace(
            "source: { ",
            "source: { attach: bind, socket: sub, watermark: 7, threshold_channel: threshold_2, ",
            StringComparison.Ordinal));
        var options = SourceSetUp.Of(read.Source!, ImageShape.Pilatus2M, 2, 0, "beamline.yml");
        Assert.Equal(
            ("tcp://127.0.0.1:31001", ZmqAttachment.Bind, ZmqPattern.Subscribe, 7, "threshold_2"),
            (options.Zmq.Endpoint, options.Zmq.Attachment, options.Zmq.Pattern, options.Zmq.ReceiveHighWatermark, options.Reading.Channel));
    }

    [Fact]
    public void Publish_LeftOut_PublishesNothing() => Assert.Null(Read(Whole).Publish);

    [Theory]
    [InlineData("{}", "tcp://127.0.0.1:31010", "tcp://127.0.0.1:31011", "tcp://127.0.0.1:31012", 256)]
    [InlineData("{ endpoint: \"tcp://0.0.0.0:4000\", memory_limit_mb: 1000 }", "tcp://0.0.0.0:4000", "tcp://0.0.0.0:4001", "tcp://0.0.0.0:4002", 1000)]
    [InlineData(
        "{ request_endpoint: \"tcp://127.0.0.1:5\", every_endpoint: \"tcp://127.0.0.1:6\" }",
        "tcp://127.0.0.1:31010", "tcp://127.0.0.1:5", "tcp://127.0.0.1:6", 256)]
    public void Publish_Keys_ReachThePublisher(string section, string latest, string requests, string every, int memory_mb)
    {
        ResultPublisherOptions options = Publisher($"publish: {section}");
        Assert.Equal((latest, requests, every), (options.Latest.ToString(), options.Requests.ToString(), options.Every.ToString()));
        Assert.Equal((memory_mb * 1_000_000L, 2048, 2), (options.MemoryLimit_bytes, options.BinCount, options.ChannelCount));
    }

    [Theory]
    [InlineData("endpoint: \"ipc:///tmp/x\"", "publish.endpoint", "tcp://127.0.0.1:PORT")]
    [InlineData("endpoint: somewhere", "publish.endpoint", "tcp://host:port")]
    [InlineData("endpoint: \"tcp://127.0.0.1:65535\"", "publish.request_endpoint", "65535")]
    [InlineData("every_endpoint: \"tcp://127.0.0.1\"", "publish.every_endpoint", "tcp://host:port")]
    [InlineData("memory_limit_mb: 1", "publish.memory_limit_mb", "17 to 1000000", "not 1")]
    [InlineData("memory_limit_mb: .nan", "publish.memory_limit_mb", "17 to 1000000")]
    public void Publish_WrongValue_IsNamedWithTheRemedy(string line, params string[] gist)
    {
        UserException e = Assert.Throws<UserException>(() => Publisher($"publish: {{ {line} }}"));
        Assert.Equal(2, e.ExitCode);
        Assert.All(gist.Append("beamline.yml"), part => Assert.Contains(part, e.Message));
        Assert.DoesNotContain("(Parameter", e.Message);
    }

    [Fact]
    public void Publish_UnknownKey_IsRefused()
    {
        UserException e = Assert.Throws<UserException>(() => Read(Whole + "\npublish: { port: 5 }\n"));
        Assert.Contains("'port'", e.Message);
        Assert.Contains("endpoint, request_endpoint, every_endpoint, memory_limit_mb, linger_s", e.Message);
    }

    [Fact]
    public void Write_WhatWasRead_ReadsBackTheSameWithAllDefaults()
    {
        string written = ConfigurationFile.Write(Read(Whole));
        Assert.Contains("silence_limit_s: 30", written);
        Assert.Contains("trim_upper: 0.1", written);
        Assert.Equal(written, ConfigurationFile.Write(Read(written)));
    }

    private static IEnumerable<string> Sections(Type type, string prefix)
    {
        foreach (PropertyInfo property in type.GetProperties())
        {
            string key = prefix + property.GetCustomAttribute<YamlMemberAttribute>()!.Alias;
            Type outer = property.PropertyType;
            Type inner = outer.IsGenericType ? outer.GetGenericArguments()[0] : outer;
            yield return key;
            foreach (string below in inner.Namespace == type.Namespace ? Sections(inner, key + ".") : [])
            {
                yield return below;
            }
        }
    }

    /// <summary>
    /// The lines of the demo file that a key belongs in: its section, or all for a section's own name.
    /// </summary>
    private static string Section(string key)
    {
        string text = File.ReadAllText(Demo);
        int dot = key.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? text : Regex.Match(text, $@"(?ms)^(# )?{key[..dot]}:.*?(?=^[a-z]|\z)").Value;
    }

    /// <summary>What <c>run</c> refuses, <c>validate</c> does not call valid: whatever the header leaves to be said.</summary>
    [Theory]
    [InlineData("", null)]
    [InlineData("compute: { backend: metal }", "'compute.backend'")]
    [InlineData("compute: { device: -1 }", "'compute.device'")]
    [InlineData("display: { port: 70000 }", "'display.port'")]
    [InlineData("output: { folder: ' ' }", "'output.folder'")]
    [InlineData("publish: { endpoint: 'tcp://127.0.0.1:31010' }", null)]
    [InlineData("publish: { endpoint: nonsense }", "publish.endpoint")]
    [InlineData("publish: { memory_limit_mb: 0 }", "'publish.memory_limit_mb'")]
    [InlineData("publish: { linger_s: -1 }", "'publish.linger_s'")]
    [InlineData("reconstruction: { filter: none }", "'reconstruction.filter'")]
    [InlineData("integration: { filter: none }", "'integration.filter'")]
    [InlineData("scan: { order: interlaced, translations: 0, rotations: 16, step_um: 50, range_deg: 180 }", "translationCount")]
    [InlineData("channels: [ { name: a, kind: b } ]", "'channels[0].kind'")]
    [InlineData("roi: { radius_um: 100, channel: none }", "roi.channel")]
    [InlineData("roi: { radius_um: -1 }", "'roi.radius_um'")]
    [InlineData("geometry: { poni: test.poni, mask: none.edf }", "none.edf does not exist")]
    [InlineData("readings: { endpoint: 'tcp://127.0.0.1:31003', needs: [monitor], key: time, exposure_ms: 4 }", null)]
    [InlineData("readings: { endpoint: 'tcp://127.0.0.1:31003' }", "readings.needs is empty")]
    [InlineData("readings: { needs: [monitor] }", "'readings.endpoint'")]
    [InlineData("readings: { endpoint: nonsense, needs: [monitor] }", "readings.endpoint")]
    [InlineData("readings: { endpoint: 'tcp://127.0.0.1:31003', needs: [motor] }", "'readings.needs'")]
    [InlineData("readings: { endpoint: 'tcp://127.0.0.1:31003', needs: [monitor], key: trigger }", "'readings.key'")]
    [InlineData("readings: { endpoint: 'tcp://127.0.0.1:31003', needs: [monitor], grace_s: -1 }", "'readings.grace_s'")]
    [InlineData("readings: { endpoint: 'tcp://127.0.0.1:31003', needs: [monitor], largest_gap_s: 0 }", "'readings.largest_gap_s'")]
    [InlineData("readings: { endpoint: 'tcp://127.0.0.1:31003', needs: [monitor], rotation_zero_deg: .nan }", "readings.rotation_zero_deg")]
    [InlineData("scan: { order: interlaced, translations: 21, rotations: 16, step_um: 5, range_deg: 180, coarse: none.nxs }", "none.nxs")]
    [InlineData("scan: { order: interlaced, translations: 21, rotations: 16, step_um: 5, range_deg: 180, coarse: test.poni }", "test.poni")]
    [InlineData("reconstruction: { every_bin: true, outside: { mode: extension } }", null)]
    [InlineData("reconstruction: { outside: { mode: guess } }", "'reconstruction.outside.mode'")]
    [InlineData("reconstruction: { outside: { mode: completion } }", "name it in scan.coarse, or use extension")]
    [InlineData("reconstruction: { outside: { mode: subtraction } }", "name it in scan.coarse, or use extension")]
    [InlineData("reconstruction: { outside: { x_um: .nan } }", "reconstruction.outside.x_um")]
    public void Check_WhatRunRefuses_IsNamed(string section, string? gist)
    {
        string key = section.Split(':')[0] + ":";
        string usual = string.Join('\n', Whole.Split('\n').Where(line => section.Length == 0 || !line.StartsWith(key, StringComparison.Ordinal)));
        foreach (string parts in (string[])["", ", from_header: [energy]", ", from_header: [mask, distance]", ", from_header: [flat_field]"])
        {
            BeamlineConfiguration read = Read($"{usual.Replace("31001\" }", $"31001\"{parts} }}", StringComparison.Ordinal)}\n{section}\n");
            Assert.Equal(parts.Length > 0, read.Source!.FromHeader.Length > 0);
            if (gist is null)
            {
                SetUp.Check(read, _folder.Path, "beamline.yml");
            }
            else
            {
                Assert.Contains(gist, Assert.Throws<UserException>(() => SetUp.Check(read, _folder.Path, "beamline.yml")).Message, StringComparison.Ordinal);
            }
        }
    }

    /// <summary>Mistakes about Tango: each is a sentence that names the key and what to do, and wrong use.</summary>
    [Theory]
    [InlineData("token_file: token, monitor: monitor/Counts", null)]
    [InlineData("token_file: token, monitor: monitor/Counts, period_ms: 20", null)]
    [InlineData("gateway: nonsense, token_file: token, monitor: monitor/Counts", "'tango.gateway' must be http://127.0.0.1:PORT or https://HOST:PORT, not 'nonsense'")]
    [InlineData("gateway: 'http://192.0.2.5:50061', token_file: token, monitor: monitor/Counts", "tango: the address http://192.0.2.5:50061/ is neither https:// nor http:// of this machine")]
    [InlineData("gateway: 'ftp://127.0.0.1:50061', token_file: token, monitor: monitor/Counts", "is neither https:// nor http:// of this machine")]
    [InlineData("monitor: monitor/Counts", "the key 'tango.token_file' is missing")]
    [InlineData("token_file: nowhere, monitor: monitor/Counts", "tango: cannot read the token file '")]
    [InlineData("token_file: open, monitor: monitor/Counts", "can be read by others: chmod 600 ")]
    [InlineData("token_file: weak, monitor: monitor/Counts", "holds no token of 32 letters or more: take the line that the gateway's own file has for us")]
    [InlineData("token_file: token, trusted_certificates: none.pem, monitor: monitor/Counts", "tango: cannot read the certificates '")]
    [InlineData("token_file: token, trusted_certificates: token, monitor: monitor/Counts", "holds no certificate in PEM")]
    [InlineData("token_file: token, monitor: monitor/Counts, period_ms: 0", "'tango.period_ms' must be above 0 and at most 10000, not 0")]
    [InlineData("token_file: token, monitor: monitor/Counts, period_ms: 19", "'tango.period_ms' must be 20 or more, not 19")]
    [InlineData("token_file: token, monitor: monitor/Counts, period_ms: 20000", "'tango.period_ms' must be above 0 and at most 10000, not 20000")]
    [InlineData("token_file: token, monitor: monitor/Counts, period_ms: .nan", "'tango.period_ms' must be above 0")]
    [InlineData("token_file: token, monitor: Counts", "'tango.monitor': 'Counts' is not of the form DEVICE/ATTRIBUTE")]
    [InlineData("token_file: token, monitor: 'mon itor/Counts'", "'tango.monitor': 'mon itor' is no name in Tango")]
    [InlineData("token_file: token, monitor: monitor/Counts, translation: /Position", "'tango.translation': '/Position' is not of the form DEVICE/ATTRIBUTE")]
    [InlineData("token_file: token, monitor: monitor/Counts, transmission: diode/", "'tango.transmission': ")]
    [InlineData("token_file: token, monitor: m/C, translation: t/P, translation_scale: 0", "'tango.translation_scale' must be a number other than 0, not 0")]
    [InlineData("token_file: token, monitor: m/C, rotation: r/P, rotation_scale: .nan", "'tango.rotation_scale' must be a number other than 0, not NaN")]
    [InlineData("token_file: token, rotation: r/P", "readings.needs names monitor, and tango: names no attribute that tells it")]
    [InlineData("token_file: token, monitor: m/C }\nreadings: { key: index, needs: [monitor]", "use readings.key: time")]
    [InlineData("token_file: token, monitor: m/C }\nreadings: { key: time, needs: [monitor], endpoint: 'tcp://127.0.0.1:31003'", "both tell positions and monitor values: leave one out")]
    [InlineData("token_file: token, monitor: m/C }\ncompute: { workers: 1", "tango: names attributes, and readings: is absent: readings.needs says what a frame waits for")]
    [InlineData("token_file: token, monitr: m/C", "'monitr'")]
    public void Check_TangoThatRunRefuses_IsNamed(string section, string? gist)
    {
        foreach ((string name, string content, UnixFileMode others) in ((string, string, UnixFileMode)[])
            [("token", $"xrdct {new string('a', 64)}\n", 0), ("open", $"xrdct {new string('a', 64)}\n", UnixFileMode.OtherRead), ("weak", "xrdct secret\n", 0)])
        {
            File.WriteAllText(_folder.File(name), content);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(_folder.File(name), UnixFileMode.UserRead | UnixFileMode.UserWrite | others);
            }
            else if (section.Contains("open", StringComparison.Ordinal))
            {
                Assert.Skip("who may read a file is asked on Unix only");
            }
        }

        string readings = section.Contains('\n', StringComparison.Ordinal) ? "" : "readings: { key: time, needs: [monitor] }";
        void Check() => SetUp.Check(Read($"{Whole}\ntango: {{ {section} }}\n{readings}\n"), _folder.Path, "beamline.yml");
        if (gist is null)
        {
            Check();
        }
        else
        {
            UserException refused = Assert.Throws<UserException>(Check);
            Assert.Contains(gist, refused.Message, StringComparison.Ordinal);
            Assert.Equal(2, refused.ExitCode);
        }
    }

    [Fact]
    public void LiveOptions_CoarseScan_HasItsAxis()
    {
        ScanRecord coarse = ScanSamples.Scan() with { Axis = AxisFindings.None with { Offset_px = -1.5, Uncertainty_px = 0.04 } };
        string path = new NexusScanStore(_folder.Path).Save(coarse);
        string with = Whole.Replace("range_deg: 180", $"range_deg: 180, coarse: {Path.GetFileName(path)}", StringComparison.Ordinal);
        LiveOptions options = SetUp.LiveOptions(Read(with), _folder.Path, "beamline.yml");
        double step_um = coarse.Description.Plan.Step_um;
        Assert.Equal(-1.5 * step_um, options.CoarseAxis!.Value.Position_um, 1e-9);
        Assert.Equal(0.04 * step_um, options.CoarseAxis.Value.Uncertainty_um, 1e-9);

        string unknown = new NexusScanStore(_folder.Path).Save(coarse with { Axis = AxisFindings.None });
        string without = Whole.Replace("range_deg: 180", $"range_deg: 180, coarse: {Path.GetFileName(unknown)}", StringComparison.Ordinal)
            + "\nreconstruction: { outside: { mode: none } }\n";
        UserException e = Assert.Throws<UserException>(() => SetUp.LiveOptions(Read(without), _folder.Path, "beamline.yml"));
        Assert.Contains("does not say where its rotation axis is", e.Message);

        // Unless it tells what lies outside the field of view.
        string completed = without.Replace("mode: none", "mode: completion", StringComparison.Ordinal);
        Assert.Null(SetUp.LiveOptions(Read(completed), _folder.Path, "beamline.yml").CoarseAxis);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("mode: subtraction, x_um: -20", null)]
    [InlineData("mode: none", null)]
    [InlineData("x_um: 30, y_um: -40", "lies outside that of scan.coarse, whose radius is 35 µm")]
    public void Check_CoarseScanOfAnRoiScan_MustHoldIt(string outside, string? gist)
    {
        string path = new NexusScanStore(_folder.Path).Save(ScanSamples.Scan() with { Axis = AxisFindings.None with { Offset_px = 0.2, Uncertainty_px = 0.04 } });
        string text = Whole.Replace("step_um: 50, range_deg: 180", $"step_um: 1, range_deg: 180, coarse: {Path.GetFileName(path)}", StringComparison.Ordinal)
            + $"\nreconstruction: {{ outside: {{ {outside} }} }}\n";
        BeamlineConfiguration read = Read(text);
        if (gist is not null)
        {
            Assert.Contains(gist, Assert.Throws<UserException>(() => SetUp.Check(read, _folder.Path, "beamline.yml")).Message, StringComparison.Ordinal);
            return;
        }

        SetUp.Check(read, _folder.Path, "beamline.yml");
        LiveOptions options = SetUp.LiveOptions(read, _folder.Path, "beamline.yml");
        LiveRoi? roi = SetUp.Outside(read, _folder.Path, "beamline.yml", options.Integration, CancellationToken.None);
        bool isNone = outside == "mode: none";
        Assert.Equal((isNone, isNone), (roi is null, options.Corrections.Air));
        if (roi is not null)
        {
            Assert.Equal(outside.Length == 0 ? (RoiMode.Completion, 0) : (RoiMode.Subtraction, -20), (roi.Mode, roi.Nominal.X_um));
            Assert.Equal((7, 5, 10.0), (roi.Coarse!.Rays.TranslationCount, roi.Coarse.Rays.RotationCount, roi.Coarse.Rays.Step_um));
            Assert.Contains(Path.GetFileName(path), roi.Origin, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("step_um: 50", RadialUnit.TwoTheta_deg, "scan.coarse has steps of 10 µm, finer than scan.step_um 50")]
    [InlineData("step_um: 1", RadialUnit.R_mm, "cannot be brought onto that of beamline.yml")]
    [InlineData("step_um: 1", RadialUnit.Q_invnm, "has no intensity on the radial axis of this scan")]
    public void Check_CoarseScanThatDoesNotGoWithIt_IsNamed(string step, RadialUnit unit, string gist)
    {
        // 1 to 11 nm⁻¹ end at 1.1 Å⁻¹.
        ScanRecord coarse = ScanSamples.Scan(unit: unit) with { Axis = AxisFindings.None with { Offset_px = 0.2, Uncertainty_px = 0.04 } };
        string path = new NexusScanStore(_folder.Path).Save(coarse);
        BeamlineConfiguration read = Read(Whole.Replace("step_um: 50, range_deg: 180", $"{step}, range_deg: 180, coarse: {Path.GetFileName(path)}", StringComparison.Ordinal)
            + "\nintegration: { unit: q_invA, bins: 100, lower: 1.2, upper: 2 }\n");
        Assert.Contains(gist, Assert.Throws<UserException>(() => SetUp.Check(read, _folder.Path, "beamline.yml")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Recover_ScanWithOutside_SaysHowSlicesAreFreedOfIt()
    {
        string Said(string reconstruction, string scan = "range_deg: 180") => RecoverCommand.Outside(
            ConfigurationFile.Write(Read(Whole.Replace("range_deg: 180", scan, StringComparison.Ordinal) + reconstruction)), "a.journal", "a.nxs") ?? "";
        Assert.Equal("", Said(""));
        Assert.Equal("", Said("\nreconstruction: { outside: { mode: none } }\n", "range_deg: 180, coarse: coarse.nxs"));
        Assert.Equal("", RecoverCommand.Outside("scan: [", "a.journal", "a.nxs") ?? "");
        Assert.Contains("'xrdct reconstruct a.nxs --roi-mode extension'", Said("\nreconstruction: { outside: { mode: extension } }\n"), StringComparison.Ordinal);
        Assert.Equal(
            "the recovered slices are not freed from what lies outside the field of view: 'xrdct reconstruct a.nxs --roi-mode completion --coarse coarse.nxs "
                + "--roi-centre-um -12.5,3' makes some that are",
            Said("\nreconstruction: { outside: { x_um: -12.5, y_um: 3 } }\n", "range_deg: 180, coarse: coarse.nxs"));
    }

    [Fact]
    public void Check_GeometryThatTheHeaderCompletes_IsNotRefused()
    {
        File.WriteAllLines(_folder.File("test.poni"), File.ReadAllLines(_folder.File("test.poni")).Where(line => !line.StartsWith("Wavelength", StringComparison.Ordinal)));

        Assert.Contains("avelength", Assert.Throws<UserException>(() => SetUp.Check(Read(Whole), _folder.Path, "beamline.yml")).Message, StringComparison.Ordinal);
        SetUp.Check(Read(Whole.Replace("31001\" }", "31001\", from_header: [energy] }", StringComparison.Ordinal)), _folder.Path, "beamline.yml");
    }

    private ResultPublisherOptions Publisher(string section)
    {
        BeamlineConfiguration read = Read($"{Whole}\n{section}\n");
        return SetUp.Publisher(read.Publish!, read.Integration.Bins!.Value, read.Channels.Count, "beamline.yml");
    }

    private UserException Refused(string text)
    {
        BeamlineConfiguration read = Read(text);
        UserException e = Assert.Throws<UserException>(() => SetUp.LiveOptions(read, _folder.Path, "beamline.yml"));
        Assert.Equal(2, e.ExitCode);
        Assert.DoesNotContain("(Parameter", e.Message);
        return e;
    }

    private BeamlineConfiguration Read(string text) => ConfigurationFile.Read(Write(text));

    private string Write(string text)
    {
        string path = _folder.File("test.yml");
        File.WriteAllText(path, text);
        return path;
    }
}
