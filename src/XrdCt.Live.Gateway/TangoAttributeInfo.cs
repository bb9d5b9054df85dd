namespace XrdCt.Live.Gateway;

/// <summary>An attribute as its device describes it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Unit">Its unit as the device writes it; may be empty.</param>
/// <param name="DataType">Tango's name of the type, such as <c>DevDouble</c>.</param>
/// <param name="DataFormat"><c>SCALAR</c>, <c>SPECTRUM</c> or <c>IMAGE</c>.</param>
/// <param name="IsWritable">Whether the device lets it be written; whether the gateway does is another question.</param>
/// <param name="Lower">The device's own lower limit; null without one.</param>
/// <param name="Upper">The device's own upper limit; null without one.</param>
public sealed record TangoAttributeInfo(
    string Name, string Unit, string DataType, string DataFormat, bool IsWritable, double? Lower, double? Upper);
