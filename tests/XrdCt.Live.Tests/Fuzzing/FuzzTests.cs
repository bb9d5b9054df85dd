namespace XrdCt.Live.Tests.Fuzzing;

/// <summary>The fuzzer's cases in small, with one seed, and that it sees what it looks for.</summary>
public class FuzzTests
{
    private const ulong Seed = 20260105;

    public static TheoryData<string> TargetNames() => [.. FuzzTargets.All().Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(TargetNames))]
    public void Target_ChangedSeeds_BreakNothing(string name)
    {
        Assert.SkipUnless(LinuxMemory.IsSupported, "guard pages need Linux on x64 or Arm64");
        IFuzzTarget target = FuzzTargets.All().Single(t => t.Name == name);
        using FuzzSession session = Session();

        // 1,536 cases of most targets, 192 of the slow ones, 24 of a whole frame.
        for (long number = 0; number < 24 * target.CasesPerRound; number++)
        {
            string? failure = session.Run(target, number);
            Assert.True(failure is null, $"{new FuzzCase(name, Seed, number)}: {failure}");
        }
    }

    [Fact]
    public void Make_SameCase_GivesTheSameBytes()
    {
        IFuzzTarget target = FuzzTargets.All()[0];
        Mutator mutator = new();
        HashSet<string> inputs = [];
        for (long number = 0; number < 200; number++)
        {
            string first = Convert.ToHexString(mutator.Make(Seed, target, number));
            inputs.Add(first);
            Assert.Equal(first, Convert.ToHexString(new Mutator().Make(Seed, target, number)));
        }

        // Unchanged seeds repeat; everything else is a case of its own.
        Assert.InRange(inputs.Count, 180, 200);
    }

    [Fact]
    public void Place_AnyLength_TouchesAPageWithoutAccess()
    {
        Assert.SkipUnless(LinuxMemory.IsSupported, "guard pages need Linux on x64 or Arm64");
        using IDisposable owner = new GuardedBytes(10_000);
        GuardedBytes bytes = (GuardedBytes)owner;
        int page = Environment.SystemPageSize;

        Assert.Equal("---p", AccessAt(Address(bytes.Place(5000, atEnd: true)) + 5000));
        Assert.Equal("---p", AccessAt(Address(bytes.Place(5000, atEnd: false)) - 1));
        Assert.Equal("rw-p", AccessAt(Address(bytes.Place(5000, atEnd: false))));
        Assert.Equal(0, bytes.Capacity % page);
        Assert.Throws<ArgumentOutOfRangeException>(() => bytes.Place(bytes.Capacity + 1, atEnd: true));
    }

    [Fact]
    public void Run_ExceptionOrMemory_IsAFailure()
    {
        Assert.SkipUnless(LinuxMemory.IsSupported, "guard pages need Linux on x64 or Arm64");
        using FuzzSession session = Session();

        Assert.Null(session.Run(new ScriptedTarget(_ => { }), 0));
        Assert.Contains("by design", session.Run(new ScriptedTarget(_ => throw new InvalidOperationException("by design")), 0));
        Assert.Contains("allocated", session.Run(new ScriptedTarget(_ => GC.KeepAlive(new byte[1 << 20])), 0));
    }

    [Fact]
    public void Run_CaseThatDoesNotEnd_IsReportedWhileItRuns()
    {
        Assert.SkipUnless(LinuxMemory.IsSupported, "guard pages need Linux on x64 or Arm64");
        using ManualResetEventSlim reported = new();
        FuzzCase? hanging = null;
        using FuzzSession session = new(
            Seed,
            null,
            (current, _) =>
            {
                hanging = current;
                reported.Set();
            },
            TimeSpan.FromMilliseconds(1));

        string? failure = session.Run(new ScriptedTarget(_ => reported.Wait(TestContext.Current.CancellationToken)), 17);

        Assert.Equal(new FuzzCase("scripted", Seed, 17), hanging);
        Assert.Contains("it took", failure);
    }

    [Fact]
    public void Read_JournalOfAProcess_GivesTheLastCase()
    {
        string path = Path.GetTempFileName();
        try
        {
            Assert.Null(FuzzJournal.Read(path));
            using (FuzzJournal journal = new(path))
            {
                journal.Write(new FuzzCase("lz4", 5, 6));
                journal.Write(new FuzzCase("bslz4-4", 5, 123456789012));
            }

            Assert.Equal(new FuzzCase("bslz4-4", 5, 123456789012), FuzzJournal.Read(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static FuzzSession Session() => new(
        Seed,
        null,
        (current, elapsed) => Environment.FailFast($"{current} has not ended after {elapsed.TotalSeconds:F0} s"));

    private static unsafe long Address(Span<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            return (long)start;
        }
    }

    /// <summary>Access rights of the page at an address, as the kernel tells them.</summary>
    private static string AccessAt(long address)
    {
        foreach (string line in File.ReadLines("/proc/self/maps"))
        {
            string[] fields = line.Split(' ', '-');
            if (address >= Convert.ToInt64(fields[0], 16) && address < Convert.ToInt64(fields[1], 16))
            {
                return line.Split(' ')[1];
            }
        }

        return "none";
    }

    private sealed class ScriptedTarget(Action<GuardedBytes> run) : IFuzzTarget
    {
        public string Name => "scripted";

        public IReadOnlyList<byte[]> Seeds { get; } = [[1, 2, 3]];

        public long Ceiling_bytes => FuzzTargets.Nothing_bytes;

        public void Run(GuardedBytes input, FuzzArena arena) => run(input);
    }
}
