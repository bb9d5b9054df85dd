using System.Diagnostics;

namespace XrdCt.Live.Tests.Simulators;

public sealed class CommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("xrdct-sim-command");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("scan --bogus", "--bogus")]
    [InlineData("scan --order sideways", "sideways")]
    [InlineData("scan --bind --connect", "--bind")]
    [InlineData("scan --to ipc://x", "ipc://x")]
    [InlineData("scan --to tcp://127.0.0.1", "tcp://HOST:PORT")]
    [InlineData("scan --to tcp://127.0.0.1:99999", "tcp://HOST:PORT")]
    [InlineData("scan --translations 1", "--translations")]
    [InlineData("scan --range-deg 90", "--range-deg")]
    [InlineData("scan --die-at 8080", "8080")]
    [InlineData("scan --tango http://127.0.0.1:1 --rate 10", "--tango-token")]
    [InlineData("scan --tango nonsense --rate 10", "http://127.0.0.1:50061")]
    [InlineData("scan --tango http://127.0.0.1:1 --tango-token x", "--rate")]
    [InlineData("scan --tango http://127.0.0.1:1 --tango-token x --rate 10 --slices 3", "--slices")]
    [InlineData("scan --tango http://127.0.0.1:1 --tango-token x --rate 10 --readings tcp://127.0.0.1:1", "--readings")]
    [InlineData("scan --tango http://127.0.0.1:1 --tango-token x --rate 10 --operator=", "--operator")]
    [InlineData("frame -o a.npy --translation 101", "--translation")]
    [InlineData("detector --dialect smoke", "smoke")]
    [InlineData("detector --cbf a --hdf5 b", "--hdf5")]
    [InlineData("detector --rearm", "--abort-at")]
    [InlineData("detector --frames 0", "--frames")]
    public void Main_WrongUse_ExitsWith2AndOneSentence(string arguments, string named)
    {
        (int exitCode, _, string error) = Simulate(arguments.Split(' '));
        Assert.Equal(2, exitCode);
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.Single(error.Trim().Split('\n'));
    }

    [Theory]
    [InlineData("truth -o x.tif", ".tif")]
    [InlineData("truth -o missing/x.npy", "create the folder")]
    [InlineData("frame -o x.npy --poni missing.poni", "missing.poni")]
    [InlineData("detector --cbf missing.cbf", "missing.cbf")]
    [InlineData("detector --hdf5 missing.h5", "missing.h5")]
    [InlineData("detector --cbf .", ".cbf files")]
    public void Main_UnusableFile_ExitsWith1AndOneSentence(string arguments, string named)
    {
        (int exitCode, _, string error) = Simulate(arguments.Split(' '));
        Assert.Equal(1, exitCode);
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.Single(error.Trim().Split('\n'));
    }

    [Fact]
    public void Scan_NobodyListens_ExitsWith1AndSaysWhatToDo()
    {
        using System.Net.Sockets.TcpListener probe = new(System.Net.IPAddress.Loopback, 0);
        probe.Start();
        int port = ((System.Net.IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        (int exitCode, _, string error) = Simulate("scan", "--to", $"tcp://127.0.0.1:{port}", "--timeout", "0.3");
        Assert.Equal(1, exitCode);
        Assert.Contains("nobody took a message", error, StringComparison.Ordinal);
        Assert.Contains($"{port}", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Truth_Npy_HasGridOfTheScan()
    {
        string path = Path.Combine(_folder.FullName, "truth.npy");
        (int exitCode, _, string error) = Simulate(
            "truth", "--output", path, "--translations", "51", "--step-um", "20");
        Assert.True(exitCode == 0, error);
        byte[] bytes = File.ReadAllBytes(path);
        string header = System.Text.Encoding.Latin1.GetString(bytes, 0, 128);
        Assert.Contains("'descr': '<f4', 'fortran_order': False, 'shape': (51, 51)", header, StringComparison.Ordinal);
        Assert.Equal(128 + (51 * 51 * 4), bytes.Length);
    }

    [Fact]
    public void Help_EveryCommand_NamesItsOptions()
    {
        (int exitCode, string output, _) = Simulate("scan", "--help");
        Assert.Equal(0, exitCode);
        Assert.All(
            ["--to", "--connect", "--bind", "--rate", "--threads", "--drop", "--repeat", "--shuffle",
                "--truncate-frame", "--wrong-size-frame", "--second-header-at", "--die-at", "--poni", "--write-poni",
                "--write-mask", "--json"],
            option => Assert.Contains(option, output, StringComparison.Ordinal));
    }

    [Fact]
    public void Help_Detector_NamesEveryDialect()
    {
        (int exitCode, string output, _) = Simulate("detector", "--help");
        Assert.Equal(0, exitCode);
        Assert.All(
            ["dectris-stream-2", "dectris-stream-1", "stins", "pilatus-streamer", "array-1.0", "xrdct", "--rest"],
            name => Assert.Contains(name, output, StringComparison.Ordinal));
    }

    [Fact]
    public void Scan_PortInUse_ExitsWith1AndSaysSo()
    {
        using System.Net.Sockets.TcpListener other = new(System.Net.IPAddress.Loopback, 0);
        other.Start();
        int port = ((System.Net.IPEndPoint)other.LocalEndpoint).Port;
        (int exitCode, _, string error) = Simulate("scan", "--to", $"tcp://127.0.0.1:{port}");
        Assert.Equal(1, exitCode);
        Assert.Contains("the port is in use", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Scan_ToForeignReceiver_ArrivesCompleteWithCompanions()
    {
        string output = PythonPeer.Run("zmq, cbor2, fabio, numpy", """
            import sys, os, json, subprocess, zmq, cbor2, fabio, numpy
            program, folder = sys.argv[1:3]
            receiver = zmq.Context().socket(zmq.PULL)
            port = receiver.bind_to_random_port("tcp://127.0.0.1")
            poni, mask = os.path.join(folder, "s.poni"), os.path.join(folder, "s.edf")
            scan = subprocess.Popen(
                ["dotnet", program, "scan", "--connect", "--to", f"tcp://127.0.0.1:{port}", "--translations", "5",
                 "--rotations", "4", "--step-um", "200", "--order", "rotation-fast-zigzag", "--drop", "10", "--json",
                 "--write-poni", poni, "--write-mask", mask], stdout=subprocess.PIPE)
            ids = []
            while receiver.poll(30000):
                message = cbor2.loads(receiver.recv(), tag_hook=lambda d, t: t.value)
                if message["type"] == "image":
                    ids.append(message["image_id"])
                if message["type"] == "end":
                    break
            summary = json.loads(scan.communicate()[0])
            assert scan.returncode == 0
            assert sorted(ids + summary["dropped"]) == list(range(20)), ids
            assert len(summary["dropped"]) == 2 and summary["sent"] == 18 and summary["end_sent"]
            edf = fabio.open(mask).data
            assert edf.shape == (1679, 1475) and edf.dtype == numpy.uint8
            assert 211445 < edf.sum() < 212500, edf.sum()
            assert "Distance: 0.5" in open(poni).read()
            print("complete")
            """, Path.Combine(AppContext.BaseDirectory, "xrdct-sim.dll"), _folder.FullName);
        Assert.Equal("complete", output);
    }

    [Fact]
    public void Scan_Interrupted_ExitsWith0AfterEndMessage()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs POSIX signals");
        string output = PythonPeer.Run("zmq, cbor2", """
            import sys, json, signal, subprocess, zmq, cbor2
            receiver = zmq.Context().socket(zmq.PULL)
            port = receiver.bind_to_random_port("tcp://127.0.0.1")
            scan = subprocess.Popen(["dotnet", sys.argv[1], "scan", "--connect", "--to", f"tcp://127.0.0.1:{port}",
                                     "--rate", "50", "--json"], stdout=subprocess.PIPE)
            types = []
            while receiver.poll(30000):
                types.append(cbor2.loads(receiver.recv(), tag_hook=lambda d, t: t.value)["type"])
                if len(types) == 5:
                    scan.send_signal(signal.SIGINT)
                if types[-1] == "end":
                    break
            summary = json.loads(scan.communicate()[0])
            assert scan.returncode == 0, scan.returncode
            assert summary["stopped"] and summary["end_sent"] and summary["sent"] == types.count("image") < 1000
            print("stopped")
            """, Path.Combine(AppContext.BaseDirectory, "xrdct-sim.dll"));
        Assert.Equal("stopped", output);
    }

    private (int ExitCode, string Output, string Error) Simulate(params string[] arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "xrdct-sim.dll");
        ProcessStartInfo start = new("dotnet", [program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder.FullName,
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
