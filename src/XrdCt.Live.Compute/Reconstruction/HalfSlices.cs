using System.Numerics;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>
/// Two slices from two halves of the projections, which grow with the scan. Their correlation says how much of a slice comes back in
/// another measurement of the same kind. Not thread-safe.
/// </summary>
/// <remarks>
/// Which half a rotation belongs to is fixed, or each new projection would make others change sides: it is the parity of the number of
/// ones in its binary index (Thue and Morse's sequence). That is even for every order of the angles: in any sequence of every 2^k-th rotation,
/// as interlaced and bit-reversed scans measure them first, it is the same sequence again, of which two neighbours of a kind are never three
/// steps further from the next (Allouche and Shallit, Automatic Sequences (2003), section 1.6). The parity of the index itself would give
/// all of the first half of such a scan to one side, and the parity of the order in time would give a bit-reversed one's 0…90° to one side.
/// </remarks>
public sealed class HalfSlices
{
    private readonly ProgressiveSlice[] _halves;
    private readonly float[][] _values;

    /// <summary>Makes two empty slices.</summary>
    /// <param name="plan">Scan plan.</param>
    /// <param name="filter">Apodisation of the ramp.</param>
    /// <param name="centre_px">Centre of rotation, see <see cref="ProgressiveSlice.Centre_px"/>.</param>
    public HalfSlices(ScanPlan plan, RampFilter filter, double centre_px = 0)
    {
        ArgumentNullException.ThrowIfNull(plan);
        _halves = [new ProgressiveSlice(plan, filter, centre_px), new ProgressiveSlice(plan, filter, centre_px)];
        _values = [new float[plan.TranslationCount * plan.TranslationCount], new float[plan.TranslationCount * plan.TranslationCount]];
    }

    /// <summary>Projections in the smaller half.</summary>
    public int LeastProjectionCount => Math.Min(_halves[0].ProjectionCount, _halves[1].ProjectionCount);

    /// <summary>Half that a rotation belongs to, 0 or 1.</summary>
    public static int HalfOf(int rotation) => BitOperations.PopCount((uint)rotation) & 1;

    /// <summary>Puts a projection into its half, or exchanges it.</summary>
    /// <param name="rotation">Index of the rotation.</param>
    /// <param name="projection">Samples by translation, no NaN.</param>
    public void Put(int rotation, ReadOnlySpan<float> projection) => _halves[HalfOf(rotation)].Put(rotation, projection);

    /// <summary>Moves the centre of rotation of both.</summary>
    public void SetCentre(double centre_px) => Array.ForEach(_halves, h => h.SetCentre(centre_px));

    /// <summary>Correlation of the two inside the circle, −1…1; NaN while one is empty.</summary>
    public double Correlation()
    {
        _halves[0].CopyTo(_values[0]);
        _halves[1].CopyTo(_values[1]);
        return SliceCorrelation.Compute(_values[0], _values[1]);
    }
}
