using System.CommandLine;
using XrdCt.Live.Server.Configuration;

namespace XrdCt.Live.Server.Commands;

/// <summary><c>xrdct run</c>: live processing of a beamline.</summary>
internal static class RunCommand
{
    public static Command Build()
    {
        var config = new Option<string>("--config") { Description = "Configuration of the beamline, YAML (config/demo.yml explains each key)", Required = true };
        var live = new LiveOptionSet();
        var command = new Command("run", "Process scans live, series after series: frames from a detector or a simulator, results on the page and in files");
        command.Options.Add(config);
        live.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            string file = parsed.GetValue(config)!;
            BeamlineConfiguration configuration = ConfigurationFile.Read(file);
            live.Apply(parsed, configuration);
            return await new LiveSession
            {
                File = file,
                Configuration = configuration,
                FollowsSeries = true,
                ExitWithScan = live.Exit(parsed),
                Json = live.Json(parsed),
            }.RunAsync(stop).ConfigureAwait(false);
        });
        return command;
    }
}
