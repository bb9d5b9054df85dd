using System.Security.Cryptography;
using System.Text;

namespace XrdCt.Live.Server.Steering;

/// <summary>The people who may move the stages, by their tokens.</summary>
internal sealed class Operators
{
    private const int LeastToken = 32;
    private const int MostOperators = 256;
    private const int LargestFile_bytes = 65_536;

    private readonly (string Name, byte[] Hash)[] _known;

    /// <summary>Names them.</summary>
    /// <param name="tokens">Name and token of each.</param>
    public Operators(IEnumerable<(string Name, string Token)> tokens) => _known = [.. tokens.Select(t => (t.Name, Hash(t.Token)))];

    /// <summary>Reads a file of lines <c>NAME TOKEN</c>; lines that begin with # are none.</summary>
    /// <param name="path">A file that only its owner can read.</param>
    /// <exception cref="IOException">It cannot be read, can be read by others, or a line is none; the message names it and the remedy.</exception>
    public static Operators Read(string path)
    {
        string content;
        try
        {
            using FileStream file = File.OpenRead(path);
            const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
                | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file.SafeFileHandle) & Others) != 0)
            {
                throw new IOException($"the operators' file '{path}' can be read by others: chmod 600 {path}");
            }

            if (file.Length > LargestFile_bytes)
            {
                throw new IOException($"the operators' file '{path}' is larger than {LargestFile_bytes} bytes");
            }

            using var reader = new StreamReader(file);
            content = reader.ReadToEnd();
        }
        catch (Exception e) when (e is UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw new IOException($"cannot read the operators' file '{path}': {e.Message.TrimEnd('.')}", e);
        }

        List<(string Name, string Token)> tokens = [];
        foreach (string line in content.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(l => !l.StartsWith('#')))
        {
            tokens.Add(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is [var name, { Length: >= LeastToken } token] && name.Length <= 80 && !line.Any(c => char.IsControl(c) && c != '\t')
                ? (name, token)
                : throw new IOException($"line {tokens.Count + 1} of the operators' file '{path}' is not NAME TOKEN with a token of {LeastToken} letters or more (openssl rand -hex 32)"));
        }

        return tokens.Count is > 0 and <= MostOperators && tokens.DistinctBy(t => t.Token).Count() == tokens.Count
            ? new Operators(tokens)
            : throw new IOException($"the operators' file '{path}' must have 1 to {MostOperators} lines NAME TOKEN, each token once");
    }

    /// <summary>Whose token it is; null for nobody's. Takes as long for any.</summary>
    public string? NameOf(string token)
    {
        byte[] hash = Hash(token);
        string? name = null;
        foreach ((string known, byte[] expected) in _known)
        {
            name = CryptographicOperations.FixedTimeEquals(hash, expected) ? known : name;
        }

        return name;
    }

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
