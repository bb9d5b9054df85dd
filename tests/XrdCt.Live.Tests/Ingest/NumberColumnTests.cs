using System.Runtime.InteropServices;
using System.Text;
using XrdCt.Live.Ingest.Files;

namespace XrdCt.Live.Tests.Ingest;

public sealed class NumberColumnTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    [Theory]
    [InlineData("1\n2.5\n-3e2\n", new[] { 1, 2.5, -300 })]
    [InlineData("# comment\n1\n\n3\n", new[] { 1, double.NaN, 3 })]
    [InlineData("fpico\n1\nnan\n", new[] { 1, double.NaN })]
    [InlineData("t, monitor ,x\n0,5,9\n1,,9\n2,7,9", new[] { 5, double.NaN, 7 })]
    [InlineData("t monitor\n0   5\n1\t6\r\n", new[] { 5.0, 6 })]
    [InlineData("7", new[] { 7.0 })]
    public void Read_Text_GivesTheColumn(string text, double[] expected)
    {
        File.WriteAllText(_path, text);
        Assert.Equal(expected, NumberColumn.Read(_path, "monitor"));
    }

    [Theory]
    [InlineData("1\nx\n", "line 2")]
    [InlineData("1,2\n", "line 1 has 2 columns")]
    [InlineData("a,b\n1,2\n", "called monitor")]
    [InlineData("# nothing\n", "no numbers")]
    public void Read_NoSuchColumn_SaysWhereAndWhatHelps(string text, string gist)
    {
        File.WriteAllText(_path, text);
        FormatException refused = Assert.Throws<FormatException>(() => NumberColumn.Read(_path, "monitor"));
        Assert.StartsWith(_path, refused.Message, StringComparison.Ordinal);
        Assert.Contains(gist, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NpyOfDoubles_KeepsEveryDigit()
    {
        double[] numbers = [123_456_789.25, double.NaN, 1 / 3.0];
        WriteNpy("(3,)", MemoryMarshal.AsBytes(numbers.AsSpan()));
        Assert.Equal(numbers, NumberColumn.Read(_path, "monitor"));
    }

    [Theory]
    [InlineData("(3, 1)")]
    [InlineData("(99999999999,)")]
    public void Read_NpyOfAnotherShape_IsRefused(string shape)
    {
        WriteNpy(shape, new byte[24]);
        Assert.Throws<FormatException>(() => NumberColumn.Read(_path, "monitor"));
    }

    public void Dispose() => File.Delete(_path);

    private void WriteNpy(string shape, ReadOnlySpan<byte> numbers)
    {
        string header = $"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".PadRight(117) + "\n";
        File.WriteAllBytes(
            _path, [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.ASCII.GetBytes(header), .. numbers]);
    }
}
