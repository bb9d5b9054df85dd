using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace XrdCt.Live.EndToEnd.Tests.Programs;

/// <summary>
/// A program that runs while a test looks at it. Its output is collected line by line; disposing it kills it with all
/// its
/// children, so that no test leaves anything running.
/// </summary>
internal sealed class RunningProgram : IAsyncDisposable
{
    /// <summary>
    /// Far above what anything here needs on a busy machine; reaching it means a hang, which is a failure.
    /// </summary>
    public static readonly TimeSpan LongestRun = TimeSpan.FromMinutes(4);

    private readonly Process _process;
    private readonly Lock _lock = new();
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();
    private readonly List<(StringBuilder Text, Predicate<string> Wanted, TaskCompletionSource<string> Found)> _watchers = [];
    private readonly Task _read;

    private RunningProgram(string name, Process process)
    {
        Name = name;
        _process = process;
        _read = Task.WhenAll(
            CollectAsync(process.StandardOutput, _output),
            CollectAsync(process.StandardError, _errors));
    }

    public string Name { get; }

    private bool HasExited => _process.HasExited;

    /// <summary>Starts one of the programs under test.</summary>
    public static RunningProgram Start(string dll, params string[] arguments) =>
        StartCommand(Path.GetFileNameWithoutExtension(dll), "dotnet", [dll, .. arguments]);

    /// <summary>Starts any command.</summary>
    public static RunningProgram StartCommand(string name, string command, IEnumerable<string> arguments)
    {
        // Whoever runs the tests in the background of a shell ignores SIGINT, and children inherit that: a program
        // under test must
        // meet Ctrl-C as it would in a terminal.
        string? env = File.Exists("/usr/bin/env") && OperatingSystem.IsLinux() ? "/usr/bin/env" : null;
        var start = new ProcessStartInfo(env ?? command)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        string[] prefix = env is null ? [] : ["--default-signal=INT", command];
        foreach (string argument in prefix.Concat(arguments))
        {
            start.ArgumentList.Add(argument);
        }

        return new RunningProgram(name, Process.Start(start)!);
    }

    /// <summary>Runs a program under test to its end.</summary>
    public static async Task<FinishedProgram> RunAsync(string dll, params string[] arguments)
    {
        await using RunningProgram program = Start(dll, arguments);
        return await program.EndAsync();
    }

    /// <summary>True where the command can be run at all and ends well.</summary>
    public static async Task<bool> CanRunAsync(string command, params string[] arguments)
    {
        try
        {
            await using RunningProgram program = StartCommand(command, command, arguments);
            return (await program.EndAsync()).ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    /// <summary>Waits for a line of standard output.</summary>
    /// <returns>The line.</returns>
    public Task<string> LineAsync(Predicate<string> wanted) => LineAsync(_output, wanted);

    /// <summary>Waits for a line of standard error.</summary>
    /// <returns>The line.</returns>
    public Task<string> ErrorLineAsync(Predicate<string> wanted) => LineAsync(_errors, wanted);

    /// <summary>Waits for the end.</summary>
    public async Task<FinishedProgram> EndAsync(TimeSpan? limit = null)
    {
        using var timeout = new CancellationTokenSource(limit ?? LongestRun);
        try
        {
            await _process.WaitForExitAsync(timeout.Token);
            await _read.WaitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            Kill();
            Assert.Fail($"it hangs: {Report(-1)}");
        }

        return Report(_process.ExitCode);
    }

    /// <summary>Ctrl-C.</summary>
    public Task InterruptAsync() => SignalAsync("INT");

    /// <summary>Stops a program where it is: it hangs.</summary>
    public Task PauseAsync() => SignalAsync("STOP");

    /// <summary>Lets a stopped program go on.</summary>
    public Task ContinueAsync() => SignalAsync("CONT");

    /// <summary>The end of a program whose work is done, or that has died as far as its peers are concerned.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has gone by itself.
        }
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task<string> LineAsync(StringBuilder text, Predicate<string> wanted)
    {
        var found = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            foreach (string line in text.ToString().Split('\n'))
            {
                if (wanted(line))
                {
                    return line;
                }
            }

            _watchers.Add((text, wanted, found));
        }

        if (await Task.WhenAny(found.Task, _read, Task.Delay(LongestRun)) != found.Task && !found.Task.IsCompleted)
        {
            Assert.Fail($"the line that was waited for did not come: {Report(HasExited ? _process.ExitCode : -1)}");
        }

        return await found.Task;
    }

    private async Task SignalAsync(string signal)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    private FinishedProgram Report(int exitCode)
    {
        lock (_lock)
        {
            return new FinishedProgram(Name, exitCode, _output.ToString(), _errors.ToString());
        }
    }

    private async Task CollectAsync(StreamReader reader, StringBuilder text)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (_lock)
            {
                text.Append(line).Append('\n');
                foreach ((StringBuilder watched, Predicate<string> wanted, TaskCompletionSource<string> found) in _watchers)
                {
                    if (watched == text && wanted(line))
                    {
                        found.TrySetResult(line);
                    }
                }
            }
        }
    }
}
