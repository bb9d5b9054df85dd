using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Pipeline;

/// <summary>
/// Of what slices are made, as the live channels had it when they were last brought up to date: which cells are of use, how they are corrected and
/// moved, and where the axis is. Immutable.
/// </summary>
internal sealed record VolumeRecipe
{
    /// <summary>Another number asks for all projections anew: filter, corrections, shift or direction have changed.</summary>
    public required int Number { get; init; }

    /// <summary>When it was, <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public required long Timestamp { get; init; }

    /// <summary>The plan by which the cells are filled.</summary>
    public required ScanPlan Plan { get; init; }

    /// <summary>Which cells are of use, [rotation, translation].</summary>
    public required bool[] Usable { get; init; }

    /// <summary>A number per projection; another one asks for it (again), 0 for none yet.</summary>
    public required long[] Versions { get; init; }

    /// <summary>How cells are corrected; null for not at all.</summary>
    public required Corrections? Corrections { get; init; }

    /// <summary>How frames make the cells, where positions decide; null where the index does.</summary>
    public required Regridding? Regridding { get; init; }

    /// <summary>Sample k of a backward line belongs to k + shift, steps of the fast axis.</summary>
    public required double Shift_px { get; init; }

    /// <summary>Offset of the rotation axis from translation TranslationCount / 2, steps.</summary>
    public required double Centre_px { get; init; }

    /// <summary>Apodisation of the ramp.</summary>
    public required RampFilter Filter { get; init; }

    /// <summary>What filters the projections of a block of bins; null for the ramp alone.</summary>
    public Func<int, RowFilter>? Filters { get; init; }
}
