namespace XrdCt.Live.Tests;

/// <summary>What a piece of work allocates, whatever else the process does meanwhile.</summary>
internal static class Allocation
{
    private const int Rounds = 10;

    /// <summary>
    /// The least that ten rounds of the work allocate on this thread, bytes. What the work allocates itself, it allocates in every
    /// round. The runtime adds to single rounds: a collection that another test causes counts the rest of this thread's
    /// allocation buffer as allocated, and so do the compiler's steps to faster code.
    /// </summary>
    public static long OfRound_bytes(Action round)
    {
        long least_bytes = long.MaxValue;
        for (int i = 0; i < Rounds; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            round();
            least_bytes = Math.Min(least_bytes, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least_bytes;
    }
}
