namespace XrdCt.Live.Model.Sinograms;

/// <summary>A scalar per frame that is followed live: it gets a sinogram and a slice of its own while the scan runs.</summary>
/// <param name="Name">Name on screen and in the file.</param>
/// <param name="Kind">What is computed.</param>
/// <param name="Lower">Lower edge of the window in the unit of the radial axis; −∞ for no window.</param>
/// <param name="Upper">Upper edge of the window; +∞ for no window.</param>
public sealed record LiveChannel(
    string Name,
    LiveChannelKind Kind,
    double Lower = double.NegativeInfinity,
    double Upper = double.PositiveInfinity);
