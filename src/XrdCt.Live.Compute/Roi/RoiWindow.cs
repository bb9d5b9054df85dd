using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Roi;

namespace XrdCt.Live.Compute.Roi;

/// <summary>The field of view of an ROI scan on the coarse scan's ground.</summary>
internal sealed class RoiWindow
{
    /// <summary>Takes the field of view.</summary>
    /// <param name="length">Samples N of a projection.</param>
    /// <param name="step_um">Their distance, µm.</param>
    /// <param name="alignment">Where its rays lie in the coarse scan.</param>
    /// <exception cref="ArgumentException">A number of the alignment is none, or its axis is outside the field of view.</exception>
    public RoiWindow(int length, double step_um, RoiAlignment alignment)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 2);
        ArgumentNullException.ThrowIfNull(alignment);
        if (!(step_um > 0) || !double.IsFinite(step_um))
        {
            throw new ArgumentOutOfRangeException(nameof(step_um), step_um, "the step must be above 0");
        }

        if (!double.IsFinite(alignment.X_um) || !double.IsFinite(alignment.Y_um) || !double.IsFinite(alignment.Angle_rad)
            || !(alignment.Scale > 0) || !double.IsFinite(alignment.Scale) || !(Math.Abs(alignment.Centre_px) < length / 2))
        {
            throw new ArgumentException(
                $"the ROI scan cannot lie at x = {alignment.X_um} µm, y = {alignment.Y_um} µm, turned by {alignment.Angle_rad} rad, scaled by "
                + $"{alignment.Scale}, with its axis {alignment.Centre_px} samples off the middle of {length}",
                nameof(alignment));
        }

        Length = length;
        Step_um = step_um;
        Alignment = alignment;
    }

    public int Length { get; }

    public int FilteredLength => Length + (2 * ProjectionFilter.Margin);

    public double Step_um { get; }

    public RoiAlignment Alignment { get; }

    /// <summary>Radius of the circle that all projections see, µm.</summary>
    public double Radius_um => ((Length / 2) - Math.Abs(Alignment.Centre_px)) * Step_um;

    /// <summary>Translation of a sample on the grid of the field of view, µm from the axis of the ROI scan.</summary>
    public double Position_um(int sample) => (sample - (Length / 2) - Alignment.Centre_px) * Step_um;

    /// <summary>Angle in the coarse scan, and how much a coarse translation is above that of the ROI scan, µm.</summary>
    public (double Angle_rad, double Shift_um) ToCoarse(double angle_rad)
    {
        double coarse_rad = angle_rad + Alignment.Angle_rad;
        (double sin, double cos) = Math.SinCos(coarse_rad);
        return (coarse_rad, (Alignment.X_um * cos) - (Alignment.Y_um * sin));
    }

    /// <summary>Refuses spans that do not fit.</summary>
    public void Check(int width, ReadOnlySpan<float> row, ReadOnlySpan<float> filtered)
    {
        if (row.Length != Length * width || filtered.Length != FilteredLength * width)
        {
            throw new ArgumentException(
                $"the filter is for {width} bins of {Length} samples in and {FilteredLength} out, not {row.Length} and {filtered.Length} values");
        }
    }
}
