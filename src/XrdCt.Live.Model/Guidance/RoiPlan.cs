namespace XrdCt.Live.Model.Guidance;

/// <summary>Several ROI scans, and slices of each, as one list.</summary>
/// <param name="Scans">The scans in the order in which they are measured: all heights of a place, then the next place.</param>
public sealed record RoiPlan(IReadOnlyList<PlannedRoi> Scans)
{
    /// <summary>Time that all of it takes, s, without the moves in between.</summary>
    public double Duration_s => Scans.Sum(s => s.Duration_s);

    /// <summary>
    /// Plans a scan of <c>2·⌊R / step⌋ + 1</c> translations for each candidate and height. The sample is under the stages, so a place at (x, y)
    /// comes onto the axis by a move of (−x, −y). Every other place is measured from the top down, which saves the way back.
    /// </summary>
    /// <param name="candidates">Places, best first.</param>
    /// <param name="heights_um">Heights of the slices, µm, at least one.</param>
    /// <param name="step_um">Step of the translation, µm, above 0.</param>
    /// <param name="rotationCount">Rotations of a scan, at least 1.</param>
    /// <param name="frameTime_s">Time from one frame to the next, s, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of them is out of range, or a scan would have more frames than can be counted.</exception>
    public static RoiPlan Of(
        IReadOnlyList<RoiCandidate> candidates, IReadOnlyList<double> heights_um, double step_um, int rotationCount, double frameTime_s)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        ArgumentNullException.ThrowIfNull(heights_um);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(step_um);
        ArgumentOutOfRangeException.ThrowIfLessThan(rotationCount, 1);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(frameTime_s);
        ArgumentOutOfRangeException.ThrowIfZero(heights_um.Count, nameof(heights_um));
        var scans = new List<PlannedRoi>();
        for (int rank = 0; rank < candidates.Count; rank++)
        {
            RoiCandidate place = candidates[rank];
            double frames = ((2 * Math.Floor(place.Radius_um / step_um)) + 1) * rotationCount;
            ArgumentOutOfRangeException.ThrowIfGreaterThan(frames, int.MaxValue, nameof(step_um));
            foreach (double z_um in rank % 2 == 0 ? heights_um.Order() : heights_um.OrderDescending())
            {
                // 0 − x: −0 would be shown as such.
                scans.Add(new PlannedRoi(
                    scans.Count + 1, rank + 1, place.X_um, place.Y_um, z_um, 0 - place.X_um, 0 - place.Y_um, (int)frames, frames * frameTime_s));
            }
        }

        return new RoiPlan(scans);
    }
}
