using XrdCt.Live.Server;
using XrdCt.Live.Server.Commands;
using XrdCt.Live.Server.Integration;

namespace XrdCt.Live.Tests.Commands;

public sealed class FramePatternTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("xrdct-names").FullName;

    public FramePatternTests()
    {
        foreach (string name in new[] { "scan_2/f_10.cbf", "scan_2/f_9.cbf", "scan_10/f_1.cbf", "scan_10/deep/er/f_5.cbf", "scan_2/f_9.cbf.log", "scan_2/.hidden.cbf", "f_0.cbf" })
        {
            string path = Path.Combine(_folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, "");
        }
    }

    [Theory]
    [InlineData("scan_2/*.cbf", "scan_2/f_9.cbf scan_2/f_10.cbf")]
    [InlineData("scan_2/f_?.cbf", "scan_2/f_9.cbf")]
    [InlineData("scan_*/f_*.cbf", "scan_2/f_9.cbf scan_2/f_10.cbf scan_10/f_1.cbf")]
    [InlineData("**/*.cbf", "f_0.cbf scan_2/f_9.cbf scan_2/f_10.cbf scan_10/deep/er/f_5.cbf scan_10/f_1.cbf")]
    [InlineData("**/er/*", "scan_10/deep/er/f_5.cbf")]
    [InlineData("scan_10/**", "scan_10/deep/er/f_5.cbf scan_10/f_1.cbf")]
    public void Expand_Pattern_GivesTheFilesInTheOrderOfTheirNumbers(string pattern, string expected) =>
        Assert.Equal(
            expected.Split(' '),
            FrameArgument.Expand(Path.Combine(_folder, pattern)).Select(f => Path.GetRelativePath(_folder, f.Path).Replace('\\', '/')));

    [Theory]
    [InlineData("scan_3/*.cbf")]
    [InlineData("*.edf")]
    public void Expand_PatternWithoutMatch_NamesIt(string pattern)
    {
        UserException refused = Assert.Throws<UserException>(() => FrameArgument.Expand(Path.Combine(_folder, pattern)));
        Assert.Contains(Path.Combine(_folder, pattern), refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, refused.ExitCode);
    }

    [Fact]
    public void Expand_FileWithAStarInItsName_IsThatFile()
    {
        string path = Path.Combine(_folder, "a*.cbf");
        File.WriteAllText(path, "");
        File.WriteAllText(Path.Combine(_folder, "ab.cbf"), "");
        Assert.Equal([new FrameArgument(path, null)], FrameArgument.Expand(path));
    }

    [Fact]
    public void Expand_Folder_IsRefusedWithThePatternToUse() =>
        Assert.Contains("*.cbf", Assert.Throws<UserException>(() => FrameArgument.Expand(_folder)).Message, StringComparison.Ordinal);

    [Fact]
    public void Expand_Dataset_StandsBehindTwoColons() =>
        Assert.Equal([new FrameArgument("a.h5", "/1.1/measurement/pilatus")], FrameArgument.Expand("a.h5::/1.1/measurement/pilatus"));

    [Theory]
    [InlineData(null, 0, 10)]
    [InlineData("2:5", 2, 5)]
    [InlineData(":3", 0, 3)]
    [InlineData("8:", 8, 10)]
    public void Parse_Range_CountsAsPython(string? text, int first, int end)
    {
        Range range = RangeOption.Parse(text, "--frames");
        Assert.Equal((first, end), (range.Start.GetOffset(10), range.End.GetOffset(10)));
    }

    [Theory]
    [InlineData("5")]
    [InlineData("-1:4")]
    [InlineData("a:b")]
    [InlineData("1:2:3")]
    public void Parse_NoRange_IsRefused(string text) => Assert.Equal(2, Assert.Throws<UserException>(() => RangeOption.Parse(text, "--frames")).ExitCode);

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
