namespace XrdCt.Live.Model.Readings;

/// <summary>What the beamline tells of one moment, on a stream of its own: where the stages stood, how bright the beam was.</summary>
public readonly record struct StageReading
{
    /// <summary>Series of the frame that the reading belongs to; null where the sender does not know it.</summary>
    public long? SeriesId { get; init; }

    /// <summary>Index of the frame (of the trigger) that the reading belongs to, from 0; null where it is told by its time only.</summary>
    public int? Index { get; init; }

    /// <summary>When it was read, UTC, on a clock that agrees with the detector's; null where it is told by its index only.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Translation, mm, as the motor tells it; NaN where not told.</summary>
    public required double Translation_mm { get; init; }

    /// <summary>Rotation, degrees, as the motor tells it; NaN where not told.</summary>
    public required double Rotation_deg { get; init; }

    /// <summary>Beam monitor, counts or any proportional unit; NaN where not told.</summary>
    public required double Monitor { get; init; }

    /// <summary>Beam behind the sample over beam before it, above 0; NaN where not told.</summary>
    public double Transmission { get; init; } = double.NaN;

    /// <summary>A reading of nothing.</summary>
    public StageReading()
    {
    }
}
