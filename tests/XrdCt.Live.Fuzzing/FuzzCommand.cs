using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

namespace XrdCt.Live.Fuzzing;

/// <summary>
/// The command line. The cases run in a second process, so that one which is killed by a guard page can be named and saved.
/// </summary>
internal sealed class FuzzCommand
{
    private const int Failed = 1;
    private const int WrongUse = 2;

    private readonly Option<long?> _cases = new("--cases") { Description = "Number of cases, all targets together" };

    private readonly Option<double?> _seconds = new("--seconds") { Description = "How long to run, s; 20 where neither is given" };

    private readonly Option<ulong?> _seed = new("--seed")
    {
        Description = "Seed of the cases; the date (20260131) if not given. The same seed gives the same cases",
    };

    private readonly Option<string[]> _targets = new("--target") { Description = "Only this target; may be repeated" };

    private readonly Option<string?> _replay = new("--replay")
    {
        Description = "Run one input, a file or hex digits, on the one --target",
    };

    private readonly Option<DirectoryInfo> _output = new("--output", "-o")
    {
        Description = "Folder for inputs that fail",
        DefaultValueFactory = _ => new DirectoryInfo("."),
    };

    // Given to the second process.
    private readonly Option<string?> _journal = new("--journal") { Hidden = true };

    internal RootCommand Build()
    {
        RootCommand root = new(
            "Changes well-formed inputs and feeds them to everything that reads untrusted bytes, between guard pages. Targets: "
            + string.Join(", ", FuzzTargets.All().Select(t => t.Name)));
        foreach (Option option in new Option[] { _cases, _seconds, _seed, _targets, _replay, _output, _journal })
        {
            root.Options.Add(option);
        }

        root.SetAction(Run);
        return root;
    }

    private int Run(ParseResult result)
    {
        if (!LinuxMemory.IsSupported)
        {
            return Wrong("guard pages need Linux on x64 or Arm64");
        }

        string[] names = result.GetValue(_targets) ?? [];
        IFuzzTarget[] targets = [.. FuzzTargets.All().Where(t => names.Length == 0 || names.Contains(t.Name))];
        if (names.Except(targets.Select(t => t.Name)).FirstOrDefault() is { } unknown)
        {
            return Wrong($"there is no target '{unknown}'");
        }

        if (result.GetValue(_cases) is <= 0 || result.GetValue(_seconds) is not (null or > 0))
        {
            return Wrong("--cases and --seconds are positive numbers");
        }

        if (result.GetValue(_replay) is { } input && targets.Length != 1)
        {
            return Wrong($"--replay {input} needs the one --target to run it on");
        }

        string folder = result.GetValue(_output)!.FullName;
        return result.GetValue(_journal) is { } journal
            ? RunCases(result, targets, journal, folder)
            : Supervise(Environment.GetCommandLineArgs()[1..], folder);
    }

    /// <summary>Starts the second process, and names the case in which it died.</summary>
    private static int Supervise(string[] arguments, string folder)
    {
        string journal = Path.GetTempFileName();
        try
        {
            ProcessStartInfo start = new(Environment.ProcessPath!) { UseShellExecute = false };
            if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
            {
                start.ArgumentList.Add(typeof(FuzzCommand).Assembly.Location);
            }

            foreach (string argument in (string[])[.. arguments, "--journal", journal])
            {
                start.ArgumentList.Add(argument);
            }

            using Process process = Process.Start(start)!;
            process.WaitForExit();
            if (process.ExitCode is 0 or Failed or WrongUse)
            {
                return process.ExitCode;
            }

            Console.Error.WriteLine(FuzzJournal.Read(journal) is { } last
                ? $"xrdct-fuzz: {last}: the process died (exit code {process.ExitCode}); the input is {last.Save(folder)}"
                : $"xrdct-fuzz: the process died (exit code {process.ExitCode})");
            return Failed;
        }
        finally
        {
            File.Delete(journal);
        }
    }

    private int RunCases(ParseResult result, IFuzzTarget[] targets, string journalPath, string folder)
    {
        ulong seed = result.GetValue(_seed)
            ?? ulong.Parse(DateTime.UtcNow.ToString("yyyyMMdd", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        using FuzzJournal journal = new(journalPath);
        using FuzzSession session = new(seed, journal, (current, elapsed) =>
        {
            Console.Error.WriteLine(
                $"xrdct-fuzz: {current}: it has not ended after {elapsed.TotalSeconds:F0} s; the input is {current.Save(folder)}");
            Environment.Exit(Failed);
        });
        if (result.GetValue(_replay) is { } input)
        {
            return Replay(session, targets[0], input);
        }

        long most = result.GetValue(_cases) ?? long.MaxValue;
        double seconds = result.GetValue(_seconds) ?? (most == long.MaxValue ? 20 : double.PositiveInfinity);
        long[] cases = new long[targets.Length];
        long[] ticks = new long[targets.Length];
        long startedAt = Stopwatch.GetTimestamp();
        long total = 0;
        while (total < most && Stopwatch.GetElapsedTime(startedAt).TotalSeconds < seconds)
        {
            for (int t = 0; t < targets.Length; t++)
            {
                long began = Stopwatch.GetTimestamp();
                for (int i = 0; i < targets[t].CasesPerRound && total < most; i++)
                {
                    if (session.Run(targets[t], cases[t]) is { } failure)
                    {
                        FuzzCase failed = new(targets[t].Name, seed, cases[t]);
                        Console.Error.WriteLine($"xrdct-fuzz: {failed}: {failure}");
                        Console.Error.WriteLine(
                            $"the input is {failed.Save(folder)}; run it again with --target {failed.Target} --replay FILE");
                        return Failed;
                    }

                    cases[t]++;
                    total++;
                }

                ticks[t] += Stopwatch.GetTimestamp() - began;
            }
        }

        for (int t = 0; t < targets.Length; t++)
        {
            double rate_Hz = cases[t] / TimeSpan.FromSeconds((double)ticks[t] / Stopwatch.Frequency).TotalSeconds;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{targets[t].Name,-16} {cases[t],12} cases {rate_Hz,10:F0} per second"));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{total} cases in {Stopwatch.GetElapsedTime(startedAt).TotalSeconds:F1} s, seed {seed}: no failure"));
        return 0;
    }

    private static int Replay(FuzzSession session, IFuzzTarget target, string input)
    {
        byte[] bytes;
        if (File.Exists(input))
        {
            bytes = File.ReadAllBytes(input);
        }
        else if (input.Length % 2 == 0 && input.All(char.IsAsciiHexDigit))
        {
            bytes = Convert.FromHexString(input);
        }
        else
        {
            return Wrong($"--replay {input} is neither a file nor hex digits");
        }

        foreach (bool atEnd in (bool[])[true, false])
        {
            if (session.Run(target, bytes, atEnd) is { } failure)
            {
                Console.Error.WriteLine($"xrdct-fuzz: {target.Name}: {failure}");
                return Failed;
            }
        }

        Console.WriteLine($"{target.Name}: {bytes.Length} bytes, no failure");
        return 0;
    }

    private static int Wrong(string what)
    {
        Console.Error.WriteLine($"xrdct-fuzz: {what}; see xrdct-fuzz --help");
        return WrongUse;
    }
}
