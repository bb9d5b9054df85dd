namespace XrdCt.Live.Model.Scans;

/// <summary>
/// Says which cell a frame index belongs to, for every order in which the stages can move. Immutable; both directions cost a table look-up.
/// </summary>
/// <remarks>
/// Rotation i is at <c>i · Range / RotationCount</c> (the last angle lies one step before the end of the range, as for scikit-image; with
/// <see cref="IncludesEnd"/> at <c>i · Range / (RotationCount − 1)</c>); translation j is at <c>(j − TranslationCount / 2) · Step</c> with
/// integer division, so the rotation axis is the centre of translation <c>TranslationCount / 2</c>, which is scikit-image's convention too.
/// Where the <see cref="Anchor"/> is not the centre, the axis along which a line runs lies <see cref="Lead_steps"/> further on.
/// </remarks>
public sealed class ScanPlan
{
    private static readonly int[] UsualSubsets = AngleOrder.BitReversed(4);

    private readonly int[] _rotationOfLine;
    private readonly int[] _lineOfRotation;

    /// <summary>Makes a plan.</summary>
    /// <param name="translationCount">Number of translations, at least 2.</param>
    /// <param name="rotationCount">Number of rotations, at least 1.</param>
    /// <param name="step_um">Distance of two translations, µm, positive.</param>
    /// <param name="path">Order of the cells in time.</param>
    /// <param name="range_deg">Angular range that the rotations divide evenly, degrees: 180 or 360.</param>
    /// <param name="subsets">
    /// First rotations of the subsets of <see cref="ScanOrder.Interlaced"/> in their order in time, a permutation of 0 to K − 1; 0, 2, 1, 3
    /// where absent.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A count, step or range out of range, or more cells than an index can name.</exception>
    /// <exception cref="ArgumentException">The path is not possible, or the subsets are no permutation.</exception>
    public ScanPlan(
        int translationCount,
        int rotationCount,
        double step_um,
        ScanPath path = default,
        double range_deg = 180,
        IReadOnlyList<int>? subsets = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(translationCount, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(rotationCount, 1);
        if (!(step_um > 0) || !double.IsFinite(step_um))
        {
            throw new ArgumentOutOfRangeException(nameof(step_um), step_um, "the step must be above 0");
        }

        if (range_deg is not (180 or 360))
        {
            throw new ArgumentOutOfRangeException(nameof(range_deg), range_deg, "the rotation range must be 180 or 360 degrees");
        }

        if ((long)translationCount * rotationCount > Array.MaxLength)
        {
            throw new ArgumentOutOfRangeException(nameof(rotationCount), rotationCount, "the scan has more cells than can be addressed");
        }

        if (!path.IsPossible)
        {
            throw new ArgumentException("a rotation that never stops, and positions that decide for themselves, have no backward lines", nameof(path));
        }

        subsets ??= UsualSubsets;
        if (subsets.Count == 0 || !subsets.Order().SequenceEqual(Enumerable.Range(0, subsets.Count)))
        {
            throw new ArgumentException(
                $"the subsets must be the numbers 0 to one less than there are, in any order, not {string.Join(", ", subsets)}", nameof(subsets));
        }

        TranslationCount = translationCount;
        RotationCount = rotationCount;
        Step_um = step_um;
        Path = path;
        Range_deg = range_deg;
        Subsets = [.. subsets];
        _rotationOfLine = path.Order switch
        {
            ScanOrder.Interlaced => AngleOrder.Interlaced(rotationCount, Subsets),
            ScanOrder.BitReversed => AngleOrder.BitReversed(rotationCount),
            ScanOrder.Golden => AngleOrder.Golden(rotationCount),
            _ => [],
        };
        _lineOfRotation = new int[_rotationOfLine.Length];
        for (int line = 0; line < _rotationOfLine.Length; line++)
        {
            _lineOfRotation[_rotationOfLine[line]] = line;
        }
    }

    /// <summary>Number of translations.</summary>
    public int TranslationCount { get; }

    /// <summary>Number of rotations.</summary>
    public int RotationCount { get; }

    /// <summary>Distance of two translations, µm.</summary>
    public double Step_um { get; }

    /// <summary>Order of the cells in time.</summary>
    public ScanPath Path { get; private init; }

    /// <summary>Angular range, degrees.</summary>
    public double Range_deg { get; }

    /// <summary>First rotations of the subsets of an interlaced scan, in their order in time.</summary>
    public IReadOnlyList<int> Subsets { get; }

    /// <summary>
    /// Whether the last rotation is at the end of the range, where the first is seen from the other side (180°) or again (360°). The pair
    /// tells the centre of rotation; the last one is left out of the reconstruction. Default false.
    /// </summary>
    /// <exception cref="ArgumentException">The rotation never stops: its lines end one step before the next begins.</exception>
    public bool IncludesEnd
    {
        get;
        init => field = value && Path.Order == ScanOrder.ContinuousRotation
            ? throw new ArgumentException("a rotation that never stops cannot include the end of its range: the next line begins there", nameof(value))
            : value;
    }

    /// <summary>Where in the window of a frame its position is told. Default at its centre.</summary>
    public TriggerAnchor Anchor { get; init; }

    /// <summary>
    /// Steps along a line by which the centre of a frame's window lies ahead of where the position was told, in the direction in which
    /// forward lines run: ½ for a position told at the start of the window, −½ at its end. Backward lines have it the other way, hence lie
    /// −2 · <see cref="Lead_steps"/> from the forward ones.
    /// </summary>
    public double Lead_steps => Anchor switch
    {
        TriggerAnchor.Start => 0.5,
        TriggerAnchor.End => -0.5,
        _ => 0,
    };

    /// <summary>Number of cells, hence of frames.</summary>
    public int CellCount => TranslationCount * RotationCount;

    /// <summary>Number of cells of a line, the unit in which the scan proceeds.</summary>
    public int LineLength => Path.LinesRunOverRotations ? RotationCount : TranslationCount;

    /// <summary>Number of lines.</summary>
    public int LineCount => CellCount / LineLength;

    /// <summary>Number of rotations that the reconstruction uses, from the first.</summary>
    public int ReconstructedRotationCount => RotationCount - (IncludesEnd && RotationCount > 1 ? 1 : 0);

    /// <summary>Distance of two rotations, degrees.</summary>
    public double Step_deg => Range_deg / Math.Max(ReconstructedRotationCount, 1);

    /// <summary>Angle of a rotation at the centre of a frame's window on a forward line, degrees.</summary>
    public double Angle_deg(int rotation) => (rotation + (Path.LinesRunOverRotations ? Lead_steps : 0)) * Range_deg / Math.Max(ReconstructedRotationCount, 1);

    /// <summary>Position of a translation relative to the rotation axis, at the centre of a frame's window on a forward line, µm.</summary>
    public double Position_um(int translation) =>
        (translation - (TranslationCount / 2) + (Path.LinesRunOverRotations ? 0 : Lead_steps)) * Step_um;

    /// <summary>Whether the stage ran towards lower positions (or angles) in a line.</summary>
    /// <param name="line">Number of the line, from 0, in order of time.</param>
    public bool IsBackward(int line) => Path.IsZigzag && (line & 1) == 1;

    /// <summary>The same scan, but with every other line backwards, or none.</summary>
    public ScanPlan WithZigzag(bool isZigzag) => new(TranslationCount, RotationCount, Step_um, Path with { IsZigzag = isZigzag }, Range_deg, Subsets)
    {
        IncludesEnd = IncludesEnd,
        Anchor = Anchor,
    };

    /// <summary>Cell of a frame.</summary>
    /// <param name="index">Frame index, 0 to <see cref="CellCount"/> − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is outside the plan.</exception>
    public ScanCell CellOf(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, CellCount);
        (int line, int step) = Math.DivRem(index, LineLength);
        int along = IsBackward(line) ? LineLength - 1 - step : step;
        return Path.LinesRunOverRotations
            ? new ScanCell(along, SeenFromBehind(line) ? Mirrored(line) : line)
            : new ScanCell(_rotationOfLine.Length > 0 ? _rotationOfLine[line] : line, along);
    }

    /// <summary>Index of the frame that is measured in a cell; the inverse of <see cref="CellOf"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The cell is outside the plan.</exception>
    public int IndexOf(ScanCell cell)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(cell.Rotation, nameof(cell));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(cell.Rotation, RotationCount, nameof(cell));
        ArgumentOutOfRangeException.ThrowIfNegative(cell.Translation, nameof(cell));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(cell.Translation, TranslationCount, nameof(cell));
        (int line, int along) = Path.LinesRunOverRotations
            ? (SeenFromBehind(Mirrored(cell.Translation)) ? Mirrored(cell.Translation) : cell.Translation, cell.Rotation)
            : (_lineOfRotation.Length > 0 ? _lineOfRotation[cell.Rotation] : cell.Rotation, cell.Translation);
        return (line * LineLength) + (IsBackward(line) ? LineLength - 1 - along : along);
    }

    /// <summary>
    /// Whether every other translation is met from the other side of the axis. An axis that is not where the plan has it moves those the
    /// other way.
    /// </summary>
    public bool HasMirroredLines => Path.Order == ScanOrder.ContinuousRotation && Range_deg == 180;

    /// <summary>Whether the rays of a line are met from the other side of the axis.</summary>
    /// <param name="line">Number of the line, from 0, in order of time.</param>
    public bool SeenFromBehind(int line) => HasMirroredLines && (line & 1) == 1;

    // Opposite across the axis. Of an even number of translations the first has no opposite; it is never seen from behind, being even.
    private int Mirrored(int translation) => (2 * (TranslationCount / 2)) - translation;
}
