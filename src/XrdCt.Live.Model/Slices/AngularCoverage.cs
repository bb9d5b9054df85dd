namespace XrdCt.Live.Model.Slices;

/// <summary>How the projections of a slice cover the half circle.</summary>
/// <param name="ProjectionCount">Projections that were measured.</param>
/// <param name="PlannedCount">Projections that the scan will have.</param>
/// <param name="WidestGap_deg">Widest angle between neighbouring projections, modulo 180°: 180 before the second.</param>
/// <param name="UsualGap_deg">Median angle between neighbouring projections (of an even number of gaps the lower one).</param>
/// <param name="LostEdgesFrom_deg">
/// First direction in which an edge of the sample has to run to fall into the widest gap, degrees from slice x towards slice y, 0 to below
/// 180. The lost directions go on from here by <see cref="WidestGap_deg"/>: no ray runs along those edges, and they are blurred whatever the
/// reconstruction (Quinto, doi:10.1137/0524069).
/// </param>
public sealed record AngularCoverage(
    int ProjectionCount, int PlannedCount, double WidestGap_deg, double UsualGap_deg, double LostEdgesFrom_deg)
{
    // Interlaced, bit-reversed and golden orders keep the widest gap below three usual ones (golden: three gap lengths at most, the longest
    // 2.6 times the shortest) once they have been round; a wedge below 10° blurs one edge in eighteen, less than the noise of a coarse scan.
    private const double LargestGapOverUsual = 3;
    private const double LeastWedge_deg = 10;

    /// <summary>Share of the planned projections that was measured, 0…1.</summary>
    public double Fraction => PlannedCount > 0 ? (double)ProjectionCount / PlannedCount : 0;

    /// <summary>
    /// Whether a wedge is missing, rather than angles everywhere: the widest gap is above 10° and above three times the usual one. One
    /// projection or none is nothing but a missing wedge.
    /// </summary>
    public bool IsLimitedAngle =>
        ProjectionCount < 2 || (WidestGap_deg > LeastWedge_deg && WidestGap_deg > LargestGapOverUsual * UsualGap_deg);
}
