using XrdCt.Live.Model.Stages;

namespace XrdCt.Live.Tests.Steering;

/// <summary>Moves of the stages against a laboratory in which the sample is a point on motors on a turntable.</summary>
public sealed class SampleStagesTests
{
    [Theory]
    [InlineData(120, 80)]
    [InlineData(-120, 80)]
    [InlineData(-120, -80)]
    [InlineData(120, -80)]
    public void Bring_APlaceInAnyQuadrant_HasItOnTheAxis(double x_um, double y_um)
    {
        foreach ((double first_deg, double second_deg) in new[] { (0.0, 90.0), (180, 90), (90, 0), (30, 100), (-15, 250) })
        {
            foreach (double zero_deg in new[] { 0.0, 37, -90 })
            {
                SampleStages stages = new(new StageMotor("px") { Direction_deg = first_deg }, new StageMotor("py") { Direction_deg = second_deg }) { CalibratedAt_deg = 12, RotationZero_deg = zero_deg };
                (MotorMove first, MotorMove second) = stages.Bring(x_um, y_um);
                Laboratory laboratory = new(first_deg, second_deg, 12, zero_deg, x_um, y_um);

                // Before, it is where the scan sees it; after, the beam through the axis meets it at all angles.
                Assert.Equal(x_um, laboratory.Translation_um(0, 0, 0), 1e-9);
                Assert.Equal(-y_um, laboratory.Translation_um(90, 0, 0), 1e-9);
                foreach (double theta_deg in new[] { 0.0, 33, 90, 179 })
                {
                    Assert.Equal(0, laboratory.Translation_um(theta_deg, first.By_mm, second.By_mm), 1e-9);
                }

                (double shiftX_um, double shiftY_um) = stages.Shift(first.By_mm, second.By_mm);
                Assert.Equal((-x_um, -y_um), (Math.Round(shiftX_um, 9), Math.Round(shiftY_um, 9)));
            }
        }
    }

    [Theory]
    [InlineData(true, 0.5, -0.01)]
    [InlineData(true, -0.5, -0.01)]
    [InlineData(false, 0.5, 0.01)]
    [InlineData(false, -0.5, 0.01)]
    public void MoveBy_WithBacklash_MeetsTheTargetFromTheSameSide(bool approachesUp, double by_mm, double beyond_mm)
    {
        MotorMove move = new StageMotor("px") { Backlash_um = 10, ApproachesUp = approachesUp, Position_mm = 1, Speed_mm_s = 0.25 }.MoveBy(by_mm);
        Assert.Equal((by_mm, beyond_mm), (move.By_mm, move.Beyond_mm));
        Assert.Equal(1 + by_mm, move.To_mm);
        Assert.Equal(1 + by_mm + beyond_mm, move.Via_mm!.Value, 1e-12);
        Assert.Equal(4 * (Math.Abs(by_mm + beyond_mm) + Math.Abs(beyond_mm)), move.Duration_s, 1e-12);
        Assert.Null((move.Motor with { Backlash_um = 0 }).MoveBy(by_mm).Via_mm);
        Assert.Equal(move, new StageMotor("px") { Backlash_um = 10, ApproachesUp = approachesUp, Position_mm = 1, Speed_mm_s = 0.25 }.MoveBy(by_mm));
    }

    [Fact]
    public void Obstacle_TargetOrTheWayThere_IsBeyondALimit()
    {
        StageMotor motor = new("px") { Lowest_mm = -1, Highest_mm = 1, Backlash_um = 100, Position_mm = 0 };
        Assert.Null(motor.MoveBy(1).Obstacle);
        Assert.Equal("px would go to 1.0010 mm, beyond its limits -1 to 1 mm", motor.MoveBy(1.001).Obstacle);
        Assert.Null(motor.MoveBy(-0.9).Obstacle);
        Assert.Equal("px would go to -1.0500 mm, beyond its limits -1 to 1 mm", motor.MoveBy(-0.95).Obstacle);
        Assert.Null((motor with { Position_mm = null }).MoveBy(5).Obstacle);

        SampleStages stages = new(motor, new StageMotor("py") { Direction_deg = 90, Lowest_mm = -0.2, Position_mm = 0 });
        Assert.Null(stages.Obstacle(900, 190));
        Assert.StartsWith("py would go to -0.2", stages.Obstacle(900, 210), StringComparison.Ordinal);
        Assert.Null(stages.Obstacle(900, -210));
        Assert.StartsWith("px would go to 1.1", stages.Obstacle(-1100, 0), StringComparison.Ordinal);
    }

    [Fact]
    public void SampleStages_MotorsAlongOneLine_AreRefused()
    {
        Assert.Contains("nearly the same line", Assert.Throws<ArgumentException>(() => new SampleStages(new StageMotor("px"), new StageMotor("py") { Direction_deg = 182 })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new SampleStages(new StageMotor("px") { Direction_deg = double.NaN }, new StageMotor("py")));
        SampleStages stages = new(new StageMotor("px"), new StageMotor("py") { Direction_deg = 90 });
        Assert.ThrowsAny<ArgumentException>(() => stages.Bring(double.NaN, 0));
        Assert.Throws<InvalidOperationException>(() => stages.Translation_mm(0));
    }

    [Theory]
    [InlineData(0, 2.125)]
    [InlineData(180, 1.875)]
    public void Translation_ThatRunsWithTheScanOrAgainstIt_IsCountedFromItsZero(double direction_deg, double expected_mm)
    {
        SampleStages stages = new(new StageMotor("px"), new StageMotor("py") { Direction_deg = 90 })
        {
            Translation = new StageMotor("ty") { Direction_deg = direction_deg },
            TranslationZero_mm = 2,
        };
        Assert.Equal(expected_mm, stages.Translation_mm(125), 1e-12);
    }

    // The turntable has its zero of the scan at zero_deg; the motors ride on it, and were looked at when it stood at calibrated_deg.
    private sealed class Laboratory(double first_deg, double second_deg, double calibrated_deg, double zero_deg, double x_um, double y_um)
    {
        // The displayed slice has y downwards, so that a scan's angle turns (x, y) to t = x·cos θ − y·sin θ, and the other coordinate is x·sin θ + y·cos θ.
        public double Translation_um(double theta_deg, double first_mm, double second_mm)
        {
            // The place in the frame of the turntable, as it lies in the laboratory when the scan is at its 0°.
            (double X, double Y) place = Turn(x_um, y_um, -zero_deg);
            (double X, double Y) first = Turn(1000 * first_mm * Math.Cos(Rad(first_deg)), 1000 * first_mm * Math.Sin(Rad(first_deg)), -calibrated_deg);
            (double X, double Y) second = Turn(1000 * second_mm * Math.Cos(Rad(second_deg)), 1000 * second_mm * Math.Sin(Rad(second_deg)), -calibrated_deg);
            return Turn(place.X + first.X + second.X, place.Y + first.Y + second.Y, zero_deg + theta_deg).X;
        }

        // How the turntable carries a place on by an angle.
        private static (double X, double Y) Turn(double x, double y, double angle_deg)
        {
            (double sin, double cos) = Math.SinCos(Rad(angle_deg));
            return ((x * cos) - (y * sin), (x * sin) + (y * cos));
        }

        private static double Rad(double angle_deg) => angle_deg * (Math.PI / 180);
    }
}
