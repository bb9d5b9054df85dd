using System.Diagnostics;

namespace XrdCt.Live.Fuzzing;

/// <summary>
/// Runs cases one after the other on the calling thread and checks each: no exception, no more memory than declared, no longer
/// than allowed. Accesses outside the buffers kill the process; the journal then tells the case.
/// </summary>
internal sealed class FuzzSession : IDisposable
{
    /// <summary>
    /// Longest that a case may take. The slowest take milliseconds; this leaves room for a machine that is busy otherwise.
    /// </summary>
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly ulong _seed;
    private readonly TimeSpan _limit;
    private readonly FuzzJournal? _journal;
    private readonly HangWatch _watch;
    private readonly Mutator _mutator = new();
    private readonly FuzzArena _arena = new();

    // The largest input is a packed frame of 2M pixels, and a mutation at most doubles it.
    private readonly GuardedBytes _input = new(32 << 20);
    private FuzzCase _current;

    /// <summary>Makes a session.</summary>
    /// <param name="seed">Seed of all cases.</param>
    /// <param name="journal">Where the running case is written down; null for nowhere.</param>
    /// <param name="onHang">Called by another thread where a case does not end.</param>
    /// <param name="limit">Longest that a case may take; <see cref="Limit"/> if null.</param>
    internal FuzzSession(ulong seed, FuzzJournal? journal, Action<FuzzCase, TimeSpan> onHang, TimeSpan? limit = null)
    {
        _limit = limit ?? Limit;
        _seed = seed;
        _journal = journal;
        _watch = new HangWatch(_limit, elapsed => onHang(_current, elapsed));
    }

    /// <summary>Runs one case of a target.</summary>
    /// <returns>What was wrong, in a sentence; null if nothing.</returns>
    internal string? Run(IFuzzTarget target, long number)
    {
        _current = new FuzzCase(target.Name, _seed, number);
        _journal?.Write(_current);
        return Run(target, _mutator.Make(_seed, target, number), atEnd: number % 4 != 3);
    }

    /// <summary>Runs a target on an input of the caller's.</summary>
    internal string? Run(IFuzzTarget target, ReadOnlySpan<byte> bytes, bool atEnd)
    {
        bytes.CopyTo(_input.Place(bytes.Length, atEnd));
        _arena.AtEnd = atEnd;
        _watch.Begin();
        long startedAt = Stopwatch.GetTimestamp();
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            target.Run(_input, _arena);
        }
#pragma warning disable CA1031 // Whatever leaves a target is the finding.
        catch (Exception e)
        {
            return $"{e.GetType().Name}: {e.Message}{Environment.NewLine}{e.StackTrace}";
        }
#pragma warning restore CA1031
        finally
        {
            _watch.End();
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        TimeSpan elapsed = Stopwatch.GetElapsedTime(startedAt);
        return allocated > target.Ceiling_bytes ? $"{allocated} bytes were allocated, {target.Ceiling_bytes} are declared"
            : elapsed > _limit ? $"it took {elapsed.TotalSeconds:F1} s, {_limit.TotalSeconds:F0} s are allowed"
            : null;
    }

    public void Dispose()
    {
        _watch.Dispose();
        _arena.Dispose();
        ((IDisposable)_input).Dispose();
    }
}
