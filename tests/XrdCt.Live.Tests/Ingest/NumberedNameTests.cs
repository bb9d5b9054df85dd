using XrdCt.Live.Ingest.Files;

namespace XrdCt.Live.Tests.Ingest;

public sealed class NumberedNameTests
{
    [Theory]
    [InlineData("scan7_00042.cbf", "scan7_", 42)]
    [InlineData("scan7_9.cbf", "scan7_", 9)]
    [InlineData("00010.cbf", "", 10)]
    [InlineData("a_00010_raw.cbf", "a__raw", 10)]
    [InlineData("run2/plain.cbf", "run2/plain", 0)]
    [InlineData("run2/a_1.cbf", "run2/a_", 1)]
    [InlineData("a_123456789012345678901234567890.cbf", "a_123456789012", 345678901234567890)]
    public void Of_Name_GivesSeriesAndNumber(string name, string series, long number) =>
        Assert.Equal(new NumberedName(series, number), NumberedName.Of(name));
}
