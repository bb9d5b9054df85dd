using System.Diagnostics;

namespace XrdCt.Live.Tests.Ingest;

/// <summary>Runs the scripts of the golden folder with Debian's Python; skips the test where it is missing.</summary>
internal static class PythonPeer
{
    private const string Debian = "/usr/bin/python3";

    /// <summary>Long enough for a loaded machine; a hang fails the test instead of stopping all of them.</summary>
    private static readonly TimeSpan LongestRun = TimeSpan.FromSeconds(120);

    internal static Process Start(string modules, string script, params string[] arguments)
    {
        string python = File.Exists(Debian) ? Debian : "python3";
        try
        {
            using Process probe = Launch(python, ["-c", $"import {modules}"]);
            Finish(probe, mustSucceed: false);
            if (probe.ExitCode != 0)
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
        using Process process = Start(modules, script, arguments);
        Finish(process);
    }

    internal static void Finish(Process process, bool mustSucceed = true)
    {
        string errors = process.StandardError.ReadToEnd();
        if (!process.WaitForExit(LongestRun))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail("the Python peer hangs");
        }

        Assert.True(!mustSucceed || process.ExitCode == 0, errors);
    }

    private static Process Launch(string python, IEnumerable<string> arguments) =>
        Process.Start(new ProcessStartInfo(python, arguments) { RedirectStandardError = true })!;
}
