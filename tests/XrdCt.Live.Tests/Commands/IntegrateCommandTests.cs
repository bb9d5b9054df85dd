using System.Globalization;

namespace XrdCt.Live.Tests.Commands;

public sealed class IntegrateCommandTests : IDisposable
{
    private readonly SmallFrames _files = new();

    [Fact]
    public void Run_EdfFrame_GivesThePatternOfItsPixels()
    {
        int[][] frames = SmallFrames.Make(1);
        Assert.Equal(0, _files.Integrate(_files.WriteEdf("frame.edf", frames[0]), "--format", "csv", "--output", _files.Folder));

        double[] expected = SmallFrames.Expected(frames)[0];
        string[] rows = [.. File.ReadLines(_files["frame.csv"]).SkipWhile(l => l[0] != 'x').Skip(1)];
        Assert.Equal(SmallFrames.Bins, rows.Length);
        for (int b = 0; b < rows.Length; b++)
        {
            Assert.Equal(expected[b], double.Parse(rows[b].Split(',')[1], CultureInfo.InvariantCulture), 1e-4 * expected[b]);
        }
    }

    [Fact]
    public void Run_EdfFrameOfAnotherSize_IsRefused()
    {
        Assert.Equal(1, _files.Integrate(_files.WriteEdf("frame.edf", new int[60], 6, 10), "--format", "csv", "--output", _files.Folder));
        Assert.False(File.Exists(_files["frame.csv"]));
    }

    public void Dispose() => _files.Dispose();
}
