using System.CommandLine;
using XrdCt.Live.Simulator.Beamline;
using XrdCt.Live.Simulator.Commands;

const int Failed = 1;
const int WrongUse = 2;

RootCommand root = new(
    "Simulated XRD-CT beamline: a phantom of an electrode disc, streamed as a Pilatus3 X CdTe 2M would");
root.Subcommands.Add(new ScanCommand().Build());
root.Subcommands.Add(new DetectorCommand().Build());
root.Subcommands.Add(new FrameCommand().Build());
root.Subcommands.Add(new TruthCommand().Build());

ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    // The parser spreads lists of allowed values over lines; one sentence is promised.
    string reason = string.Join(
        ' ', parsed.Errors[0].Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    Console.Error.WriteLine($"xrdct-sim: {reason.TrimEnd('.')}; see xrdct-sim --help");
    return WrongUse;
}

try
{
    // Without a termination timeout the library leaves Ctrl-C to the command, which ends the series properly.
    return parsed.Invoke(
        new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
}
catch (UsageException e)
{
    Console.Error.WriteLine($"xrdct-sim: {e.Message}");
    return WrongUse;
}
catch (DirectoryNotFoundException e)
{
    Console.Error.WriteLine($"xrdct-sim: {e.Message.TrimEnd('.')}: create the folder or choose another one");
    return Failed;
}
catch (FileNotFoundException e)
{
    Console.Error.WriteLine($"xrdct-sim: {e.Message.TrimEnd('.')}: check the name");
    return Failed;
}
catch (Exception e) when (
    e is BeamlineException or IOException or InvalidDataException or InvalidOperationException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"xrdct-sim: {e.Message}");
    return Failed;
}
