using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Readings;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Pipeline;

/// <summary>What a live scan needs to know. Captured when the scan is set up, unchanged while it runs.</summary>
public sealed record LiveOptions
{
    /// <summary>Name of the scan, for people and for the file.</summary>
    public required string Title { get; init; }

    /// <summary>Where the frames come from, for people.</summary>
    public required string Source { get; init; }

    /// <summary>One sentence for the visitor; may be empty.</summary>
    public string Note { get; init; } = "";

    /// <summary>Which index is which cell.</summary>
    public required ScanPlan Plan { get; init; }

    /// <summary>Which slice of a stack the scan is; null for a scan of its own.</summary>
    public StackSlice? Slice { get; init; }

    /// <summary>How the slices of the stack come, where the configuration says it; null (default) where the stream is to tell.</summary>
    public SliceLayout? ToldLayout { get; init; }

    /// <summary>How the slices before this one came, where there were any.</summary>
    public SliceLayout SliceLayout { get; init; }

    /// <summary>The series of the slice before this one; null where there was none.</summary>
    public long? StackSeries { get; init; }

    /// <summary>How frames become patterns.</summary>
    public required IntegrationPlan Integration { get; init; }

    /// <summary>What is followed live; at least one.</summary>
    public required IReadOnlyList<LiveChannel> Channels { get; init; }

    /// <summary>What a good place for an ROI scan is; its phases are channels of the scan, the first one stands for the material.</summary>
    public required PlacementRules Placement { get; init; }

    /// <summary>Apodisation of the live reconstruction. Default Shepp-Logan.</summary>
    public RampFilter Filter { get; init; } = RampFilter.SheppLogan;

    /// <summary>
    /// How an operator wanted slices made in an earlier slice of the stack, in place of filter and corrections here: it holds until it is
    /// changed again. Null (default) where nothing was changed.
    /// </summary>
    public ReconstructionSettings? Reconstruction { get; init; }

    /// <summary>
    /// Where an operator forbade regions of interest in an earlier slice of the stack, in place of <see cref="PlacementRules.Forbidden"/> here. Null (default) where
    /// nothing was changed.
    /// </summary>
    public IReadOnlyList<ForbiddenZone>? Zones { get; init; }

    /// <summary>Whether the slices of every bin are made while the scan runs, not only those of the live channels. Default false.</summary>
    public bool EveryBin { get; init; }

    /// <summary>Most memory that the slices of every bin may take, bytes; where they take more, they are not made. Default: half of what there is.</summary>
    public long EveryBin_bytes { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;

    /// <summary>How the slices are freed from what lies outside the field of view; null (default) for a scan of the whole sample.</summary>
    public LiveRoi? Roi { get; init; }

    /// <summary>Which corrections the sinogram gets.</summary>
    public CorrectionOptions Corrections { get; init; } = new();

    /// <summary>Whether the corrected intensities are saved beside the raw ones. Default true.</summary>
    public bool KeepsCorrected { get; init; } = true;

    /// <summary>How frames find what the beamline tells on a stream of its own; null (default) where nothing is told there.</summary>
    public ReadingRule? Readings { get; init; }

    /// <summary>Where a coarse scan of the same stages had the rotation axis; null (default) where none was given.</summary>
    public AxisPosition? CoarseAxis { get; init; }

    /// <summary>How long late readings are waited for after the last frame. Default 10 s.</summary>
    public TimeSpan ReadingsGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Workers that decode and integrate, each a few frames at a time. Default: one per core.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// Frames that all workers together hold beyond one each, bytes as they came: where batches would be larger, they stay smaller.
    /// Default 300 MB, which are 150 frames of 2 MB.
    /// </summary>
    public long Batches_bytes { get; init; } = 300_000_000;

    /// <summary>
    /// Frames that are held of later slices of a stack, bytes as they came, but for the last, which may pass it: where there are more, the
    /// slice before is over, as with <see cref="LiveGraph.HeldFrames"/>. Default 66 MB.
    /// </summary>
    public long Held_bytes { get; init; } = 66_000_000;

    /// <summary>
    /// A running scan ends when nothing has come for this long. Default 30 s: longer than a top-up or a line of a stage,
    /// shorter than a coffee.
    /// </summary>
    public TimeSpan SilenceLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long late frames are waited for after the end of the series. Default 2 s.</summary>
    public TimeSpan EndGrace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Pace of the display and of the live reconstruction. Default 4 Hz.</summary>
    public TimeSpan DisplayPeriod { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The configuration as text; stands in the result.</summary>
    public string Configuration { get; init; } = "";

    /// <summary>Name and version of the program; stands in the result.</summary>
    public string Program { get; init; } = "XrdCt.Live";

    /// <summary>Fingerprints of the same scan at other heights, as <see cref="Settings"/> has them.</summary>
    public IReadOnlyList<string> FingerprintsOf(IReadOnlyList<StackSlice> slices) => ScanFingerprint.Of(this, slices);

    /// <summary>What of this the result needs and the journal keeps.</summary>
    public ScanSettings Settings() => (Reconstruction is { } changed ? changed.Over(SetUp()) : SetUp()).Forbidding(Zones);

    private ScanSettings SetUp() => new()
    {
        Fingerprint = ScanFingerprint.Of(this),
        Description = new ScanDescription(Title, Source, Plan, Integration.Axis, Channels, Note) { Slice = Slice },
        Program = Program,
        Configuration = Configuration,
        Geometry = Integration.Geometry,
        Mask = Integration.Mask,
        Integration = Integration.Options,
        Corrections = Corrections,
        KeepsCorrected = KeepsCorrected,
        Readings = Readings,
        CoarseAxis = CoarseAxis,
        Filter = Filter,
        Placement = Placement,
    };
}
