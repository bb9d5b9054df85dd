using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using XrdCt.Live.Gateway;

namespace XrdCt.Live.Tests.Gateway;

/// <summary>TLS, tokens and configurations, of both sides.</summary>
[Collection(TangoCollection.Name)]
public sealed class TangoSecurityTests(TangoBeamline beamline)
{
    private const string Check = """
        import sys
        from pathlib import Path
        sys.path.insert(0, sys.argv[1])
        from tango_gateway import access, audit, configuration
        for number in range(int(sys.argv[3])):
            try:
                read = configuration.read(Path(sys.argv[2]) / f"{number}.yml")
                access.read_tokens(read.token_file)
                audit.Audit(read.audit_file)
                print("good")
            except configuration.ConfigurationError as error:
                print(error)
        """;

    private static readonly (string Good, string Bad, string Reason)[] Mistakes =
    [
        ("listen: 127.0.0.1:0", "listen: 127.0.0.1:70000", "listen '70000' is no port"),
        ("listen: 127.0.0.1:0", "listen: '[::]:50061'", "listen '[::]' is reached from other machines"),
        ("token_file: tokens", "token_file: absent", "cannot read the token file"),
        ("token_file: tokens", "token_file: open", "can be read by others: chmod 600"),
        ("token_file: tokens", "token_file: weak", "line 1: not a NAME that is there once and a TOKEN of 32 letters or more"),
        ("token_file: tokens", "token_file: twice", "line 2: not a NAME that is there once"),
        ("audit_file: audit.jsonl", "audit_file: no/such/folder", "cannot write the audit file"),
        ("confirmation_s: 20", "confirmation_s: 0", "confirmation_s must lie between 1 and 600: 0"),
        ("confirmation_s: 20", "confirmation_s: .nan", "confirmation_s must lie between 1 and 600: nan"),
        ("confirmation_s: 20", "confirmation_s: yes", "confirmation_s is not a number: 'True'"),
        ("confirmation_s: 20", "confirmation: 20", "confirmation is not known; known are listen"),
        ("confirmation_s: 20", "confirmation_s: 20\nconfirmation_s: 21", "the key 'confirmation_s' stands twice"),
        ("confirmation_s: 20", "confirmation_s: [", "while parsing"),
        ("lower: -10, upper: 900", "upper: 900", "permissions[0].lower is missing"),
        ("lower: -10, upper: 900", "lower: 10, upper: .inf", "permissions[0].lower 10 to inf is no range"),
        ("lower: -10, upper: 900", "lower: 10, upper: -10", "permissions[0].lower 10 to -10 is no range"),
        ("upper: 900, tolerance: 0.001", "upper: 900, tolerance: -1", "permissions[0].tolerance must lie between 0 and inf: -1"),
        ("lower: 0, upper: 10 }", "lower: 0, upper: 10, confirm: false }", "permissions[5].confirm may be false only for a command without an argument"),
        ("attribute: Position, lower: -10", "attribute: Position, confirm: false, lower: -10", "permissions[0].confirm is not known"),
        ("attribute: Position, lower: -10", "lower: -10", "permissions[0].attribute is missing"),
        ("command: Open", "command: Open Close", "permissions[3].command 'Open Close' is not of the form a Tango name"),
        ("command: Close", "command: open", "permissions[4] shutter/open stands twice"),
        ("monitor: tango", "monitor: http", "devices.monitor 'http://"),
        ("devices:", "devices: 7\nold:", "devices is not a mapping: '7'"),
        ("port: 7,", "port: 0,", "live_device.port 0 is no port"),
    ];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tls_TrustedCertificate_ConnectsAndOthersDoNot()
    {
        beamline.Require();
        using var folder = new TemporaryFolder("xrdct-tls-");
        WriteCertificate(folder["gateway.pem"], folder["gateway.key"]);
        WriteCertificate(folder["other.pem"], folder["other.key"]);
        (Server server, Uri address) = await TangoBeamline.StartGatewayAsync(
            folder.Path, beamline.Configuration(null, "tls: { certificate: gateway.pem, key: gateway.key }"), "https");
        await using Server _ = server;
        Assert.Contains("(TLS)", server.Output);
        using (TangoGateway trusting = beamline.Connect(o => o with { Address = address, TrustedCertificates = folder["gateway.pem"] }))
        {
            Assert.Equal("xrdct", (await trusting.DescribeAsync(Stop)).Client);
        }

        (string? Trusted, Uri Address)[] wrong =
        [
            (null, address), (folder["other.pem"], address), (folder["gateway.pem"], new Uri($"https://localhost:{address.Port}")),
            (null, new Uri($"http://127.0.0.1:{address.Port}")),
        ];
        foreach ((string? trusted, Uri where) in wrong)
        {
            using TangoGateway gateway = beamline.Connect(o => o with { Address = where, TrustedCertificates = trusted });
            TangoException failed = await Assert.ThrowsAsync<TangoException>(() => gateway.DescribeAsync(Stop));
            Assert.Equal(TangoFailure.Unavailable, failed.Failure);
        }
    }

    [Fact]
    public async Task Client_ProxyOfTheEnvironment_IsNotUsed()
    {
        beamline.Require();
        using var _ = new DeadProxy(beamline.Address.Port);
        using TangoGateway gateway = beamline.Connect();
        Assert.Equal("xrdct", (await gateway.DescribeAsync(Stop)).Client);
    }

    [Theory]
    [InlineData("http://beamline:50061", "is neither https:// nor http:// of this machine")]
    [InlineData("ftp://127.0.0.1:50061", "is neither https:// nor http:// of this machine")]
    public void Client_TokenInTheClear_IsRefused(string address, string reason) => Assert.Contains(
        reason,
        Assert.Throws<ArgumentException>(() => new TangoGateway(new TangoGatewayOptions { Address = new Uri(address), Token = TangoBeamline.Token('a') })).Message);

    [Fact]
    public void Client_ShortToken_IsRefused() => Assert.Contains(
        "the token is none of 32",
        Assert.Throws<ArgumentException>(() => new TangoGateway(new TangoGatewayOptions { Address = new Uri("http://127.0.0.1:1"), Token = "short" })).Message);

    [Fact]
    public void ReadToken_TakesTheFirstLineOfAFileThatOthersCannotRead()
    {
        using var folder = new TemporaryFolder("xrdct-token-");
        TangoBeamline.WriteSecret(folder["token"], $"# comment\n\nxrdct  {TangoBeamline.Token('a')}\nother {TangoBeamline.Token('b')}\n");
        Assert.Equal(TangoBeamline.Token('a'), TangoGatewayOptions.ReadToken(folder["token"]));
        TangoBeamline.WriteSecret(folder["bare"], TangoBeamline.Token('b'));
        Assert.Equal(TangoBeamline.Token('b'), TangoGatewayOptions.ReadToken(folder["bare"]));
        TangoBeamline.WriteSecret(folder["short"], "xrdct short\n");
        Assert.Contains("holds no token of 32 letters", Assert.Throws<IOException>(() => TangoGatewayOptions.ReadToken(folder["short"])).Message);
        Assert.Contains("cannot read the token file", Assert.Throws<IOException>(() => TangoGatewayOptions.ReadToken(folder["absent"])).Message);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder["token"], UnixFileMode.UserRead | UnixFileMode.GroupRead);
            Assert.Contains("chmod 600", Assert.Throws<IOException>(() => TangoGatewayOptions.ReadToken(folder["token"])).Message);
        }
    }

    [Fact]
    public async Task Gateway_BadConfiguration_EndsWithOneSentence()
    {
        beamline.Require();
        using var folder = new TemporaryFolder("xrdct-gateway-");
        string configuration = beamline.Configuration(null).Replace("listen: 127.0.0.1:0", "listen: 0.0.0.0:0", StringComparison.Ordinal);
        await using Server server = TangoBeamline.StartGateway(folder.Path, configuration);
        const string Sentence = "gateway.yml: listen '0.0.0.0' is reached from other machines: give tls.certificate and tls.key, or listen on 127.0.0.1\n";
        await server.SaysAsync(Sentence);
        Assert.DoesNotContain("Traceback", server.Output);
    }

    [Fact]
    public async Task Configuration_EachMistake_IsNamed()
    {
        beamline.Require();
        using var folder = new TemporaryFolder("xrdct-gateway-");
        File.WriteAllText(folder["open"], $"xrdct {TangoBeamline.Token('a')}\n");
        TangoBeamline.WriteSecret(folder["weak"], "xrdct short\n");
        TangoBeamline.WriteSecret(folder["twice"], $"xrdct {TangoBeamline.Token('a')}\nxrdct {TangoBeamline.Token('b')}\n");
        TangoBeamline.WriteSecret(folder["tokens"], $"xrdct {TangoBeamline.Token('a')}\n");
        string configuration = beamline.Configuration(7);
        for (int i = 0; i < Mistakes.Length; i++)
        {
            (string good, string bad, _) = Mistakes[i];
            int at = configuration.IndexOf(good, StringComparison.Ordinal);
            Assert.True(at >= 0, good);
            File.WriteAllText(folder[$"{i}.yml"], configuration[..at] + bad + configuration[(at + good.Length)..]);
        }

        File.WriteAllText(folder[$"{Mistakes.Length}.yml"], configuration);
        (int exitCode, string output) = await Server.RunAsync(
            TangoBeamline.Python, folder.Path, "-c", Check, Path.Combine(Repository.Root, "tools", "tango-gateway"), folder.Path, $"{Mistakes.Length + 1}");
        Assert.True(exitCode == 0, output);
        string[] sentences = output.TrimEnd().Split('\n');
        Assert.Equal(Mistakes.Length + 1, sentences.Length);
        Assert.Equal("good", sentences[^1]);
        Assert.All(Mistakes.Zip(sentences), pair => Assert.Contains(pair.First.Reason, pair.Second));
    }

    /// <summary>
    /// What the runtime makes of http_proxy once in a process: here for calls to one port only, where nobody listens, and not for those of other tests.
    /// </summary>
    private sealed class DeadProxy : IWebProxy, IDisposable
    {
        private readonly IWebProxy _before = HttpClient.DefaultProxy;
        private readonly int _port;

        public DeadProxy(int port)
        {
            _port = port;
            HttpClient.DefaultProxy = this;
        }

        public ICredentials? Credentials { get; set; }

        public Uri? GetProxy(Uri destination) => destination.Port == _port ? new Uri("http://127.0.0.1:1") : _before.GetProxy(destination);

        public bool IsBypassed(Uri host) => host.Port != _port && _before.IsBypassed(host);

        public void Dispose() => HttpClient.DefaultProxy = _before;
    }

    private static void WriteCertificate(string certificate, string key)
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=tango gateway of a test", pair, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(certificate, made.ExportCertificatePem());
        TangoBeamline.WriteSecret(key, pair.ExportPkcs8PrivateKeyPem());
    }
}
