namespace XrdCt.Live.Compute.Gpu;

/// <summary>
/// The entry at which the cumulated weight of a sorted bin crosses a limit, found digit by digit: what is known of it so far.
/// </summary>
internal struct Boundary
{
    /// <summary>Digits of its rank found so far; those to come are zero.</summary>
    public ulong Rank;

    /// <summary>Weight of all entries whose ranks lie below.</summary>
    public int Below;

    /// <summary>1 where the limit cuts something off at all.</summary>
    public int IsCut;
}
