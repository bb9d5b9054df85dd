namespace XrdCt.Live.Gateway;

/// <summary>Something that may be written or run, and how far.</summary>
/// <param name="Device">Name of the device.</param>
/// <param name="Member">Name of the attribute or command.</param>
/// <param name="IsCommand">Whether it is a command.</param>
/// <param name="Lower">Least value, in the attribute's unit; null for a command without an argument.</param>
/// <param name="Upper">Largest value; null for a command without an argument.</param>
public sealed record TangoPermission(string Device, string Member, bool IsCommand, double? Lower, double? Upper)
{
    /// <summary>Whether it has to be proposed first; the gateway decides, here it is only told.</summary>
    public bool IsConfirmed { get; init; } = true;

    /// <summary>Why an action may not be; null where it may, as far as this permission is concerned.</summary>
    internal string? WhyNot(TangoAction action) => action.Value switch
    {
        null when Lower is null => null,
        null => $"{action.Name} needs a number between {Lower:G6} and {Upper:G6}",
        _ when Lower is null => $"the command {action.Name} may be run without an argument only",
        double value when value >= Lower && value <= Upper => null,
        double value => $"{value:G6} is outside the limits of {action.Name}, {Lower:G6} to {Upper:G6}",
    };

    internal bool IsOf(TangoAction action) =>
        IsCommand == action is TangoCommand
        && string.Equals(Device, action.Device, StringComparison.OrdinalIgnoreCase)
        && string.Equals(Member, action.Member, StringComparison.OrdinalIgnoreCase);
}
