using System.Globalization;
using System.Net;
using System.Reflection;
using XrdCt.Live.Compute.Gpu;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Compute.Roi;
using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Egress.Publishing;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Server.Conversion;
using XrdCt.Live.Server.Reconstruction;
using XrdCt.Live.Storage.Sinograms;

namespace XrdCt.Live.Server.Configuration;

/// <summary>
/// Turns a configuration into the parts of a scan, checking every value on the way: the composition root's first half.
/// </summary>
internal static class SetUp
{
    private static readonly Dictionary<string, RadialUnit> Units = new(StringComparer.OrdinalIgnoreCase)
    {
        ["two_theta_deg"] = RadialUnit.TwoTheta_deg,
        ["two_theta_rad"] = RadialUnit.TwoTheta_rad,
        ["q_invA"] = RadialUnit.Q_invA,
        ["q_invnm"] = RadialUnit.Q_invnm,
        ["r_mm"] = RadialUnit.R_mm,
        ["d_A"] = RadialUnit.D_A,
    };

    private static readonly Dictionary<string, IntegrationFilter> Filters = new(StringComparer.OrdinalIgnoreCase)
    {
        ["mean"] = IntegrationFilter.Mean,
        ["median"] = IntegrationFilter.Median,
        ["trimmed"] = IntegrationFilter.Trimmed,
        ["sigma-clip"] = IntegrationFilter.SigmaClip,
    };

    private static readonly Dictionary<string, PixelSplitting> Splittings = new(StringComparer.OrdinalIgnoreCase)
    {
        ["none"] = PixelSplitting.None,
        ["bbox"] = PixelSplitting.BoundingBox,
        ["full"] = PixelSplitting.Full,
    };

    private static readonly Dictionary<string, TrimDefinition> Trims = new(StringComparer.OrdinalIgnoreCase)
    {
        ["pixel"] = TrimDefinition.Pixel,
        ["exact"] = TrimDefinition.Exact,
        ["cake"] = TrimDefinition.Cake,
    };

    private static readonly Dictionary<string, ErrorModel> ErrorModels = new(StringComparer.OrdinalIgnoreCase)
    {
        ["poisson"] = ErrorModel.Poisson,
        ["azimuthal"] = ErrorModel.Azimuthal,
        ["hybrid"] = ErrorModel.Hybrid,
    };

    private static readonly Dictionary<string, ComputeBackend> Backends = new(StringComparer.OrdinalIgnoreCase)
    {
        ["auto"] = ComputeBackend.Auto,
        ["cpu"] = ComputeBackend.Cpu,
        ["cuda"] = ComputeBackend.Cuda,
        ["opencl"] = ComputeBackend.OpenCl,
    };

    private static readonly Dictionary<string, LiveChannelKind> Kinds = new(StringComparer.OrdinalIgnoreCase)
    {
        ["total"] = LiveChannelKind.Total,
        ["peak"] = LiveChannelKind.Peak,
        ["spottiness"] = LiveChannelKind.Spottiness,
    };

    private static readonly Dictionary<string, TriggerAnchor> Anchors = new(StringComparer.OrdinalIgnoreCase)
    {
        ["centre"] = TriggerAnchor.Centre,
        ["start"] = TriggerAnchor.Start,
        ["end"] = TriggerAnchor.End,
    };

    private static readonly Dictionary<string, BeamCorrection> Beams = new(StringComparer.OrdinalIgnoreCase)
    {
        ["monitor"] = BeamCorrection.Monitor,
        ["air"] = BeamCorrection.Air,
        ["constant-total"] = BeamCorrection.ConstantTotal,
        ["none"] = BeamCorrection.None,
    };

    private static readonly Dictionary<string, LineCorrection> Lines = new(StringComparer.OrdinalIgnoreCase)
    {
        ["none"] = LineCorrection.None,
        ["flag"] = LineCorrection.Flag,
        ["interpolate"] = LineCorrection.Interpolate,
    };

    private static readonly Dictionary<string, RoiMode> Modes = new(StringComparer.OrdinalIgnoreCase)
    {
        ["completion"] = RoiMode.Completion,
        ["subtraction"] = RoiMode.Subtraction,
        ["extension"] = RoiMode.Extension,
        ["none"] = RoiMode.None,
    };

    // A day: whoever wants to wait longer has forgotten a unit.
    private const double LongestWait_s = 86_400;

    // A terabyte: no machine of today has so much to spare.
    private const double LargestMemory_mb = 1_000_000;

    /// <summary>Names of the orders, for help texts.</summary>
    public static IEnumerable<string> OrderNames => ScanPath.ByName.Keys;

    /// <summary>Names of the units, for help texts.</summary>
    public static IEnumerable<string> UnitNames => Units.Keys;

    /// <summary>The unit of a name.</summary>
    public static RadialUnit Unit(string name, string file, string key) => OneOf(Units, name, file, key);

    /// <summary>The name of a unit.</summary>
    public static string NameOf(RadialUnit unit) => Units.First(known => known.Value == unit).Key;

    /// <summary>Names of the filters, for help texts.</summary>
    public static IEnumerable<string> FilterNames => Filters.Keys;

    /// <summary>Names of the apodisations of the ramp, for help texts.</summary>
    public static IEnumerable<string> RampNames => RampFilters.ByName.Keys;

    /// <summary>The apodisation of a name.</summary>
    public static RampFilter Ramp(string name, string file, string key) => OneOf(RampFilters.ByName, name, file, key);

    /// <summary>The name of an apodisation.</summary>
    public static string NameOf(RampFilter filter) => filter.Name();

    /// <summary>Names of the ways to split pixels, for help texts.</summary>
    public static IEnumerable<string> SplittingNames => Splittings.Keys;

    /// <summary>Names of the trimmed means, for help texts.</summary>
    public static IEnumerable<string> TrimNames => Trims.Keys;

    /// <summary>Names of the error models, for help texts.</summary>
    public static IEnumerable<string> ErrorModelNames => ErrorModels.Keys;

    /// <summary>Name and version, as they stand in every output.</summary>
    public static string Program { get; } =
        $"XrdCt.Live {typeof(SetUp).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0]}";

    /// <summary>Makes the options of a live scan.</summary>
    /// <param name="configuration">What the file says.</param>
    /// <param name="folder">Folder that paths in it are relative to.</param>
    /// <param name="file">Name of the file, for messages.</param>
    /// <param name="note">One sentence for the visitor.</param>
    /// <param name="header">What the detector says of the series, for the parts that <c>source.from_header</c> names.</param>
    public static LiveOptions LiveOptions(
        BeamlineConfiguration configuration, string folder, string file, string note = "", SeriesHeader? header = null)
    {
        HeaderlessParts parts = Headerless(configuration, folder, file);
        IntegrationPlan integration = Plan(parts.Files, parts.Integration, FromHeader.Of(configuration.Source!.FromHeader, header));
        Wrap(file, () => new ChannelExtractor(integration.Axis, parts.Channels));
        return new LiveOptions
        {
            Title = parts.Title,
            Source = parts.Frames.Description,
            Note = note,
            Plan = parts.Plan,
            Slice = parts.Stack?.Slice(1),
            ToldLayout = parts.Stack?.ToldLayout,
            Integration = integration,
            Channels = parts.Channels,
            Placement = parts.Placement,
            Filter = parts.Filter,
            EveryBin = parts.EveryBin,
            Corrections = parts.Corrections,
            KeepsCorrected = configuration.Output.Corrected,
            Readings = parts.Readings?.Rule,
            CoarseAxis = parts.CoarseAxis,
            ReadingsGrace = parts.Readings?.Grace ?? TimeSpan.Zero,
            Workers = Workers(configuration, file),
            Batches_bytes = parts.Frames.Batches_bytes,
            Held_bytes = parts.Frames.Held_bytes,
            SilenceLimit = parts.SilenceLimit,
            EndGrace = parts.EndGrace,
            Configuration = ConfigurationFile.Write(configuration),
            Program = Program,
        };
    }

    /// <summary>
    /// Checks everything that a run would refuse before its first frame, but for what only the detector's header or the machine that it runs
    /// on can tell: a geometry that the header is to complete, and whether devices, ports and folders are there.
    /// </summary>
    /// <param name="configuration">What the file says.</param>
    /// <param name="folder">Folder that paths in it are relative to.</param>
    /// <param name="file">Name of the file, for messages.</param>
    /// <exception cref="UserException">Something is wrong; the message names file, key or value, and the remedy.</exception>
    public static void Check(BeamlineConfiguration configuration, string folder, string file)
    {
        Backend(configuration.Compute, file);
        NotBlank(configuration.Output.Folder, file, "output.folder");
        DisplayPort(configuration.Display, file);
        if (configuration.Publish is { } publish)
        {
            Publisher(publish, configuration.Integration.Bins!.Value, configuration.Channels.Count, file);
            Linger(publish, file);
        }

        _ = configuration.Roi?.Scan is null ? null : StagesSetUp.Plan(configuration, file, number: 1, place_um: (0, 0), axis_um: 0);
        _ = StagesSetUp.Of(configuration, file);
        HeaderlessParts parts = Headerless(configuration, folder, file);
        if (configuration.Source!.FromHeader.Intersect(FromHeader.OfGeometry).Any())
        {
            Reading(() => DetectorSetUp.Read(parts.Files));
        }
        else
        {
            LiveOptions options = LiveOptions(configuration, folder, file);
            Outside(configuration, folder, file, options.Integration, CancellationToken.None);
        }
    }

    // What no header changes.
    private static HeaderlessParts Headerless(BeamlineConfiguration configuration, string folder, string file)
    {
        SourceSetUp frames = Source(configuration, folder, file);
        SourceSection source = configuration.Source!;
        DetectorFiles files = Files(configuration, folder, file);
        RoiSection roi = Required(configuration.Roi, file, "roi");
        LiveChannel[] channels = Channels(configuration, file);
        string roiChannel = roi.Channel ?? channels[0].Name;
        if (!channels.Any(c => c.Name == roiChannel))
        {
            throw UserException.WrongUse(
                $"{file}: roi.channel '{roiChannel}' is none of the channels ({string.Join(", ", channels.Select(c => c.Name))})");
        }

        if (files.FlatField is not null && source.FromHeader.Contains("flat_field"))
        {
            throw UserException.WrongUse($"{file}: the flat field stands in geometry.flat_field and in source.from_header: leave one of them out");
        }

        ScanPlan plan = ScanPlan(Required(configuration.Scan, file, "scan"), file);
        double roiRadius_um = Within(Required(roi.Radius_um, file, "roi.radius_um"), 10 * plan.TranslationCount * plan.Step_um, file, "roi.radius_um");
        PlacementRules placement = GuidanceSetUp.Rules(configuration, roiRadius_um, roiChannel, file);
        if (placement.Phases.FirstOrDefault(p => !channels.Any(c => c.Name == p.Channel)) is { } foreign)
        {
            throw UserException.WrongUse(
                $"{file}: guidance.phases names '{foreign.Channel}', which is none of the channels ({string.Join(", ", channels.Select(c => c.Name))})");
        }

        _ = OutsideMode(configuration, file);
        return new HeaderlessParts(
            NotBlank(configuration.Title, file, "title"),
            frames,
            files,
            LiveIntegration(configuration.Integration, file),
            plan,
            StackSetUp.Of(configuration.Scan!, plan.CellCount, file),
            channels,
            placement,
            OneOf(RampFilters.ByName, configuration.Reconstruction.Filter, file, "reconstruction.filter"),
            configuration.Reconstruction.EveryBin,
            Corrections(configuration, plan, channels, file),
            Readings(configuration, Tango(configuration, folder, file), file),
            CoarseAxis(configuration, folder, file),
            TimeSpan.FromSeconds(Within(source.SilenceLimit_s, LongestWait_s, file, "source.silence_limit_s")),
            TimeSpan.FromSeconds(Within(source.EndGrace_s, LongestWait_s, file, "source.end_grace_s")));
    }

    /// <summary>Checks the source of a configuration; only the image size of the geometry is looked at.</summary>
    public static SourceSetUp Source(BeamlineConfiguration configuration, string folder, string file)
    {
        SourceSection source = Required(configuration.Source, file, "source");
        DetectorFiles files = Files(configuration, folder, file);
        ImageShape shape = Reading(() => DetectorSetUp.ReadShape(files));
        int held = configuration.Scan is { Slices: > 1 } ? LiveGraph.HeldMessages : 0;
        return SourceSetUp.Of(source, shape, Workers(configuration, file), held, file);
    }

    /// <summary>Checks the stack of slices; null where there is one slice only.</summary>
    public static StackSetUp? Stack(BeamlineConfiguration configuration, string file)
    {
        ScanSection scan = Required(configuration.Scan, file, "scan");
        return StackSetUp.Of(scan, ScanPlan(scan, file).CellCount, file);
    }

    /// <summary>What is done about the sample beyond the field of view.</summary>
    public static RoiMode OutsideMode(BeamlineConfiguration configuration, string file)
    {
        string? coarse = configuration.Scan?.Coarse;
        OutsideSection outside = configuration.Reconstruction.Outside;
        RoiMode mode = outside.Mode is string said ? OneOf(Modes, said, file, "reconstruction.outside.mode")
            : coarse is null ? RoiMode.None
            : RoiMode.Completion;
        return mode is RoiMode.Completion or RoiMode.Subtraction && coarse is null
            ? throw UserException.WrongUse($"{file}: reconstruction.outside.mode {outside.Mode} needs the result of the coarse scan: name it in scan.coarse, or use extension")
            : !double.IsFinite(outside.X_um) || !double.IsFinite(outside.Y_um)
                ? throw UserException.WrongUse($"{file}: reconstruction.outside.x_um and y_um must be numbers, µm")
                : mode;
    }

    /// <summary>Reads the coarse scan of an ROI scan; null for a scan of the whole sample.</summary>
    /// <param name="configuration">What the file says.</param>
    /// <param name="folder">Folder that paths in it are relative to.</param>
    /// <param name="file">Name of the file, for messages.</param>
    /// <param name="integration">Radial axis and wavelength of the ROI scan.</param>
    /// <param name="stop">Asks for the end.</param>
    /// <exception cref="UserException">The coarse scan cannot be read, or does not go with this one.</exception>
    public static LiveRoi? Outside(BeamlineConfiguration configuration, string folder, string file, IntegrationPlan integration, CancellationToken stop)
    {
        RoiMode mode = OutsideMode(configuration, file);
        if (mode == RoiMode.None)
        {
            return null;
        }

        OutsideSection outside = configuration.Reconstruction.Outside;
        CoarseScan? coarse = null;
        if (mode != RoiMode.Extension)
        {
            SinogramHeader roi = new()
            {
                Angles_deg = [],
                Translations_um = [],
                Radial = integration.Axis.Centres.ToArray(),
                Unit = integration.Axis.Unit,
                Energy_keV = integration.Geometry.Wavelength_m is double wavelength_m ? PhotonEnergy.FromWavelength_keV(wavelength_m) : null,
                Origin = file,
            };
            using SinogramFile found = Reading(() => SinogramFiles.OpenCorrected(Path.Combine(folder, configuration.Scan!.Coarse!), new SinogramReading(), isRaw: false));
            coarse = Reading(() => new CoarseScan(
                found, roi, [.. Enumerable.Repeat(true, roi.BinCount)], roiHasAir: true, (0, roi.BinCount), isShown: true, stop));
            CheckOverlap(coarse, ScanPlan(configuration.Scan!, file), outside, file);
        }

        return new LiveRoi
        {
            Mode = mode,
            Coarse = coarse?.Patterns,
            Origin = coarse?.Origin ?? "",
            Nominal = new RoiRegistrationOptions { X_um = outside.X_um, Y_um = outside.Y_um, IsCoarseSmeared = outside.CoarseMoved },
        };
    }

    private static void CheckOverlap(CoarseScan coarse, ScanPlan plan, OutsideSection outside, string file)
    {
        ScanRays rays = coarse.Patterns.Rays;
        if (rays.Step_um < plan.Step_um)
        {
            throw UserException.WrongUse(string.Create(
                CultureInfo.InvariantCulture,
                $"{file}: scan.coarse has steps of {rays.Step_um:G4} µm, finer than scan.step_um {plan.Step_um:G4}: name the coarse scan, or set reconstruction.outside.mode to none"));
        }

        double away_um = Math.Sqrt((outside.X_um * outside.X_um) + (outside.Y_um * outside.Y_um));
        double coarse_um = 0.5 * rays.TranslationCount * rays.Step_um;
        if (away_um - (0.5 * plan.TranslationCount * plan.Step_um) > coarse_um)
        {
            throw UserException.WrongUse(string.Create(
                CultureInfo.InvariantCulture,
                $"{file}: the field of view about reconstruction.outside.x_um {outside.X_um:G4}, y_um {outside.Y_um:G4} lies outside that of scan.coarse, whose radius is {coarse_um:G4} µm: put the place right, or use extension"));
        }

        if (!coarse.Patterns.HasBins)
        {
            throw UserException.WrongUse($"{file}: scan.coarse has no intensity on the radial axis of this scan: use the coarse scan of the same geometry, or extension");
        }
    }

    private static AxisPosition? CoarseAxis(BeamlineConfiguration configuration, string folder, string file)
    {
        if (configuration.Scan!.Coarse is not string coarse)
        {
            return null;
        }

        string path = Path.Combine(folder, coarse);
        using SinogramFile found = Reading(() => new SinogramFile(path, new SinogramReading(), ChunkUnpacking.Unpack));
        // Where it tells what lies outside, it has another use, and the rays of both scans tell the axis of this one.
        bool isNeeded = OutsideMode(configuration, file) is RoiMode.None or RoiMode.Extension;
        return found.Axis is null && isNeeded
            ? throw new UserException($"{file}: scan.coarse: '{path}' does not say where its rotation axis is, or could not find it: leave the key out")
            : found.Axis;
    }

    /// <summary>Checks where positions and monitor values come from; null where they come with the frames, or not at all.</summary>
    /// <param name="configuration">What the file says.</param>
    /// <param name="tango">The gateway to Tango; null without one.</param>
    /// <param name="file">Name of the file, for messages.</param>
    public static ReadingsSetUp? Readings(BeamlineConfiguration configuration, TangoSetUp? tango, string file) =>
        configuration.Readings is ReadingsSection readings ? ReadingsSetUp.Of(readings, Required(configuration.Source, file, "source"), tango?.Readings, file)
        : tango?.Readings is null ? null
        : throw UserException.WrongUse($"{file}: tango: names attributes, and readings: is absent: readings.needs says what a frame waits for");

    /// <summary>Checks the gateway to Tango; null without one.</summary>
    public static TangoSetUp? Tango(BeamlineConfiguration configuration, string folder, string file) => configuration.Tango is null
        ? null
        : TangoSetUp.Of(configuration, folder, file);

    /// <summary>Workers that decode and integrate at the same time.</summary>
    public static int Workers(BeamlineConfiguration configuration, string file) => configuration.Compute.Workers is int workers
        ? (int)Within(workers, LiveGraph.FreePatterns.Capacity / 4, file, "compute.workers")
        : Environment.ProcessorCount;

    /// <summary>Opens what integrates. A device takes another number of workers than the CPU, where the file does not say one.</summary>
    /// <param name="compute">What the file says; its workers are filled in.</param>
    /// <param name="file">Name of the file, for messages.</param>
    /// <param name="say">Is told what changes while frames are integrated.</param>
    public static IntegratorSource Integrators(ComputeSection compute, string file, Action<string> say)
    {
        Backend(compute, file);
        IntegratorSource source = Integrators(compute.Backend, compute.Device, file, "compute.backend", say);
        compute.Workers ??= source.IsOnDevice ? source.UsualWorkers : null;
        return source;
    }

    private static void Backend(ComputeSection compute, string file)
    {
        OneOf(Backends, compute.Backend, file, "compute.backend");
        if (compute.Device < 0)
        {
            throw UserException.WrongUse($"{file}: 'compute.device' must be 0 or more, not {compute.Device}");
        }
    }

    /// <summary>Opens what integrates.</summary>
    /// <param name="word">What was asked for: <c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>opencl</c>.</param>
    /// <param name="device">Which device of that kind, from 0.</param>
    /// <param name="file">Where the word stands, for messages.</param>
    /// <param name="key">What it is called there.</param>
    /// <param name="say">Is told what changes while frames are integrated.</param>
    public static IntegratorSource Integrators(string word, int device, string file, string key, Action<string> say)
    {
        ComputeBackend backend = OneOf(Backends, word, file, key);
        try
        {
            return IntegratorSource.Open(backend, device, say);
        }
        catch (GpuException e)
        {
            throw new UserException($"{file}: {key} '{word}': {e.Message}; 'auto' takes the CPU where there is none", e);
        }
    }

    /// <summary>Makes the options of the published results.</summary>
    /// <param name="publish">What the file says.</param>
    /// <param name="binCount">Bins of the patterns.</param>
    /// <param name="channelCount">Number of live channels.</param>
    /// <param name="file">Name of the file, for messages.</param>
    public static ResultPublisherOptions Publisher(PublishSection publish, int binCount, int channelCount, string file)
    {
        PublishEndpoint latest = Endpoint(() => PublishEndpoint.Parse(publish.Endpoint), "publish.endpoint");
        double least_mb = Math.Ceiling(ResultPublisherOptions.LeastMemory_bytes / 1e6);
        if (!(publish.MemoryLimit_mb >= least_mb && publish.MemoryLimit_mb <= LargestMemory_mb))
        {
            throw UserException.WrongUse(string.Create(
                CultureInfo.InvariantCulture,
                $"{file}: 'publish.memory_limit_mb' must be {least_mb} to {LargestMemory_mb}, not {publish.MemoryLimit_mb}"));
        }

        return new ResultPublisherOptions
        {
            Latest = latest,
            Requests = Endpoint(
                () => publish.RequestEndpoint is string requests ? PublishEndpoint.Parse(requests) : latest.Next(1), "publish.request_endpoint"),
            Every = Endpoint(
                () => publish.EveryEndpoint is string every ? PublishEndpoint.Parse(every) : latest.Next(2), "publish.every_endpoint"),
            MemoryLimit_bytes = (long)(publish.MemoryLimit_mb * 1e6),
            BinCount = binCount,
            ChannelCount = channelCount,
        };

        PublishEndpoint Endpoint(Func<PublishEndpoint> read, string key) => Wrap($"{file}: {key}", read);
    }

    /// <summary>Port of the page; 0 for any free one.</summary>
    public static int DisplayPort(DisplaySection display, string file) => display.Port is >= IPEndPoint.MinPort and <= IPEndPoint.MaxPort
        ? display.Port
        : throw UserException.WrongUse($"{file}: 'display.port' must be {IPEndPoint.MinPort} to {IPEndPoint.MaxPort}, not {display.Port}");

    /// <summary>How long subscribers are served after the end of the scan.</summary>
    public static TimeSpan Linger(PublishSection publish, string file) =>
        TimeSpan.FromSeconds(Within(publish.Linger_s, LongestWait_s, file, "publish.linger_s"));

    /// <summary>Configuration of pyFAI that a configuration refers to; null where it refers to none.</summary>
    public static PyFaiConfiguration? PyFai(BeamlineConfiguration configuration, string folder) =>
        configuration.Integration.PyFai is string path ? PyFaiConfiguration.Read(Resolve(folder, path)) : null;

    /// <summary>The files that describe the detector; a calibration must be among them.</summary>
    public static DetectorFiles Files(BeamlineConfiguration configuration, string folder, string file)
    {
        DetectorFiles? below = PyFai(configuration, folder)?.Files;
        DetectorFiles files = configuration.Geometry is null ? below ?? new DetectorFiles() : DetectorFiles.Of(configuration.Geometry, folder).Over(below);
        if (files.Calibration is null)
        {
            _ = Required(Required(configuration.Geometry, file, "geometry").Poni, file, "geometry.poni");
        }

        return files;
    }

    /// <summary>Reads the detector's files and builds the integration plan.</summary>
    public static IntegrationPlan Plan(DetectorFiles files, IntegrationOptions options, FromHeader? header = null) => Reading(() =>
    {
        header ??= FromHeader.Nothing;
        DetectorSetUp detector = DetectorSetUp.Read(files);
        ReadOnlyMemory<float> flatField = header.FlatField(detector.Geometry.Shape);
        return new IntegrationPlan(
            header.Apply(detector.Geometry),
            header.Apply(detector.Mask),
            options,
            new FrameCorrections { FlatField = flatField.IsEmpty ? detector.FlatField : flatField, Dark = detector.Dark });
    });

    private static T Reading<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ArgumentException e)
        {
            // The files are what they should be; a number that was asked for is not.
            throw UserException.WrongUse(Sentence(e), e);
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException or InvalidDataException
            or InvalidOperationException or NotSupportedException)
        {
            throw new UserException(Sentence(e), e);
        }
    }

    /// <summary>Makes integration options from the words of a configuration or a command line.</summary>
    /// <param name="section">The words.</param>
    /// <param name="file">Name of the file, for messages.</param>
    public static IntegrationOptions Integration(IntegrationSection section, string file)
    {
        IntegrationSection said = section.Over(IntegrationSection.Default());
        return new IntegrationOptions
        {
            Unit = OneOf(Units, said.Unit!, file, "integration.unit"),
            BinCount = said.Bins!.Value,
            Lower = said.Lower,
            Upper = said.Upper,
            AzimuthLower_deg = said.AzimuthLower_deg,
            AzimuthUpper_deg = said.AzimuthUpper_deg,
            AzimuthSectors = said.AzimuthSectors,
            Splitting = OneOf(Splittings, said.Splitting!, file, "integration.splitting"),
            Filter = OneOf(Filters, said.Filter!, file, "integration.filter"),
            TrimDefinition = OneOf(Trims, said.Trim!, file, "integration.trim"),
            TrimLower = said.TrimLower!.Value,
            TrimUpper = said.TrimUpper!.Value,
            CakeSectors = said.CakeSectors!.Value,
            CorrectPoissonBias = said.CorrectPoissonBias!.Value,
            ClipThreshold_sigma = said.ClipThreshold_sigma!.Value,
            ClipIterations = said.ClipIterations!.Value,
            ErrorModel = OneOf(ErrorModels, said.ErrorModel!, file, "integration.error_model"),
            SolidAngle = said.SolidAngle!.Value,
            PolarisationFactor = said.Polarisation,
            SensorAbsorption = said.SensorAbsorption!.Value,
            Dummy = said.Dummy,
            DummyDelta = said.DummyDelta!.Value,
        };
    }

    private static IntegrationOptions LiveIntegration(IntegrationSection section, string file)
    {
        IntegrationOptions options = Integration(section, file);
        return options.AzimuthSectors is null
            ? options
            : throw UserException.WrongUse(
                $"{file}: integration.azimuth_sectors gives 2D patterns, but a live scan needs 1D ones: leave it out, and set nbpt_azim to 1 in "
                + "pyFAI's configuration (xrdct integrate takes it)");
    }

    /// <summary>An exception's message without the parameter name that .NET appends.</summary>
    public static string Sentence(Exception e)
    {
        int parameter = e.Message.IndexOf(" (Parameter '", StringComparison.Ordinal);
        return (parameter < 0 ? e.Message : e.Message[..parameter]).TrimEnd('.');
    }

    private static ScanPlan ScanPlan(ScanSection scan, string file, string key = "scan")
    {
        ScanPath path = OneOf(ScanPath.ByName, Required(scan.Order, file, $"{key}.order"), file, $"{key}.order");
        TriggerAnchor anchor = OneOf(Anchors, scan.Anchor, file, $"{key}.anchor");
        int translations = Required(scan.Translations, file, $"{key}.translations");
        int rotations = Required(scan.Rotations, file, $"{key}.rotations");
        double step_um = Required(scan.Step_um, file, $"{key}.step_um");
        double range_deg = Required(scan.Range_deg, file, $"{key}.range_deg");
        int subsets = Math.Min((int)Within(scan.Subsets, int.MaxValue, file, $"{key}.subsets"), rotations);
        return Wrap(file, () => new ScanPlan(
            translations, rotations, step_um, path, range_deg, scan.SubsetOrder.Length > 0 ? scan.SubsetOrder : AngleOrder.BitReversed(subsets))
        {
            IncludesEnd = scan.IncludesEnd,
            Anchor = anchor,
        });
    }

    /// <summary>The ROI scan to come, with the trigger of the coarse scan.</summary>
    public static ScanPlan RoiScan(RoiScanSection scan, string anchor, string file) => ScanPlan(
        new ScanSection
        {
            Order = scan.Order,
            Subsets = scan.Subsets,
            SubsetOrder = scan.SubsetOrder,
            Translations = scan.Translations,
            Rotations = scan.Rotations,
            Step_um = scan.Step_um,
            Range_deg = scan.Range_deg,
            Anchor = anchor,
        },
        file,
        "roi.scan");

    // What is corrected may not depend on which of two keys was meant.
    private static CorrectionOptions Corrections(BeamlineConfiguration configuration, ScanPlan plan, LiveChannel[] channels, string file)
    {
        CorrectionsSection section = configuration.Corrections;
        BeamCorrection? beam = section.Beam is string name ? OneOf(Beams, name, file, "corrections.beam") : null;
        bool? isNormalised = configuration.Scan!.NormaliseToMonitor;
        if (beam is not null && isNormalised is not null && isNormalised != (beam == BeamCorrection.Monitor))
        {
            throw UserException.WrongUse($"{file}: corrections.beam is '{section.Beam}', but scan.normalise_to_monitor says otherwise: leave the latter out");
        }

        if (plan.Path.Order == ScanOrder.Positions && (beam is BeamCorrection.Air or BeamCorrection.ConstantTotal || !section.Lines.Equals("flag", StringComparison.OrdinalIgnoreCase)))
        {
            throw UserException.WrongUse($"{file}: where recorded positions decide (scan.order positions), only the beam monitor is corrected for: leave the other corrections out");
        }

        if (plan.Path.LinesRunOverRotations && beam is BeamCorrection.Air or BeamCorrection.ConstantTotal)
        {
            throw UserException.WrongUse(
                $"{file}: corrections.beam cannot be '{section.Beam}' where lines run over rotations (scan.order {configuration.Scan.Order}): each projection is "
                + "measured over the whole scan, so that it says nothing of the beam; use monitor or none");
        }

        if (section.Spotty == true && channels.All(c => c.Kind != LiveChannelKind.Spottiness))
        {
            throw UserException.WrongUse($"{file}: corrections.spotty needs a live channel of the kind spottiness: add {{name: spottiness, kind: spottiness}} to the channels");
        }

        var usual = new CorrectionOptions();
        return new CorrectionOptions
        {
            Beam = beam ?? (isNormalised == false ? BeamCorrection.None : BeamCorrection.Monitor),
            Transmission = section.Transmission,
            // Within a sample there is no air: what the coarse scan knows of it is taken off with the outside.
            Air = section.Air && OutsideMode(configuration, file) == RoiMode.None,
            Lines = OneOf(Lines, section.Lines, file, "corrections.lines"),
            Spotty = section.Spotty ?? usual.Spotty,
        };
    }

    private static LiveChannel[] Channels(BeamlineConfiguration configuration, string file)
    {
        LiveChannel[] channels = [.. configuration.Channels.Select((c, i) => new LiveChannel(
            Required(c.Name, file, $"channels[{i}].name"),
            OneOf(Kinds, Required(c.Kind, file, $"channels[{i}].kind"), file, $"channels[{i}].kind"),
            c.Lower ?? double.NegativeInfinity,
            c.Upper ?? double.PositiveInfinity))];
        if (channels.Length == 0)
        {
            throw UserException.WrongUse($"{file}: 'channels' needs at least one live channel, such as {{name: total, kind: total}}");
        }

        return channels.GroupBy(c => c.Name).FirstOrDefault(g => g.Count() > 1)?.Key is string twice
            ? throw UserException.WrongUse($"{file}: two live channels have the same name '{twice}'")
            : channels;
    }

    private static T Wrap<T>(string file, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (ArgumentException e)
        {
            throw UserException.WrongUse($"{file}: {Sentence(e)}", e);
        }
    }

    private static string Resolve(string folder, string path) => Path.GetFullPath(Path.Combine(folder, path));

    /// <summary>A value that must be there.</summary>
    public static T Required<T>(T? value, string file, string key)
        where T : class =>
        value ?? throw UserException.WrongUse($"{file}: the key '{key}' is missing");

    public static T Required<T>(T? value, string file, string key)
        where T : struct =>
        value ?? throw UserException.WrongUse($"{file}: the key '{key}' is missing");

    private static string NotBlank(string value, string file, string key) => string.IsNullOrWhiteSpace(value)
        ? throw UserException.WrongUse($"{file}: the key '{key}' is empty")
        : value;

    /// <summary>A number above 0 and at most <paramref name="largest"/>.</summary>
    public static double Within(double value, double largest, string file, string key) => value > 0 && value <= largest
        ? value
        : throw UserException.WrongUse(
            string.Create(CultureInfo.InvariantCulture, $"{file}: '{key}' must be above 0 and at most {largest}, not {value}"));

    /// <summary>One of several names.</summary>
    public static T OneOf<T>(IReadOnlyDictionary<string, T> known, string name, string file, string key) => known.TryGetValue(name, out T? value)
        ? value
        : throw UserException.WrongUse($"{file}: '{key}' must be one of {string.Join(", ", known.Keys)}, not '{name}'");

    private sealed record HeaderlessParts(
        string Title,
        SourceSetUp Frames,
        DetectorFiles Files,
        IntegrationOptions Integration,
        ScanPlan Plan,
        StackSetUp? Stack,
        LiveChannel[] Channels,
        PlacementRules Placement,
        RampFilter Filter,
        bool EveryBin,
        CorrectionOptions Corrections,
        ReadingsSetUp? Readings,
        AxisPosition? CoarseAxis,
        TimeSpan SilenceLimit,
        TimeSpan EndGrace);
}
