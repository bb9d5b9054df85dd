using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace XrdCt.Live.Tests.Storage;

/// <summary>Reads our files with somebody else's programs: Debian's Python with h5py, numpy and silx.</summary>
internal static class ForeignPython
{
    private static readonly string[] Candidates = ["/usr/bin/python3", "python3"];

    // A hung interpreter must not hang the test run.
    private static readonly TimeSpan LongestRun = TimeSpan.FromMinutes(2);

    /// <summary>Runs a script that prints one JSON document; skips the test where a module is missing.</summary>
    public static JsonElement Run(string module, string script, params string[] arguments)
    {
        string? python = Candidates.FirstOrDefault(p => Start(p, "-c", $"import {module}") is (0, _, _));
        if (python is null)
        {
            Assert.Skip($"no python3 with {module} here (Debian: apt-get install python3-{module})");
        }

        (int exit, string output, string errors) = Start(python, ["-c", script, .. arguments])!.Value;
        Assert.True(exit == 0, $"python ended with {exit}: {errors}");
        return JsonDocument.Parse(output).RootElement;
    }

    private static (int Exit, string Output, string Errors)? Start(string python, params string[] arguments)
    {
        ProcessStartInfo start = new(python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            if (!process.WaitForExit(LongestRun))
            {
                process.Kill(entireProcessTree: true);
                return null;
            }

            return (process.ExitCode, output.GetAwaiter().GetResult(), errors.GetAwaiter().GetResult());
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
