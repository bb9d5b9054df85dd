namespace XrdCt.Live.Gateway;

/// <summary>
/// An action that the gateway has judged and will do once, if it is confirmed in time and the stage still stands where it stood. Shown to an
/// operator, who confirms it or lets it expire.
/// </summary>
public sealed record TangoProposal
{
    internal TangoProposal(TangoAction action, string token, Wire.Value? start)
    {
        Action = action;
        Token = token;
        Start = start;
    }

    /// <summary>What was proposed.</summary>
    public TangoAction Action { get; }

    /// <summary>Where the attribute stands, in its unit; null for a command.</summary>
    public double? From { get; init; }

    /// <summary>Unit of the attribute as the device writes it; may be empty.</summary>
    public required string Unit { get; init; }

    /// <summary>The narrower of the gateway's and the device's lower limits; null without one.</summary>
    public double? Lower { get; init; }

    /// <summary>The narrower of the gateway's and the device's upper limits; null without one.</summary>
    public double? Upper { get; init; }

    /// <summary>Until when it can be confirmed, on the gateway's clock.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    internal string Token { get; }

    internal Wire.Value? Start { get; }

    /// <summary>From where to where, in one sentence; never the token.</summary>
    public override string ToString() => Action is StageMove move
        ? $"{move.Name} from {From:G9} to {move.To:G9} {Unit}".TrimEnd()
        : Action.Value is double argument ? $"{Action.Name}({argument:G9})" : Action.Name;
}
