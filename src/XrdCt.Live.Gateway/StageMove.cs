namespace XrdCt.Live.Gateway;

/// <summary>A write of an attribute, which is how Tango moves a stage.</summary>
public sealed record StageMove : TangoAction
{
    /// <summary>Names a move.</summary>
    /// <param name="attribute">The attribute, such as <c>rotation/Position</c>.</param>
    /// <param name="to">Where to, in the attribute's unit; finite.</param>
    /// <exception cref="ArgumentException">The target is not finite.</exception>
    public StageMove(TangoAttribute attribute, double to)
        : base(attribute.Device, attribute.Name)
    {
        To = double.IsFinite(to) ? to : throw new ArgumentException($"{attribute} cannot be moved to {to}", nameof(to));
    }

    /// <summary>Where to, in the attribute's unit.</summary>
    public double To { get; }

    /// <inheritdoc/>
    public override double? Value => To;
}
