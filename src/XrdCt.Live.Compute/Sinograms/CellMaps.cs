using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Compute.Sinograms;

/// <summary>What is known of each cell of a scan, one number each; all of them [rotation, translation].</summary>
/// <param name="Plan">The plan by which the cells are filled.</param>
/// <param name="Total">Total intensity, divided by the monitor where that is asked for; NaN where unmeasured.</param>
/// <param name="Monitor">Beam monitor as it came; NaN where unknown.</param>
/// <param name="Transmission">Transmission as it came, NaN where unknown; null where no frame carries one.</param>
/// <param name="Spottiness">Spottiness, divided by the monitor where that is asked for; null where nobody follows it.</param>
public sealed record CellMaps(ScanPlan Plan, float[] Total, float[] Monitor, float[]? Transmission, float[]? Spottiness)
{
    /// <exception cref="ArgumentException">A map is not of the plan's size.</exception>
    internal void Check()
    {
        foreach (float[] map in new[] { Total, Monitor, Transmission ?? Total, Spottiness ?? Total })
        {
            if (map.Length != Plan.CellCount)
            {
                throw new ArgumentException($"expected {Plan.CellCount} cells, not {map.Length}");
            }
        }
    }
}
