using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>
/// Two slices from two halves of the projections, which grow with the scan. Their correlation says how much of a slice comes back in
/// another measurement of the same kind. Not thread-safe.
/// </summary>
/// <remarks>
/// A new projection goes where it is missed most: into the half whose nearest one is further away in angle, on the other side too where
/// both are equally near, or else into the smaller half; and there it stays, or each new one between two others would make the rest change
/// sides. Angles that come one after the other alternate; later ones in between keep both halves spread. Fixed rules are not fair: the parity
/// of the rotation gives all of the first half of interlaced and bit-reversed scans to one side, and the parity of the order in time gives
/// 0…90° of a bit-reversed scan to one and the rest to the other. On a phantom of grains with 250 rotations, 20 to 100 % of them measured, the
/// estimate from these halves was at most 0.07 below that from halves that alternate exactly, which would have to be made anew each time.
/// </remarks>
public sealed class HalfSlices
{
    private const int Nowhere = -1;

    private readonly double[] _angles_deg;
    private readonly int[] _halfOf;
    private readonly ProgressiveSlice[] _halves;
    private readonly float[][] _values;

    /// <summary>Makes two empty slices.</summary>
    /// <param name="plan">Scan plan.</param>
    /// <param name="filter">Apodisation of the ramp.</param>
    /// <param name="centre_px">Centre of rotation, see <see cref="ProgressiveSlice.Centre_px"/>.</param>
    /// <param name="rows">What filters projections in place of the ramp alone; null for the ramp.</param>
    public HalfSlices(ScanPlan plan, RampFilter filter, double centre_px = 0, RowFilter? rows = null)
    {
        ArgumentNullException.ThrowIfNull(plan);
        _angles_deg = [.. Enumerable.Range(0, plan.RotationCount).Select(plan.Angle_deg)];
        _halfOf = new int[plan.RotationCount];
        Array.Fill(_halfOf, Nowhere);
        _halves = [new ProgressiveSlice(plan, filter, centre_px, rows), new ProgressiveSlice(plan, filter, centre_px, rows)];
        _values = [new float[plan.TranslationCount * plan.TranslationCount], new float[plan.TranslationCount * plan.TranslationCount]];
    }

    /// <summary>Projections in the smaller half.</summary>
    public int LeastProjectionCount => Math.Min(_halves[0].ProjectionCount, _halves[1].ProjectionCount);

    /// <summary>Widest angle between neighbouring projections in the half where it is wider, degrees.</summary>
    public double LargestGap_deg => Math.Max(_halves[0].LargestGap_deg, _halves[1].LargestGap_deg);

    /// <summary>Puts a projection into a half, or exchanges it there.</summary>
    /// <param name="rotation">Index of the rotation.</param>
    /// <param name="projection">Samples by translation, no NaN.</param>
    public void Put(int rotation, ReadOnlySpan<float> projection)
    {
        if (_halfOf[rotation] == Nowhere)
        {
            _halfOf[rotation] = NeedierHalf(_angles_deg[rotation]);
        }

        _halves[_halfOf[rotation]].Put(rotation, projection);
    }

    /// <summary>Moves the centre of rotation of both.</summary>
    public void SetCentre(double centre_px) => Array.ForEach(_halves, h => h.SetCentre(centre_px));

    /// <summary>Correlation of the two inside the circle, −1…1; NaN while one is empty.</summary>
    public double Correlation()
    {
        CopyTo(_values[0], _values[1]);
        return SliceCorrelation.Compute(_values[0], _values[1]);
    }

    /// <summary>Copies the two slices out.</summary>
    /// <param name="first">Receives the one, [y, x], TranslationCount² values; NaN outside the circle.</param>
    /// <param name="second">Receives the other.</param>
    public void CopyTo(Span<float> first, Span<float> second)
    {
        _halves[0].CopyTo(first);
        _halves[1].CopyTo(second);
    }

    private int NeedierHalf(double angle_deg)
    {
        (double Near, double Far) first = Distances(angle_deg, 0);
        (double Near, double Far) second = Distances(angle_deg, 1);
        int order = first.Near != second.Near ? first.Near.CompareTo(second.Near)
            : first.Far != second.Far ? first.Far.CompareTo(second.Far)
            : _halves[1].ProjectionCount - _halves[0].ProjectionCount;
        return order >= 0 ? 0 : 1;
    }

    // To the next projections of a half at lower and at higher angles, modulo 180°; rounded, or sums of steps decide which is nearer.
    private (double Near, double Far) Distances(double angle_deg, int half)
    {
        double below = 180;
        double above = 180;
        for (int rotation = 0; rotation < _halfOf.Length; rotation++)
        {
            if (_halfOf[rotation] == half)
            {
                double difference = _angles_deg[rotation] - angle_deg;
                double ahead = Math.Round(difference - (180 * Math.Floor(difference / 180)), 6) % 180;
                above = Math.Min(above, ahead);
                below = Math.Min(below, 180 - ahead);
            }
        }

        // The same angle again, half a turn on.
        return above == 0 ? (0, 0) : (Math.Min(below, above), Math.Max(below, above));
    }
}
