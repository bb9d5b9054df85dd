using System.CommandLine;
using XrdCt.Live.Simulator.Commands;

const int Failed = 1;
const int WrongUse = 2;

RootCommand root = new(
    "Simulated XRD-CT beamline: a phantom of an electrode disc, streamed as a Pilatus3 X CdTe 2M would");
root.Subcommands.Add(new ScanCommand().Build());
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
    return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (UsageException e)
{
    Console.Error.WriteLine($"xrdct-sim: {e.Message}");
    return WrongUse;
}
catch (Exception e) when (
    e is IOException or InvalidDataException or InvalidOperationException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"xrdct-sim: {e.Message}");
    return Failed;
}
