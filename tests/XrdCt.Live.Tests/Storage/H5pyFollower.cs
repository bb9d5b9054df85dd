using System.ComponentModel;
using System.Diagnostics;

namespace XrdCt.Live.Tests.Storage;

/// <summary>A Python that has a file open while it is written, and answers one question per line.</summary>
internal sealed class H5pyFollower : IDisposable
{
    // held is opened once, with SWMR; plain(name) opens the file anew, as most programs do.
    private const string Script = """
        import sys, json, traceback, numpy, h5py
        path = sys.argv[1]
        held = h5py.File(path, 'r', swmr=True, libver='latest')
        def fresh(name):
            d = held[name]
            d.refresh()
            return d[()]
        def plain(name):
            with h5py.File(path, 'r') as f:
                return f[name][()]
        print('ready', flush=True)
        for line in sys.stdin:
            try:
                value = eval(line)
                print(json.dumps(value.tolist() if hasattr(value, 'tolist') else value), flush=True)
            except Exception:
                print(json.dumps(traceback.format_exc()), flush=True)
        """;

    private readonly Process _python;

    public H5pyFollower(string path)
    {
        try
        {
            _python = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-c", Script, path])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        }
        catch (Win32Exception)
        {
            Assert.Skip("no python3 with h5py here (Debian: apt-get install python3-h5py)");
            throw;
        }

        if (_python.StandardOutput.ReadLine() != "ready")
        {
            string errors = _python.StandardError.ReadToEnd();
            Dispose();
            if (errors.Contains("No module named", StringComparison.Ordinal))
            {
                Assert.Skip("no python3 with h5py here (Debian: apt-get install python3-h5py)");
            }

            Assert.Fail(errors);
        }
    }

    /// <summary>What a Python expression is, as JSON (NaN as such).</summary>
    public string Ask(string expression)
    {
        _python.StandardInput.WriteLine(expression);
        _python.StandardInput.Flush();
        return _python.StandardOutput.ReadLine() ?? "python ended";
    }

    public void Dispose()
    {
        _python.StandardInput.Close();
        _python.WaitForExit(TimeSpan.FromSeconds(10));
        _python.Dispose();
    }
}
