using System.CommandLine;
using XrdCt.Live.Server;
using XrdCt.Live.Server.Commands;

var root = new RootCommand(
    "XrdCt.Live: real-time processing of X-ray diffraction CT. Frames in over ZeroMQ; patterns, sinograms, a growing slice and a "
    + "place for the ROI scan out.")
{
    DemoCommand.Build(),
    RunCommand.Build(),
    RecoverCommand.Build(),
    new IntegrateCommand().Build(),
    new ReconstructCommand().Build(),
    new RoiCommand().Build(),
    new RecordCommand().Build(),
    new ReplayCommand().Build(),
    new ConvertCommand().Build(),
    new ForwardCommand().Build(),
    new InfoCommand().Build(),
    ValidateCommand.Build(),
    new BenchCommand().Build(),
};

ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    string command = parsed.CommandResult.Command == root ? "xrdct" : $"xrdct {parsed.CommandResult.Command.Name}";
    Console.Error.WriteLine($"xrdct: {parsed.Errors[0].Message.TrimEnd('.')}; see {command} --help");
    return 2;
}

try
{
    // Saving a full scan takes seconds: Ctrl-C asks for the end and waits for it.
    return await parsed.InvokeAsync(new InvocationConfiguration
    {
        EnableDefaultExceptionHandler = false,
        ProcessTerminationTimeout = TimeSpan.FromMinutes(5),
    });
}
catch (UserException e)
{
    Console.Error.WriteLine($"xrdct: {e.Message}");
    return e.ExitCode;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("xrdct: stopped before anything was measured");
    return 0;
}
