namespace XrdCt.Live.Model.Geometry;

/// <summary>What stops the photons in a detector.</summary>
/// <param name="Material">Chemical formula, such as <c>Si</c> or <c>CdTe</c>.</param>
/// <param name="Thickness_m">Thickness, m, positive.</param>
public sealed record SensorLayer(string Material, double Thickness_m)
{
    /// <summary>Material and thickness as people say them: <c>CdTe, 1000 µm</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Material}, {Thickness_m * 1e6:0.###} µm");
}
