using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Compute.Roi;

/// <summary>
/// Brings patterns from one radial axis onto another: bins, range, unit and wavelength may all differ. A pattern is a mean intensity, so a
/// bin receives the mean of the bins that overlap it, weighted with the overlap in its own unit: <c>v_k = Σ_b o_kb·v_b / Σ_b o_kb</c>.
/// </summary>
/// <remarks>
/// Bins without a value do not take part; a bin of which less than half is covered by values is NaN, as are those beyond the other axis.
/// Immutable and thread-safe.
/// </remarks>
public sealed class RadialRebinning
{
    private const double LeastCovered = 0.5;

    private readonly RadialAxis _from;
    private readonly RadialAxis _to;
    private readonly int[] _starts;
    private readonly int[] _bins;
    private readonly double[] _shares;

    /// <summary>Finds the overlaps.</summary>
    /// <param name="from">Axis of the patterns.</param>
    /// <param name="to">Axis wanted.</param>
    /// <param name="fromWavelength_A">Wavelength at which the patterns were taken, Å; needed where one of the units is an angle and another is not,
    /// and where both are angles at different wavelengths.</param>
    /// <param name="toWavelength_A">Wavelength for which the angles of the other axis hold, Å; null for the same one.</param>
    /// <exception cref="ArgumentException">A wavelength is needed and missing or not above 0, or one unit is a distance on the detector and
    /// the other is not.</exception>
    public RadialRebinning(RadialAxis from, RadialAxis to, double? fromWavelength_A = null, double? toWavelength_A = null)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        _from = from;
        _to = to;
        double[] edges = new double[from.BinCount + 1];
        for (int b = 0; b < edges.Length; b++)
        {
            double edge = from.Lower + (b * from.Step);
            edges[b] = from.Unit == to.Unit && (toWavelength_A ?? fromWavelength_A) == fromWavelength_A
                ? edge
                : FromQ_invA(ToQ_invA(edge, from.Unit, fromWavelength_A), to.Unit, toWavelength_A ?? fromWavelength_A);
        }

        var starts = new List<int>();
        var bins = new List<int>();
        var shares = new List<double>();
        for (int k = 0; k < to.BinCount; k++)
        {
            starts.Add(bins.Count);
            double lower = to.Lower + (k * to.Step);
            (int first, int last) = Overlapping(edges, lower, lower + to.Step);
            for (int b = first; b <= last; b++)
            {
                double left = Math.Max(lower, Math.Min(edges[b], edges[b + 1]));
                double right = Math.Min(lower + to.Step, Math.Max(edges[b], edges[b + 1]));
                if (right > left)
                {
                    bins.Add(b);
                    shares.Add((right - left) / to.Step);
                }
            }
        }

        starts.Add(bins.Count);
        (_starts, _bins, _shares) = ([.. starts], [.. bins], [.. shares]);
    }

    /// <summary>Brings one pattern over.</summary>
    /// <param name="pattern">Intensities by bin of the first axis; NaN where there is none.</param>
    /// <param name="rebinned">Receives the intensities by bin of the second axis; NaN where there is none.</param>
    /// <exception cref="ArgumentException">The lengths are not those of the axes.</exception>
    public void Apply(ReadOnlySpan<float> pattern, Span<float> rebinned)
    {
        if (pattern.Length != _from.BinCount || rebinned.Length != _to.BinCount)
        {
            throw new ArgumentException(
                $"the patterns have {_from.BinCount} bins and shall have {_to.BinCount}, not {pattern.Length} and {rebinned.Length}");
        }

        for (int k = 0; k < rebinned.Length; k++)
        {
            double sum = 0;
            double covered = 0;
            for (int i = _starts[k]; i < _starts[k + 1]; i++)
            {
                float value = pattern[_bins[i]];
                sum += float.IsNaN(value) ? 0 : _shares[i] * value;
                covered += float.IsNaN(value) ? 0 : _shares[i];
            }

            rebinned[k] = covered >= LeastCovered ? (float)(sum / covered) : float.NaN;
        }
    }

    // Edges grow, but for d against an angle or q, where they fall, and NaN stands for directions that no photon takes.
    private static (int First, int Last) Overlapping(double[] edges, double lower, double upper)
    {
        bool falls = edges[0] > edges[^1];
        int n = edges.Length - 1;
        int first = 0, last = n - 1;
        while (first < n && (falls ? !(edges[first + 1] < upper) : !(edges[first + 1] > lower)))
        {
            first++;
        }

        while (last >= first && (falls ? !(edges[last] > lower) : !(edges[last] < upper)))
        {
            last--;
        }

        return (first, last);
    }

    private static double ToQ_invA(double position, RadialUnit unit, double? wavelength_A) => unit switch
    {
        RadialUnit.TwoTheta_deg => 4 * Math.PI * Math.Sin(position * (Math.PI / 360)) / Needed(wavelength_A, unit),
        RadialUnit.TwoTheta_rad => 4 * Math.PI * Math.Sin(position / 2) / Needed(wavelength_A, unit),
        RadialUnit.Q_invA => position,
        RadialUnit.Q_invnm => position / 10,
        RadialUnit.D_A => 2 * Math.PI / position,
        _ => throw Distance(),
    };

    private static double FromQ_invA(double q_invA, RadialUnit unit, double? wavelength_A) => unit switch
    {
        RadialUnit.TwoTheta_deg => 360 / Math.PI * Math.Asin(Math.Min(1, q_invA * Needed(wavelength_A, unit) / (4 * Math.PI))),
        RadialUnit.TwoTheta_rad => 2 * Math.Asin(Math.Min(1, q_invA * Needed(wavelength_A, unit) / (4 * Math.PI))),
        RadialUnit.Q_invA => q_invA,
        RadialUnit.Q_invnm => 10 * q_invA,
        RadialUnit.D_A => 2 * Math.PI / q_invA,
        _ => throw Distance(),
    };

    private static double Needed(double? wavelength_A, RadialUnit unit) => wavelength_A is > 0 and < double.PositiveInfinity
        ? wavelength_A.Value
        : throw new ArgumentException(
            $"patterns over {unit} need a wavelength above 0 to be brought onto another axis, not {wavelength_A?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"}",
            nameof(wavelength_A));

    private static ArgumentException Distance() => new(
        "distances on the detector (r_mm) can only be brought onto other distances: integrate the coarse scan again over q or 2θ");
}
