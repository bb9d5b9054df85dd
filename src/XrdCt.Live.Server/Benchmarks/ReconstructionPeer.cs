using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace XrdCt.Live.Server.Benchmarks;

/// <summary>How long a peer of the reconstruction took for one slice on one thread.</summary>
/// <param name="Name">The peer.</param>
/// <param name="Translations">Samples of a projection; 0 for one that could not be timed.</param>
/// <param name="Rotations">Projections.</param>
/// <param name="Wall_ms">Median wall time, ms.</param>
/// <param name="Cpu_ms">Median CPU time, ms.</param>
/// <param name="Absence">Why it could not be timed.</param>
internal sealed record ReconstructionPeer(string Name, int Translations, int Rotations, double Wall_ms, double Cpu_ms, string? Absence = null)
{
    private const string Script = "reconstruction_peers.py";

    /// <summary>Times scikit-image and silx (OpenCL, which is PoCL on a CPU) where Python has them.</summary>
    /// <param name="python">The interpreter.</param>
    /// <param name="seconds">How long each row is timed.</param>
    /// <param name="sizes">Translations and rotations.</param>
    /// <param name="stop">Asks for the end.</param>
    public static IReadOnlyList<ReconstructionPeer> Time(string python, double seconds, IEnumerable<(int Translations, int Rotations)> sizes, CancellationToken stop)
    {
        var start = new ProcessStartInfo(python) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-");
        start.ArgumentList.Add(seconds.ToString(CultureInfo.InvariantCulture));
        foreach ((int translations, int rotations) in sizes)
        {
            start.ArgumentList.Add(string.Create(CultureInfo.InvariantCulture, $"{translations}x{rotations}"));
        }

        try
        {
            using Process process = Process.Start(start)!;
            using CancellationTokenRegistration killing = stop.Register(process.Kill);
            Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
            using (Stream script = typeof(ReconstructionPeer).Assembly.GetManifestResourceStream(Script)!)
            {
                script.CopyTo(process.StandardInput.BaseStream);
            }

            process.StandardInput.Close();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0
                ? [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)]
                : [Absent("peers", errors.GetAwaiter().GetResult().Trim().Split('\n')[^1])];
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            return [Absent("peers", $"{python} does not run: {e.Message}")];
        }
    }

    private static ReconstructionPeer Parse(string line)
    {
        string[] words = line.Split(' ');
        return words[1] == "absent"
            ? Absent(words[0], string.Join(' ', words[2..]))
            : new ReconstructionPeer(words[0], int.Parse(words[1], CultureInfo.InvariantCulture), int.Parse(words[2], CultureInfo.InvariantCulture), Number(words[3]), Number(words[4]));
    }

    private static ReconstructionPeer Absent(string name, string reason) => new(name, 0, 0, double.NaN, double.NaN, reason);

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
