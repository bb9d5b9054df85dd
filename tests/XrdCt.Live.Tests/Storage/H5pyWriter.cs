using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace XrdCt.Live.Tests.Storage;

/// <summary>One Python that writes the HDF5 files of a whole test class: to start it for each would take half a second every time.</summary>
public sealed class H5pyWriter : IDisposable
{
    // a is [5, 7], 1 in every third pixel from the second on.
    private const string Script = """
        import sys, json, traceback, numpy, h5py, hdf5plugin
        print('ready', flush=True)
        for line in sys.stdin:
            path, script = json.loads(line)
            a = (numpy.arange(35) % 3 == 1).astype(int).reshape(5, 7)
            try:
                with h5py.File(path, 'w') as f:
                    exec(script)
                print('written', flush=True)
            except Exception:
                print(traceback.format_exc().replace('\n', ' '), flush=True)
        """;

    private readonly Process? _python;

    public H5pyWriter()
    {
        try
        {
            _python = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-c", Script])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            });
            if (_python?.StandardOutput.ReadLine() != "ready")
            {
                Dispose();
                _python = null;
            }
        }
        catch (Win32Exception)
        {
            // No Python: the tests are skipped.
        }
    }

    /// <summary>Writes a file; f is the open file. Skips the test where there is no Python with h5py and hdf5plugin.</summary>
    public void Write(string path, string script)
    {
        if (_python is null)
        {
            Assert.Skip("no python3 with h5py and hdf5plugin here (Debian: apt-get install python3-h5py python3-hdf5plugin)");
        }

        _python.StandardInput.WriteLine(JsonSerializer.Serialize(new[] { path, script }));
        _python.StandardInput.Flush();
        Assert.Equal("written", _python.StandardOutput.ReadLine());
    }

    public void Dispose()
    {
        _python?.StandardInput.Close();
        _python?.WaitForExit(TimeSpan.FromSeconds(10));
        _python?.Dispose();
    }
}
