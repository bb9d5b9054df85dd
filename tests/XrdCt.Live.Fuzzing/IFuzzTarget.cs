namespace XrdCt.Live.Fuzzing;

/// <summary>Something that reads untrusted bytes. Add one to <see cref="FuzzTargets.All"/> and every run tries it.</summary>
internal interface IFuzzTarget
{
    /// <summary>What the command line calls it.</summary>
    string Name { get; }

    /// <summary>Well-formed inputs, at least one, a few kilobytes each; the cases are these, changed.</summary>
    IReadOnlyList<byte[]> Seeds { get; }

    /// <summary>
    /// Most that one case may allocate on the managed heap, bytes. A collection may add the rest of the thread's allocation
    /// buffer (8 kB) to what is counted, so nothing below <see cref="FuzzTargets.Nothing_bytes"/> can be held.
    /// </summary>
    long Ceiling_bytes { get; }

    /// <summary>Cases of a round, where most targets have 64: less for one that is slow.</summary>
    int CasesPerRound => 64;

    /// <summary>
    /// Reads one input. Documented exceptions are caught inside; everything that leaves is a failure, and so is a result that
    /// the target finds wrong (throw <see cref="FuzzFailureException"/>).
    /// </summary>
    /// <param name="input">The input, between guard pages; valid during the call.</param>
    /// <param name="arena">Gives outputs and scratch that lie between guard pages too.</param>
    void Run(GuardedBytes input, FuzzArena arena);
}
