using System.Numerics;

namespace XrdCt.Live.Model.Scans;

/// <summary>
/// Says which cell a frame index belongs to, for every order in which a stage can move. Immutable; both directions
/// cost a table look-up.
/// </summary>
/// <remarks>
/// Rotation i is at <c>i · Range / RotationCount</c> (the last angle lies one step before the end of the range, as
/// for scikit-image); translation j is at <c>(j − TranslationCount / 2) · Step</c> with integer division, so the
/// rotation axis is the centre of translation <c>TranslationCount / 2</c>, which is scikit-image's convention too.
/// </remarks>
public sealed class ScanPlan
{
    private readonly int[] _rotationOfLine;

    /// <summary>Makes a plan.</summary>
    /// <param name="translationCount">Number of translations, at least 2.</param>
    /// <param name="rotationCount">Number of rotations, at least 1.</param>
    /// <param name="step_um">Distance of two translations, µm, positive.</param>
    /// <param name="order">Order of the cells in time.</param>
    /// <param name="range_deg">Angular range that the rotations divide evenly, degrees: 180 or 360.</param>
    /// <param name="subsetCount">Number of subsets of <see cref="ScanOrder.Interlaced"/>, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A count, step or range out of range, or more cells than an index can name.</exception>
    public ScanPlan(
        int translationCount,
        int rotationCount,
        double step_um,
        ScanOrder order = ScanOrder.TranslationFast,
        double range_deg = 180,
        int subsetCount = 4)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(translationCount, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(rotationCount, 1);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(step_um);
        ArgumentOutOfRangeException.ThrowIfLessThan(subsetCount, 1);
        if (range_deg is not (180 or 360))
        {
            throw new ArgumentOutOfRangeException(nameof(range_deg), range_deg, "the rotation range must be 180 or 360 degrees");
        }

        if ((long)translationCount * rotationCount > Array.MaxLength)
        {
            throw new ArgumentOutOfRangeException(nameof(rotationCount), rotationCount, "the scan has more cells than can be addressed");
        }

        TranslationCount = translationCount;
        RotationCount = rotationCount;
        Step_um = step_um;
        Order = order;
        Range_deg = range_deg;
        SubsetCount = subsetCount;
        _rotationOfLine = order == ScanOrder.Interlaced ? InterlacedLines(rotationCount, subsetCount) : [];
    }

    /// <summary>Number of translations.</summary>
    public int TranslationCount { get; }

    /// <summary>Number of rotations.</summary>
    public int RotationCount { get; }

    /// <summary>Distance of two translations, µm.</summary>
    public double Step_um { get; }

    /// <summary>Order of the cells in time.</summary>
    public ScanOrder Order { get; }

    /// <summary>Angular range, degrees.</summary>
    public double Range_deg { get; }

    /// <summary>Number of subsets of an interlaced scan.</summary>
    public int SubsetCount { get; }

    /// <summary>Number of cells, hence of frames.</summary>
    public int CellCount => TranslationCount * RotationCount;

    /// <summary>True where a line (the unit in which the scan proceeds) runs over rotations, false where over translations.</summary>
    public bool LinesRunOverRotations => Order is ScanOrder.RotationFast or ScanOrder.RotationFastZigzag;

    /// <summary>Number of cells of a line.</summary>
    public int LineLength => LinesRunOverRotations ? RotationCount : TranslationCount;

    /// <summary>Number of lines.</summary>
    public int LineCount => CellCount / LineLength;

    /// <summary>Angle of a rotation, degrees.</summary>
    public double Angle_deg(int rotation) => rotation * Range_deg / RotationCount;

    /// <summary>Position of a translation relative to the rotation axis, µm.</summary>
    public double Position_um(int translation) => (translation - (TranslationCount / 2)) * Step_um;

    /// <summary>Cell of a frame.</summary>
    /// <param name="index">Frame index, 0 to <see cref="CellCount"/> − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is outside the plan.</exception>
    public ScanCell CellOf(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, CellCount);
        (int line, int step) = Math.DivRem(index, LineLength);
        bool backwards = IsZigzag && (line & 1) == 1;
        int along = backwards ? LineLength - 1 - step : step;
        return LinesRunOverRotations
            ? new ScanCell(along, line)
            : new ScanCell(Order == ScanOrder.Interlaced ? _rotationOfLine[line] : line, along);
    }

    private bool IsZigzag => Order is ScanOrder.TranslationFastZigzag or ScanOrder.RotationFastZigzag;

    private static int[] InterlacedLines(int rotationCount, int subsetCount)
    {
        int bits = BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)subsetCount));
        IEnumerable<int> subsets = Enumerable.Range(0, subsetCount).OrderBy(s => BitReverse(s, bits));
        return [.. subsets.SelectMany(first => Every(first, subsetCount, rotationCount))];
    }

    private static IEnumerable<int> Every(int first, int stride, int end)
    {
        for (int i = first; i < end; i += stride)
        {
            yield return i;
        }
    }

    private static int BitReverse(int value, int bits)
    {
        int reversed = 0;
        for (int i = 0; i < bits; i++)
        {
            reversed = (reversed << 1) | ((value >> i) & 1);
        }

        return reversed;
    }
}
