using System.CommandLine;
using System.Text.Json;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Server;
using XrdCt.Live.Server.Commands;
using XrdCt.Live.Server.Conversion;
using XrdCt.Live.Storage;
using XrdCt.Live.Storage.Sinograms;
using XrdCt.Live.Tests.Storage;

namespace XrdCt.Live.Tests.Commands;

/// <summary><c>convert</c>, <c>info</c> and <c>validate</c> on the scan of <see cref="ScanSamples"/>: 5 rotations, 7 translations, 130 bins.</summary>
public sealed class SinogramCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _scan;

    public SinogramCommandTests() => _scan = new NexusScanStore(_folder.Path).Save(ScanSamples.Scan());

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Convert_ToNDTomoAndBack_KeepsEveryBit()
    {
        (int exit, JsonElement said) = Run("convert", _scan, _folder.File("n.h5"), "--to", "ndtomo", "--json");
        Assert.Equal((0, 30, 5), (exit, said.GetProperty("measured").GetInt32(), said.GetProperty("rotations").GetInt32()));

        Assert.Equal(0, Run("convert", _folder.File("n.h5"), _folder.File("x.nxs"), "--format", "nxxrdct", "--json").Exit);

        Assert.Equal(Read(_scan, SinogramLayout.Nxxrdct), Read(_folder.File("n.h5"), SinogramLayout.NDTomo));
        Assert.Equal(Read(_scan, SinogramLayout.Nxxrdct), Read(_folder.File("x.nxs"), SinogramLayout.Nxxrdct));
    }

    [Fact]
    public void Convert_ToXy_IsTheMeanOfTheMeasuredCells()
    {
        Assert.Equal(0, Run("convert", _scan, _folder.File("m.xy"), "--to", "xy", "--json").Exit);

        string[] lines = File.ReadAllLines(_folder.File("m.xy"));
        Assert.Contains("# mean over 30 of 35 cells", lines);
        double[] third = [.. lines.Where(l => l[0] != '#').ElementAt(3).Split(' ').Select(double.Parse)];
        IEnumerable<int> measured = Enumerable.Range(0, 35).Where(cell => cell % 7 != 3);
        Assert.Equal(1 + (3.5 * 10 / 130), third[0], 12);
        Assert.Equal(measured.Average(cell => ScanSamples.Value(cell / 7, cell % 7, 3)), third[1], 6);
    }

    [Fact]
    public void Convert_OntoAFile_OnlyWithOverwrite()
    {
        File.WriteAllText(_folder.File("n.h5"), "mine");

        Assert.Contains("exists", Refusal(1, "convert", _scan, _folder.File("n.h5"), "--to", "ndtomo"), StringComparison.Ordinal);
        Assert.Equal(0, Run("convert", _scan, _folder.File("n.h5"), "--to", "ndtomo", "--overwrite", "--json").Exit);
        Assert.Contains("itself", Refusal(2, "convert", _scan + "::/entry/data/intensity", _scan, "--to", "ndtomo"), StringComparison.Ordinal);
    }

    [Fact]
    public void Convert_ToXyOntoAFile_IsRefusedBeforeItIsRead()
    {
        File.WriteAllText(_folder.File("m.xy"), "mine");
        using SinogramFile file = new(_scan, new SinogramReading(), ChunkUnpacking.Unpack);
        using CancellationTokenSource stopped = new();
        stopped.Cancel();

        Assert.Contains("exists", Assert.Throws<IOException>(Convert).Message, StringComparison.Ordinal);
        File.Delete(_folder.File("m.xy"));
        Assert.Contains("stopped", Assert.Throws<UserException>(Convert).Message, StringComparison.Ordinal);

        void Convert() => SinogramConversion.Run(file, _folder.File("m.xy"), layout: null, overwrite: false, isShown: false, stopped.Token);
    }

    [Fact]
    public void Run_SinogramThatClaimsTooMuch_IsRefusedBeforeMemoryIsTaken()
    {
        using Claim file = new() { Header = new SinogramHeader { Angles_deg = new double[4096], Translations_um = new double[8192], Radial = new double[17] } };
        long before = GC.GetAllocatedBytesForCurrentThread();

        UserException e = Assert.Throws<UserException>(() => SinogramPass.Run(file, null, (_, _, _) => { }, CancellationToken.None));

        Assert.Contains("4096 rotations of 8192 translations", e.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Theory]
    [InlineData("--angles-deg", "0:90", "START:STOP:COUNT")]
    [InlineData("--axes", "x,y", "rotation,translation,bin")]
    [InlineData("--unit", "furlong", "q_invA")]
    public void Convert_OptionThatIsNone_IsWrongUse(string option, string value, string expected) =>
        Assert.Contains(expected, Refusal(2, "convert", _scan, _folder.File("n.h5"), "--to", "ndtomo", option, value), StringComparison.Ordinal);

    [Fact]
    public void Convert_SinogramAsFrames_SaysHow()
    {
        Run("convert", _scan, _folder.File("n.h5"), "--to", "ndtomo", "--json");

        Assert.Contains("--format", Refusal(2, "convert", _scan, _folder.File("f.h5")), StringComparison.Ordinal);
        Assert.Contains("--format", Refusal(2, "convert", _folder.File("n.h5"), _folder.File("f.h5")), StringComparison.Ordinal);
    }

    [Fact]
    public void Convert_FramesCalledData_AreNoSinogram()
    {
        ForeignPython.Run("h5py, numpy", """
            import sys, h5py, numpy
            with h5py.File(sys.argv[1], 'w') as f: f['data'], f['omega'] = numpy.ones((5, 6, 7), 'u2'), numpy.arange(5.)
            print(1)
            """, _folder.File("frames.h5"));

        Assert.Equal(0, Invoke(["convert", _folder.File("frames.h5"), _folder.File("copy.h5"), "--json"], TextWriter.Null));
    }

    [Fact]
    public void Convert_Corrected_IsTheCorrectedSinogram()
    {
        ScanRecord scan = CorrectedScanTests.Sample(new CorrectionOptions());
        string path = new NexusScanStore(_folder.Path).Save(scan);
        Assert.Equal(0, Run("convert", path, _folder.File("c.h5"), "--to", "ndtomo", "--corrected", "--json").Exit);
        using SinogramFile file = new(_folder.File("c.h5"), new SinogramReading(), (packed, elementSize, plain) => false);
        float[] values = new float[file.Header.CellCount * 40];
        file.ReadBins(0, 40, values);
        float[] expected = new float[40];
        foreach (ScanCell cell in new[] { new ScanCell(3, 11), new ScanCell(9, 4), new ScanCell(19, 23) })
        {
            scan.Corrected!.Read(cell, 0, expected);
            Assert.Equal(expected, values.AsSpan(scan.Sinogram.Offset(cell) * 40, 40).ToArray());
        }

        (_, JsonElement said) = Run("info", path, "--json");
        Assert.Equal("/entry/corrected/intensity", said.GetProperty("corrected_dataset").GetString());
        Assert.Equal("/entry/data/intensity", said.GetProperty("dataset").GetString());
        Assert.Equal("monitor", said.GetProperty("parameters").GetProperty("corrections/beam/method").GetString());
        Assert.Equal("1", said.GetProperty("parameters").GetProperty("corrections/air/applied").GetString());
        Assert.Equal("/entry/corrected/intensity", Run("info", path, "--corrected", "--json").Said.GetProperty("dataset").GetString());
    }

    [Fact]
    public void Convert_CorrectedOfAFileWithoutOne_SaysSo() =>
        Assert.Contains("has no corrected sinogram", Refusal(1, "convert", _scan, _folder.File("n.h5"), "--to", "ndtomo", "--corrected"), StringComparison.Ordinal);

    [Fact]
    public void Info_Scan_SaysWhatIsInIt()
    {
        (int exit, JsonElement said) = Run("info", _scan, "--json");

        Assert.Equal(0, exit);
        Assert.Equal(("sinogram", "nxxrdct", "coarse", "XrdCt.Live 0.1.0", "two_theta_deg"), (Text("kind"), Text("layout"), Text("title"), Text("program"), Text("radial_unit")));
        Assert.Equal(30 / 35.0, said.GetProperty("coverage").GetDouble());
        Assert.Equal((-30, 30), (said.GetProperty("translation_first_um").GetDouble(), said.GetProperty("translation_last_um").GetDouble()));
        Assert.Equal(ScanSamples.Value(4, 6, 129), said.GetProperty("intensity_highest").GetSingle());
        Assert.Equal("0.97", said.GetProperty("parameters").GetProperty("process/polarisation_factor").GetString());
        Assert.Contains(said.GetProperty("parameters").EnumerateObject(), p => p.Name.StartsWith("centre_of_rotation/", StringComparison.Ordinal));
        Assert.Contains(said.GetProperty("parameters").EnumerateObject(), p => p.Name.StartsWith("stage/", StringComparison.Ordinal));

        string Text(string name) => said.GetProperty(name).GetString()!;
    }

    [Fact]
    public void Info_NoHdf5File_IsOneSentence()
    {
        File.WriteAllText(_folder.File("t.h5"), "text, and no more than that");

        Assert.StartsWith(_folder.File("t.h5"), Refusal(1, "info", _folder.File("t.h5")), StringComparison.Ordinal);
        Refusal(2, "info", _folder.File("absent.h5"));
    }

    [Fact]
    public void Validate_ScanAndConfiguration_ExitCodeTells()
    {
        (int exit, JsonElement said) = Run("validate", _scan, "--json");
        Assert.Equal((0, true), (exit, said.GetProperty("valid").GetBoolean()));

        Run("convert", _scan, _folder.File("n.h5"), "--to", "ndtomo", "--json");
        Assert.Equal(1, Run("validate", _folder.File("n.h5"), "--json").Exit);

        Assert.Equal(0, Run("validate", Path.Combine(Repository.Root, "config", "demo.yml"), "--json").Exit);
        File.WriteAllText(_folder.File("c.yml"), "title: x\nscam: 3\n");
        (exit, said) = Run("validate", _folder.File("c.yml"), "--json");
        Assert.Equal(1, exit);
        Assert.Contains("'scam'", said.GetProperty("findings")[0].GetProperty("what").GetString(), StringComparison.Ordinal);
    }

    private sealed class Claim : ISinogramFile
    {
        public required SinogramHeader Header { get; init; }

        public void ReadBins(int first, int count, Span<float> values) => throw new InvalidOperationException("nothing is read");

        public void Dispose()
        {
        }
    }

    private static int[] Read(string path, SinogramLayout layout)
    {
        using SinogramFile file = new(path, new SinogramReading(), (packed, elementSize, plain) => false);
        float[] values = new float[file.Header.CellCount * file.Header.BinCount];
        file.ReadBins(0, file.Header.BinCount, values);
        Assert.Equal(layout, file.Layout);
        return [.. values.Select(BitConverter.SingleToInt32Bits)];
    }

    private static string Refusal(int exit, params string[] arguments)
    {
        UserException e = Assert.Throws<UserException>(() => Invoke(arguments, TextWriter.Null));
        Assert.Equal(exit, e.ExitCode);
        return e.Message;
    }

    private static (int Exit, JsonElement Said) Run(params string[] arguments)
    {
        StringWriter said = new();
        int exit = Invoke(arguments, said);
        return (exit, JsonDocument.Parse(said.ToString()).RootElement);
    }

    private static int Invoke(string[] arguments, TextWriter output)
    {
        var root = new RootCommand { new ConvertCommand().Build(), new InfoCommand().Build(), ValidateCommand.Build() };
        return root.Parse(arguments).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = output });
    }
}
