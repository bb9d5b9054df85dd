namespace XrdCt.Live.Model.Ports;

/// <summary>Which <see cref="ReconstructionSettings"/> a scan takes; every filter is one of them.</summary>
/// <param name="AxisLimit_px">Largest offset of the axis, steps, to either side; 0 where it is found and cannot be set.</param>
/// <param name="HasAir">Whether air can be taken off or left on.</param>
public sealed record ReconstructionChoices(double AxisLimit_px, bool HasAir)
{
    /// <summary>Why settings are not among them, one sentence; null where they are.</summary>
    /// <param name="before">The settings that they are to replace, which hold already whatever they are.</param>
    /// <param name="settings">The settings.</param>
    public string? Refuse(ReconstructionSettings before, ReconstructionSettings settings)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(settings);
        if (!Enum.IsDefined(settings.Filter))
        {
            return "there is no such filter";
        }

        if (settings.Axis_px is double axis_px && settings.Axis_px != before.Axis_px)
        {
            if (AxisLimit_px == 0)
            {
                return "the axis of this scan cannot be set: it comes with the place in the coarse scan, or differs from line to line";
            }

            if (!(Math.Abs(axis_px) <= AxisLimit_px))
            {
                return FormattableString.Invariant($"the axis must be within {AxisLimit_px} translations of the middle, not {axis_px}");
            }
        }

        return settings.Air != before.Air && !HasAir ? "air cannot be switched: in a region of interest it goes with what lies outside, and where recorded positions decide, no sinogram is corrected" : null;
    }
}
