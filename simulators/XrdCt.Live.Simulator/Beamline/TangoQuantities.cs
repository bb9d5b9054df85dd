using XrdCt.Live.Gateway;

namespace XrdCt.Live.Simulator.Beamline;

/// <summary>What a scan needs of Tango's readings; one that lacks it ends the scan.</summary>
internal static class TangoQuantities
{
    /// <summary>The number that was told.</summary>
    /// <exception cref="BeamlineException">None was.</exception>
    public static double Number(TangoReading told) => Value(told).Number is double number && double.IsFinite(number)
        ? number
        : throw new BeamlineException($"Tango's {told.Attribute} tells no number");

    /// <summary>The state that was told.</summary>
    /// <exception cref="BeamlineException">None was.</exception>
    public static TangoState State(TangoReading told) => Value(told).State ?? throw new BeamlineException($"Tango's {told.Attribute} tells no state");

    private static TangoValue Value(TangoReading told) => told.Error is string error
        ? throw new BeamlineException($"Tango's {told.Attribute} cannot be read ({error})")
        : told.Value ?? throw new BeamlineException($"Tango's {told.Attribute} tells nothing (its quality is {told.Quality.ToString().ToLowerInvariant()})");
}
