namespace XrdCt.Live.Storage.Hdf5;

/// <summary>
/// Where the frames of a virtual dataset [frame, row, column] are: which frame of which dataset.
/// </summary>
internal sealed class VirtualFrames
{
    // Of 24 bytes each. A file per frame for a scan of a million frames; each second frame for one of two million.
    private const int MostPieces = 1_000_000;

    private readonly List<VirtualPiece> _pieces = [];

    /// <summary>Reads the mapping.</summary>
    /// <param name="dataset">The virtual dataset, of three axes.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="mostFrames">Frames that are too many.</param>
    /// <param name="walk">Finds the sources of mappings that grow with them.</param>
    /// <exception cref="InvalidDataException">It is damaged, or does what is not supported; the message says what.</exception>
    public VirtualFrames(DatasetHeader dataset, string path, int mostFrames, LinkWalk walk)
    {
        FrameCount = (long)Math.Min(dataset.Dimensions![0], int.MaxValue);
        long grown = 0;
        bool isGrowing = false;
        Sources = VirtualMapping.Read(dataset, path, (source, index, from, to) =>
        {
            IsTiled |= from.Runs is null || to.Runs is null;
            if (!IsTiled)
            {
                isGrowing |= to.IsUnlimited;
                long there = to.IsUnlimited ? walk.FramesIn(source) : FrameSelection.Endless;
                grown = Math.Max(grown, Add(from.Runs!, there, to.Runs!, to.IsUnlimited ? mostFrames : FrameCount, index));
            }

            if (_pieces.Count > MostPieces)
            {
                throw dataset.Object.File.Wrong($"{path} is put together from more than a million pieces: name the files that it points to");
            }
        });

        // As HDF5 shows it: a dataset that grows with its sources ends where they do.
        FrameCount = isGrowing ? grown : FrameCount;
        _pieces.Sort((a, b) => a.First.CompareTo(b.First));
    }

    /// <summary>Number of frames.</summary>
    public long FrameCount { get; }

    /// <summary>Whether sources fill parts of frames, so that the pieces say nothing.</summary>
    public bool IsTiled { get; private set; }

    /// <summary>The sources.</summary>
    public IReadOnlyList<VirtualSource> Sources { get; }

    /// <summary>Where a frame is; null where nothing fills it.</summary>
    public (VirtualSource Source, int Row)? Of(int frame)
    {
        int low = 0;
        int high = _pieces.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _pieces[middle].First <= frame ? (middle + 1, high) : (low, middle);
        }

        return low > 0 && _pieces[low - 1] is var piece && frame - piece.First < piece.Count
            ? (Sources[piece.Source], piece.SourceFirst + (frame - piece.First))
            : null;
    }

    // Lays the runs of both sides beside each other; returns where the last frame ends.
    private long Add(IReadOnlyList<(long First, long Count)> from, long there, IReadOnlyList<(long First, long Count)> to, long frameCount, int source)
    {
        (int i, long passed) = (0, 0);
        long end = 0;
        foreach ((long first, long count) in to)
        {
            for (long done = 0; done < count && i < from.Count && _pieces.Count <= MostPieces;)
            {
                long at = from[i].First + passed;
                long some = Math.Min(Math.Min(count - done, from[i].Count - passed), Math.Min(frameCount - (first + done), there - at));
                if (some <= 0 || at + some > int.MaxValue)
                {
                    return end;
                }

                _pieces.Add(new VirtualPiece((int)(first + done), (int)some, source, (int)at));
                end = Math.Max(end, first + done + some);
                done += some;
                passed += some;
                if (passed == from[i].Count)
                {
                    (i, passed) = (i + 1, 0);
                }
            }
        }

        return end;
    }
}
