using System.Diagnostics;

namespace XrdCt.Live.Server.Commands;

/// <summary>The simulator as a process of its own, so that the demo's frames cross a real socket between real processes.</summary>
internal static class SimulatorProcess
{
    /// <summary>Runs the simulator until it ends or is told to.</summary>
    /// <param name="arguments">Its command line.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="UserException">It cannot be started or fails; the message carries its own.</exception>
    public static async Task RunAsync(IReadOnlyList<string> arguments, CancellationToken stop)
    {
        string path = Path.Combine(AppContext.BaseDirectory, "simulator", "xrdct-sim.dll");
        if (!File.Exists(path))
        {
            throw new UserException($"the simulator is missing at {path}: build the whole solution");
        }

        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        start.ArgumentList.Add(path);
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process simulator = Start(start);
        Task<string> errors = simulator.StandardError.ReadToEndAsync(CancellationToken.None);
        Task output = simulator.StandardOutput.ReadToEndAsync(CancellationToken.None);
        try
        {
            await simulator.WaitForExitAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            simulator.Kill(entireProcessTree: true);
            throw;
        }

        await output.ConfigureAwait(false);
        if (simulator.ExitCode != 0)
        {
            throw new UserException($"the simulator failed: {(await errors.ConfigureAwait(false)).Trim()}");
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new UserException("the simulator did not start");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new UserException($"the simulator cannot be started with '{start.FileName}' ({e.Message}): is dotnet on the PATH?", e);
        }
    }
}
