using XrdCt.Live.Storage.Hdf5;

namespace XrdCt.Live.Tests.Storage;

/// <summary>
/// Selections as HDF5 1.12 and later pack them (version 3; specification 3.0, VIII "Dataspace Selection"), byte by byte: the HDF5 that
/// writes the other tests' files does not have it yet.
/// </summary>
public sealed class FrameSelectionTests(BlissFiles files) : IClassFixture<BlissFiles>
{
    private const ulong Rows = 6;
    private const ulong Columns = 7;

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Read_Version3Regular_GivesItsRuns(int size)
    {
        Assert.Equal([(3, 2), (8, 2), (13, 2)], Read(Regular(size, [3, 5, 3, 2], [0, 1, 1, Rows], [0, 1, Columns, 1])).Runs);
        Assert.Equal([(3, 12)], Read(Regular(size, [3, 4, 3, 4], [0, 1, Rows, 1], [0, 1, 1, Columns])).Runs);
        FrameSelection endless = Read(Regular(size, [2, 1, ulong.MaxValue, 1], [0, 1, 1, Rows], [0, 1, 1, Columns]));
        Assert.True(endless.IsUnlimited);
        Assert.Equal([(2, FrameSelection.Endless)], endless.Runs);
    }

    [Theory]
    [InlineData(1, Rows - 1, 0, Columns)]
    [InlineData(0, Rows - 1, 0, Columns)]
    [InlineData(0, Rows, 0, Columns - 1)]
    public void Read_PartsOfFrames_HaveNoRuns(ulong row, ulong rows, ulong column, ulong columns)
    {
        Assert.Null(Read(Regular(4, [0, 1, 1, 4], [row, 1, 1, rows], [column, 1, 1, columns])).Runs);
        Assert.Null(Read(Blocks(4, [0, row, column, 3, row + rows - 1, column + columns - 1])).Runs);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Read_Version3Blocks_GivesItsRuns(int size) =>
        Assert.Equal([(1, 1), (5, 4)], Read(Blocks(size, [5, 0, 0, 8, Rows - 1, Columns - 1], [1, 0, 0, 1, Rows - 1, Columns - 1])).Runs);

    [Fact]
    public void Read_CutShortOrTooMany_IsRefused()
    {
        byte[] whole = Regular(8, [3, 5, 3, 2], [0, 1, 1, Rows], [0, 1, 1, Columns]);
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => Read(whole[..length]));
        }

        Assert.Throws<InvalidDataException>(() => Read(Regular(8, [0, 5, 1_000_001, 2], [0, 1, 1, Rows], [0, 1, 1, Columns])));
        Assert.Throws<InvalidDataException>(() => Read([2, 0, 0, 0, 3, 0, 0, 0, 0, 8, 3, 0, 0, 0, .. BitConverter.GetBytes(ulong.MaxValue)]));
    }

    [Theory]
    [InlineData(4, false)]
    [InlineData(5, true)]
    public void Read_MoreRunsThanAreLeft_IsRefused(int runs, bool isRefused)
    {
        ulong[] block = [5, 0, 0, 8, Rows - 1, Columns - 1];
        byte[][] all =
        [
            Regular(4, [0, 5, (ulong)runs, 2], [0, 1, 1, Rows], [0, 1, 1, Columns]),
            Blocks(4, [.. Enumerable.Repeat(block, runs)]),
            [.. Enumerable.Repeat(Regular(4, [0, 1, 1, 4], [0, 1, 1, Rows], [0, 1, 1, Columns]), runs).SelectMany(one => one)],
        ];
        foreach (byte[] packed in all)
        {
            if (isRefused)
            {
                Assert.Contains("too many pieces", Assert.Throws<InvalidDataException>(() => Read(packed, runsLeft: 4)).Message, StringComparison.Ordinal);
            }
            else
            {
                Read(packed, runsLeft: 4);
            }
        }
    }

    private static byte[] Regular(int size, params ulong[][] axes) =>
        [2, 0, 0, 0, 3, 0, 0, 0, 1, (byte)size, (byte)axes.Length, 0, 0, 0, .. axes.SelectMany(a => a).SelectMany(n => BitConverter.GetBytes(n)[..size])];

    private static byte[] Blocks(int size, params ulong[][] blocks) =>
    [
        2, 0, 0, 0, 3, 0, 0, 0, 0, (byte)size, 3, 0, 0, 0, .. BitConverter.GetBytes((ulong)blocks.Length)[..size],
        .. blocks.SelectMany(b => b).SelectMany(n => BitConverter.GetBytes(n)[..size]),
    ];

    private FrameSelection Read(byte[] packed, int runsLeft = 1_000_000)
    {
        using Hdf5Metadata file = new(Path.Combine(files.Of("latest").Folder, "top.h5"));
        MetadataCursor cursor = file.Cursor(packed);
        FrameSelection read;
        do
        {
            read = FrameSelection.Read(ref cursor, file, Rows, Columns, ref runsLeft);
        }
        while (cursor.Left > 0);

        return read;
    }
}
