using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Compute.Roi;

/// <summary>
/// Which rays a scan measured: its angles in any order and spacing over half a turn or a whole one, and its even translations. A ray at
/// (θ + 180°, t) is the ray at (θ, −t). Immutable and thread-safe.
/// </summary>
public sealed class ScanRays
{
    /// <summary>Largest number of projections that make up the one at an angle: on either side one from each side, and a repeated end.</summary>
    internal const int MostTerms = 6;

    // Angles closer than this are one: a millionth of a radian moves a ray at the rim of a 1 mm disc by half a nanometre.
    private const double SameAngle_rad = 1e-6;

    private readonly double[] _angles_rad;
    private readonly Circle _all;
    private readonly Circle _front;

    /// <summary>Takes the rays.</summary>
    /// <param name="angles_rad">Angle of each rotation, rad, any order; at least one.</param>
    /// <param name="translationCount">Number N of translations, at least 2.</param>
    /// <param name="step_um">Distance of two translations, µm, positive.</param>
    /// <param name="centre_px">Offset c of the rotation axis from translation index N/2 (integer division), steps.</param>
    /// <exception cref="ArgumentException">No angle, or one that is no number.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than two translations, a step that is not above 0, or an axis that is no number.</exception>
    public ScanRays(IReadOnlyList<double> angles_rad, int translationCount, double step_um, double centre_px = 0)
    {
        ArgumentNullException.ThrowIfNull(angles_rad);
        ArgumentOutOfRangeException.ThrowIfLessThan(translationCount, 2);
        if (angles_rad.Count == 0 || !angles_rad.All(double.IsFinite))
        {
            throw new ArgumentException("a scan has at least one angle, and all its angles are numbers", nameof(angles_rad));
        }

        if (!(step_um > 0) || !double.IsFinite(step_um))
        {
            throw new ArgumentOutOfRangeException(nameof(step_um), step_um, "the step must be above 0");
        }

        if (!double.IsFinite(centre_px))
        {
            throw new ArgumentOutOfRangeException(nameof(centre_px), centre_px, "the centre of rotation must be a number");
        }

        _angles_rad = [.. angles_rad];
        TranslationCount = translationCount;
        Step_um = step_um;
        Centre_px = centre_px;
        _all = new Circle(_angles_rad, withBehind: true);
        var direct = new Circle(_angles_rad, withBehind: false);
        _front = direct.LargestGap_rad < 0.5 * Math.PI ? direct : _all;
    }

    /// <summary>The rays of a scan plan, without a last rotation that repeats the first.</summary>
    /// <param name="plan">Scan plan.</param>
    /// <param name="centre_px">Offset of the rotation axis from translation index TranslationCount/2, steps.</param>
    public static ScanRays Of(ScanPlan plan, double centre_px = 0)
    {
        ArgumentNullException.ThrowIfNull(plan);
        double[] angles_rad = [.. Enumerable.Range(0, plan.ReconstructedRotationCount).Select(r => plan.Angle_deg(r) * (Math.PI / 180))];
        return new ScanRays(angles_rad, plan.TranslationCount, plan.Step_um, centre_px);
    }

    /// <summary>Angle of each rotation, rad, as given.</summary>
    public ReadOnlySpan<double> Angles_rad => _angles_rad;

    /// <summary>Number of rotations.</summary>
    public int RotationCount => _angles_rad.Length;

    /// <summary>Number N of translations.</summary>
    public int TranslationCount { get; }

    /// <summary>Distance of two translations, µm.</summary>
    public double Step_um { get; }

    /// <summary>Offset c of the rotation axis from translation index N/2, steps.</summary>
    public double Centre_px { get; }

    /// <summary>The median angle between neighbouring projections, seen from either side, rad.</summary>
    internal double TypicalGap_rad => _all.TypicalGap_rad;

    /// <summary>Position of a translation, µm from the rotation axis: <c>t = (j − N/2 − c)·step</c>.</summary>
    public double Position_um(int translation) => (translation - (TranslationCount / 2) - Centre_px) * Step_um;

    /// <summary>Projections that make up the one at an angle, by linear interpolation between its neighbours.</summary>
    /// <param name="angle_rad">Angle, rad, any number of turns.</param>
    /// <param name="terms">Receives them; room for <see cref="MostTerms"/>.</param>
    /// <param name="fromFront">
    /// Whether a scan over a whole turn is asked at the angle itself alone: seen from behind, an error of the axis has the other sign.
    /// </param>
    /// <returns>How many there are.</returns>
    internal int Between(double angle_rad, Span<RayTerm> terms, bool fromFront = false) => (fromFront ? _front : _all).Between(angle_rad, terms);

    /// <summary>Angles on the whole circle, ordered; equal ones together.</summary>
    private sealed class Circle
    {
        private readonly double[] _at_rad;
        private readonly (int Rotation, bool IsMirrored)[][] _projections;

        public Circle(double[] angles_rad, bool withBehind)
        {
            IEnumerable<(double At_rad, int Rotation, bool IsMirrored)> views = angles_rad.Select((a, i) => (Turned(a), i, false));
            if (withBehind)
            {
                views = views.Concat(angles_rad.Select((a, i) => (Turned(a + Math.PI), i, true)));
            }

            var at_rad = new List<double>();
            var projections = new List<List<(int, bool)>>();
            foreach ((double at, int rotation, bool isMirrored) in views.OrderBy(v => v.At_rad))
            {
                if (at_rad.Count == 0 || at - at_rad[^1] > SameAngle_rad)
                {
                    at_rad.Add(at);
                    projections.Add([]);
                }

                if (projections[^1].Count < MostTerms / 2)
                {
                    projections[^1].Add((rotation, isMirrored));
                }
            }

            // A hair below a whole turn is the angle 0.
            if (at_rad.Count > 1 && at_rad[0] + (2 * Math.PI) - at_rad[^1] <= SameAngle_rad)
            {
                projections[0] = [.. projections[0].Concat(projections[^1]).Take(MostTerms / 2)];
                at_rad.RemoveAt(at_rad.Count - 1);
                projections.RemoveAt(projections.Count - 1);
            }

            _at_rad = [.. at_rad];
            _projections = [.. projections.Select(p => p.ToArray())];
            double[] gaps = [.. Enumerable.Range(0, _at_rad.Length).Select(Gap_rad).Order()];
            (TypicalGap_rad, LargestGap_rad) = (gaps[gaps.Length / 2], gaps[^1]);
        }

        public double TypicalGap_rad { get; }

        public double LargestGap_rad { get; }

        public int Between(double angle_rad, Span<RayTerm> terms)
        {
            double angle = Turned(angle_rad);
            int found = Array.BinarySearch(_at_rad, angle);
            int below = found >= 0 ? found : (~found + _at_rad.Length - 1) % _at_rad.Length;
            double gap_rad = Gap_rad(below);
            double beyond_rad = Turned(angle - _at_rad[below]);
            double share = gap_rad > 0 ? Math.Min(1, beyond_rad / gap_rad) : 0;
            int count = Put(below, 1 - share, terms);
            return share > 0 ? count + Put((below + 1) % _at_rad.Length, share, terms[count..]) : count;
        }

        private static double Turned(double angle_rad)
        {
            double turned = angle_rad - (2 * Math.PI * Math.Floor(angle_rad / (2 * Math.PI)));
            return turned < 2 * Math.PI ? turned : 0;
        }

        private double Gap_rad(int below) => below + 1 < _at_rad.Length
            ? _at_rad[below + 1] - _at_rad[below]
            : _at_rad[0] + (2 * Math.PI) - _at_rad[below];

        private int Put(int at, double weight, Span<RayTerm> terms)
        {
            (int Rotation, bool IsMirrored)[] projections = _projections[at];
            for (int i = 0; i < projections.Length; i++)
            {
                terms[i] = new RayTerm(projections[i].Rotation, projections[i].IsMirrored, weight / projections.Length);
            }

            return projections.Length;
        }
    }
}
