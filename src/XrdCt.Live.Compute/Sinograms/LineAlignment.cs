using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Compute.Sinograms;

/// <summary>
/// Finds out from a sinogram alone which way every other line was scanned, and how far the backward lines lie from the forward ones: a line
/// is compared with what the lines beside it (in angle, or in position) that were scanned the other way let expect.
/// </summary>
public static class LineAlignment
{
    // A symmetric sample and noise make both directions agree equally well; a wrong direction of any other sample is several times worse.
    private const double LeastGain = 1.5;

    // Of the lines, that must agree with the verdict; and how many lines there must be.
    private const double LeastShare = 0.75;
    private const int LeastLines = 3;

    // Neighbours farther away in slots than this say little about a line: the sample's shadow has moved on.
    private const int FarthestNeighbour = 4;

    private const double LargestShift_px = 6;

    /// <summary>Judges whether the scan was a zigzag, whatever its plan says.</summary>
    /// <param name="plan">The plan by which the cells were filled.</param>
    /// <param name="sinogram">One channel, [rotation, translation]; NaN where unmeasured.</param>
    /// <exception cref="ArgumentException">The sinogram is not the plan's.</exception>
    public static ZigzagVerdict Judge(ScanPlan plan, ReadOnlySpan<float> sinogram)
    {
        List<Comparison> placed = Comparisons(plan, Lines(plan, sinogram));
        if (placed.Count == 0)
        {
            return new ZigzagVerdict(null, double.NaN, 0);
        }

        // Each direction where it fits best: backlash, which moves the line of one direction, must not speak for the other.
        List<Comparison> turned = [.. placed.Select(c => c with { Line = [.. c.Line.Reverse()] })];
        double shiftPlaced_px = BestOfGrid(placed);
        double shiftTurned_px = BestOfGrid(turned);
        double sumPlaced = 0;
        double sumTurned = 0;
        int votes = 0;
        for (int i = 0; i < placed.Count; i++)
        {
            double one = placed[i].MeanSquare(shiftPlaced_px);
            double other = turned[i].MeanSquare(shiftTurned_px);
            sumPlaced += one;
            sumTurned += other;
            votes -= one.CompareTo(other);
        }

        bool isAsPlaced = sumPlaced <= sumTurned;
        double gain = isAsPlaced ? sumTurned / sumPlaced : sumPlaced / sumTurned;
        gain = double.IsNaN(gain) ? 1 : gain;
        double agreeing = 0.5 * (placed.Count + (isAsPlaced ? votes : -votes));
        bool isClear = placed.Count >= LeastLines && gain >= LeastGain && agreeing >= LeastShare * placed.Count;
        return new ZigzagVerdict(isClear ? plan.Path.IsZigzag == isAsPlaced : null, gain, placed.Count);
    }

    /// <summary>
    /// Finds the shift of the backward lines by least squares over all of them:
    /// <c>min Σ (v(k) − p(k + s))²</c> with v a backward line and p what the forward lines beside it let expect.
    /// </summary>
    /// <param name="plan">The plan by which the cells were filled; a zigzag.</param>
    /// <param name="sinogram">One channel, [rotation, translation]; NaN where unmeasured.</param>
    /// <returns>Undetermined for a scan without backward lines, before the third of them, and where nothing varies along the lines.</returns>
    /// <exception cref="ArgumentException">The sinogram is not the plan's.</exception>
    public static LineShift FindShift(ScanPlan plan, ReadOnlySpan<float> sinogram)
    {
        float[][] lines = Lines(plan, sinogram);
        List<Comparison> pairs = plan.Path.IsZigzag ? Comparisons(plan, lines) : [];
        if (pairs.Count < LeastLines)
        {
            return LineShift.Undetermined with { LineCount = pairs.Count };
        }

        double shift = BestOfGrid(pairs);
        double uncertainty = double.NaN;
        for (int iteration = 0; iteration < 30; iteration++)
        {
            (double step, uncertainty) = Newton(pairs, shift);
            if (!(Math.Abs(step) <= 1))
            {
                return LineShift.Undetermined with { LineCount = pairs.Count };
            }

            shift += step;
            if (Math.Abs(step) < 1e-6)
            {
                break;
            }
        }

        return Math.Abs(shift) <= LargestShift_px
            ? new LineShift(shift, uncertainty, pairs.Count)
            : LineShift.Undetermined with { LineCount = pairs.Count };
    }

    /// <summary>Brings the backward lines of a sinogram onto the cells of the forward ones, in place.</summary>
    /// <param name="plan">The plan by which the cells were filled.</param>
    /// <param name="sinogram">[rotation, translation, bin]; NaN where unmeasured.</param>
    /// <param name="shift_px">Sample k of a backward line belongs to k + shift, steps of the fast axis.</param>
    /// <param name="bins">Channels or radial bins side by side; one where absent.</param>
    /// <exception cref="ArgumentException">The sinogram is not the plan's.</exception>
    public static void Align(ScanPlan plan, Span<float> sinogram, double shift_px, int bins = 1)
    {
        Check(plan, sinogram.Length, bins);
        for (int slot = 0; plan.Path.IsZigzag && slot < plan.LineCount; slot++)
        {
            if (!IsBackward(plan, slot))
            {
                continue;
            }

            if (plan.Path.LinesRunOverRotations)
            {
                LineResampling.Shift(sinogram[(slot * bins)..], plan.RotationCount, plan.TranslationCount * bins, bins, shift_px);
            }
            else
            {
                LineResampling.Shift(sinogram[(slot * plan.TranslationCount * bins)..], plan.TranslationCount, bins, bins, shift_px);
            }
        }
    }

    /// <summary>
    /// Brings the variances of a sinogram to where <see cref="Align"/> brings its values, in place. Noise counts as moved, not as smoothed: neighbours
    /// that a shifted sample is made of lose variance and go together, which a slice sees as nearly the same noise.
    /// </summary>
    /// <param name="plan">The plan by which the cells were filled.</param>
    /// <param name="variance">[rotation, translation, bin]; NaN where unmeasured.</param>
    /// <param name="shift_px">Sample k of a backward line belongs to k + shift, steps of the fast axis.</param>
    /// <param name="bins">Channels or radial bins side by side; one where absent.</param>
    /// <exception cref="ArgumentException">The sinogram is not the plan's.</exception>
    public static void AlignVariance(ScanPlan plan, Span<float> variance, double shift_px, int bins = 1)
    {
        Align(plan, variance, shift_px, bins);
        for (int i = 0; i < variance.Length; i++)
        {
            // The cubic may overshoot beside a step.
            variance[i] = variance[i] < 0 ? 0 : variance[i];
        }
    }

    /// <summary>Whether a line was scanned the other way than the first.</summary>
    /// <param name="plan">The plan by which the cells are filled.</param>
    /// <param name="slot">Rotation, or translation where lines run over rotations.</param>
    public static bool IsBackward(ScanPlan plan, int slot)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return plan.Path.IsZigzag && IsOdd(plan, slot);
    }

    // A slot is a rotation where lines run over translations, and the other way round: lines by where they are, not by when.
    private static float[][] Lines(ScanPlan plan, ReadOnlySpan<float> sinogram)
    {
        Check(plan, sinogram.Length, bins: 1);
        float[][] lines = new float[plan.LineCount][];
        for (int slot = 0; slot < lines.Length; slot++)
        {
            if (!plan.Path.LinesRunOverRotations)
            {
                lines[slot] = sinogram.Slice(slot * plan.TranslationCount, plan.TranslationCount).ToArray();
                continue;
            }

            lines[slot] = new float[plan.RotationCount];
            for (int rotation = 0; rotation < plan.RotationCount; rotation++)
            {
                lines[slot][rotation] = sinogram[(rotation * plan.TranslationCount) + slot];
            }
        }

        return lines;
    }

    private static void Check(ScanPlan plan, int values, int bins)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        if (values != (long)plan.CellCount * bins)
        {
            throw new ArgumentException($"expected {plan.CellCount} cells of {bins}, not {values} values", nameof(values));
        }
    }

    private static bool IsOdd(ScanPlan plan, int slot)
    {
        ScanCell cell = plan.Path.LinesRunOverRotations ? new ScanCell(0, slot) : new ScanCell(slot, 0);
        return (plan.IndexOf(cell) / plan.LineLength % 2) == 1;
    }

    // Odd lines of which something can be compared with the even lines on both sides of them.
    private static List<Comparison> Comparisons(ScanPlan plan, float[][] lines)
    {
        var found = new List<Comparison>();
        for (int slot = 0; slot < lines.Length; slot++)
        {
            float[] expected = new float[plan.LineLength];
            if (IsOdd(plan, slot) && TryExpect(plan, lines, slot, expected)
                && new Comparison(lines[slot], expected) is var comparison && double.IsFinite(comparison.MeanSquare(0)))
            {
                found.Add(comparison);
            }
        }

        return found;
    }

    private static bool HasValue(ReadOnlySpan<float> line)
    {
        foreach (float value in line)
        {
            if (!float.IsNaN(value))
            {
                return true;
            }
        }

        return false;
    }

    // The even lines on both sides, each by how near it is.
    private static bool TryExpect(ScanPlan plan, float[][] lines, int slot, float[] expected)
    {
        int below = Neighbour(-1);
        int above = Neighbour(+1);
        if (below < 0 || above < 0)
        {
            return false;
        }

        float share = (float)(slot - below) / (above - below);
        for (int k = 0; k < expected.Length; k++)
        {
            expected[k] = lines[below][k] + (share * (lines[above][k] - lines[below][k]));
        }

        return true;

        int Neighbour(int direction)
        {
            for (int distance = 1; distance <= FarthestNeighbour; distance++)
            {
                int other = slot + (direction * distance);
                if (other < 0 || other >= lines.Length)
                {
                    return -1;
                }

                if (!IsOdd(plan, other) && HasValue(lines[other]))
                {
                    return other;
                }
            }

            return -1;
        }
    }

    private static double BestOfGrid(List<Comparison> pairs)
    {
        const double Step_px = 0.25;

        // A shift that leaves little of a short line to compare fits anything.
        double largest_px = Math.Min(LargestShift_px, pairs[0].Line.Length / 8);
        int steps = (int)(largest_px / Step_px);
        return Enumerable.Range(-steps, (2 * steps) + 1).Select(s => s * Step_px).MinBy(s => pairs.Sum(p => p.MeanSquare(s)));
    }

    /// <summary>One step of Gauss and Newton, and the uncertainty of the shift from the scatter that is left.</summary>
    private static (double Step, double Uncertainty) Newton(List<Comparison> pairs, double shift)
    {
        const double Aside_px = 0.5;
        double gradient = 0;
        double curvature = 0;
        double scatter = 0;
        int count = 0;
        foreach ((float[] line, float[] expected) in pairs)
        {
            for (int k = 0; k < line.Length; k++)
            {
                double difference = line[k] - LineResampling.At(expected, k + shift);
                double slope = LineResampling.At(expected, k + shift + Aside_px) - LineResampling.At(expected, k + shift - Aside_px);
                if (!double.IsNaN(difference + slope))
                {
                    gradient += slope * difference;
                    curvature += slope * slope;
                    scatter += difference * difference;
                    count++;
                }
            }
        }

        return (gradient / curvature, Math.Sqrt(scatter / Math.Max(count - 1, 1) / curvature));
    }

    private sealed record Comparison(float[] Line, float[] Expected)
    {
        /// <summary>Mean square difference where sample k of the line belongs to k + shift; +∞ where nothing overlaps.</summary>
        public double MeanSquare(double shift_px)
        {
            double sum = 0;
            int count = 0;
            for (int k = 0; k < Line.Length; k++)
            {
                double difference = Line[k] - LineResampling.At(Expected, k + shift_px);
                if (!double.IsNaN(difference))
                {
                    sum += difference * difference;
                    count++;
                }
            }

            return count > 0 ? sum / count : double.PositiveInfinity;
        }
    }
}
