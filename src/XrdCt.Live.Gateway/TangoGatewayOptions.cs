namespace XrdCt.Live.Gateway;

/// <summary>Where the gateway is, and what may be done through it.</summary>
public sealed record TangoGatewayOptions
{
    private const int LeastToken = 32;
    private const int LargestTokenFile_bytes = 65_536;

    /// <summary>Address: <c>https://host:port</c>, or <c>http://127.0.0.1:port</c> on the same machine.</summary>
    public required Uri Address { get; init; }

    /// <summary>The token that the gateway knows us by; 32 letters or more.</summary>
    public required string Token { get; init; }

    /// <summary>
    /// PEM file with the certificates that the gateway's is trusted by (its own, where it is self-signed); null for those of the machine.
    /// </summary>
    public string? TrustedCertificates { get; init; }

    /// <summary>
    /// What may be proposed or run; default nothing. The gateway has its own list, and what only one of the two permits is refused.
    /// </summary>
    public IReadOnlyList<TangoPermission> Permissions { get; init; } = [];

    /// <summary>File that every proposal, confirmation and refusal is appended to, one JSON object a line; null for none.</summary>
    public string? AuditFile { get; init; }

    /// <summary>Longest time that a call may take. Default 5 s.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Pause before a lost subscription is asked for again; doubles up to <see cref="LongestPause"/>. Default 0.2 s.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(0.2);

    /// <summary>Longest such pause. Default 5 s.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// A subscription that tells nothing for this long, not even its heartbeat of every second, is lost and asked for again. Default 5 s.
    /// </summary>
    public TimeSpan SilenceLimit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Reads our token: the last word of the first line that has one, <c>TOKEN</c> or <c>NAME TOKEN</c> as in the gateway's own file.
    /// </summary>
    /// <param name="path">A file that only its owner can read.</param>
    /// <exception cref="IOException">It cannot be read, can be read by others, or holds no token; the message names it and the remedy.</exception>
    public static string ReadToken(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string content;
        try
        {
            using FileStream file = File.OpenRead(path);
            const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
                | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file.SafeFileHandle) & Others) != 0)
            {
                throw new IOException($"the token file '{path}' can be read by others: chmod 600 {path}");
            }

            if (file.Length > LargestTokenFile_bytes)
            {
                throw new IOException($"the token file '{path}' is larger than {LargestTokenFile_bytes} bytes");
            }

            using var reader = new StreamReader(file);
            content = reader.ReadToEnd();
        }
        catch (Exception e) when (e is UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw new IOException($"cannot read the token file '{path}': {e.Message.TrimEnd('.')}", e);
        }

        string? token = content.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .FirstOrDefault(line => !line.StartsWith('#'))?.Split([' ', '\t'])[^1];
        return token is { Length: >= LeastToken } && token.All(c => c is > ' ' and <= '~')
            ? token
            : throw new IOException($"the token file '{path}' holds no token of {LeastToken} letters or more: take the line that the gateway's own file has for us");
    }

    /// <summary>Why these options cannot be used, one sentence; null where they can.</summary>
    internal string? Problem() =>
        Address.Scheme != Uri.UriSchemeHttps && !(Address.Scheme == Uri.UriSchemeHttp && Address.IsLoopback)
            ? $"the address {Address} is neither https:// nor http:// of this machine: a token must not go over a network in the clear"
        : Token.Length < LeastToken || !Token.All(c => c is > ' ' and <= '~') ? $"the token is none of {LeastToken} or more printable letters"
        : Deadline <= TimeSpan.Zero || FirstPause <= TimeSpan.Zero || LongestPause < FirstPause || SilenceLimit <= TimeSpan.Zero
            ? "the deadline, the pauses and the silence limit must be above 0"
        : null;
}
