using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Storage.Sinograms;

/// <summary>A live channel as a scan file keeps it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Slice">The slice as it was at the end of the scan, [y, x]; null where there is none.</param>
/// <param name="Sinogram">Its sinogram as it was measured, [rotation, translation], NaN where unmeasured; null where there is none.</param>
public sealed record SavedChannel(string Name, LiveChannelKind Kind, float[]? Slice, float[]? Sinogram);
