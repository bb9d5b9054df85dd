using System.CommandLine;
using System.Text.Json;
using XrdCt.Live.Server.Configuration;
using XrdCt.Live.Server.Conversion;
using XrdCt.Live.Storage.Sinograms;

namespace XrdCt.Live.Server.Commands;

/// <summary><c>xrdct validate</c>: checks a configuration, or whether a file is as NXxrdct says.</summary>
internal static class ValidateCommand
{
    private static readonly string[] ConfigurationExtensions = [".yml", ".yaml"];

    public static Command Build()
    {
        var file = new Argument<string>("file") { Description = "Configuration (.yml), or HDF5 file of a scan" };
        var json = new Option<bool>("--json") { Description = "Findings as one JSON object on standard output, nothing else" };
        var command = new Command("validate", "Check a configuration, or the layout of a scan file (NXxrdct); exit code 1 where something is wrong");
        command.Arguments.Add(file);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            string path = parsed.GetValue(file)!;
            IReadOnlyList<LayoutFinding> findings = !File.Exists(path) ? throw UserException.WrongUse($"{path} does not exist")
                : ConfigurationExtensions.Contains(Path.GetExtension(path).ToLowerInvariant()) ? CheckConfiguration(path)
                : CheckLayout(path);
            return Report(parsed.InvocationConfiguration.Output, path, findings, parsed.GetValue(json));
        });
        return command;
    }

    private static IReadOnlyList<LayoutFinding> CheckConfiguration(string path)
    {
        try
        {
            BeamlineConfiguration configuration = ConfigurationFile.Read(path);
            SetUp.Check(configuration, Path.GetDirectoryName(Path.GetFullPath(path))!, path);
            return [];
        }
        catch (UserException e)
        {
            return [new LayoutFinding("", e.Message, IsDefect: true)];
        }
    }

    private static IReadOnlyList<LayoutFinding> CheckLayout(string path)
    {
        try
        {
            return NxxrdctCheck.Read(path, ChunkUnpacking.Unpack);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new UserException(SetUp.Sentence(e), e);
        }
    }

    private static int Report(TextWriter output, string path, IReadOnlyList<LayoutFinding> findings, bool asJson)
    {
        int defects = findings.Count(f => f.IsDefect);
        if (asJson)
        {
            output.WriteLine(JsonSerializer.Serialize(new { File = path, Valid = defects == 0, Findings = findings }, JsonText.Indented));
            return defects == 0 ? 0 : 1;
        }

        foreach (LayoutFinding finding in findings)
        {
            output.WriteLine($"{(finding.IsDefect ? "wrong" : "note")}: {finding.Path}{(finding.Path.Length > 0 ? " " : "")}{finding.What}");
        }

        output.WriteLine(defects == 0 ? $"{path}: valid" : $"{path}: {defects} defect{(defects == 1 ? "" : "s")}");
        return defects == 0 ? 0 : 1;
    }
}
