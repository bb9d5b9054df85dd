using System.Diagnostics;

namespace XrdCt.Live.Tests.Simulators;

/// <summary>Runs a script in a Python that has the modules it needs; skips the test where there is none.</summary>
internal static class PythonPeer
{
    private static readonly string[] Candidates = ["/usr/bin/python3", "python3"];

    public static string Run(string modules, string script, params string[] arguments)
    {
        string? python = Candidates.FirstOrDefault(p => Execute(p, ["-c", $"import {modules}"]) is { ExitCode: 0 });
        if (python is null)
        {
            Assert.Skip($"needs a python3 with the modules {modules}");
        }

        (int exitCode, string output, string error) = Execute(python, ["-c", script, .. arguments])!.Value;
        Assert.True(exitCode == 0, error);
        return output.Trim();
    }

    private static (int ExitCode, string Output, string Error)? Execute(string program, string[] arguments)
    {
        try
        {
            ProcessStartInfo start =
                new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            using Process process = Process.Start(start)!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, error.Result);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
