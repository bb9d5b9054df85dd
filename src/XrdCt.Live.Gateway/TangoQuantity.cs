namespace XrdCt.Live.Gateway;

/// <summary>An attribute that tells a quantity of the scan.</summary>
/// <param name="Attribute">The attribute, a single number.</param>
/// <param name="Scale">Its value is multiplied by this: 0.001 for a stage that tells µm where mm are wanted. Default 1.</param>
public sealed record TangoQuantity(TangoAttribute Attribute, double Scale = 1);
