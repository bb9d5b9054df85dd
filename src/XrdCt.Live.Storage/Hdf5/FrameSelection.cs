namespace XrdCt.Live.Storage.Hdf5;

/// <summary>
/// The frames that one side of a virtual dataset's mapping selects: runs of whole frames, in their order. A run of <see cref="Endless"/>
/// frames goes as far as there are frames.
/// </summary>
internal sealed class FrameSelection
{
    /// <summary>As many as there are.</summary>
    public const long Endless = long.MaxValue;

    private const ulong Unlimited = ulong.MaxValue;

    private FrameSelection(IReadOnlyList<(long First, long Count)>? runs) => Runs = runs;

    /// <summary>First frame and number of frames of each run; null where frames are selected in part.</summary>
    public IReadOnlyList<(long First, long Count)>? Runs { get; }

    /// <summary>Whether it has no end of its own; all frames of a dataset do not count as such.</summary>
    public bool IsUnlimited { get; private init; }

    /// <summary>Reads a selection as HDF5 packs it ("Dataspace Selection", specification VIII).</summary>
    /// <param name="cursor">Stands at the selection, and behind it afterwards.</param>
    /// <param name="file">The file, for messages.</param>
    /// <param name="rows">Rows of a frame.</param>
    /// <param name="columns">Columns of a frame.</param>
    /// <param name="runsLeft">Runs that it may have; those that it has are taken off.</param>
    public static FrameSelection Read(ref MetadataCursor cursor, Hdf5Metadata file, ulong rows, ulong columns, ref int runsLeft)
    {
        const uint None = 0;
        const uint Hyperslab = 2;
        const uint All = 3;
        (uint kind, uint version) = (cursor.UInt32(), cursor.UInt32());
        switch (kind)
        {
            case None:
                cursor.Skip(8);
                return new FrameSelection([]);
            case All:
                cursor.Skip(8);
                return new FrameSelection([(0, Endless)]);
            case Hyperslab:
                FrameSelection read = ReadHyperslab(ref cursor, file, version, rows, columns, runsLeft);
                runsLeft -= read.Runs?.Count ?? 0;
                return runsLeft >= 0 ? read : throw TooMany(file);
            default:
                throw file.Wrong("a virtual dataset selects single points of its sources, which is not supported: name the files that it points to");
        }
    }

    private static FrameSelection ReadHyperslab(ref MetadataCursor cursor, Hdf5Metadata file, uint version, ulong rows, ulong columns, int mostRuns)
    {
        bool isRegular = false;
        int size = sizeof(uint);
        switch (version)
        {
            case 1:
                cursor.Skip(8);
                break;
            case 2:
                isRegular = (cursor.Byte() & 1) != 0;
                size = sizeof(ulong);
                cursor.Skip(4);
                break;
            case 3:
                isRegular = (cursor.Byte() & 1) != 0;
                size = cursor.Byte();
                break;
            default:
                throw file.Wrong($"a virtual dataset's selection has version {version}, 1 to 3 are known");
        }

        uint rank = cursor.UInt32();
        if (size is not (2 or 4 or 8) || rank is 0 or > 32)
        {
            throw file.Wrong("a virtual dataset's selection is damaged");
        }

        return isRegular
            ? ReadRegular(ref cursor, file, size, (int)rank, rows, columns, mostRuns)
            : ReadBlocks(ref cursor, file, size, (int)rank, rows, columns, mostRuns);
    }

    private static FrameSelection ReadRegular(
        ref MetadataCursor cursor, Hdf5Metadata file, int size, int rank, ulong rows, ulong columns, int mostRuns)
    {
        var axes = new Axis[rank];
        for (int axis = 0; axis < rank; axis++)
        {
            axes[axis] = new Axis(cursor.Wide(size), cursor.Wide(size), cursor.Wide(size), cursor.Wide(size));
        }

        if (rank is not (2 or 3) || !Covers(axes[^2], rows) || !Covers(axes[^1], columns))
        {
            return new FrameSelection(null);
        }

        if (rank == 2)
        {
            return new FrameSelection([(0, 1)]);
        }

        (ulong start, ulong stride, ulong count, ulong block) = axes[0];
        bool isContiguous = count == 1 || stride == block;
        if (count == Unlimited || block == Unlimited)
        {
            return new FrameSelection(isContiguous && start <= int.MaxValue ? [((long)start, Endless)] : null) { IsUnlimited = true };
        }

        if (start > int.MaxValue || count > int.MaxValue || block > int.MaxValue || stride > int.MaxValue || (!isContiguous && stride < block))
        {
            return new FrameSelection(null);
        }

        if (isContiguous)
        {
            return new FrameSelection([((long)start, (long)(count * block))]);
        }

        return (long)count <= mostRuns
            ? new FrameSelection([.. Enumerable.Range(0, (int)count).Select(i => ((long)start + (i * (long)stride), (long)block))])
            : throw TooMany(file);
    }

    private static InvalidDataException TooMany(Hdf5Metadata file) =>
        file.Wrong("a virtual dataset is put together from too many pieces: name the files that it points to");

    // The selected part of one axis is all of it, whether as one block or as many that touch.
    private static bool Covers(Axis axis, ulong side) =>
        axis.Start == 0
        && axis.Count <= side
        && axis.Block <= side
        && axis.Count * axis.Block == side
        && (axis.Count == 1 || axis.Stride == axis.Block);

    private static FrameSelection ReadBlocks(
        ref MetadataCursor cursor, Hdf5Metadata file, int size, int rank, ulong rows, ulong columns, int mostRuns)
    {
        ulong count = cursor.Number(size);
        if (count > (ulong)(cursor.Left / (2 * rank * size)))
        {
            throw file.Wrong("a virtual dataset's selection ends early: it is damaged");
        }

        if ((long)count > mostRuns)
        {
            throw TooMany(file);
        }

        List<(long First, long Count)>? runs = [];
        Span<ulong> corners = stackalloc ulong[2 * rank];
        for (ulong i = 0; i < count; i++)
        {
            for (int c = 0; c < corners.Length; c++)
            {
                corners[c] = cursor.Number(size);
            }

            ReadOnlySpan<ulong> first = corners[..rank];
            ReadOnlySpan<ulong> last = corners[rank..];
            bool isWhole = rank is 2 or 3 && first[^1] == 0 && first[^2] == 0 && last[^1] + 1 == columns && last[^2] + 1 == rows;
            if (!isWhole || (rank == 3 && (first[0] > last[0] || last[0] > int.MaxValue)))
            {
                runs = null;
            }

            runs?.Add(rank == 3 ? ((long)first[0], (long)(last[0] - first[0]) + 1) : (0, 1));
        }

        runs?.Sort();
        return new FrameSelection(runs);
    }

    private readonly record struct Axis(ulong Start, ulong Stride, ulong Count, ulong Block);
}
