namespace XrdCt.Live.Compute.Gpu;

/// <summary>What the host found in the header and the block lengths of a packed frame.</summary>
internal enum PackedFrame
{
    /// <summary>Blocks that the device unpacks.</summary>
    Blocks,

    /// <summary>Sound so far as the host can tell, but with larger or more blocks than the device takes.</summary>
    Unusual,

    /// <summary>Cut short, too long, or with lengths that cannot be.</summary>
    Damaged,
}
