namespace XrdCt.Live.Benchmarks.Steering;

/// <summary>What became of a scan; scores of places are those that the phantom's truth gives them.</summary>
internal sealed record SteeringResult
{
    /// <summary>Score of the place by the whole scan over the best that there is.</summary>
    public required double FullOfBest { get; init; }

    /// <summary>Score of the place after 30 % over that by the whole scan.</summary>
    public required double EarlyOfFull { get; init; }

    /// <summary>Distance of these two places, µm.</summary>
    public required double EarlyAway_um { get; init; }

    /// <summary>Error of the score after 30 %, less that at the end, in units of its σ.</summary>
    public required double EarlyDeviation { get; init; }

    /// <summary>σ of the score after 30 %.</summary>
    public required double EarlySigma { get; init; }

    /// <summary>Share of the scan at which it first might stop; NaN for never.</summary>
    public required double StopFraction { get; init; }

    /// <summary>Score of the place then over that by the whole scan.</summary>
    public required double StopOfFull { get; init; }

    /// <summary>Lowest score while it might stop, over the best that there is.</summary>
    public required double WorstStopOfBest { get; init; }

    /// <summary>Score that the whole scan says, less the true one.</summary>
    public required double FullError { get; init; }

    /// <summary>Share of the scan, and score of the place then over that by the whole scan.</summary>
    public required (double Fraction, double OfFull)[] Looks { get; init; }
}
