using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Stages;

namespace XrdCt.Live.Tests.Steering;

/// <summary>ROI scans with known stages.</summary>
internal static class RoiScanPlans
{
    public static SampleStages Stages(double? position_mm = 0.25, double backlash_um = 0) => new(
        new StageMotor("px") { Direction_deg = 180, Position_mm = position_mm, Lowest_mm = -2, Highest_mm = 2, Backlash_um = backlash_um, Speed_mm_s = 0.5 },
        new StageMotor("py") { Direction_deg = 90, Position_mm = position_mm, Lowest_mm = -2, Highest_mm = 2, Speed_mm_s = 0.5 })
    {
        Translation = new StageMotor("ty") { Direction_deg = 180, Lowest_mm = -10, Highest_mm = 10 },
        Rotation = "rot",
        TranslationZero_mm = 1.5,
        RotationZero_deg = 10,
        CalibratedAt_deg = 10,
    };

    public static RoiScanPlan At(double x_um, double y_um, string order, SampleStages? stages, int translations = 9, int rotations = 8)
    {
        (MotorMove First, MotorMove Second)? moves = stages?.Bring(x_um, y_um);
        return new RoiScanPlan(2, x_um, y_um, new ScanPlan(translations, rotations, 1.5, ScanPath.ByName[order]))
        {
            Stages = stages,
            Moves = moves is { } both ? [both.First, both.Second] : [],
            Axis_um = 4,
            TranslationZero_mm = 1.5,
            RotationZero_deg = 10,
            FrameTime_s = 0.004,
            LineOverhead_s = 0.5,
        };
    }
}
