namespace XrdCt.Live.Server.Steering;

/// <summary>A step of the motors that was judged and may be made once.</summary>
/// <param name="From_mm">Where the motors stood when it was judged, mm.</param>
/// <param name="To_mm">Where they go, mm.</param>
/// <param name="ExpiresAt">Until when, on our clock.</param>
internal record StageStep(IReadOnlyList<double> From_mm, IReadOnlyList<double> To_mm, DateTimeOffset ExpiresAt);
