using System.Diagnostics;
using System.Text;

namespace XrdCt.Live.Server.Commands;

/// <summary>A program that runs beside us until we are done with it, such as a part of a simulated beamline. Its output is kept for the case that it fails.</summary>
internal sealed class ChildProgram : IAsyncDisposable
{
    private const int MostKept = 4000;

    private readonly Process _process;
    private readonly string _name;
    private readonly StringBuilder _output = new();
    private readonly Task _reading;

    private ChildProgram(Process process, string name, string? line, TaskCompletionSource said)
    {
        (_process, _name) = (process, name);
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput, line, said), ReadAsync(process.StandardError, line, said));
    }

    /// <summary>Starts a program and waits until it says that it is ready.</summary>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="start">What to start; its streams are redirected.</param>
    /// <param name="line">What a line of its output begins with when it is ready; null where nothing is waited for.</param>
    /// <param name="limit">How long that may take.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="UserException">It cannot be started, ends, or does not become ready; the message has its last words.</exception>
    public static async Task<ChildProgram> StartAsync(string name, ProcessStartInfo start, string? line, TimeSpan limit, CancellationToken stop)
    {
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError, start.UseShellExecute) = (true, true, true, false);
        var said = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ChildProgram program;
        try
        {
            program = new ChildProgram(Process.Start(start)!, name, line, said);
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or PlatformNotSupportedException)
        {
            throw new UserException($"the {name} cannot be started with '{start.FileName}': {e.Message.TrimEnd('.')}", e);
        }

        if (line is null)
        {
            return program;
        }

        try
        {
            Task ended = program._process.WaitForExitAsync(stop);
            await Task.WhenAny(said.Task, ended).WaitAsync(limit, stop).ConfigureAwait(false);
            return said.Task.IsCompletedSuccessfully ? program : throw new UserException($"the {name} ended: {await program.LastWordsAsync().ConfigureAwait(false)}");
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException or UserException)
        {
            await program.DisposeAsync().ConfigureAwait(false);
            throw e is TimeoutException ? new UserException($"the {name} was not ready within {limit.TotalSeconds:F0} s: {program.Output}", e) : e is UserException user ? user : new OperationCanceledException(stop);
        }
    }

    /// <summary>Waits for its end.</summary>
    /// <exception cref="UserException">It failed; the message has its last words.</exception>
    public async Task SucceedAsync(CancellationToken stop)
    {
        await _process.WaitForExitAsync(stop).ConfigureAwait(false);
        if (_process.ExitCode != 0)
        {
            throw new UserException($"the {_name} failed: {await LastWordsAsync().ConfigureAwait(false)}");
        }
    }

    /// <summary>Ends it, and what it started.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }

        await _process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
        _process.Dispose();
    }

    private string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString().Trim();
            }
        }
    }

    private async Task<string> LastWordsAsync()
    {
        await _reading.ConfigureAwait(false);
        return Output is { Length: > 0 } words ? words : $"exit code {_process.ExitCode}";
    }

    private async Task ReadAsync(StreamReader from, string? line, TaskCompletionSource said)
    {
        while (await from.ReadLineAsync().ConfigureAwait(false) is string read)
        {
            lock (_output)
            {
                _output.AppendLine(read);
                _output.Remove(0, Math.Max(0, _output.Length - MostKept));
            }

            if (line is not null && read.StartsWith(line, StringComparison.Ordinal))
            {
                said.TrySetResult();
            }
        }
    }
}
