namespace XrdCt.Live.Gateway;

/// <summary>A command of a device, such as <c>Stop</c> of a stage or <c>Open</c> of a shutter.</summary>
public sealed record TangoCommand : TangoAction
{
    /// <summary>Names a command.</summary>
    /// <param name="device">Name of the device.</param>
    /// <param name="command">Name of the command.</param>
    /// <param name="argument">Its argument, finite; null for none.</param>
    /// <exception cref="ArgumentException">The argument is not finite.</exception>
    public TangoCommand(string device, string command, double? argument = null)
        : base(device, command)
    {
        Argument = argument is null || double.IsFinite(argument.Value)
            ? argument
            : throw new ArgumentException($"{device}/{command} cannot be given {argument}", nameof(argument));
    }

    /// <summary>Its argument; null for none.</summary>
    public double? Argument { get; }

    /// <inheritdoc/>
    public override double? Value => Argument;
}
