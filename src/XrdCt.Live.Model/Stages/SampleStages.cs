namespace XrdCt.Live.Model.Stages;

/// <summary>
/// The stages that bring a place of the sample onto the rotation axis, and the axis into the beam: two motors on top of the rotation, which turn with the sample,
/// and the translation under it.
/// </summary>
public sealed record SampleStages
{
    // Two motors along nearly the same line cannot reach the places beside it.
    private const double LeastAngle_sin = 0.1;

    /// <summary>Names the motors on top of the rotation.</summary>
    /// <param name="first">One of them.</param>
    /// <param name="second">The other.</param>
    /// <exception cref="ArgumentException">They run along nearly the same line (less than 6° apart).</exception>
    public SampleStages(StageMotor first, StageMotor second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (!(Math.Abs(Math.Sin((second.Direction_deg - first.Direction_deg) * (Math.PI / 180))) >= LeastAngle_sin))
        {
            throw new ArgumentException(
                FormattableString.Invariant($"{first.Name} ({first.Direction_deg:G4}°) and {second.Name} ({second.Direction_deg:G4}°) move the sample along nearly the same line"), nameof(second));
        }

        (First, Second) = (first, second);
    }

    /// <summary>One of the motors on top.</summary>
    public StageMotor First { get; }

    /// <summary>The other.</summary>
    public StageMotor Second { get; }

    /// <summary>The translation under the rotation; null where it is not told.</summary>
    public StageMotor? Translation { get; init; }

    /// <summary>Name of the rotation; null where it is not told.</summary>
    public string? Rotation { get; init; }

    /// <summary>Rotation at which the directions of the motors on top were found, degrees.</summary>
    public double CalibratedAt_deg { get; init; }

    /// <summary>Rotation at which the scan has its 0°, degrees: there the sample coordinates are those of the laboratory.</summary>
    public double RotationZero_deg { get; init; }

    /// <summary>Translation at which the scan has its 0, mm.</summary>
    public double TranslationZero_mm { get; init; }

    /// <summary>
    /// Moves that bring a place onto the rotation axis: <c>a·u₁ + b·u₂ = −(x, y)</c> with the unit vectors u of the motors' directions, turned by
    /// <c><see cref="RotationZero_deg"/> − <see cref="CalibratedAt_deg"/></c> into the sample coordinates of the scan.
    /// </summary>
    /// <param name="x_um">Sample coordinate x (slice column), µm from the rotation axis.</param>
    /// <param name="y_um">Sample coordinate y (slice row), µm from the rotation axis.</param>
    /// <exception cref="ArgumentOutOfRangeException">A coordinate is not finite.</exception>
    public (MotorMove First, MotorMove Second) Bring(double x_um, double y_um)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(double.IsFinite(x_um) && double.IsFinite(y_um), true, nameof(x_um));
        (double sin1, double cos1) = Math.SinCos(Direction_rad(First));
        (double sin2, double cos2) = Math.SinCos(Direction_rad(Second));
        double determinant = (cos1 * sin2) - (sin1 * cos2);
        double first_um = ((-x_um * sin2) + (y_um * cos2)) / determinant;
        double second_um = ((-y_um * cos1) + (x_um * sin1)) / determinant;
        return (First.MoveBy(first_um / 1000), Second.MoveBy(second_um / 1000));
    }

    /// <summary>Whether a place can be brought onto the axis, as far as limits and positions are known.</summary>
    /// <inheritdoc cref="Bring"/>
    public bool Reach(double x_um, double y_um)
    {
        (MotorMove first, MotorMove second) = Bring(x_um, y_um);
        return first.IsWithinLimits && second.IsWithinLimits;
    }

    /// <summary>Why a place cannot be brought onto the axis, as a sentence; null where it can, or where the motors' positions are not known.</summary>
    /// <inheritdoc cref="Bring"/>
    public string? Obstacle(double x_um, double y_um)
    {
        (MotorMove first, MotorMove second) = Bring(x_um, y_um);
        return first.Obstacle ?? second.Obstacle;
    }

    /// <summary>Where the sample was moved by the motors on top, sample coordinates, µm.</summary>
    /// <param name="first_mm">By how much the first moved, mm.</param>
    /// <param name="second_mm">By how much the second moved, mm.</param>
    public (double X_um, double Y_um) Shift(double first_mm, double second_mm)
    {
        (double sin1, double cos1) = Math.SinCos(Direction_rad(First));
        (double sin2, double cos2) = Math.SinCos(Direction_rad(Second));
        return (1000 * ((first_mm * cos1) + (second_mm * cos2)), 1000 * ((first_mm * sin1) + (second_mm * sin2)));
    }

    /// <summary>Translation at which the beam meets a position of the scan plan, mm.</summary>
    /// <param name="position_um">Position, µm from the rotation axis as the plan has it.</param>
    /// <exception cref="InvalidOperationException">There is no translation.</exception>
    public double Translation_mm(double position_um) => Translation is null
        ? throw new InvalidOperationException("the translation is not told")
        : TranslationZero_mm + (Math.Cos(Translation.Direction_deg * (Math.PI / 180)) * position_um / 1000);

    // θ' = θ − δ turns the coordinates by +δ: t = x·cos θ − y·sin θ is the same ray.
    private double Direction_rad(StageMotor motor) => (motor.Direction_deg + RotationZero_deg - CalibratedAt_deg) * (Math.PI / 180);
}
