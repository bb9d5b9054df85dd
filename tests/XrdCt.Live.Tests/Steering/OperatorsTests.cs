using XrdCt.Live.Server.Steering;
using XrdCt.Live.Tests.Gateway;

namespace XrdCt.Live.Tests.Steering;

/// <summary>The file of the people who may move the stages.</summary>
public sealed class OperatorsTests : IDisposable
{
    private static readonly string Token = new('a', 32);

    private readonly Storage.TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void NameOf_TokenOfTheFile_IsWhoseItIs()
    {
        TangoBeamline.WriteSecret(_folder.File("operators"), $"# of the beamline\nada {Token}\n\n grace\t{Token}{Token} \n");
        Operators operators = Operators.Read(_folder.File("operators"));
        Assert.Equal(("ada", "grace"), (operators.NameOf(Token), operators.NameOf(Token + Token)));
        Assert.All(["", Token + "a", Token[1..], "ada", "ada " + Token], wrong => Assert.Null(operators.NameOf(wrong)));
    }

    [Theory]
    [InlineData("", "must have 1 to 256 lines NAME TOKEN")]
    [InlineData("# ada aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "must have 1 to 256 lines NAME TOKEN")]
    [InlineData("ada", "line 1 of the operators' file")]
    [InlineData("ada aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "with a token of 32 letters or more")]
    [InlineData("ada lovelace aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "line 1 of the operators' file")]
    [InlineData("ada aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\ngrace aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "each token once")]
    public void Read_WrongLine_IsRefused(string content, string reason)
    {
        TangoBeamline.WriteSecret(_folder.File("operators"), content);
        Assert.Contains(reason, Assert.Throws<IOException>(() => Operators.Read(_folder.File("operators"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_FileThatOthersCanRead_IsRefused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "permissions of files are those of Unix");
        string path = _folder.File("operators");
        File.WriteAllText(path, $"ada {Token}");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        }

        Assert.Contains($"chmod 600 {path}", Assert.Throws<IOException>(() => Operators.Read(path)).Message, StringComparison.Ordinal);
        Assert.Contains("cannot read the operators' file", Assert.Throws<IOException>(() => Operators.Read(_folder.File("none"))).Message, StringComparison.Ordinal);
    }
}
