using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Readings;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Model.Ports;

/// <summary>Everything that is worth keeping of a scan.</summary>
public sealed record ScanRecord
{
    /// <summary>What was set up.</summary>
    public required ScanDescription Description { get; init; }

    /// <summary>Name and version of the program.</summary>
    public required string Program { get; init; }

    /// <summary>Arrival of the first header.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>End of the scan.</summary>
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>What the detector said of the series; null when no header came.</summary>
    public required SeriesHeader? Series { get; init; }

    /// <summary>How it ended: complete, or the sentence that says why not.</summary>
    public required string Ending { get; init; }

    /// <summary>Photon energy, keV; null when neither geometry nor stream told it.</summary>
    public required double? Energy_keV { get; init; }

    /// <summary>Detector geometry.</summary>
    public required DetectorGeometry Geometry { get; init; }

    /// <summary>Pixel mask.</summary>
    public required PixelMask Mask { get; init; }

    /// <summary>Integration settings.</summary>
    public required IntegrationOptions Integration { get; init; }

    /// <summary>All patterns: by cell, or by frame where there is a <see cref="Regridding"/>.</summary>
    public required SinogramStack Sinogram { get; init; }

    /// <summary>How the frames make the cells, where their recorded positions decide; null where their index does.</summary>
    public Regridding? Regridding { get; init; }

    /// <summary>How frames found what the beamline told on a stream of its own; null where nothing was told there.</summary>
    public ReadingRule? Readings { get; init; }

    /// <summary>
    /// Cells (frames, where there is a <see cref="Regridding"/>) that hold a pattern but lack a position or monitor value they needed: the
    /// pattern is saved, and no slice shows it. Null where there is none.
    /// </summary>
    public bool[]? Unmatched { get; init; }

    /// <summary>What the data said of the stage; the plan of <see cref="Sinogram"/> is what they say where it differs from the configuration's.</summary>
    public StageFindings Stage { get; init; } = StageFindings.None;

    /// <summary>Where the data have the rotation axis, and about where the slices were made.</summary>
    public AxisFindings Axis { get; init; } = AxisFindings.None;

    /// <summary>The corrected sinogram, with what was found for it; null where nobody looked.</summary>
    public ICorrectedSinogram? Corrected { get; init; }

    /// <summary>Whether the corrected intensities are kept too; findings and flags always are.</summary>
    public bool KeepsCorrected { get; init; } = true;

    /// <summary>Monitor per cell as it came, [rotation, translation], any unit; NaN where unmeasured or unknown.</summary>
    public required float[] Monitor { get; init; }

    /// <summary>Monitor value at which intensities were left as they are: they are divided by monitor / reference; NaN where not.</summary>
    public required double MonitorReference { get; init; }

    /// <summary>Transmission per cell as it came, [rotation, translation]; NaN where unmeasured or unknown; null if the stream told none.</summary>
    public float[]? Transmission { get; init; }

    /// <summary>Positions of the stages as the stream told them; null if it told none.</summary>
    public RecordedPositions? Positions { get; init; }

    /// <summary>Mean pattern.</summary>
    public required MeanPattern Mean { get; init; }

    /// <summary>Sinograms of the live channels.</summary>
    public required IReadOnlyList<SinogramMap> ChannelSinograms { get; init; }

    /// <summary>Slices of the live channels.</summary>
    public required IReadOnlyList<SliceMap> Slices { get; init; }

    /// <summary>How the slices were made; null where nobody says.</summary>
    public ReconstructionSettings? Reconstruction { get; init; }

    /// <summary>How far the slice of the total can be trusted; null without a projection.</summary>
    public SliceConfidence? Confidence { get; init; }

    /// <summary>Noise of the slice of the total, σ of each pixel in its unit; null where it is not known.</summary>
    public SliceMap? Noise { get; init; }

    /// <summary>How the slices were freed from what lies outside the field of view; null for a scan of the whole sample.</summary>
    public RoiFindings? Outside { get; init; }

    /// <summary>Suggested ROI places.</summary>
    public required RoiSuggestion Roi { get; init; }

    /// <summary>Counters at the end.</summary>
    public required FrameCounters Counters { get; init; }

    /// <summary>The configuration as YAML, all defaults written out.</summary>
    public required string Configuration { get; init; }
}
