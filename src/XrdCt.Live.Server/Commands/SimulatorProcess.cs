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

        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet");
        start.ArgumentList.Add(path);
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        await using ChildProgram simulator = await ChildProgram.StartAsync("simulator", start, line: null, TimeSpan.Zero, stop).ConfigureAwait(false);
        await simulator.SucceedAsync(stop).ConfigureAwait(false);
    }
}
