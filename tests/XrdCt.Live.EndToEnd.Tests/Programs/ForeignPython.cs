using System.Text.Json;

namespace XrdCt.Live.EndToEnd.Tests.Programs;

/// <summary>
/// Somebody else's programs: Debian's Python with libzmq, h5py and pyFAI. Tests that need what is not there are
/// skipped.
/// </summary>
internal static class ForeignPython
{
    private static readonly string[] Candidates = ["/usr/bin/python3", "python3"];
    private static readonly Dictionary<string, string?> Known = [];

    /// <summary>Starts a script of <c>foreign/</c>.</summary>
    public static async Task<RunningProgram> StartAsync(string script, string[] modules, params string[] arguments)
    {
        string python = await RequireAsync(modules);
        string path = Path.Combine(AppContext.BaseDirectory, "foreign", script);
        return RunningProgram.StartCommand(script, python, ["-u", path, .. arguments]);
    }

    /// <summary>Where the Python client of the published results is.</summary>
    public static string ClientFolder => Path.Combine(AppContext.BaseDirectory, "python-client");

    /// <summary>Starts the Python client as a user would.</summary>
    public static async Task<RunningProgram> StartClientAsync(string[] modules, params string[] arguments)
    {
        string python = await RequireAsync(modules);
        return RunningProgram.StartCommand("xrdct_live", python, ["-u", Path.Combine(ClientFolder, "xrdct_live.py"), .. arguments]);
    }

    /// <summary>Runs a script of <c>foreign/</c> that prints one JSON document.</summary>
    public static async Task<JsonElement> RunAsync(string script, string[] modules, params string[] arguments)
    {
        await using RunningProgram program = await StartAsync(script, modules, arguments);
        return (await program.EndAsync()).Succeeded().Json();
    }

    /// <summary>What a result file holds, read by h5py.</summary>
    public static Task<JsonElement> ReadScanAsync(string path, params string[] options) =>
        RunAsync("read_scan.py", ["h5py", "numpy"], [path, .. options]);

    private static async Task<string> RequireAsync(string[] modules)
    {
        string wanted = string.Join(", ", modules);
        if (!Known.TryGetValue(wanted, out string? python))
        {
            foreach (string candidate in Candidates)
            {
                if (await RunningProgram.CanRunAsync(candidate, "-c", $"import {wanted}"))
                {
                    python = candidate;
                    break;
                }
            }

            Known[wanted] = python;
        }

        if (python is null)
        {
            Assert.Skip(
                $"no python3 with {wanted} here (Debian: python3-zmq python3-cbor2 python3-msgpack python3-h5py python3-hdf5plugin "
                + "python3-fabio python3-pyfai)");
        }

        return python!;
    }
}
