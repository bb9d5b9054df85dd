namespace XrdCt.Live.Phantoms.Experiment;

/// <summary>
/// Beam intensity relative to the start of the scan: the stored current decays exponentially to three quarters and is
/// topped up, three and a half times in a scan. By frame index, so that a scan is the same at any speed.
/// </summary>
public static class BeamCurrent
{
    /// <summary>Current just before a top-up, relative to just after it.</summary>
    public const double BeforeTopUp = 0.75;

    private const double PeriodsPerScan = 3.5;

    /// <summary>
    /// Relative intensity <c>0.75^u</c>, u the share of the time to the next top-up that has passed; 0.75…1.
    /// </summary>
    /// <param name="index">Frame index, from 0.</param>
    /// <param name="frameCount">Frames of the scan.</param>
    public static double At(int index, int frameCount)
    {
        double period = Math.Max(1, frameCount / PeriodsPerScan);
        return Math.Pow(BeforeTopUp, index % period / period);
    }
}
