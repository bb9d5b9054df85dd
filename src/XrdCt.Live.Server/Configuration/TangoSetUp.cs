using XrdCt.Live.Gateway;
using XrdCt.Live.Model.Readings;
using XrdCt.Live.Server.Steering;

namespace XrdCt.Live.Server.Configuration;

/// <summary>The gateway to Tango, checked.</summary>
/// <param name="Gateway">Where it is.</param>
/// <param name="Readings">Which attributes tell positions and monitor values; null for none.</param>
/// <param name="ShowsResults">Whether the gateway's device shows how the scan stands.</param>
/// <param name="Moves">Who may move which stages; null for nobody.</param>
internal sealed record TangoSetUp(TangoGatewayOptions Gateway, TangoReadingsOptions? Readings, bool ShowsResults, MovesSetUp? Moves)
{
    private const double LeastPeriod_ms = 20;
    private const double LongestPeriod_ms = 10_000;

    /// <summary>Checks the section; the token is read.</summary>
    /// <param name="configuration">What the file says; has the section.</param>
    /// <param name="folder">Folder that paths in it are relative to.</param>
    /// <param name="file">Name of the file, for messages.</param>
    public static TangoSetUp Of(BeamlineConfiguration configuration, string folder, string file)
    {
        TangoSection tango = configuration.Tango!;
        if (!Uri.TryCreate(tango.Gateway, UriKind.Absolute, out Uri? address) || address.Port <= 0)
        {
            throw UserException.WrongUse($"{file}: 'tango.gateway' must be http://127.0.0.1:PORT or https://HOST:PORT, not '{tango.Gateway}'");
        }

        double period_ms = SetUp.Within(tango.Period_ms, LongestPeriod_ms, file, "tango.period_ms");
        if (period_ms < LeastPeriod_ms)
        {
            throw UserException.WrongUse($"{file}: 'tango.period_ms' must be {LeastPeriod_ms} or more, not {period_ms}");
        }

        var readings = new TangoReadingsOptions
        {
            Translation = Quantity(tango.Translation, tango.TranslationScale, "translation"),
            Rotation = Quantity(tango.Rotation, tango.RotationScale, "rotation"),
            Monitor = Quantity(tango.Monitor, 1, "monitor"),
            Transmission = Quantity(tango.Transmission, 1, "transmission"),
            Period = TimeSpan.FromMilliseconds(period_ms),
        };
        MovesSetUp? moves = MovesSetUp.Of(configuration, folder, file);
        string tokenFile = Path.Combine(folder, SetUp.Required(tango.TokenFile, file, "tango.token_file"));
        try
        {
            var options = new TangoGatewayOptions
            {
                Address = address,
                Token = TangoGatewayOptions.ReadToken(tokenFile),
                TrustedCertificates = tango.TrustedCertificates is string trusted ? Path.Combine(folder, trusted) : null,
                Permissions = moves is null ? [] : TangoStages.Permissions(moves.Stages),
                AuditFile = moves?.LogFile,
            };

            // Nothing is sent yet: what cannot be used is said before the scan.
            using var tried = new TangoGateway(options);
            return new TangoSetUp(options, Told(readings) == ReadingQuantities.None ? null : readings, tango.ShowResults, moves);
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            throw UserException.WrongUse($"{file}: tango: {SetUp.Sentence(e)}", e);
        }

        TangoQuantity? Quantity(string? attribute, double scale, string key)
        {
            if (attribute is null)
            {
                return null;
            }

            if (!double.IsFinite(scale) || scale == 0)
            {
                throw UserException.WrongUse($"{file}: 'tango.{key}_scale' must be a number other than 0, not {scale}");
            }

            try
            {
                return new TangoQuantity(TangoAttribute.Parse(attribute), scale);
            }
            catch (ArgumentException e)
            {
                throw UserException.WrongUse($"{file}: 'tango.{key}': {SetUp.Sentence(e)}", e);
            }
        }
    }

    /// <summary>What the attributes tell.</summary>
    public static ReadingQuantities Told(TangoReadingsOptions? readings) =>
        (readings?.Translation is null ? 0 : ReadingQuantities.Translation)
        | (readings?.Rotation is null ? 0 : ReadingQuantities.Rotation)
        | (readings?.Monitor is null ? 0 : ReadingQuantities.Monitor)
        | (readings?.Transmission is null ? 0 : ReadingQuantities.Transmission);
}
