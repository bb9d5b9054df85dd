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
    [InlineData("scan --translations 1", "--translations")]
    [InlineData("scan --range-deg 90", "--range-deg")]
    [InlineData("scan --die-at 8080", "8080")]
    [InlineData("frame -o a.npy --translation 101", "--translation")]
    public void Main_WrongUse_ExitsWith2AndOneSentence(string arguments, string named)
    {
        (int exitCode, _, string error) = Simulate(arguments.Split(' '));
        Assert.Equal(2, exitCode);
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.Single(error.Trim().Split('\n'));
    }

    [Theory]
    [InlineData("truth -o x.tif", ".tif")]
    [InlineData("frame -o x.npy --poni missing.poni", "missing.poni")]
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
