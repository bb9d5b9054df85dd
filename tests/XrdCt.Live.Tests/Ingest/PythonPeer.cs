using System.Diagnostics;

namespace XrdCt.Live.Tests.Ingest;

/// <summary>
/// A script of the golden folder, run by Debian's Python; the test is skipped where that is missing. Disposing it ends
/// it, so that a failed test leaves no sender behind.
/// </summary>
internal sealed class PythonPeer : IDisposable
{
    private const string Debian = "/usr/bin/python3";

    /// <summary>Long enough for a loaded machine; a hang fails the test instead of stopping all of them.</summary>
    private static readonly TimeSpan LongestRun = TimeSpan.FromSeconds(120);

    private readonly Process _process;

    private PythonPeer(Process process)
    {
        _process = process;
    }

    internal static PythonPeer Start(string modules, string script, params string[] arguments)
    {
        string python = File.Exists(Debian) ? Debian : "python3";
        try
        {
            using PythonPeer probe = Launch(python, ["-c", $"import {modules}"]);
            if (probe.WaitForErrors() is not null)
            {
                Assert.Skip($"{python} lacks one of the modules {modules}");
            }
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("there is no python3 on this machine");
        }

        return Launch(python, [GoldenFiles.PathOf(script), .. arguments]);
    }

    internal static void Run(string modules, string script, params string[] arguments)
    {
        using PythonPeer peer = Start(modules, script, arguments);
        peer.Finish();
    }

    /// <summary>Waits for the end of the script, which must have succeeded.</summary>
    internal void Finish() => Assert.Null(WaitForErrors());

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private static PythonPeer Launch(string python, IEnumerable<string> arguments) =>
        new(Process.Start(new ProcessStartInfo(python, arguments) { RedirectStandardError = true })!);

    /// <summary>What the script wrote to stderr where it failed; null where it succeeded.</summary>
    private string? WaitForErrors()
    {
        Task<string> errors = _process.StandardError.ReadToEndAsync();
        Assert.True(_process.WaitForExit(LongestRun), "the Python peer hangs");
        return _process.ExitCode == 0 ? null : errors.GetAwaiter().GetResult();
    }
}
