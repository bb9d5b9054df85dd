using System.Runtime.InteropServices;
using PureHDF;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Readings;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Storage.Volumes;

namespace XrdCt.Live.Storage.Nexus;

/// <summary>
/// The tree of a scan file: an NXxrdct entry and what the live processing adds to it. All but the intensities are in
/// it from the start; those are written through <see cref="Intensity"/> once the file is open.
/// </summary>
internal sealed class ScanTree
{
    private const string EntryName = "entry";

    // Version of the NXxrdct definition that the layout follows.
    private const double DefinitionVersion = 1.0;

    // Chunks of 16 × 16 cells × 64 bins, 64 KiB: in a scan of 251 × 250 × 2048 one pattern touches 2 MiB and the
    // sinogram of one bin 16 MiB, instead of the whole 514 MB that either costs with chunks shaped for the other.
    private const int CellsPerChunk = 16;
    private const int BinsPerChunk = 64;

    private const double AngstromPerMetre = 1e10;

    /// <summary>Bins whose variances are kept as one sum: those of all bins would double the file.</summary>
    public const int BinsPerBand = 16;

    /// <summary>Frames of a chunk of <see cref="Frames"/>: half a megabyte at 2,048 bins.</summary>
    public const int FramesPerChunk = 64;

    private const string LengthUnits = "um";
    private const string AngleUnits = "degree";
    private const string CountUnits = "counts";
    private const string NoUnits = "";
    private const string StepUnits = "step";

    private readonly ScanRecord _scan;
    private readonly ScanPlan _plan;
    private readonly H5Dataset _translations;
    private readonly H5Dataset _rotations;
    private readonly H5Dataset _channels;
    private readonly bool _isGrowing;
    private readonly Dictionary<string, string> _channelGroups = [];

    /// <summary>Builds the tree.</summary>
    /// <exception cref="ArgumentException">Parts of the record differ in size.</exception>
    public ScanTree(ScanRecord scan)
        : this(scan, isGrowing: false)
    {
    }

    private ScanTree(ScanRecord scan, bool isGrowing)
    {
        CheckSizes(scan);
        _scan = scan;
        _isGrowing = isGrowing;
        _plan = scan.Sinogram.Plan;
        RadialAxis axis = scan.Description.Axis;

        _translations = Linked(
            NexusNodes.Vector(
                [.. Enumerable.Range(0, _plan.TranslationCount).Select(_plan.Position_um)], LengthUnits, "translation (um)"),
            "sample/translation_values");
        _rotations = Linked(
            NexusNodes.Vector(
                [.. Enumerable.Range(0, _plan.RotationCount).Select(_plan.Angle_deg)], AngleUnits, "rotation (degree)"),
            "sample/rotation_angle");
        _channels = Linked(
            NexusNodes.Vector(axis.Centres.ToArray(), RadialNames.Units(axis.Unit), RadialNames.Quantity(axis.Unit)),
            "instrument/detector/diffraction_channel");
        _channels.Attributes["first_edge"] = axis.Lower;
        _channels.Attributes["bin_width"] = axis.Step;

        ulong[] dims = [(ulong)_plan.TranslationCount, (ulong)_plan.RotationCount, (ulong)axis.BinCount];
        ChunkShape =
        [
            Math.Min(CellsPerChunk, _plan.TranslationCount),
            Math.Min(CellsPerChunk, _plan.RotationCount),
            Math.Min(BinsPerChunk, axis.BinCount),
        ];
        Intensity = isGrowing
            ? new H5Dataset<Memory<float>>(dims)
            : new H5Dataset<Memory<float>>(dims, [.. ChunkShape.Select(c => (uint)c)], NexusNodes.Compressed());
        NexusNodes.WithUnits(Intensity, CountUnits);
        Linked(Intensity, "data/intensity");
        // The way NXxrdct names the axes; generic viewers want the array on the group, which is there as well.
        Intensity.Attributes["signal"] = 1;
        Intensity.Attributes["axes"] = "translation_values:rotation_angles:diffraction_channel";
        if (scan is { KeepsCorrected: true, Corrected: { } made } && (made.Findings.ChangesIntensities || scan.Unmatched is not null))
        {
            Corrected = new H5Dataset<Memory<float>>(dims, [.. ChunkShape.Select(c => (uint)c)], NexusNodes.Compressed());
            NexusNodes.WithUnits(Corrected, CountUnits);
        }

        if (!isGrowing && scan.Regridding is null && scan.Sinogram.Variances.ContainsAnyExcept(float.NaN))
        {
            BandCount = (axis.BinCount + BinsPerBand - 1) / BinsPerBand;
            BandChunkShape = [ChunkShape[0], ChunkShape[1], Math.Min(BinsPerChunk, BandCount)];
            Variance = Bands();
            CorrectedVariance = Corrected is null ? null : Bands();
        }

        if (scan.Regridding is not null)
        {
            ulong[] frames = [(ulong)_plan.CellCount, (ulong)axis.BinCount];
            Frames = isGrowing
                ? new H5Dataset<Memory<float>>(frames)
                : new H5Dataset<Memory<float>>(
                    frames, [(uint)Math.Min(FramesPerChunk, _plan.CellCount), (uint)axis.BinCount], NexusNodes.Compressed());
            NexusNodes.WithUnits(Frames, CountUnits);
        }

        File = NexusNodes.Root(EntryName, scan.Program, scan.EndedAt);
        File[EntryName] = Entry();
    }

    /// <summary>
    /// The tree of a file whose cells are filled in place while the scan runs: no cell is covered yet, and the intensities are not in chunks,
    /// because a pattern that stands in one piece is written at once, and again where it changes.
    /// </summary>
    /// <exception cref="ArgumentException">Parts of the record differ in size.</exception>
    public static ScanTree Growing(ScanRecord scan) => new(scan, isGrowing: true);

    /// <summary>The file.</summary>
    public H5File File { get; }

    /// <summary>The intensities, [translation, rotation, bin], not yet written.</summary>
    public H5Dataset<Memory<float>> Intensity { get; }

    /// <summary>The patterns as they were taken, [frame, bin], not yet written; null where the index of a frame is its cell.</summary>
    public H5Dataset<Memory<float>>? Frames { get; }

    /// <summary>The corrected intensities, likewise; null where they are not kept, or no others than the raw ones.</summary>
    public H5Dataset<Memory<float>>? Corrected { get; }

    /// <summary>
    /// Variances of the sums of <see cref="BinsPerBand"/> bins each, [translation, rotation, band], not yet written; null where cells are mixtures of frames.
    /// </summary>
    public H5Dataset<Memory<float>>? Variance { get; }

    /// <summary>The same of the corrected intensities; null where these are not kept, or no others than the raw ones.</summary>
    public H5Dataset<Memory<float>>? CorrectedVariance { get; }

    /// <summary>How many bands there are.</summary>
    public int BandCount { get; }

    /// <summary>Shape of a chunk of <see cref="Variance"/>: translations, rotations, bands.</summary>
    public int[] BandChunkShape { get; } = [];

    /// <summary>Shape of a chunk of <see cref="Intensity"/>: translations, rotations, bins.</summary>
    public int[] ChunkShape { get; }

    /// <summary>Names of the channels and of their groups below <c>/entry/live</c>.</summary>
    public IReadOnlyDictionary<string, string> ChannelGroups => _channelGroups;

    /// <summary>The fields of <c>/entry/counters</c>.</summary>
    public static IReadOnlyList<(string Name, long Count)> CountsOf(FrameCounters counters) =>
    [
        ("received", counters.Received),
        ("integrated", counters.Integrated),
        ("placed", counters.Placed),
        ("duplicate", counters.Duplicate),
        ("out_of_order", counters.OutOfOrder),
        ("malformed", counters.Malformed),
        ("truncated", counters.Truncated),
        ("wrong_shape", counters.WrongShape),
        ("foreign_series", counters.ForeignSeries),
        ("outside_plan", counters.OutsidePlan),
        ("before_header", counters.BeforeHeader),
        ("missing", counters.Missing),
    ];

    private double? Wavelength_A =>
        _scan.Energy_keV is { } energy_keV ? PhotonEnergy.Hc_keV_A / energy_keV
        : _scan.Geometry.Wavelength_m * AngstromPerMetre;

    private H5Group Entry()
    {
        H5Group entry = NexusNodes.Group("NXentry");
        H5Group live = Live(out bool hasLive);
        entry.Attributes["definition"] = "NXxrdct";
        entry.Attributes["version"] = DefinitionVersion;
        entry.Attributes["default"] = hasLive ? "live" : "mean_pattern";

        H5Dataset definition = NexusNodes.Text("NXxrdct");
        definition.Attributes["version"] = DefinitionVersion.ToString("0.0");
        entry["definition"] = definition;
        entry["title"] = NexusNodes.Text(_scan.Description.Title);
        entry["start_time"] = NexusNodes.Text(NexusNodes.Iso8601(_scan.StartedAt));
        entry["end_time"] = NexusNodes.Text(NexusNodes.Iso8601(_scan.EndedAt));
        entry["ending"] = NexusNodes.Text(_scan.Ending);
        (string program, string version) = SplitProgram(_scan.Program);
        H5Dataset programName = NexusNodes.Text(program);
        programName.Attributes["version"] = version;
        entry["program_name"] = programName;
        entry["beam"] = Beam();
        entry["sample"] = Sample();
        entry["instrument"] = Instrument();
        entry["control"] = Control();
        entry["data"] = Data();
        if (_scan.Transmission is { } transmission)
        {
            entry["transmission"] = Transmission(transmission);
        }

        if (_scan.Corrected is { } corrected)
        {
            AddCorrections(entry, corrected.Findings, program, version);
        }

        if (Variance is not null)
        {
            entry["variance"] = Variances();
        }

        if (Frames is { } frames)
        {
            entry["frames"] = FrameGroup(frames);
        }
        else if (_scan.Positions is { } positions)
        {
            entry["positions"] = Positions(positions);
        }

        entry["mean_pattern"] = MeanPattern();
        entry["live"] = live;
        if (_scan.Reconstruction is { } reconstruction)
        {
            entry["reconstruction"] = Reconstruction(reconstruction, program, version);
        }

        entry["roi_candidates"] = RoiCandidates(_scan.Roi);
        if (_scan.Confidence is { } confidence)
        {
            entry["confidence"] = Confidence(confidence, _scan.Noise);
        }

        if (_scan.Outside is { } outside)
        {
            H5Group group = NexusNodes.Group("NXcollection");
            VolumeTree.AddParameters(group, VolumeTree.Parameters(outside));
            entry["roi_correction"] = group;
        }

        entry["scan_plan"] = Plan();
        if (_scan.Readings is not null || _scan.Unmatched is not null)
        {
            entry["readings"] = Readings(_scan.Readings);
        }

        entry["stage"] = Stage();
        entry["centre_of_rotation"] = Axis();
        entry["counters"] = Counters(_scan.Counters);
        entry["process"] = Process(program, version);
        return entry;
    }

    private H5Group Beam()
    {
        H5Group beam = NexusNodes.Group("NXbeam");
        if (_scan.Energy_keV is { } energy_keV)
        {
            beam["incident_energy"] = NexusNodes.Scalar(energy_keV, "keV");
        }

        if (Wavelength_A is { } wavelength_A)
        {
            beam["incident_wavelength"] = NexusNodes.Scalar(wavelength_A, "angstrom");
        }

        return beam;
    }

    private H5Group Sample()
    {
        H5Group sample = NexusNodes.Group("NXsample");
        sample["name"] = NexusNodes.Text(_scan.Description.Title);
        sample["rotation_angle"] = _rotations;
        sample["translation_values"] = _translations;
        if (_scan.Description.Slice is StackSlice slice)
        {
            sample["z_translation"] = NexusNodes.Scalar(slice.Z_um, LengthUnits);
        }

        return sample;
    }

    private static void AddText(H5Group group, string name, string? text)
    {
        if (text is not null)
        {
            group[name] = NexusNodes.Text(text);
        }
    }

    private H5Group Instrument()
    {
        DetectorGeometry geometry = _scan.Geometry;
        H5Group detector = NexusNodes.Group("NXdetector");
        detector["description"] = NexusNodes.Text(geometry.Detector);
        detector["data"] = Intensity;
        detector["diffraction_channel"] = _channels;
        RadialAxis axis = _scan.Description.Axis;
        if (PolarAngle.Of_deg(axis.Centres, axis.Unit, Wavelength_A) is { } polarAngles_deg)
        {
            detector["polar_angle"] = NexusNodes.Vector(polarAngles_deg, AngleUnits, "2theta");
        }

        detector["distance"] = NexusNodes.Scalar(geometry.Distance_m, "m");
        detector["x_pixel_size"] = NexusNodes.Scalar(geometry.PixelSize2_m, "m");
        detector["y_pixel_size"] = NexusNodes.Scalar(geometry.PixelSize1_m, "m");
        if (geometry.Sensor is { } sensor)
        {
            detector["sensor_material"] = NexusNodes.Text(sensor.Material);
            detector["sensor_thickness"] = NexusNodes.Scalar(sensor.Thickness_m, "m");
        }

        detector["pixel_mask"] = PixelMask(_scan.Mask);
        if (_scan.Series is { } series)
        {
            detector["sequence_number"] = new H5Dataset(series.SeriesId);
            AddText(detector, "series_unique_id", series.UniqueId);
            AddText(detector, "local_name", series.Detector);
            if (series.FramePeriod is { } period)
            {
                detector["frame_time"] = NexusNodes.Scalar(period.TotalSeconds, "s");
            }
        }

        H5Group source = NexusNodes.Group("NXsource");
        source["probe"] = NexusNodes.Text("x-ray");

        H5Group instrument = NexusNodes.Group("NXinstrument");
        instrument["name"] = NexusNodes.Text(_scan.Description.Source);
        instrument["source"] = source;
        instrument["detector"] = detector;
        if (Wavelength_A is { } wavelength_A)
        {
            H5Group monochromator = NexusNodes.Group("NXmonochromator");
            monochromator["wavelength"] = NexusNodes.Scalar(wavelength_A, "angstrom");
            instrument["monochromator"] = monochromator;
        }

        return instrument;
    }

    private static H5Dataset PixelMask(PixelMask mask)
    {
        const int RowsPerChunk = 128;
        byte[] flags = new byte[mask.Masked.Length];
        for (int i = 0; i < flags.Length; i++)
        {
            flags[i] = mask.Masked[i] ? (byte)1 : (byte)0;
        }

        uint[] chunk = [(uint)Math.Min(RowsPerChunk, mask.Shape.Rows), (uint)mask.Shape.Columns];
        ulong[] dims = [(ulong)mask.Shape.Rows, (ulong)mask.Shape.Columns];
        H5Dataset dataset = new(flags, chunk, fileDims: dims, datasetCreation: NexusNodes.Compressed());
        dataset.Attributes["description"] = "[row, column]; 0 = used, 1 = masked";
        return dataset;
    }

    private H5Group Control()
    {
        float[] monitor = Transposed<float>(_scan.Regridding?.Mix(_scan.Monitor) ?? _scan.Monitor);
        H5Dataset data = NexusNodes.Table(monitor, _plan.TranslationCount, _plan.RotationCount, NoUnits);
        data.Attributes["description"] =
            "[translation, rotation]; beam monitor as it came, NaN where unmeasured or unknown";
        H5Dataset reference = NexusNodes.Scalar(_scan.MonitorReference, NoUnits);
        reference.Attributes["description"] = "intensity is divided by data / reference; NaN where it was not divided";
        H5Group control = NexusNodes.Group("NXmonitor");
        control.Attributes["signal"] = "data";
        control.Attributes["axes"] = new[] { "translation_values", "rotation_angles" };
        control["mode"] = NexusNodes.Text("monitor");
        control["data"] = data;
        control["reference"] = reference;
        control["integral"] = NexusNodes.Scalar(monitor.Where(float.IsFinite).Sum(v => (double)v), NoUnits);
        control["translation_values"] = _translations;
        control["rotation_angles"] = _rotations;
        return control;
    }

    private H5Group Transmission(float[] transmission)
    {
        H5Dataset data = NexusNodes.Table(Transposed<float>(_scan.Regridding?.Mix(transmission) ?? transmission), _plan.TranslationCount, _plan.RotationCount, NoUnits);
        data.Attributes["description"] = "[translation, rotation]; beam after the sample over that before it, as it came, NaN where unmeasured or unknown";
        H5Group group = NexusNodes.Group("NXmonitor");
        group.Attributes["signal"] = "data";
        group.Attributes["axes"] = new[] { "translation_values", "rotation_angles" };
        group["mode"] = NexusNodes.Text("monitor");
        group["data"] = data;
        group["translation_values"] = _translations;
        group["rotation_angles"] = _rotations;
        return group;
    }

    private void AddCorrections(H5Group entry, CorrectionFindings found, string program, string version)
    {
        CorrectionGroups groups = new(found, map => Transposed<byte>(map), (_plan.TranslationCount, _plan.RotationCount));
        H5Dataset flags = groups.Flags();
        entry["corrections"] = groups.Process(program, version, NexusNodes.Iso8601(_scan.EndedAt), flags);
        if (_scan.KeepsCorrected)
        {
            entry["corrected"] = Cells($"{_scan.Description.Title}: corrected", Corrected ?? Intensity);
            ((H5Group)entry["corrected"])["flags"] = flags;
        }
    }

    private H5Group Data()
    {
        byte[] coverage = _isGrowing
            ? new byte[_plan.CellCount]
            : Transposed(_scan.Regridding is { } grid
                ? [.. Enumerable.Range(0, _plan.CellCount).Select(i => grid.IsMeasured(i) ? (byte)1 : (byte)0)]
                : MemoryMarshal.AsBytes(_scan.Sinogram.Measured));
        H5Dataset covered = NexusNodes.Table(coverage, _plan.TranslationCount, _plan.RotationCount);
        covered.Attributes["description"] = "[translation, rotation]; 1 = measured, 0 = not (intensity NaN)";

        H5Group data = Cells(_scan.Description.Title, Intensity);
        data["coverage"] = covered;
        if (_scan.Regridding is { } regridding)
        {
            H5Dataset weight = NexusNodes.Table(Transposed<float>(regridding.Coverage), _plan.TranslationCount, _plan.RotationCount, NoUnits);
            weight.Attributes["description"] = "[translation, rotation]; how much of a frame lies about the cell: 1 where one lies on it";
            data["coverage_weight"] = weight;
        }

        return data;
    }

    private H5Group Cells(string title, H5Dataset<Memory<float>> intensity)
    {
        H5Group data = NexusNodes.Group("NXdata");
        data.Attributes["signal"] = "intensity";
        data.Attributes["axes"] = new[] { "translation_values", "rotation_angles", "diffraction_channel" };
        data.Attributes["translation_values_indices"] = 0;
        data.Attributes["rotation_angles_indices"] = 1;
        data.Attributes["diffraction_channel_indices"] = 2;
        data["title"] = NexusNodes.Text(title);
        data["intensity"] = intensity;
        data["translation_values"] = _translations;
        data["rotation_angles"] = _rotations;
        data["diffraction_channel"] = _channels;
        return data;
    }

    // What the frames were before they were brought onto the grid, in their order.
    private H5Group FrameGroup(H5Dataset<Memory<float>> frames)
    {
        H5Group group = NexusNodes.Group("NXdata");
        group.Attributes["signal"] = "intensity";
        group.Attributes["axes"] = new[] { ".", "diffraction_channel" };
        group.Attributes["diffraction_channel_indices"] = 1;
        group["title"] = NexusNodes.Text($"{_scan.Description.Title}: frames as they were taken");
        group["intensity"] = frames;
        group["diffraction_channel"] = _channels;
        RecordedPositions? positions = _scan.Positions;
        group["translation"] = NexusNodes.Vector(positions?.Translation_mm ?? [], "mm", "translation as it was told, NaN where not");
        group["rotation"] = NexusNodes.Vector(positions?.Rotation_deg ?? [], AngleUnits, "rotation as it was told, NaN where not");
        group["monitor"] = NexusNodes.Vector([.. _scan.Monitor.Select(m => (double)m)], NoUnits, "beam monitor as it came");
        if (_scan.Transmission is float[] transmission)
        {
            group["transmission"] = NexusNodes.Vector([.. transmission.Select(v => (double)v)], NoUnits, "transmission as it came");
        }

        return group;
    }

    private H5Group Readings(ReadingRule? rule)
    {
        H5Group group = NexusNodes.Group("NXcollection");
        if (rule is not null)
        {
            group["key"] = NexusNodes.Text(rule.Key.ToString().ToLowerInvariant());
            group["needs"] = NexusNodes.Text(rule.Needs.ToString().ToLowerInvariant());
            group["largest_gap"] = NexusNodes.Scalar(rule.LargestGap.TotalSeconds, "s");
            group["exposure"] = NexusNodes.Scalar(rule.Exposure.TotalSeconds, "s");
            group["translation_zero"] = NexusNodes.Scalar(rule.TranslationZero_mm, "mm");
            group["rotation_zero"] = NexusNodes.Scalar(rule.RotationZero_deg, AngleUnits);
        }

        int[] unmatched = _scan.Unmatched is bool[] held
            ? [.. Enumerable.Range(0, _plan.CellCount).Where(i => held[_scan.Sinogram.Offset(_plan.CellOf(i))])]
            : [];
        H5Dataset frames = new(unmatched);
        frames.Attributes["description"] = "frames that never got a position or monitor value they needed: in no slice";
        group["unmatched_frames"] = frames;
        return group;
    }

    private H5Group Positions(RecordedPositions positions)
    {
        H5Dataset translation = NexusNodes.Table(
            Transposed<double>(positions.Translation_mm), _plan.TranslationCount, _plan.RotationCount, "mm");
        H5Dataset rotation = NexusNodes.Table(
            Transposed<double>(positions.Rotation_deg), _plan.TranslationCount, _plan.RotationCount, "degree");
        translation.Attributes["description"] = "[translation, rotation]; translation as it came with the frames, NaN where not";
        rotation.Attributes["description"] = "[translation, rotation]; rotation as it came with the frames, NaN where not";
        H5Group recorded = NexusNodes.Group("NXcollection");
        recorded["translation"] = translation;
        recorded["rotation"] = rotation;
        return recorded;
    }

    private H5Group MeanPattern()
    {
        RadialAxis axis = _scan.Description.Axis;
        H5Dataset sigma = NexusNodes.Vector(_scan.Mean.Sigma, CountUnits, "standard error");
        H5Group mean = NexusNodes.Group("NXdata");
        mean.Attributes["signal"] = "intensity";
        mean.Attributes["axes"] = new[] { "x" };
        mean["title"] = NexusNodes.Text($"{_scan.Description.Title}: mean pattern");
        mean["x"] = NexusNodes.Vector(
            axis.Centres.ToArray(), RadialNames.Units(axis.Unit), RadialNames.Label(axis.Unit));
        mean["intensity"] = NexusNodes.Vector(_scan.Mean.Intensity, CountUnits, "mean intensity (counts)");
        mean["sigma"] = sigma;
        // The same numbers under the name by which viewers find error bars.
        mean["intensity_errors"] = sigma;
        mean["count"] = NexusNodes.Vector(_scan.Mean.Count, "pixels", "pixels kept");
        return mean;
    }

    private H5Group Live(out bool hasAny)
    {
        H5Group live = NexusNodes.Group("NXcollection");
        HashSet<string> taken = [];
        string? first = null;
        foreach (string channel in ChannelNames())
        {
            string name = NexusNodes.ValidName(channel, taken);
            _channelGroups[channel] = name;
            SinogramMap? sinogram = _scan.ChannelSinograms.FirstOrDefault(s => s.Channel == channel);
            SliceMap? slice = _scan.Slices.FirstOrDefault(s => s.Channel == channel);
            H5Dataset? values = sinogram is null
                ? null
                : NexusNodes.Table(sinogram.Values, sinogram.RotationCount, sinogram.TranslationCount, CountUnits);

            live[name] = slice is null ? SinogramPlot(channel, values!) : SlicePlot(channel, slice, values);
            first ??= name;
            if (slice is not null && values is not null)
            {
                live[NexusNodes.ValidName(name + "_sinogram", taken)] = SinogramPlot(channel, values);
            }
        }

        hasAny = first is not null;
        if (first is not null)
        {
            live.Attributes["default"] = first;
        }

        return live;
    }

    private IEnumerable<string> ChannelNames() =>
        _scan.Description.Channels.Select(c => c.Name)
            .Concat(_scan.Slices.Select(s => s.Channel))
            .Concat(_scan.ChannelSinograms.Select(s => s.Channel))
            .Distinct()
            .Where(name => _scan.Slices.Any(s => s.Channel == name)
                || _scan.ChannelSinograms.Any(s => s.Channel == name));

    private H5Group SlicePlot(string channel, SliceMap slice, H5Dataset? sinogram)
    {
        double[] positions_um = [.. Enumerable.Range(0, slice.Size).Select(slice.Position_um)];
        H5Group plot = ChannelPlot(channel, $"{channel}: slice", "slice", ["y", "x"]);
        plot["slice"] = NexusNodes.Table(slice.Values, slice.Size, slice.Size, CountUnits);
        plot["x"] = NexusNodes.Vector(positions_um, LengthUnits, "x (um)");
        plot["y"] = NexusNodes.Vector((double[])positions_um.Clone(), LengthUnits, "y (um)");
        plot["pixel_size"] = NexusNodes.Scalar(slice.PixelSize_um, LengthUnits);
        plot["projection_count"] = slice.ProjectionCount;
        if (sinogram is not null)
        {
            plot["sinogram"] = sinogram;
        }

        return plot;
    }

    private H5Group SinogramPlot(string channel, H5Dataset sinogram)
    {
        H5Group plot = ChannelPlot(
            channel, $"{channel}: sinogram", "sinogram", ["rotation_angles", "translation_values"]);
        plot["sinogram"] = sinogram;
        plot["rotation_angles"] = _rotations;
        plot["translation_values"] = _translations;
        return plot;
    }

    private H5Group ChannelPlot(string channel, string title, string signal, string[] axes)
    {
        H5Group plot = NexusNodes.Group("NXdata");
        plot.Attributes["signal"] = signal;
        plot.Attributes["axes"] = axes;
        plot.Attributes["channel"] = channel;
        plot["title"] = NexusNodes.Text(title);
        if (_scan.Description.Channels.FirstOrDefault(c => c.Name == channel) is { } definition)
        {
            plot.Attributes["kind"] = definition.Kind.ToString();
            plot.Attributes["window_lower"] = definition.Lower;
            plot.Attributes["window_upper"] = definition.Upper;
            plot.Attributes["window_units"] = RadialNames.Units(_scan.Description.Axis.Unit);
        }

        return plot;
    }

    // What the live slices were made with in the end; the configuration is that of the start.
    private H5Group Reconstruction(ReconstructionSettings settings, string program, string version)
    {
        H5Group process = NexusNodes.Group("NXprocess");
        process["program"] = NexusNodes.Text(program);
        process["version"] = NexusNodes.Text(version);
        process["date"] = NexusNodes.Text(NexusNodes.Iso8601(_scan.EndedAt));
        process["sequence_index"] = 3;
        process["solver"] = NexusNodes.Text("fbp");
        process["filter"] = NexusNodes.Text(settings.Filter.Name());
        process["axis_set_by_operator"] = _scan.Axis.IsSet ? 1 : 0;
        process["air_asked"] = settings.Air ? 1 : 0;
        return process;
    }

    // Without the curve and the stop advice, which depend on when the slices were looked at: a recovered scan makes the same file.
    private static H5Group RoiCandidates(RoiSuggestion roi)
    {
        H5Group group = NexusNodes.Group("NXcollection");
        group["explanation"] = NexusNodes.Text(roi.Explanation);
        group["count"] = roi.Candidates.Count;
        if (roi.Forbidden.Zones is { Count: > 0 } zones)
        {
            group["forbidden_x_um"] = NexusNodes.Vector([.. zones.Select(z => z.X_um)], LengthUnits);
            group["forbidden_y_um"] = NexusNodes.Vector([.. zones.Select(z => z.Y_um)], LengthUnits);
            group["forbidden_radius_um"] = NexusNodes.Vector([.. zones.Select(z => z.Radius_um)], LengthUnits);
        }

        if (roi.Candidates.Count > 0)
        {
            Add("x_um", c => c.X_um, LengthUnits);
            Add("y_um", c => c.Y_um, LengthUnits);
            Add("radius_um", c => c.Radius_um, LengthUnits);
            Add("material_fraction", c => c.MaterialFraction, NoUnits);
            Add("edge_distance_um", c => c.EdgeDistance_um, LengthUnits);
            Add("score", c => c.Score, NoUnits);
            Add("score_sigma", c => c.ScoreSigma, NoUnits);
            if (roi.Candidates[0].Terms is { Count: > 0 } terms)
            {
                group["term"] = new H5Dataset(terms.Select(t => t.Name).ToArray());
                AddTerms("term_value", t => t.Value);
                AddTerms("term_weight", t => t.Weight);
            }
        }

        return group;

        void AddTerms(string name, Func<PlacementTerm, double> value) =>
            group[name] = NexusNodes.Table<double>([.. roi.Candidates.SelectMany(c => c.Terms).Select(value)], roi.Candidates.Count, roi.Candidates[0].Terms.Count, NoUnits);

        void Add(string name, Func<RoiCandidate, double> value, string units) =>
            group[name] = NexusNodes.Vector([.. roi.Candidates.Select(value)], units);
    }

    private H5Group Plan()
    {
        H5Group group = NexusNodes.Group("NXcollection");
        group["order"] = NexusNodes.Text(_plan.Path.Name);
        group["translation_count"] = _plan.TranslationCount;
        group["rotation_count"] = _plan.RotationCount;
        group["step"] = NexusNodes.Scalar(_plan.Step_um, LengthUnits);
        group["range"] = NexusNodes.Scalar(_plan.Range_deg, AngleUnits);
        group["subset_order"] = _plan.Subsets.ToArray();
        group["includes_end"] = _plan.IncludesEnd ? 1 : 0;
        group["anchor"] = NexusNodes.Text(_plan.Anchor.ToString().ToLowerInvariant());
        if (_scan.Description.Slice is StackSlice slice)
        {
            group["slice_number"] = slice.Number;
            group["slice_count"] = slice.Count;
        }

        return group;
    }

    // Without the correlation with the slice before: the file must not show when the slices were made.
    private static H5Group Confidence(SliceConfidence confidence, SliceMap? noise)
    {
        H5Group group = NexusNodes.Group(noise is null ? "NXcollection" : "NXdata");
        group["projections"] = confidence.Coverage.ProjectionCount;
        group["widest_gap"] = NexusNodes.Scalar(confidence.Coverage.WidestGap_deg, AngleUnits);
        group["limited_angle"] = confidence.Coverage.IsLimitedAngle ? 1 : 0;
        group["half_set_correlation"] = NexusNodes.Scalar(confidence.HalfSetCorrelation, NoUnits);
        group["reference_correlation"] = NexusNodes.Scalar(confidence.ReferenceCorrelation, NoUnits);
        group["noise_to_signal"] = NexusNodes.Scalar(confidence.NoiseToSignal, NoUnits);
        group["remark"] = NexusNodes.Text(confidence.Sentence);
        if (noise is not null)
        {
            double[] positions_um = [.. Enumerable.Range(0, noise.Size).Select(noise.Position_um)];
            NoisePlot.Add(group, NexusNodes.Table(noise.Values, noise.Size, noise.Size), positions_um);
        }

        return group;
    }

    private H5Dataset<Memory<float>> Bands()
    {
        ulong[] sides = [(ulong)_plan.TranslationCount, (ulong)_plan.RotationCount, (ulong)BandCount];
        return new H5Dataset<Memory<float>>(sides, [.. BandChunkShape.Select(c => (uint)c)], NexusNodes.Compressed());
    }

    private H5Group Variances()
    {
        RadialAxis axis = _scan.Description.Axis;
        double[] centres = [.. axis.Centres.ToArray().Chunk(BinsPerBand).Select(band => 0.5 * (band[0] + band[^1]))];
        H5Group group = NexusNodes.Group("NXdata");
        group.Attributes["signal"] = "variance";
        group.Attributes["axes"] = new[] { "translation_values", "rotation_angles", "band" };
        group["title"] = NexusNodes.Text($"{_scan.Description.Title}: variances");
        group["variance"] = Described(Variance!, "data/intensity");
        if (CorrectedVariance is { } corrected)
        {
            group["corrected_variance"] = Described(corrected, "corrected/intensity");
        }

        group["bins_per_band"] = BinsPerBand;
        group["band"] = NexusNodes.Vector(centres, RadialNames.Units(axis.Unit), RadialNames.Label(axis.Unit));
        group["translation_values"] = _translations;
        group["rotation_angles"] = _rotations;
        return group;

        static H5Dataset Described(H5Dataset dataset, string of)
        {
            dataset.Attributes["description"] = $"[translation, rotation, band]; variance of the sum of {BinsPerBand} bins of {of}, NaN where unmeasured";
            return NexusNodes.WithUnits(dataset, "counts^2");
        }
    }

    private H5Group Stage()
    {
        StageFindings found = _scan.Stage;
        H5Group group = NexusNodes.Group("NXcollection");
        group["configured_order"] = NexusNodes.Text(_scan.Description.Plan.Path.Name);
        group["direction_of_data"] = NexusNodes.Text(found.Direction.IsZigzag switch { true => "zigzag", false => "raster", _ => "undetermined" });
        group["direction_gain"] = NexusNodes.Scalar(found.Direction.Gain, NoUnits);
        group["line_shift"] = NexusNodes.Scalar(found.Shift.Shift_px, StepUnits);
        group["line_shift_errors"] = NexusNodes.Scalar(found.Shift.Uncertainty_px, StepUnits);
        group["line_shift_applied"] = NexusNodes.Scalar(found.AppliedShift_px, StepUnits);
        group["remark"] = NexusNodes.Text(found.Sentence);
        return group;
    }

    private H5Group Axis()
    {
        AxisFindings found = _scan.Axis;
        H5Group group = NexusNodes.Group("NXcollection");
        group["offset"] = NexusNodes.Scalar(found.Offset_px, StepUnits);
        group["offset_errors"] = NexusNodes.Scalar(found.Uncertainty_px, StepUnits);
        group["offset_applied"] = NexusNodes.Scalar(found.AppliedOffset_px, StepUnits);
        group["status"] = NexusNodes.Text(found.IsSet ? $"set by the operator; of the data: {found.Status}" : found.Status);
        foreach (AxisEstimate estimate in found.Estimates)
        {
            H5Group method = NexusNodes.Group("NXcollection");
            method["offset"] = NexusNodes.Scalar(estimate.Offset_px, StepUnits);
            method["offset_errors"] = NexusNodes.Scalar(estimate.Uncertainty_px, StepUnits);
            method["status"] = NexusNodes.Text(estimate.Status);
            group[estimate.Method] = method;
        }

        return group;
    }

    private static H5Group Counters(FrameCounters counters)
    {
        H5Group group = NexusNodes.Group("NXcollection");
        foreach ((string name, long count) in CountsOf(counters))
        {
            group[name] = count;
        }

        return group;
    }

    private H5Group Process(string program, string version)
    {
        IntegrationOptions settings = _scan.Integration;
        H5Group process = NexusNodes.Group("NXprocess");
        process["program"] = NexusNodes.Text(program);
        process["version"] = NexusNodes.Text(version);
        process["date"] = NexusNodes.Text(NexusNodes.Iso8601(_scan.EndedAt));
        process["sequence_index"] = 1;
        AddFilter(process, settings);
        AddAxis(process, settings);
        AddCorrections(process, settings);
        process["geometry"] = Geometry(_scan.Geometry);
        H5Group configuration = NexusNodes.Group("NXnote");
        configuration["type"] = NexusNodes.Text("application/yaml");
        configuration["data"] = NexusNodes.Text(_scan.Configuration);
        process["configuration"] = configuration;
        return process;
    }

    // What did not apply is left out, so that nobody takes a default for a choice.
    private static void AddFilter(H5Group process, IntegrationOptions settings)
    {
        process["filter"] = NexusNodes.Text(settings.Filter.ToString());
        bool trims = settings.Filter is IntegrationFilter.Trimmed or IntegrationFilter.Median;
        if (settings.Filter == IntegrationFilter.Trimmed)
        {
            process["trim_lower"] = NexusNodes.Scalar(settings.TrimLower, NoUnits);
            process["trim_upper"] = NexusNodes.Scalar(settings.TrimUpper, NoUnits);
        }

        if (trims)
        {
            process["trim_definition"] = NexusNodes.Text(settings.TrimDefinition.ToString());
            process["poisson_bias_corrected"] = settings.CorrectPoissonBias ? 1 : 0;
        }

        if (trims && settings.TrimDefinition == TrimDefinition.Cake)
        {
            process["cake_sectors"] = settings.CakeSectors;
        }

        if (settings.Filter == IntegrationFilter.SigmaClip)
        {
            process["clip_threshold"] = NexusNodes.Scalar(settings.ClipThreshold_sigma, "sigma");
            process["clip_iterations"] = settings.ClipIterations;
        }

        process["error_model"] = NexusNodes.Text(settings.ErrorModel.ToString());
    }

    private static void AddAxis(H5Group process, IntegrationOptions settings)
    {
        process["pixel_splitting"] = NexusNodes.Text(settings.Splitting.ToString());
        process["unit"] = NexusNodes.Text(settings.Unit.ToString());
        process["bin_count"] = settings.BinCount;
        AddLimit("radial_lower", settings.Lower, RadialNames.Units(settings.Unit));
        AddLimit("radial_upper", settings.Upper, RadialNames.Units(settings.Unit));
        AddLimit("azimuth_lower", settings.AzimuthLower_deg, AngleUnits);
        AddLimit("azimuth_upper", settings.AzimuthUpper_deg, AngleUnits);
        if (settings.AzimuthSectors is { } sectors)
        {
            process["azimuth_sectors"] = sectors;
        }

        void AddLimit(string name, double? limit, string units)
        {
            if (limit is { } value)
            {
                process[name] = NexusNodes.Scalar(value, units);
            }
        }
    }

    private static void AddCorrections(H5Group process, IntegrationOptions settings)
    {
        process["solid_angle_corrected"] = settings.SolidAngle ? 1 : 0;
        process["sensor_absorption_corrected"] = settings.SensorAbsorption ? 1 : 0;
        process["polarisation_corrected"] = settings.PolarisationFactor is null ? 0 : 1;
        if (settings.PolarisationFactor is { } factor)
        {
            process["polarisation_factor"] = NexusNodes.Scalar(factor, NoUnits);
        }

        if (settings.Dummy is { } dummy)
        {
            process["dummy"] = NexusNodes.Scalar(dummy, CountUnits);
            process["dummy_delta"] = NexusNodes.Scalar(settings.DummyDelta, CountUnits);
        }
    }

    private static H5Group Geometry(DetectorGeometry geometry)
    {
        H5Group group = NexusNodes.Group("NXcollection");
        group.Attributes["convention"] =
            "pyFAI PONI; an orientation other than 3 turns the order of rows or columns and nothing else (pyFAI since August 2026)";
        H5Dataset orientation = new((int)geometry.Orientation);
        orientation.Attributes["value"] = geometry.Orientation.ToString();
        group["orientation"] = orientation;
        group["pixel_positions"] = NexusNodes.Text(geometry.Corners is null ? "regular grid" : "corners of each pixel");
        if (geometry.Sensor is { } sensor)
        {
            group["sensor_material"] = NexusNodes.Text(sensor.Material);
            group["sensor_thickness"] = NexusNodes.Scalar(sensor.Thickness_m, "m");
        }

        group["detector"] = NexusNodes.Text(geometry.Detector);
        group["shape"] = NexusNodes.Vector([geometry.Shape.Rows, geometry.Shape.Columns], "pixels", "rows, columns");
        group["pixel1"] = NexusNodes.Scalar(geometry.PixelSize1_m, "m");
        group["pixel2"] = NexusNodes.Scalar(geometry.PixelSize2_m, "m");
        group["dist"] = NexusNodes.Scalar(geometry.Distance_m, "m");
        group["poni1"] = NexusNodes.Scalar(geometry.Poni1_m, "m");
        group["poni2"] = NexusNodes.Scalar(geometry.Poni2_m, "m");
        group["rot1"] = NexusNodes.Scalar(geometry.Rot1_rad, "rad");
        group["rot2"] = NexusNodes.Scalar(geometry.Rot2_rad, "rad");
        group["rot3"] = NexusNodes.Scalar(geometry.Rot3_rad, "rad");
        if (geometry.Wavelength_m is { } wavelength_m)
        {
            group["wavelength"] = NexusNodes.Scalar(wavelength_m, "m");
        }

        return group;
    }

    private T[] Transposed<T>(ReadOnlySpan<T> cells)
        where T : unmanaged
    {
        T[] turned = new T[cells.Length];
        for (int r = 0; r < _plan.RotationCount; r++)
        {
            for (int t = 0; t < _plan.TranslationCount; t++)
            {
                turned[(t * _plan.RotationCount) + r] = cells[(r * _plan.TranslationCount) + t];
            }
        }

        return turned;
    }

    // A dataset that stands in several groups says which of its places is the original one, as NeXus asks.
    private static H5Dataset Linked(H5Dataset dataset, string place)
    {
        dataset.Attributes["target"] = $"/{EntryName}/{place}";
        return dataset;
    }

    private static (string Name, string Version) SplitProgram(string program)
    {
        int space = program.LastIndexOf(' ');
        return space < 0 ? (program, string.Empty) : (program[..space], program[(space + 1)..]);
    }

    private static void CheckSizes(ScanRecord scan)
    {
        SinogramStack stack = scan.Sinogram;
        Check("Description.Plan.TranslationCount", scan.Description.Plan.TranslationCount, stack.Plan.TranslationCount);
        Check("Description.Plan.RotationCount", scan.Description.Plan.RotationCount, stack.Plan.RotationCount);
        Check("Description.Axis.BinCount", scan.Description.Axis.BinCount, stack.BinCount);
        Check("Monitor.Length", scan.Monitor.Length, stack.Plan.CellCount);
        Check("Transmission.Length", scan.Transmission?.Length ?? stack.Plan.CellCount, stack.Plan.CellCount);
        Check("Corrected.Findings.Flags.Length", scan.Corrected?.Findings.Flags.Length ?? stack.Plan.CellCount, stack.Plan.CellCount);
        Check("Mean.Intensity.Length", scan.Mean.Intensity.Length, stack.BinCount);
        Check("Mean.Sigma.Length", scan.Mean.Sigma.Length, stack.BinCount);
        Check("Mean.Count.Length", scan.Mean.Count.Length, stack.BinCount);
        foreach (SinogramMap sinogram in scan.ChannelSinograms)
        {
            string name = $"sinogram '{sinogram.Channel}'";
            Check($"{name} RotationCount", sinogram.RotationCount, stack.Plan.RotationCount);
            Check($"{name} TranslationCount", sinogram.TranslationCount, stack.Plan.TranslationCount);
            Check($"{name} Values.Length", sinogram.Values.Length, stack.Plan.CellCount);
        }

        foreach (SliceMap slice in scan.Slices)
        {
            Check($"slice '{slice.Channel}' Values.Length", slice.Values.Length, slice.Size * slice.Size);
        }

        Check("Noise.Values.Length", scan.Noise?.Values.Length ?? 0, scan.Noise is { } noise ? noise.Size * noise.Size : 0);

        static void Check(string what, int actual, int expected)
        {
            if (actual != expected)
            {
                throw new ArgumentException($"{what} is {actual}, expected {expected}", nameof(scan));
            }
        }
    }
}
