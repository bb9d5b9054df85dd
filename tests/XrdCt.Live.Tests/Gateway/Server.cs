using System.Diagnostics;
using System.Text;

namespace XrdCt.Live.Tests.Gateway;

/// <summary>A server of another language that a test starts, stops and kills; disposing it kills it.</summary>
internal sealed class Server : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly Lock _lock = new();

    private Server(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Output
    {
        get
        {
            lock (_lock)
            {
                return _output.ToString();
            }
        }
    }

    public bool HasExited => _process.HasExited;

    /// <summary>How it ended; null while it runs.</summary>
    public string? Ending => _process.HasExited ? $"it ended with {_process.ExitCode}: {Output}" : null;

    public static Server Start(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        return new Server(Process.Start(start)!);
    }

    /// <summary>Runs a program to its end.</summary>
    /// <returns>Exit code, and all that it wrote.</returns>
    public static async Task<(int ExitCode, string Output)> RunAsync(string program, string folder, params string[] arguments)
    {
        await using Server server = Start(program, folder, arguments);
        using var limit = new CancellationTokenSource(Eventually.Limit);
        await server._process.WaitForExitAsync(limit.Token);
        return (server._process.ExitCode, server.Output);
    }

    /// <summary>Waits for a text in its output.</summary>
    public Task SaysAsync(string text) => Eventually.TrueAsync(
        () => Output.Contains(text, StringComparison.Ordinal) || (HasExited ? throw new InvalidOperationException($"it ended: {Output}") : false),
        () => $"'{text}' in: {Output}");

    /// <summary>Processes that it has started, Linux only.</summary>
    public int[] Children =>
    [
        .. Directory.GetDirectories($"/proc/{_process.Id}/task")
            .SelectMany(task => File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(int.Parse),
    ];

    /// <summary>SIGSTOP: it hangs, and its children with it.</summary>
    public void Pause() => Signal("STOP", [_process.Id, .. Children]);

    /// <summary>SIGCONT.</summary>
    public void Resume() => Signal("CONT", [_process.Id, .. Children]);

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    /// <summary>Sends a signal to processes.</summary>
    public static void Signal(string name, params int[] processes)
    {
        using Process kill = Process.Start("kill", [$"-{name}", .. processes.Select(p => $"{p}")]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    private void Keep(string? line)
    {
        lock (_lock)
        {
            _output.Append(line).Append('\n');
        }
    }
}
