namespace XrdCt.Live.Model.Slices;

/// <summary>The names by which people, files and programs ask for a <see cref="RampFilter"/>.</summary>
public static class RampFilters
{
    /// <summary>The filters by name, in whatever case; from sharp to smooth.</summary>
    public static IReadOnlyDictionary<string, RampFilter> ByName { get; } = new Dictionary<string, RampFilter>(StringComparer.OrdinalIgnoreCase)
    {
        ["ramp"] = RampFilter.Ramp,
        ["shepp-logan"] = RampFilter.SheppLogan,
        ["cosine"] = RampFilter.Cosine,
        ["hamming"] = RampFilter.Hamming,
        ["hann"] = RampFilter.Hann,
    };

    /// <summary>The name of a filter.</summary>
    public static string Name(this RampFilter filter) => ByName.First(known => known.Value == filter).Key;
}
