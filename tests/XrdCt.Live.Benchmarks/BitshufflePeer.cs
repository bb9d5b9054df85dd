using System.Diagnostics;
using System.Globalization;

namespace XrdCt.Live.Benchmarks;

/// <summary>Debian's native bitshuffle in a Python process, timed there one frame at a time.</summary>
internal sealed class BitshufflePeer : IDisposable
{
    private readonly Process _python;
    private readonly string _folder;

    private BitshufflePeer(Process python, string folder, string kind)
    {
        _python = python;
        _folder = folder;
        Kind = kind;
    }

    /// <summary>Instruction set that it was built for.</summary>
    internal string Kind { get; }

    /// <summary>What it unpacked.</summary>
    internal byte[] Plain => File.ReadAllBytes(Path.Combine(_folder, "plain"));

    /// <summary>Starts it; null where Python or the module is missing.</summary>
    internal static BitshufflePeer? Start(byte[] chunk, int elementSize)
    {
        string folder = Directory.CreateTempSubdirectory("xrdct-bench").FullName;
        string path = Path.Combine(folder, "chunk");
        File.WriteAllBytes(path, chunk);
        ProcessStartInfo start = new("/usr/bin/python3") { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (string argument in new[]
        {
            Path.Combine(AppContext.BaseDirectory, "bitshuffle_bench.py"), path,
            elementSize.ToString(CultureInfo.InvariantCulture), Path.Combine(folder, "plain"),
        })
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            Process python = Process.Start(start)!;
            if (python.StandardOutput.ReadLine() is { } kind)
            {
                return new BitshufflePeer(python, folder, kind);
            }

            python.Dispose();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Console.Error.WriteLine("bitshuffle could not be timed: /usr/bin/python3 is not there");
        }

        Directory.Delete(folder, recursive: true);
        return null;
    }

    /// <summary>Unpacks the chunk once.</summary>
    internal (double Wall_ms, double Cpu_ms) Run()
    {
        _python.StandardInput.WriteLine();
        string[] times = _python.StandardOutput.ReadLine()!.Split(' ');
        return (double.Parse(times[0], CultureInfo.InvariantCulture), double.Parse(times[1], CultureInfo.InvariantCulture));
    }

    public void Dispose()
    {
        _python.StandardInput.Close();
        _python.WaitForExit();
        _python.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
