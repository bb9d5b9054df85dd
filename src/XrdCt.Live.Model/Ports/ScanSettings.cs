using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Readings;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Model.Ports;

/// <summary>All that a result needs beside the patterns: with the rows of the journal it gives the same file anywhere and at any time.</summary>
public sealed record ScanSettings
{
    /// <summary>
    /// Names what decides the numbers in a pattern and its place: title, plan, geometry, mask, corrections, integration and channels, as
    /// 64 hexadecimal digits. Patterns of equal fingerprints belong together where their series is the same.
    /// </summary>
    public required string Fingerprint { get; init; }

    /// <summary>What does not change during the scan.</summary>
    public required ScanDescription Description { get; init; }

    /// <summary>Name and version of the program.</summary>
    public required string Program { get; init; }

    /// <summary>The configuration as YAML, all defaults written out.</summary>
    public required string Configuration { get; init; }

    /// <summary>Detector geometry.</summary>
    public required DetectorGeometry Geometry { get; init; }

    /// <summary>Pixel mask.</summary>
    public required PixelMask Mask { get; init; }

    /// <summary>Integration settings.</summary>
    public required IntegrationOptions Integration { get; init; }

    /// <summary>Which corrections the sinogram gets.</summary>
    public required CorrectionOptions Corrections { get; init; }

    /// <summary>Whether the corrected intensities are kept beside the raw ones.</summary>
    public required bool KeepsCorrected { get; init; }

    /// <summary>How frames find what the beamline tells on a stream of its own; null where nothing is told there.</summary>
    public ReadingRule? Readings { get; init; }

    /// <summary>Where a coarse scan of the same stages had the rotation axis; null where none was given.</summary>
    public AxisPosition? CoarseAxis { get; init; }

    /// <summary>Apodisation of the slices.</summary>
    public required RampFilter Filter { get; init; }

    /// <summary>Rotation axis that was set, steps from translation TranslationCount/2; null for where the data have it.</summary>
    public double? Axis_px { get; init; }

    /// <summary>What a good place for an ROI scan is; its phases are channels of the scan, the first one stands for the material.</summary>
    public required PlacementRules Placement { get; init; }

    /// <summary>The same with an operator's zones in the place of those that are forbidden here; null changes nothing.</summary>
    public ScanSettings Forbidding(IReadOnlyList<ForbiddenZone>? zones) =>
        zones is null ? this : this with { Placement = Placement with { Forbidden = zones } };
}
