namespace XrdCt.Live.Model.Readings;

/// <summary>How frames find what the beamline tells on a stream of its own.</summary>
public sealed record ReadingRule
{
    /// <summary>By what readings find their frames.</summary>
    public required ReadingKey Key { get; init; }

    /// <summary>What a frame waits for where its own message does not tell it; at least one.</summary>
    public required ReadingQuantities Needs { get; init; }

    /// <summary>
    /// With <see cref="ReadingKey.Time"/>: two readings farther apart than this say nothing of the time between them. Default 1 s.
    /// </summary>
    public TimeSpan LargestGap { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// With <see cref="ReadingKey.Time"/>: how long a frame is exposed. Its time is the end of that, and where the stages stood is asked for
    /// the middle, half of this earlier. Default 0.
    /// </summary>
    public TimeSpan Exposure { get; init; }

    /// <summary>Translation at which the motor has the plan's zero, mm. Default 0.</summary>
    public double TranslationZero_mm { get; init; }

    /// <summary>Rotation at which the motor has the plan's zero, degrees. Default 0.</summary>
    public double RotationZero_deg { get; init; }
}
