using System.Xml.Linq;

namespace XrdCt.Live.Tests.Architecture;

/// <summary>
/// The house's one rule: references point only towards Model, and a package stays in the room that needs it. Reads the project
/// files and fails on a reference that this table does not allow.
/// </summary>
public sealed class ReferenceTests
{
    private static readonly Dictionary<string, (string[] Projects, string[] Packages)> Allowed = new()
    {
        ["XrdCt.Live.Model"] = ([], []),
        ["XrdCt.Live.Ingest"] = (["XrdCt.Live.Model"], ["System.IO.Hashing", "NetMQ", "MessagePack", "BitMiracle.LibTiff.NET"]),
        ["XrdCt.Live.Egress"] = (["XrdCt.Live.Model"], ["NetMQ", "K4os.Compression.LZ4", "MessagePack", "System.Formats.Cbor"]),
        ["XrdCt.Live.Compute"] = (["XrdCt.Live.Model"], ["ILGPU", "ILGPU.Algorithms", "System.Numerics.Tensors"]),
        ["XrdCt.Live.Pipeline"] = (["XrdCt.Live.Model", "XrdCt.Live.Compute"], []),
        ["XrdCt.Live.Storage"] = (["XrdCt.Live.Model"], ["PureHDF", "SQLitePCLRaw.bundle_e_sqlite3", "System.IO.Hashing"]),
        ["XrdCt.Live.Gateway"] = (["XrdCt.Live.Model"], ["Google.Protobuf", "Grpc.Net.Client", "Grpc.Tools"]),
        ["XrdCt.Live.Server"] = (
            [
                "XrdCt.Live.Model", "XrdCt.Live.Ingest", "XrdCt.Live.Egress", "XrdCt.Live.Compute", "XrdCt.Live.Pipeline",
                "XrdCt.Live.Storage", "XrdCt.Live.Gateway",
            ],
            ["MessagePack", "Spectre.Console", "System.CommandLine", "YamlDotNet"]),
        ["XrdCt.Live.Phantoms"] = (["XrdCt.Live.Model"], []),
        ["XrdCt.Live.Simulator"] = (
            ["XrdCt.Live.Model", "XrdCt.Live.Ingest", "XrdCt.Live.Egress", "XrdCt.Live.Gateway", "XrdCt.Live.Phantoms"],
            ["PureHDF", "Spectre.Console", "System.CommandLine"]),
    };

    private static readonly string[] CatchAlls = ["Common", "Core", "Shared", "Utils", "Utilities", "Helpers", "Misc"];

    public static TheoryData<string> Projects { get; } = [.. ProjectFiles().Select(f => Path.GetFileNameWithoutExtension(f))];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_References_AreAllowed(string project)
    {
        Assert.True(Allowed.TryGetValue(project, out (string[] Projects, string[] Packages) allowed), $"{project} is not in the table");
        XDocument file = XDocument.Load(ProjectFiles().Single(f => Path.GetFileNameWithoutExtension(f) == project));

        // A reference without its output only orders the build: nothing is linked.
        string[] projects = [.. file.Descendants("ProjectReference")
            .Where(r => (string?)r.Attribute("ReferenceOutputAssembly") != "false")
            .Select(r => Path.GetFileNameWithoutExtension(((string)r.Attribute("Include")!).Replace('\\', '/')))];
        string[] packages = [.. file.Descendants("PackageReference").Select(r => (string)r.Attribute("Include")!)];
        Assert.Empty(projects.Except(allowed.Projects));
        Assert.Empty(packages.Except(allowed.Packages));
    }

    [Fact]
    public void Rooms_HaveNamesThatSayWhatIsInside()
    {
        string root = Repository.Root;
        IEnumerable<string> names = new[] { "src", "simulators" }
            .SelectMany(d => Directory.EnumerateDirectories(Path.Combine(root, d), "*", SearchOption.AllDirectories))
            .Where(d => !d.Contains("node_modules", StringComparison.Ordinal))
            .SelectMany(d => Path.GetFileName(d).Split('.'));
        Assert.DoesNotContain(names, n => CatchAlls.Contains(n, StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public void PublicTypes_AreNamedForWhatTheyAre()
    {
        string[] vague = ["Utils", "Util", "Helper", "Helpers", "Manager"];
        IEnumerable<string> files = new[] { "src", "simulators" }
            .SelectMany(d => Directory.EnumerateFiles(Path.Combine(Repository.Root, d), "*.cs", SearchOption.AllDirectories));
        Assert.DoesNotContain(files, f => vague.Any(v => Path.GetFileNameWithoutExtension(f).EndsWith(v, StringComparison.Ordinal)));
    }

    private static IEnumerable<string> ProjectFiles() => new[] { "src", "simulators" }
        .SelectMany(d => Directory.EnumerateFiles(Path.Combine(Repository.Root, d), "*.csproj", SearchOption.AllDirectories))
        .Where(f => !f.Contains("node_modules", StringComparison.Ordinal));
}
