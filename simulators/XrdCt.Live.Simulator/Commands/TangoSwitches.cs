using System.CommandLine;
using XrdCt.Live.Gateway;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Simulator.Beamline;

namespace XrdCt.Live.Simulator.Commands;

/// <summary>Options that drive the scan on the stages of the simulated Tango beamline.</summary>
internal sealed class TangoSwitches
{
    private const int LongestOperator = 80;

    private readonly Option<string?> _gateway = new("--tango")
    {
        Description = "Drive the stages of the simulated beamline through the Tango gateway at this address, http://127.0.0.1:PORT or https://HOST:PORT; "
            + "its devices must be named rotation, translation, px, py, monitor, shutter. Positions and monitor values are then told by Tango only; needs --rate",
    };

    private readonly Option<FileInfo?> _token = new("--tango-token")
    {
        Description = "File with the line NAME TOKEN that the gateway's own file has for us; chmod 600",
    };

    private readonly Option<string> _operator = new("--operator")
    {
        Description = "Who moves the stages, for the gateway's audit log",
        DefaultValueFactory = _ => TangoScan.UsualOperator,
    };

    public IEnumerable<Option> All => [_gateway, _token, _operator];

    /// <summary>Makes sure that the stages can be driven so; null where nothing is to be driven. Nothing has moved then.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="plan">The scan.</param>
    /// <param name="rate_Hz">Frames per second.</param>
    /// <exception cref="UsageException">A value cannot be, or the stages cannot do it.</exception>
    /// <exception cref="IOException">The token cannot be read.</exception>
    /// <exception cref="BeamlineException">The beamline does not let it happen.</exception>
    public TangoScan? Open(ParseResult result, ScanPlan plan, double rate_Hz)
    {
        if (result.GetValue(_gateway) is not string text)
        {
            return null;
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? address))
        {
            throw new UsageException($"{_gateway.Name} must be an address such as http://127.0.0.1:50061, not '{text}'");
        }

        if (result.GetValue(_token) is not { } token)
        {
            throw new UsageException($"{_gateway.Name} needs {_token.Name} FILE, with the line that the gateway's own file has for us");
        }

        string by = result.GetValue(_operator)!;
        if (string.IsNullOrWhiteSpace(by) || by.Length > LongestOperator || by.Any(char.IsControl))
        {
            throw new UsageException($"{_operator.Name} must be a name of 1 to {LongestOperator} printable letters");
        }

        TangoScan? scan = null;
        try
        {
            _ = new ScanLines(plan, rate_Hz);
            var gateway = new TangoGateway(new TangoGatewayOptions
            {
                Address = address,
                Token = TangoGatewayOptions.ReadToken(token.FullName),
                Permissions = TangoScan.Permissions,
            });
            scan = new TangoScan(gateway, plan, rate_Hz, by);
            scan.Prepare();
            return scan;
        }
        catch (ArgumentException e)
        {
            throw UsageException.From(e);
        }
        catch (BeamlineException)
        {
            scan!.Dispose();
            throw;
        }
    }

    /// <summary>Refuses what cannot be beside driven stages.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="others">Options that say otherwise, each with whether it was given.</param>
    /// <exception cref="UsageException">One was.</exception>
    public void Exclude(ParseResult result, params (string Name, bool IsGiven)[] others)
    {
        if (result.GetValue(_gateway) is not null && Array.Find(others, o => o.IsGiven) is { Name: string name })
        {
            throw new UsageException($"{_gateway.Name} and {name} exclude each other: the stages of the beamline tell where they are, in one slice");
        }
    }
}
