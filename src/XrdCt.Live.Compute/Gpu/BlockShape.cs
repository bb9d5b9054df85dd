namespace XrdCt.Live.Compute.Gpu;

/// <summary>Lengths of the blocks of bins on a device.</summary>
internal struct BlockShape
{
    /// <summary>Blocks.</summary>
    public int BlockCount;

    /// <summary>Filtered projections of a block.</summary>
    public int RowCount;

    /// <summary>Pixels along x and y, samples of a projection.</summary>
    public int Size;

    /// <summary>Square of the radius of the circle that all projections see, px²; squares of distances are integers.</summary>
    public int RadiusSquared;
}
