namespace XrdCt.Live.Model.Slices;

/// <summary>A setting or finding of a reconstruction: a number with its unit, or a text.</summary>
/// <param name="Name">Name, letters, digits and underscores; a path with / makes groups.</param>
/// <param name="Text">The text; null for a number.</param>
/// <param name="Number">The number; NaN for one that is not known.</param>
/// <param name="Units">Unit of the number as UDUNITS writes it; empty for none.</param>
public sealed record VolumeParameter(string Name, string? Text, double Number, string Units)
{
    /// <summary>A text.</summary>
    public static VolumeParameter Of(string name, string text) => new(name, text, double.NaN, "");

    /// <summary>A number.</summary>
    public static VolumeParameter Of(string name, double number, string units = "") => new(name, Text: null, number, units);
}
