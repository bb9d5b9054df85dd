namespace XrdCt.Live.Simulator.Sources;

/// <summary>What is known of a frame besides its pixels; null where it is not.</summary>
/// <param name="Monitor">Beam monitor during the exposure.</param>
/// <param name="Translation_mm">Where the translation stood, mm.</param>
/// <param name="Rotation_deg">Where the rotation stood, degrees.</param>
public readonly record struct FrameFacts(double? Monitor, double? Translation_mm, double? Rotation_deg)
{
    /// <summary>Transmission of the sample during the exposure.</summary>
    public double? Transmission { get; init; }
}
