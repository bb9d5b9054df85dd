namespace XrdCt.Live.Egress.Dialects;

/// <summary>Exposure of one image, counted from the date of the series.</summary>
/// <param name="Start">Begin of the exposure.</param>
/// <param name="Stop">End of the exposure.</param>
public readonly record struct ImageTimes(TimeSpan Start, TimeSpan Stop);
