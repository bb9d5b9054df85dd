namespace XrdCt.Live.Server.Steering;

/// <summary>A step of the motors that was judged and may be made once.</summary>
/// <param name="To_mm">Where the motors go, mm.</param>
/// <param name="ExpiresAt">Until when.</param>
internal record StageStep(IReadOnlyList<double> To_mm, DateTimeOffset ExpiresAt);
