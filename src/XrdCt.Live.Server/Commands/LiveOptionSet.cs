using System.CommandLine;
using XrdCt.Live.Server.Configuration;

namespace XrdCt.Live.Server.Commands;

/// <summary>Options that <c>run</c> and <c>demo</c> share.</summary>
internal sealed class LiveOptionSet
{
    private readonly Option<int?> _port = new("--port") { Description = "TCP port of the page on 127.0.0.1; 0 for any free one" };
    private readonly Option<bool> _noBrowser = new("--no-browser") { Description = "Do not open the page in a browser" };
    private readonly Option<bool> _exit = new("--exit") { Description = "End when the scan has ended, instead of waiting for the next one or keeping the page" };
    private readonly Option<string?> _output = new("--output") { Description = "Folder for the result" };
    private readonly Option<string?> _publish = new("--publish") { Description = "Publish the results for other programs on this ZeroMQ endpoint, such as tcp://127.0.0.1:31010 and the two ports after it" };
    private readonly Option<bool> _json = new("--json") { Description = "Summary as one JSON object per scan on standard output, nothing else" };

    public void AddTo(Command command)
    {
        command.Options.Add(_port);
        command.Options.Add(_noBrowser);
        command.Options.Add(_exit);
        command.Options.Add(_output);
        command.Options.Add(_publish);
        command.Options.Add(_json);
    }

    public bool Exit(ParseResult parsed) => parsed.GetValue(_exit);

    public bool Json(ParseResult parsed) => parsed.GetValue(_json);

    /// <summary>The command line wins over the file.</summary>
    public void Apply(ParseResult parsed, BeamlineConfiguration configuration)
    {
        configuration.Display.Port = parsed.GetValue(_port) ?? configuration.Display.Port;
        configuration.Display.OpenBrowser &= !parsed.GetValue(_noBrowser);
        configuration.Output.Folder = parsed.GetValue(_output) ?? configuration.Output.Folder;
        if (parsed.GetValue(_publish) is string endpoint)
        {
            configuration.Publish = new PublishSection
            {
                Endpoint = endpoint,
                MemoryLimit_mb = configuration.Publish?.MemoryLimit_mb ?? new PublishSection().MemoryLimit_mb,
                Linger_s = configuration.Publish?.Linger_s ?? new PublishSection().Linger_s,
            };
        }

        if (configuration.Display.Port is < 0 or > 65535)
        {
            throw UserException.WrongUse($"the port must be 0 to 65535, not {configuration.Display.Port}");
        }
    }
}
