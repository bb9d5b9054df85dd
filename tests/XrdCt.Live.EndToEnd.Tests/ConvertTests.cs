using System.Text.Json;
using XrdCt.Live.EndToEnd.Tests.Programs;

namespace XrdCt.Live.EndToEnd.Tests;

/// <summary>Frames go round between recordings, HDF5 files and CBF folders, and foreign programs find the same pixels everywhere.</summary>
public sealed class ConvertTests : IDisposable
{
    private static readonly string[] Modules = ["h5py", "hdf5plugin", "fabio", "numpy"];

    private readonly WorkFolder _folder = new();

    [Theory]
    [InlineData("int32", "/entry_0000/measurement/data", "bslz4", "dectris-stream-2")]
    [InlineData("uint16", "/entry/data/data", "bslz4", "dectris-stream-2")]
    [InlineData("uint32", "/some/where/else/frames", "plain", "dectris-stream-1")]
    [InlineData("uint8", "/entry/data/data", "gzip", "stins")]
    [InlineData("int16", "/entry/data/data", "bslz4", "array-1.0")]
    [InlineData("float32", "/entry/data/data", "plain", "xrdct")]
    [InlineData(">u2", "/entry/data/data", "gzip", "xrdct")]
    public async Task Stack_ToRecordingAndBack_HasTheSamePixels(string type, string dataset, string packing, string dialect)
    {
        JsonElement made = await PythonAsync("make-h5", _folder["in.h5"], dataset, type, "5", packing);
        await ConvertAsync("in.h5", "stream.xrec", "--dialect", dialect, "--energy-kev", "71");
        JsonElement summary = await ConvertAsync("stream.xrec", "out.h5");
        Assert.Equal(5, summary.GetProperty("frames").GetInt32());
        JsonElement read = await PythonAsync("digest", _folder["out.h5"]);
        Assert.Equal(Strings(made, "frames"), Strings(read, "frames"));
        Assert.Equal(made.GetProperty("dtype").GetString(), read.GetProperty("dtype").GetString());
        Assert.Equal(["32008"], Strings(read, "filters"));
        Assert.Equal(1, read.GetProperty("chunks")[0].GetInt32());
    }

    [Fact]
    public async Task FullSizeFrames_ToRecordingAndBack_HaveTheSamePixels()
    {
        JsonElement made = await PythonAsync("make-h5", _folder["in.h5"], "/entry_0000/measurement/data", "int32", "4", "bslz4", "1679", "1475");
        await ConvertAsync("in.h5", "stream.xrec", "--energy-kev", "71");
        await ConvertAsync("stream.xrec", "out.h5");
        await ConvertAsync("stream.xrec", "cbf", "--name", "full");
        Assert.Equal(Strings(made, "frames"), Strings(await PythonAsync("digest", _folder["out.h5"]), "frames"));
        Assert.Equal(Strings(made, "frames"), Strings(await PythonAsync("digest", _folder["cbf"]), "frames"));
    }

    [Fact]
    public async Task CbfFolder_ThroughEverything_HasTheSamePixels()
    {
        JsonElement made = await PythonAsync("make-cbf", _folder["cbf"], "5");
        await ConvertAsync("cbf", "stack.h5");
        Assert.Equal(Strings(made, "frames"), Strings(await PythonAsync("digest", _folder["stack.h5"]), "frames"));
        await ConvertAsync("cbf", "files.xrec", "--dialect", "pilatus-streamer");
        await ConvertAsync("files.xrec", "again", "--name", "y");
        JsonElement again = await PythonAsync("digest", _folder["again"]);
        Assert.Equal(Strings(made, "frames"), Strings(again, "frames"));
        Assert.Equal("y_00000.cbf", again.GetProperty("names")[0].GetString());
        await ConvertAsync("stack.h5", "third");
        Assert.Equal(Strings(made, "frames"), Strings(await PythonAsync("digest", _folder["third"]), "frames"));
    }

    [Fact]
    public async Task CbfFolder_FileMissingAndFileBroken_AreFlaggedAndNamed()
    {
        JsonElement made = await PythonAsync("make-cbf", _folder["cbf"], "6");
        string[] frames = Strings(made, "frames");
        File.Delete(Path.Combine(_folder["cbf"], "x_00002.cbf"));
        string broken = Path.Combine(_folder["cbf"], "x_00004.cbf");
        byte[] bytes = await File.ReadAllBytesAsync(broken, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(broken, bytes.AsMemory(0, bytes.Length / 2), TestContext.Current.CancellationToken);
        FinishedProgram ended = await RunAsync("cbf", "stack.h5");
        ended.FailedWith(1, "x_00004.cbf", "left out");
        JsonElement read = await PythonAsync("digest", _folder["stack.h5"]);
        Assert.Equal([0, 1, -1, 3, -1, 5], read.GetProperty("index").EnumerateArray().Select(e => e.GetInt32()));
        Assert.Equal("-1", read.GetProperty("constant")[2].ToString());
        Assert.Equal("-1", read.GetProperty("constant")[4].ToString());
        string[] there = Strings(read, "frames");
        Assert.Equal([frames[0], frames[1], frames[3], frames[5]], [there[0], there[1], there[3], there[5]]);
        Assert.Contains("2 missing: 2, 4", ended.Output);

        // What is missing stays missing on the way on.
        await ConvertAsync("stack.h5", "back", "--name", "x");
        JsonElement back = await PythonAsync("digest", _folder["back"]);
        Assert.Equal(["x_00000.cbf", "x_00001.cbf", "x_00003.cbf", "x_00005.cbf"], Strings(back, "names"));
    }

    [Fact]
    public async Task Recording_DamagedAtItsEnd_IsConvertedAsFarAsItGoes()
    {
        JsonElement made = await PythonAsync("make-h5", _folder["in.h5"], "/entry/data/data", "int32", "5", "bslz4");
        await ConvertAsync("in.h5", "stream.xrec", "--energy-kev", "71");
        byte[] bytes = await File.ReadAllBytesAsync(_folder["stream.xrec"], TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(_folder["stream.xrec"], bytes.AsMemory(0, bytes.Length * 3 / 4), TestContext.Current.CancellationToken);
        FinishedProgram ended = await RunAsync("stream.xrec", "out.h5");
        ended.FailedWith(1, "damaged at byte", "cut");
        JsonElement read = await PythonAsync("digest", _folder["out.h5"]);
        Assert.Equal([0, 1, 2, -1, -1], read.GetProperty("index").EnumerateArray().Select(e => e.GetInt32()));
        Assert.Equal(Strings(made, "frames")[..3], Strings(read, "frames")[..3]);
    }

    [Fact]
    public async Task Convert_WrongUse_IsOneSentence()
    {
        await File.WriteAllTextAsync(_folder["text.h5"], "no HDF5", TestContext.Current.CancellationToken);
        (await RunAsync("text.h5", "out.xrec")).FailedWith(1, "text.h5");
        (await RunAsync("absent.h5", "out.xrec")).FailedWith(1, "absent.h5", "does not exist");
        await PythonAsync("make-h5", _folder["in.h5"], "/entry/data/data", "int32", "2", "plain");
        (await RunAsync("in.h5", "out.xrec")).FailedWith(2, "--energy-kev");
        Assert.False(File.Exists(_folder["out.xrec"]));
        (await RunAsync("in.h5", "out.xrec", "--dataset", "/not/there")).FailedWith(1, "/not/there", "--dataset");
        await ConvertAsync("in.h5", "out.h5");
        (await RunAsync("in.h5", "out.h5")).FailedWith(1, "out.h5", "--overwrite");
    }

    public void Dispose() => _folder.Dispose();

    private static string[] Strings(JsonElement element, string name) =>
        [.. element.GetProperty(name).EnumerateArray().Select(e => e.ToString())];

    private static Task<JsonElement> PythonAsync(params string[] arguments) =>
        ForeignPython.RunAsync("frame_stacks.py", Modules, arguments);

    private Task<FinishedProgram> RunAsync(string input, string output, params string[] options) =>
        RunningProgram.RunAsync(BuiltProgram.Xrdct, ["convert", _folder[input], _folder[output], .. options]);

    private async Task<JsonElement> ConvertAsync(string input, string output, params string[] options) =>
        (await RunAsync(input, output, [.. options, "--json"])).Succeeded().Json();
}
