using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Model.Sinograms;

/// <summary>
/// All patterns of a scan by cell, [rotation, translation, bin] with the bins fastest, so that a pattern is placed by
/// one copy. Intensities in counts (per unit of relative monitor); a cell that was not measured is NaN throughout.
/// </summary>
public sealed class SinogramStack
{
    private readonly bool[] _measured;

    /// <summary>Allocates an empty stack: 8 bytes × cells × bins.</summary>
    /// <param name="plan">The scan plan.</param>
    /// <param name="binCount">Radial bins of a pattern.</param>
    /// <exception cref="ArgumentOutOfRangeException">More values than one array can hold.</exception>
    public SinogramStack(ScanPlan plan, int binCount)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentOutOfRangeException.ThrowIfLessThan(binCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)plan.CellCount * binCount, Array.MaxLength);
        Plan = plan;
        BinCount = binCount;
        Values = GC.AllocateUninitializedArray<float>(plan.CellCount * binCount);
        Array.Fill(Values, float.NaN);
        Variances = GC.AllocateUninitializedArray<float>(plan.CellCount * binCount);
        Array.Fill(Variances, float.NaN);
        _measured = new bool[plan.CellCount];
    }

    /// <summary>The scan plan.</summary>
    public ScanPlan Plan { get; private set; }

    /// <summary>Radial bins of a pattern.</summary>
    public int BinCount { get; }

    /// <summary>Intensities, [rotation, translation, bin].</summary>
    public float[] Values { get; }

    /// <summary>Variances of the intensities, counts² (per unit of relative monitor²), [rotation, translation, bin].</summary>
    public float[] Variances { get; }

    /// <summary>Which cells hold a pattern, [rotation, translation].</summary>
    public ReadOnlySpan<bool> Measured => _measured;

    /// <summary>How many cells hold a pattern.</summary>
    public int MeasuredCount { get; private set; }

    /// <summary>Position of a cell in <see cref="Measured"/>.</summary>
    public int Offset(ScanCell cell) => (cell.Rotation * Plan.TranslationCount) + cell.Translation;

    /// <summary>The pattern of a cell, length <see cref="BinCount"/>.</summary>
    public Span<float> Pattern(ScanCell cell) => Values.AsSpan(Offset(cell) * BinCount, BinCount);

    /// <summary>The variances of a cell's pattern, length <see cref="BinCount"/>.</summary>
    public Span<float> Variance(ScanCell cell) => Variances.AsSpan(Offset(cell) * BinCount, BinCount);

    /// <summary>
    /// Turns every other line about its middle, and makes the plan the zigzag that goes with it (or the raster, if it was a zigzag): where
    /// the stage ran otherwise than the plan said.
    /// </summary>
    /// <param name="exchange">Is told of each two cells that change places, by their <see cref="Offset"/>, for what else is kept by cell.</param>
    public void TurnOddLines(Action<int, int>? exchange = null)
    {
        ScanPlan turned = Plan.WithZigzag(!Plan.Path.IsZigzag);
        for (int line = 1; line < Plan.LineCount; line += 2)
        {
            int first = line * Plan.LineLength;
            for (int step = 0; step < Plan.LineLength / 2; step++)
            {
                ScanCell one = Plan.CellOf(first + step);
                ScanCell other = Plan.CellOf(first + Plan.LineLength - 1 - step);
                Exchange(one, other);
                exchange?.Invoke(Offset(one), Offset(other));
            }
        }

        Plan = turned;
    }

    /// <summary>Claims an empty cell.</summary>
    /// <returns>False when the cell holds a pattern already.</returns>
    public bool TryClaim(ScanCell cell)
    {
        ref bool measured = ref _measured[Offset(cell)];
        if (measured)
        {
            return false;
        }

        measured = true;
        MeasuredCount++;
        return true;
    }

    private void Exchange(ScanCell one, ScanCell other)
    {
        Exchange(Pattern(one), Pattern(other));
        Exchange(Variance(one), Variance(other));
        (_measured[Offset(one)], _measured[Offset(other)]) = (_measured[Offset(other)], _measured[Offset(one)]);
    }

    private static void Exchange(Span<float> one, Span<float> other)
    {
        for (int b = 0; b < one.Length; b++)
        {
            (one[b], other[b]) = (other[b], one[b]);
        }
    }
}
