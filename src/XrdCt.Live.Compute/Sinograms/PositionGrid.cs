using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Compute.Sinograms;

/// <summary>
/// Brings frames that were taken at any positions onto the grid of a scan plan: at each cell a plane is laid through the frames less than a
/// step away, by least squares with the weights (1 − |Δt|)(1 − |Δθ|), and its value there is the cell's (local linear regression, Fan 1992,
/// doi:10.1080/01621459.1992.10476255). Between two frames of a line that is linear interpolation; a mean with the same weights alone would
/// blur jittered positions more than the jitter itself. Over 180° a ray beyond the end of the range is one at its beginning from the other
/// side, θ + 180° at t being θ at −t. Grows frame by frame; what it gives depends on the set of frames only.
/// </summary>
public sealed class PositionGrid
{
    private const int Neighbours = 4;

    // Scatter of the frames, steps², below which they tell no slope but noise: two of them a quarter of a step apart.
    private const double LeastScatter = 0.015;

    private readonly ScanPlan _plan;
    private readonly Contribution[] _contributions;
    private Regridding? _regridding;

    /// <summary>Makes an empty grid: 64 bytes per frame.</summary>
    /// <param name="plan">The plan whose grid it is.</param>
    /// <param name="frameCount">Number of frames.</param>
    public PositionGrid(ScanPlan plan, int frameCount)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentOutOfRangeException.ThrowIfNegative(frameCount);
        _plan = plan;
        _contributions = new Contribution[checked(frameCount * Neighbours)];
    }

    /// <summary>Says where a frame was taken, for good or anew.</summary>
    /// <param name="frame">Index of the frame.</param>
    /// <param name="translation_um">Translation relative to the plan's rotation axis, µm.</param>
    /// <param name="rotation_deg">Rotation relative to the plan's zero, degrees; any number of turns.</param>
    /// <returns>False where it adds to no cell: beyond the translations, or no number.</returns>
    public bool Put(int frame, double translation_um, double rotation_deg)
    {
        Span<Contribution> mine = _contributions.AsSpan(frame * Neighbours, Neighbours);
        mine.Clear();
        _regridding = null;
        if (!double.IsFinite(translation_um + rotation_deg))
        {
            return false;
        }

        double turns = Math.Floor(rotation_deg / _plan.Range_deg);
        double rows = (rotation_deg - (turns * _plan.Range_deg)) / _plan.Step_deg;
        bool isBehind = _plan.Range_deg == 180 && turns % 2 != 0;
        int row = Math.Min((int)rows, _plan.ReconstructedRotationCount - 1);
        bool isAnywhere = false;
        for (int i = 0; i < 2; i++)
        {
            double dr = rows - row - i;
            int target = row + i;
            bool isMirrored = isBehind;
            if (target == _plan.ReconstructedRotationCount)
            {
                target = 0;
                isMirrored ^= _plan.Range_deg == 180;
            }

            double steps = ((isMirrored ? -translation_um : translation_um) / _plan.Step_um) + (_plan.TranslationCount / 2);
            double left = Math.Floor(steps);
            for (int k = 0; k < 2; k++)
            {
                double column = left + k;
                double dt = steps - column;
                double weight = (1 - Math.Abs(dr)) * (1 - Math.Abs(dt));
                if (weight > 0 && column >= 0 && column < _plan.TranslationCount)
                {
                    int cell = (target * _plan.TranslationCount) + (int)column;
                    mine[(2 * i) + k] = new Contribution(cell, (float)weight, (float)dt, (float)dr);
                    isAnywhere = true;
                }
            }
        }

        return isAnywhere;
    }

    /// <summary>The weights by cell.</summary>
    public Regridding ToRegridding() => _regridding ??= Regrid();

    private Regridding Regrid()
    {
        int[] starts = new int[_plan.CellCount + 1];
        foreach (Contribution contribution in _contributions)
        {
            starts[contribution.Cell + 1] += contribution.Weight > 0 ? 1 : 0;
        }

        for (int cell = 0; cell < _plan.CellCount; cell++)
        {
            starts[cell + 1] += starts[cell];
        }

        int[] next = starts[..^1];
        int[] frames = new int[starts[^1]];
        var sorted = new Contribution[starts[^1]];
        for (int slot = 0; slot < _contributions.Length; slot++)
        {
            if (_contributions[slot].Weight > 0)
            {
                int at = next[_contributions[slot].Cell]++;
                (frames[at], sorted[at]) = (slot / Neighbours, _contributions[slot]);
            }
        }

        float[] weights = new float[frames.Length];
        float[] coverage = new float[_plan.CellCount];
        for (int cell = 0; cell < _plan.CellCount; cell++)
        {
            Range of = starts[cell]..starts[cell + 1];
            coverage[cell] = Fit(sorted.AsSpan(of), weights.AsSpan(of));
        }

        return new Regridding(starts, frames, weights, coverage);
    }

    /// <summary>What each frame adds to the plane's value at the cell; they add up to 1. Returns Σ w.</summary>
    private static float Fit(ReadOnlySpan<Contribution> frames, Span<float> weights)
    {
        double sum = 0;
        double t = 0;
        double r = 0;
        foreach (Contribution frame in frames)
        {
            sum += frame.Weight;
            t += frame.Weight * frame.T;
            r += frame.Weight * frame.R;
        }

        (t, r) = (t / sum, r / sum);
        double tt = 0;
        double tr = 0;
        double rr = 0;
        foreach (Contribution frame in frames)
        {
            double share = frame.Weight / sum;
            tt += share * (frame.T - t) * (frame.T - t);
            tr += share * (frame.T - t) * (frame.R - r);
            rr += share * (frame.R - r) * (frame.R - r);
        }

        // The plane's value at 0 is the mean less the slopes times the mean place: with S the scatter, w (1 − m · S⁻¹ · (x − m)).
        double determinant = (tt * rr) - (tr * tr);
        (double alongT, double alongR) = determinant > LeastScatter * LeastScatter && tt > LeastScatter && rr > LeastScatter
            ? (((rr * t) - (tr * r)) / determinant, ((tt * r) - (tr * t)) / determinant)
            : tt > LeastScatter && tt >= rr ? (t / tt, 0)
            : rr > LeastScatter ? (0, r / rr)
            : (0, 0);
        for (int i = 0; i < frames.Length; i++)
        {
            weights[i] = (float)(frames[i].Weight / sum * (1 - (alongT * (frames[i].T - t)) - (alongR * (frames[i].R - r))));
        }

        return (float)sum;
    }

    /// <summary>A frame near a cell: how much it counts, and where it lies from there, steps.</summary>
    private readonly record struct Contribution(int Cell, float Weight, float T, float R);
}
